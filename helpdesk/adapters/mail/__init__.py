"""How letters leave: one interface; twins: `smtp` for life, `folder` for a desk without a mail server, `memory`."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Protocol

from helpdesk.adapters import Trouble


class MailTrouble(Trouble):
    """Not now: the server is away, slow, or asks to come again. Try later."""


class MailRefused(Exception):
    """Not ever: the server says that this letter cannot be delivered (5xx)."""


class Mailer(Protocol):
    """Hands a finished letter over."""

    def send(self, letter: EmailMessage) -> None:
        """Return when the letter was taken. Raises MailTrouble or MailRefused."""
        ...
