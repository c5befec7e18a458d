"""How a webhook is told: one interface; `pinned` for life, `memory` for tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from helpdesk.adapters import Trouble


@dataclass(frozen=True)
class Reply:
    """What the receiver answered: the status and the beginning of its words."""

    status: int
    words: str = ""


class PostTrouble(Trouble):
    """No answer: no such name, no connection, too slow, or nothing that is HTTP. Try later."""


class Forbidden(Exception):
    """An address we do not speak to; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Poster(Protocol):
    """Sends one POST."""

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        """Whatever the receiver answers is a Reply, redirects too. Raises PostTrouble or Forbidden."""
        ...
