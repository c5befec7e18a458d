"""How letters come in: bytes become a `Letter` (`letter.read`), and a mailbox is emptied (`imap`, `memory`).

Nothing in here knows a case. Everything that arrives is hostile until proved otherwise: each reader has a limit, and
what cannot be read becomes a visible gap, never an exception that loses a letter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class MailboxTrouble(Exception):
    """The mailbox cannot be opened or read now. Try later."""


class Waiting(Protocol):
    """A letter that lies in a mailbox."""

    @property
    def raw(self) -> bytes:
        """Its bytes; of one that is larger than we take, only its beginning."""
        ...

    @property
    def is_cut(self) -> bool:
        """Whether `raw` is only its beginning."""
        ...

    def done(self) -> None:
        """It is safe with us: mark it and put it aside. Called after our own transaction was committed."""
        ...


class Mailbox(Protocol):
    """Where letters lie until we take them."""

    name: str

    def waiting(self) -> Iterator[Waiting]:
        """Letters nobody took yet, oldest first. Raises MailboxTrouble."""
        ...
