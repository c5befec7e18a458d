"""Files in memory, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from helpdesk import clock
from helpdesk.adapters.storage import CHUNK, Chunks, MissingFile, Stored, checked


class MemoryStorage:
    """Keeps bytes in a dict."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.moments: dict[str, datetime] = {}

    def put(self, key: str, data: bytes) -> None:
        self.files[checked(key)] = bytes(data)
        self.moments[key] = clock.now()

    def put_pieces(self, key: str, pieces: Iterable[bytes]) -> None:
        self.put(key, b"".join(pieces))

    def get(self, key: str) -> bytes:
        try:
            return self.files[checked(key)]
        except KeyError:
            raise MissingFile(key) from None

    def stream(self, key: str) -> Chunks:
        data = self.get(key)
        return Chunks(data[at : at + CHUNK] for at in range(0, len(data), CHUNK))

    def exists(self, key: str) -> bool:
        return checked(key) in self.files

    def delete(self, key: str) -> None:
        self.files.pop(checked(key), None)

    def list(self, folder: str) -> Iterator[Stored]:
        for key, data in sorted(self.files.items()):
            if key.startswith(checked(folder) + "/"):
                yield Stored(key, len(data), self.moments[key])
