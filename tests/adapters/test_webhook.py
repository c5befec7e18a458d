"""Webhooks reach the public web and nothing else, at the very address that was checked, and hang up in time."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from helpdesk.adapters.webhook import Forbidden, PostTrouble, addresses
from helpdesk.adapters.webhook.memory import MemoryPoster
from helpdesk.adapters.webhook.pinned import PinnedPoster

HOSTILE_TEXT = """
http://127.0.0.1 http://[::1] http://0x7f000001 http://2130706433 http://169.254.169.254 http://[::ffff:127.0.0.1]
https://127.0.0.1 https://[::1] https://0x7f000001 https://2130706433 https://169.254.169.254/latest/meta-data
https://[::ffff:127.0.0.1] https://127.1 https://0177.0.0.1 https://0x7f.0.0.1 https://8.8.8.8 https://[2606:4700::1111]
https://user:pass@hook.example https://user@hook.example https://@hook.example https://localhost https://localhost.
https://localhost.localdomain https://hook.example. https://printer.local https://vault.internal https://hook
http://foo@127.0.0.1:80@example.com https://foo@127.0.0.1:443@hook.example https://0.0.0.0 https://100.64.0.1
https://[fd00::1] https://[fe80::1%25eth0] https://[64:ff9b::7f00:1] https://[2002:7f00:1::]
https://１２７.０.０.１ https://①②⑦.0.0.1 https://hook。example https://ex\u00adample.com https://hook.exämple
https://hook.example:22 https://hook.example:80 https://hook.example:0 https://hook.example:99999 https://hook.example:x
http://hook.example ftp://hook.example file:///etc/passwd gopher://hook.example https:hook.example https:///x
//hook.example https://hook.example\\@127.0.0.1 https://hook.example#@127.0.0.1 https://127.0.0.1\\.hook.example https://-a.example
https://a..example https://hook.1
"""
HOSTILE = HOSTILE_TEXT.split()


@pytest.mark.parametrize(
    "url",
    [*HOSTILE, "", "https://", "https://hook.example/\r\nX: y", "https://hook.example/ x", "https://hook.example\tx"],
)
def test_an_address_that_is_not_plainly_a_public_name_is_refused_before_anything_is_asked(url):
    asked: list[Any] = []
    poster = PinnedPoster(resolve=lambda *a, **k: asked.append(a) or [])
    with pytest.raises(Forbidden):
        poster.post(url, b"{}", {})
    assert asked == []


@pytest.mark.parametrize(
    "url",
    ["https://hook.example", "https://Hook.example:8443/a?b=c", "https://xn--fiqs8s.example/", "https://a-b.co/~x"],
)
def test_a_public_name_is_taken_apart(url):
    target = addresses.read(url)
    assert target.is_tls and target.port in (443, 8443) and target.path.startswith("/")


INSIDE_TEXT = """
127.0.0.1 127.255.255.254 10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 0.0.0.0 0.1.2.3 100.64.0.1
100.127.255.255 192.0.0.1 192.0.2.1 192.88.99.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1
64:ff9b::a9fe:a9fe 64:ff9b:1::1 2002:7f00:1:: 2002:a00:1:: 2001::1 2001:db8::1 3fff::1 fc00::1 fd12:3456::1 fe80::1
fe80::1%eth0 fec0::1 ff02::1 100::1 4000::1 nonsense
"""
INSIDE = INSIDE_TEXT.split()
OUTSIDE = (
    "8.8.8.8 1.1.1.1 172.15.0.1 172.32.0.1 100.63.255.255 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 64:ff9b::808:808"
)


@pytest.mark.parametrize("ip", INSIDE)
def test_an_address_inside_is_not_public(ip):
    assert not addresses.is_public(ip)


@pytest.mark.parametrize("ip", OUTSIDE.split())
def test_an_address_outside_is_public(ip):
    assert addresses.is_public(ip)


def names(*ips: str) -> Callable[..., list[tuple[Any, ...]]]:
    """A resolver that knows only this."""
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]


@pytest.mark.parametrize("ips", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("fd00::1",), ("::ffff:192.168.0.1",)])
def test_a_name_that_leads_inside_even_by_one_of_its_addresses_is_refused(ips, monkeypatch):
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("connected"))
    with pytest.raises(Forbidden) as refused:
        PinnedPoster(resolve=names(*ips)).post("https://hook.example", b"{}", {})
    assert refused.value.code == "url_inside"


def test_the_connection_goes_to_the_address_that_was_checked_and_the_name_is_looked_up_once(monkeypatch):
    """What a second look-up would say (rebinding) is of no interest: there is none."""
    went: list[Any] = []
    answers = iter([names("93.184.215.14"), names("127.0.0.1")])

    def resolve(host: str, port: int, **more: Any) -> Any:
        return next(answers)(host, port, **more)

    def connect(address: Any, timeout: float) -> Any:
        went.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(PostTrouble):
        PinnedPoster(resolve=resolve).post("https://hook.example:8443", b"{}", {})
    assert went == [("93.184.215.14", 8443)]
    assert next(answers), "nobody asked again"


def test_a_name_that_does_not_exist_is_trouble():
    def nobody(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(PostTrouble, match="no_name"):
        PinnedPoster(resolve=nobody).post("https://hook.example", b"{}", {})


# --- a real server; only the test's setting admits this machine ---


class Receiver(BaseHTTPRequestHandler):
    """Answers as its server's `mood` says."""

    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        self.server.mood(self)

    def log_message(self, *_: Any) -> None: ...


