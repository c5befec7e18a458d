"""A ZIP written as its files are read: no more than one of them is in memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast


@dataclass(frozen=True)
class Entry:
    """One file of the archive. `moment` is local time; `squeeze` for what compresses well."""

    name: str
    data: bytes
    moment: datetime
    squeeze: bool = False


def zip_pieces(entries: Iterable[Entry]) -> Iterator[bytes]:
    """The archive piece by piece: one for each entry and a last one with the directory. Names are UTF-8."""
    window = _Window()
    with zipfile.ZipFile(cast("io.BufferedIOBase", window), "w") as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, entry.moment.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED if entry.squeeze else zipfile.ZIP_STORED
            info.external_attr = 0o644 << 16
            archive.writestr(info, entry.data)
            yield window.taken()
    yield window.taken()


class _Window:
    """The end of a file that is being written: zipfile goes back to the head of an entry to note its size, never
    further, so all before the entry can leave."""

    def __init__(self) -> None:
        self.base = 0
        self.buffer = io.BytesIO()

    def write(self, data: bytes) -> int:
        """Write at the place."""
        return self.buffer.write(data)

    def tell(self) -> int:
        """The place in the whole file."""
        return self.base + self.buffer.tell()

    def seek(self, place: int, whence: int = 0) -> int:
        """Go to a place that has not left yet."""
        self.buffer.seek(place - self.base if whence == 0 else place, whence)
        return self.tell()

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What has been written since the last time; it leaves."""
        data = self.buffer.getvalue()
        self.base += len(data)
        self.buffer = io.BytesIO()
        return data
