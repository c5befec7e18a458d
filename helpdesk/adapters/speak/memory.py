"""What was said, in a list: for tests."""

from __future__ import annotations


class MemorySpeaker:
    """Keeps what it was given; `moods` are raised first, one a message."""

    def __init__(self, *moods: Exception | None) -> None:
        self.said: list[tuple[str, str]] = []
        self.moods = list(moods)

    def say(self, address: str, text: str) -> None:
        mood = self.moods.pop(0) if self.moods else None
        if mood is not None:
            raise mood
        self.said.append((address, text))
