"""The client of clamd, against a server that speaks its protocol on loopback and can be told to misbehave; and clamd
itself where it is installed."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from helpdesk.adapters.scan import ScanTrouble, Verdict
from helpdesk.adapters.scan.chosen import scanner_from
from helpdesk.adapters.scan.clamd import ClamdScanner
from helpdesk.config import BadSetting
from tests import servers
from tests.servers import VIRUS

CLEAN = [b"x" * 70_000, b"", b"y" * 10]


def read_exactly(wire: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        some = wire.recv(size - len(got))
        if not some:
            raise ConnectionError("gone")
        got += some
    return got


def as_clamd(wire: socket.socket, most: int = 1_000_000) -> bytes:
    """Reads one stream as clamd does, and answers as it does."""
    assert read_exactly(wire, 10) == b"zINSTREAM\0"
    data = b""
    while size := struct.unpack("!I", read_exactly(wire, 4))[0]:
        data += read_exactly(wire, size)
        if len(data) > most:
            return b"INSTREAM size limit exceeded. ERROR\0"
    return b"stream: Wenqu.Test FOUND\0" if VIRUS in data else b"stream: OK\0"


def answering(wire: socket.socket) -> None:
    wire.sendall(as_clamd(wire))


def a_letter_at_a_time(wire: socket.socket) -> None:
    for letter in as_clamd(wire):
        wire.sendall(bytes([letter]))


def slow(wire: socket.socket) -> None:
    as_clamd(wire)
    time.sleep(1.5)


def trickling(wire: socket.socket) -> None:
    as_clamd(wire)
    for _ in range(30):
        wire.sendall(b".")
        time.sleep(0.05)


def dropping_in_the_stream(wire: socket.socket) -> None:
    read_exactly(wire, 14)


def dropping_in_the_answer(wire: socket.socket) -> None:
    as_clamd(wire)
    wire.sendall(b"stream: O")


def small(wire: socket.socket) -> None:
    wire.sendall(as_clamd(wire, most=50_000))
    wire.shutdown(socket.SHUT_WR)
    time.sleep(0.2)


def saying(words: bytes) -> Callable[[socket.socket], None]:
    def say(wire: socket.socket) -> None:
        as_clamd(wire)
        wire.sendall(words)

    return say


@contextmanager
def server(behave: Callable[[socket.socket], None], path: Path | None = None) -> Iterator[str]:
    """A server for one question; its address."""
    door = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
    door.bind(str(path) if path else ("127.0.0.1", 0))
    door.listen(1)

    def serve() -> None:
        wire, _ = door.accept()
        with wire:
            try:
                behave(wire)
            except OSError:
                return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"unix://{path}" if path else f"tcp://127.0.0.1:{door.getsockname()[1]}"
    finally:
        thread.join(5)
        door.close()


@pytest.mark.parametrize("behave", [answering, a_letter_at_a_time])
def test_what_is_clean_is_clean_and_what_is_infected_is_named(behave):
    with server(behave) as url:
        assert ClamdScanner(url).scan(CLEAN) == Verdict()
    with server(behave) as url:
        assert ClamdScanner(url).scan([b"before", VIRUS]) == Verdict(threat="Wenqu.Test")


def test_it_speaks_over_a_socket_in_the_file_system_too(tmp_path):
    with server(answering, tmp_path / "clamd.ctl") as url:
        assert ClamdScanner(url).scan(CLEAN).is_clean


def test_a_file_larger_than_it_takes_was_not_looked_at():
    with server(small) as url:
        verdict = ClamdScanner(url).scan([b"x" * 60_000] * 40)
    assert not verdict.is_clean and "size limit" in verdict.refused
    with server(saying(b"stream: Heuristics.Limits.Exceeded.MaxFileSize FOUND\0")) as url:
        assert not ClamdScanner(url).scan(CLEAN).threat


@pytest.mark.parametrize(
    "behave",
    [
        slow,
        trickling,
        dropping_in_the_stream,
        dropping_in_the_answer,
        saying(b"stream: whatever ERROR\0"),
        saying(b"\0"),
        saying(b"x" * 9000),
    ],
    ids=["slow", "trickling", "drops", "half an answer", "error", "nothing", "endless"],
)
def test_whatever_is_no_answer_is_trouble_and_never_clean(behave):
    with server(behave) as url, pytest.raises(ScanTrouble):
        ClamdScanner(url, timeout=0.5, longest=0.6).scan([b"x" * 300_000] * 4)


def test_nobody_there_is_trouble(tmp_path):
    for url in (f"unix://{tmp_path}/none.ctl", "tcp://127.0.0.1:9"):
        with pytest.raises(ScanTrouble):
            ClamdScanner(url, timeout=1).scan(CLEAN)


@pytest.mark.parametrize("url", ["127.0.0.1:3310", "http://x", "tcp://", "unix://", "tcp://host:port"])
def test_an_address_that_cannot_be_meant_is_one_line(url):
    with pytest.raises(BadSetting, match="CLAMD_URL cannot be used"):
        scanner_from({"CLAMD_URL": url})
    assert scanner_from({"CLAMD_URL": ""}) is None


def test_the_real_clamd_says_the_same():
    with servers.clamd() as url:
        scanner = ClamdScanner(url)
        assert scanner.scan(CLEAN) == Verdict()
        assert scanner.scan([VIRUS]).threat.startswith("Wenqu.Test")
        assert "size limit" in scanner.scan([b"x" * 100_000] * 30).refused
