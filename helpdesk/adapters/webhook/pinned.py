"""POST over a connection that goes to exactly the address that was checked, with the standard library."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator
from typing import Any

from helpdesk.adapters.webhook import Forbidden, PostTrouble, Reply, addresses
from helpdesk.adapters.webhook.addresses import Target

# Seconds: to connect and for each silence; and for everything together, however slowly somebody drips.
SILENCE, IN_ALL = 5.0, 10.0
# Bytes of an answer that are read at all.
READ = 2048
# Addresses of one name that are tried.
MOST_TRIED = 2

Resolve = Callable[..., list[tuple[Any, ...]]]


class PinnedPoster:
    """Checks the address at every delivery, looks its name up once, and connects to what it found.

    No redirect is followed and no proxy is asked: `http.client` knows neither.
    """

    def __init__(
        self,
        *,
        ports: Collection[int] = (443, 8443),
        local: bool = False,
        resolve: Resolve = socket.getaddrinfo,
        context: ssl.SSLContext | None = None,
        silence: float = SILENCE,
        in_all: float = IN_ALL,
    ) -> None:
        self.ports, self.local, self.resolve = tuple(ports), local, resolve
        self.context, self.silence, self.in_all = context, silence, in_all

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """One try. Raises Forbidden for an address that is none of the public web, PostTrouble without an answer."""
        target = addresses.read(url, ports=self.ports, local=self.local)
        found = self._addresses(target)
        trouble = PostTrouble("no_connection")
        for ip in found[:MOST_TRIED]:
            try:
                connection = _Pinned(target, ip, self.silence, self.context)
                with _deadline(connection, self.in_all):
                    connection.connect()
            except (OSError, ValueError) as error:  # the next address may do; a certificate that is not theirs will not
                trouble = PostTrouble(_words(error))
                continue
            return self._ask(connection, target, body, headers)
        raise trouble

    def _addresses(self, target: Target) -> list[str]:
        try:
            rows = self.resolve(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise PostTrouble("no_name") from None
        found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if not found:
            raise PostTrouble("no_name")
        if not all(addresses.is_public(ip, local=self.local) for ip in found):
            raise Forbidden("url_inside")
        return found

    def _ask(self, connection: _Pinned, target: Target, body: bytes, headers: dict[str, str]) -> Reply:
        try:
            with _deadline(connection, self.in_all):
                connection.request("POST", target.path, body, headers)
                response = connection.getresponse()
                words = response.read(READ)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise PostTrouble(_words(error)) from None
        finally:
            connection.close()
        return Reply(response.status, words.decode("utf-8", "replace"))


class _Pinned(http.client.HTTPConnection):
    """Speaks to one IP address; the name stays in the Host header and in the certificate that is asked for."""

    def __init__(self, target: Target, ip: str, silence: float, context: ssl.SSLContext | None) -> None:
        super().__init__(target.host, target.port, timeout=silence)
        self.default_port = 443 if target.is_tls else 80  # so that the Host header names other ports only
        self.target, self.ip = target, ip
        self.context = (context or ssl.create_default_context()) if target.is_tls else None

    def connect(self) -> None:
        self.sock = socket.create_connection((self.ip, self.target.port), self.timeout)
        if self.context is not None:
            # The handshake by itself, so that the deadline has a socket to hang up while it lasts.
            self.sock = self.context.wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()


@contextlib.contextmanager
def _deadline(connection: _Pinned, seconds: float) -> Iterator[None]:
    """Hang up when it takes longer than this in all: a socket's own time-out counts only the silence between bytes."""

    def hang_up() -> None:
        sock = connection.sock
        if sock is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "bad_certificate"
    if isinstance(error, TimeoutError):
        return "too_slow"
    return "no_connection" if isinstance(error, ConnectionError | socket.gaierror) else "no_answer"
