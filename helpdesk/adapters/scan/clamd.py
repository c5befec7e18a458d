"""clamd's INSTREAM over TCP or a Unix socket (man clamd): four bytes of length before each piece, a zero at the end."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from helpdesk.adapters.scan import ScanTrouble, Verdict

# Seconds for each step, and for one file as a whole: what answers a byte now and then is as good as gone.
TIMEOUT = 30.0
LONGEST = 180.0
LONGEST_ANSWER = 4096


class ClamdScanner:
    """`tcp://127.0.0.1:3310` or `unix:///run/clamav/clamd.ctl`. Raises ValueError for anything else."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT, longest: float = LONGEST) -> None:
        parts = urlsplit(url)
        is_tcp, is_unix = parts.scheme == "tcp" and parts.hostname, parts.scheme == "unix" and parts.path
        if not is_tcp and not is_unix:
            raise ValueError("it is neither tcp://host:3310 nor unix:///path/to/clamd.ctl")
        self.host, self.port = parts.hostname or "", parts.port or 3310
        self.path = parts.path if is_unix else ""
        self.timeout, self.longest = timeout, longest

    def scan(self, chunks: Iterable[bytes]) -> Verdict:
        until = time.monotonic() + self.longest
        try:
            with self._connect() as wire:
                # When it stops listening, why is in its answer, if there is one.
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self._send(wire, chunks, until)
                return _verdict(self._answer(wire, until))
        except OSError as error:
            raise ScanTrouble(f"clamd: {type(error).__name__}: {error}") from error

    def _connect(self) -> socket.socket:
        if not self.path:
            return socket.create_connection((self.host, self.port), timeout=self.timeout)
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        wire.settimeout(self.timeout)
        try:
            wire.connect(self.path)
        except BaseException:
            wire.close()
            raise
        return wire

    def _send(self, wire: socket.socket, chunks: Iterable[bytes], until: float) -> None:
        wire.sendall(b"zINSTREAM\0")
        for chunk in chunks:
            if chunk:
                wire.sendall(struct.pack("!I", len(chunk)) + chunk)
            _in_time(until)
        wire.sendall(struct.pack("!I", 0))

    def _answer(self, wire: socket.socket, until: float) -> str:
        said = b""
        while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
            some = wire.recv(LONGEST_ANSWER)
            if not some:
                break
            said += some
            _in_time(until)
        if not said.endswith(b"\0"):
            raise ScanTrouble("clamd broke off in the middle of its answer")
        return said.rstrip(b"\0").decode("utf-8", "replace").strip()


def _in_time(until: float) -> None:
    if time.monotonic() > until:
        raise ScanTrouble("clamd takes too long")


def _verdict(said: str) -> Verdict:
    if said == "stream: OK":
        return Verdict()
    found = re.fullmatch(r"stream: (.+) FOUND", said)
    if found:
        # Its options may make it report what it could not look into as a find; that is no virus.
        if found[1].startswith("Heuristics.Limits.Exceeded"):
            return Verdict(refused=found[1][:200])
        return Verdict(threat=found[1][:120])
    if "size limit exceeded" in said:
        return Verdict(refused=said[:200])
    raise ScanTrouble(f"clamd: {said[:200]}")
