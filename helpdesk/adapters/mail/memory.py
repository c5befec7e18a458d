"""Letters in a list: for tests."""

from __future__ import annotations

from email.message import EmailMessage


class MemoryMailer:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    def send(self, letter: EmailMessage) -> None:
        self.letters.append(letter)
