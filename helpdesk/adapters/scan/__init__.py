"""Whether a file carries a virus: one interface; clamd, and a twin that knows one signature."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


class ScanTrouble(Exception):
    """The scanner could not be asked now; later it may answer."""


@dataclass(frozen=True)
class Verdict:
    """What the scanner says: `threat` names what it found; `refused` says why it will never look at this file."""

    threat: str = ""
    refused: str = ""

    @property
    def is_clean(self) -> bool:
        """Looked at as a whole, and nothing found."""
        return not self.threat and not self.refused


class Scanner(Protocol):
    """Looks at the bytes of one file."""

    def scan(self, chunks: Iterable[bytes]) -> Verdict:
        """Its verdict. Raises ScanTrouble when it cannot be reached, breaks off or takes too long."""
        ...
