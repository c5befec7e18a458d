"""Where files live: one interface; a folder, a memory twin, an S3-compatible store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# What our own code names files by. Anything else is a mistake, or somebody's attempt to leave the folder.
KEY = re.compile(r"[a-z0-9]+(/[a-z0-9_-]+)*(\.[a-z0-9]+)?")
CHUNK = 64 * 1024


class MissingFile(Exception):
    """No file under this key."""


class StorageTrouble(OSError):
    """The storage cannot be reached or takes nothing more; later it may."""


@dataclass(frozen=True)
class Stored:
    """One file as the storage lists it; `modified` is when it was last put."""

    key: str
    size: int
    modified: datetime


class Chunks:
    """Bytes piece by piece; whoever is given them closes them, also without having read them all."""

    def __init__(self, pieces: Iterable[bytes], close: Callable[[], object] = lambda: None) -> None:
        self._pieces, self._close = iter(pieces), close

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)

    def close(self) -> None:
        """Let go of the file or connection behind them."""
        self._close()


class Storage(Protocol):
    """Bytes under a key such as `certificates/ab/abcd.pdf`. Keys come from our own code, never from a request.

    Every act may raise StorageTrouble, and ValueError for what is no key.
    """

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes, whole or not at all; the same key again replaces them."""
        ...

    def put_pieces(self, key: str, pieces: Iterable[bytes]) -> None:
        """As `put`, for a file that is never whole in memory: its pieces are made while it is written."""
        ...

    def get(self, key: str) -> bytes:
        """The bytes. Raises MissingFile."""
        ...

    def stream(self, key: str) -> Chunks:
        """The bytes piece by piece, so that a large file is never whole in memory. Raises MissingFile at once."""
        ...

    def exists(self, key: str) -> bool:
        """Whether there is a file under the key."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes; what is not there is forgotten already."""
        ...

    def list(self, folder: str) -> Iterator[Stored]:
        """Everything below `folder`, a key's beginning that ends before a slash; in no order."""
        ...


def checked(key: str) -> str:
    """The key. Raises ValueError for what is none of ours."""
    if not KEY.fullmatch(key):
        raise ValueError(f"not a storage key: {key!r}")
    return key
