"""A scanner for tests: it knows one signature, and can be away."""

from __future__ import annotations

from collections.abc import Iterable

from helpdesk.adapters.scan import ScanTrouble, Verdict


class MemoryScanner:
    """Finds `signature` in a file; `away` is a scanner that nobody can reach."""

    def __init__(self, signature: bytes = b"wenqu-test-virus", *, away: bool = False, refused: str = "") -> None:
        self.signature, self.away, self.refused = signature, away, refused
        self.asked = 0

    def scan(self, chunks: Iterable[bytes]) -> Verdict:
        self.asked += 1
        if self.away:
            raise ScanTrouble("away")
        if self.refused:
            return Verdict(refused=self.refused)
        return Verdict(threat="Test.Virus" if self.signature in b"".join(chunks) else "")