def say(status: int, words: bytes = b"", **headers: str) -> Callable[[Receiver], None]:
    def mood(receiver: Receiver) -> None:
        receiver.send_response(status)
        for name, value in headers.items():
            receiver.send_header(name, value)
        receiver.send_header("Content-Length", str(len(words)))
        receiver.end_headers()
        receiver.wfile.write(words)

    return mood


@contextmanager
def receiver(context: ssl.SSLContext | None = None) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    server.got, server.mood = [], say(204)
    server.handle_error = lambda *_: None
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def poster_for(server: Any, **more: Any) -> PinnedPoster:
    return PinnedPoster(ports=(server.server_port,), local=True, resolve=names("127.0.0.1"), **more)


def url_of(server: Any, scheme: str = "http") -> str:
    return f"{scheme}://hook.example:{server.server_port}/in?x=1"


def test_what_is_posted_arrives():
    with receiver() as server:
        reply = poster_for(server).post(url_of(server), b'{"a":1}', {"Content-Type": "application/json", "X-Y": "z"})
        assert reply.status == 204
        path, headers, body = server.got[0]
    assert (path, body) == ("/in?x=1", b'{"a":1}')
    assert headers["Host"] == f"hook.example:{server.server_port}"
    assert (headers["X-Y"], headers["Content-Type"]) == ("z", "application/json")


def test_without_the_tests_setting_this_machine_is_not_reached():
    with receiver() as server:
        poster = PinnedPoster(ports=(server.server_port,), resolve=names("127.0.0.1"))
        for scheme in ("http", "https"):
            with pytest.raises(Forbidden):
                poster.post(url_of(server, scheme), b"{}", {})
        assert server.got == []


def test_a_redirect_is_an_answer_and_not_a_way():
    with receiver() as server, receiver() as inside:
        server.mood = say(302, Location=f"http://127.0.0.1:{inside.server_port}/secret")
        assert poster_for(server).post(url_of(server), b"{}", {}).status == 302
        assert len(server.got) == 1
        assert inside.got == []


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiver() as server:
        assert poster_for(server).post(url_of(server), b"{}", {}).status == 204


def test_of_a_big_answer_only_the_beginning_is_read():
    def flood(receiver: Receiver) -> None:
        receiver.send_response(200)
        receiver.end_headers()
        for _ in range(10_000):
            receiver.wfile.write(b"x" * 10_000)

    with receiver() as server:
        server.mood = flood
        reply = poster_for(server).post(url_of(server), b"{}", {})
    assert (reply.status, len(reply.words)) == (200, 2048)


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "drips"])
def test_a_slow_server_is_left(drips):
    def slow(receiver: Receiver) -> None:
        for _ in range(100):
            if drips:
                receiver.wfile.write(b"H")
                receiver.wfile.flush()
            time.sleep(0.1)

    with receiver() as server:
        server.mood = slow
        begun = time.monotonic()
        with pytest.raises(PostTrouble):
            poster_for(server, silence=0.5, in_all=1.0).post(url_of(server), b"{}", {})
        assert time.monotonic() - begun < 3


def test_a_server_that_never_ends_the_handshake_is_left():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        poster = PinnedPoster(ports=(port,), local=True, resolve=names("127.0.0.1"), silence=30, in_all=0.5)
        begun = time.monotonic()
        with pytest.raises(PostTrouble):
            poster.post(f"https://hook.example:{port}/", b"{}", {})
        assert time.monotonic() - begun < 5


def test_nonsense_for_an_answer_is_trouble():
    with receiver() as server:
        server.mood = lambda r: r.wfile.write(b"\x00\x01 nonsense\r\n\r\n")
        with pytest.raises(PostTrouble, match="no_answer"):
            poster_for(server).post(url_of(server), b"{}", {})
    with pytest.raises(PostTrouble, match="no_connection"):
        poster_for(server).post(url_of(server), b"{}", {})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for hook.example, its own authority."""
    path = tmp_path_factory.mktemp("tls") / "hook.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hook.example",
         "-addext", "subjectAltName=DNS:hook.example", "-keyout", str(path), "-out", str(path) + ".crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


def test_the_certificate_must_be_of_the_name_although_the_address_is_pinned(certificate):
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate) + ".crt")
    with receiver(ours) as server:
        good = url_of(server, "https")
        assert poster_for(server, context=trusting).post(good, b"{}", {}).status == 204
        with pytest.raises(PostTrouble, match="bad_certificate"):
            poster_for(server, context=trusting).post(good.replace("hook.", "other."), b"{}", {})
        with pytest.raises(PostTrouble, match="bad_certificate"):
            poster_for(server).post(good, b"{}", {})
        assert len(server.got) == 1


def test_the_twin_in_memory_answers_as_told():
    poster = MemoryPoster(500, PostTrouble("no_name"))
    assert poster.post("https://hook.example", b"a", {}).status == 500
    with pytest.raises(PostTrouble):
        poster.post("https://hook.example", b"b", {})
    assert poster.post("https://hook.example", b"c", {}).status == 204
    assert [body for _, body, _ in poster.posted] == [b"a", b"b", b"c"]
