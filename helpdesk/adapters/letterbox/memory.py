"""A mailbox in memory, for tests."""

from __future__ import annotations

from collections.abc import Iterator

from helpdesk.adapters.letterbox import MailboxTrouble


class MemoryMailbox:
    """Holds what it was given until it is taken; `trouble` makes it fail."""

    def __init__(self, *letters: bytes, name: str = "memory") -> None:
        self.name = name
        self.letters = list(letters)
        self.trouble = ""

    def waiting(self) -> Iterator[MemoryWaiting]:
        if self.trouble:
            raise MailboxTrouble(self.trouble)
        for raw in list(self.letters):
            yield MemoryWaiting(self, raw)


class MemoryWaiting:
    """A letter in the mailbox."""

    is_cut = False

    def __init__(self, mailbox: MemoryMailbox, raw: bytes) -> None:
        self._mailbox, self.raw = mailbox, raw

    def done(self) -> None:
        self._mailbox.letters.remove(self.raw)
