"""How a channel is told: one interface; `through_apprise` for life, `memory` for tests."""

from __future__ import annotations

from typing import Protocol

from helpdesk.adapters import Trouble


class SpeakTrouble(Trouble):
    """Not now: no connection, or too many messages. Try later."""


class SpeakRefused(Exception):
    """Not ever: the robot is gone, its key is wrong, or the group does not admit the message."""


class Speaker(Protocol):
    """Says a text somewhere."""

    def say(self, address: str, text: str) -> None:
        """Return when the other side took it. Raises SpeakTrouble or SpeakRefused, neither with a key in its words."""
        ...
