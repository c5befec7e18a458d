"""Files in memory, for tests."""

from __future__ import annotations

from helpdesk.adapters.storage import MissingFile


class MemoryStorage:
    """Keeps bytes in a dict."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.files[key] = bytes(data)

    def get(self, key: str) -> bytes:
        try:
            return self.files[key]
        except KeyError:
            raise MissingFile(key) from None

    def delete(self, key: str) -> None:
        self.files.pop(key, None)
