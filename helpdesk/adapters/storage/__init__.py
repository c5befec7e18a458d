"""Where files live: one interface, a folder and a memory twin."""

from __future__ import annotations

from typing import Protocol


class MissingFile(Exception):
    """No file under this key."""


class Storage(Protocol):
    """Bytes under a key such as `certificates/ab/abcd.pdf`. Keys come from our own code, never from a request."""

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes, whole or not at all; the same key again replaces them."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes. Raises MissingFile."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes; what is not there is forgotten already."""
        ...
