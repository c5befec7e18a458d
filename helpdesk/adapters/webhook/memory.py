"""What was posted, in a list: for tests."""

from __future__ import annotations

from helpdesk.adapters.webhook import Reply


class MemoryPoster:
    """Keeps what it was given and answers 204; `moods` come first: a status to answer with, or an error to raise."""

    def __init__(self, *moods: int | Exception) -> None:
        self.posted: list[tuple[str, bytes, dict[str, str]]] = []
        self.moods = list(moods)

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> Reply:
        self.posted.append((url, body, headers))
        mood = self.moods.pop(0) if self.moods else 204
        if isinstance(mood, Exception):
            raise mood
        return Reply(mood)
