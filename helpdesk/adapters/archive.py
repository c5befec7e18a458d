"""A ZIP written as its files are read: no more than one of them is in memory."""

from __future__ import annotations

import io
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import cast

# What Windows, macOS or a shell takes amiss in a name.
FORBIDDEN = '/\\:*?"<>|'
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}
LONGEST_BYTES = 120


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


def safe_name(text: str) -> str:
    """The text as a part of a file's name on any system: readable, never a path, never empty."""
    plain = unicodedata.normalize("NFC", text)
    kept = "".join(" " if c in FORBIDDEN else c for c in plain if unicodedata.category(c)[0] != "C")
    cut = " ".join(kept.split()).encode("utf-8")[:LONGEST_BYTES].decode("utf-8", "ignore").strip(" .")
    return f"_{cut}" if not cut or cut.split(".")[0].upper() in RESERVED else cut


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
"""A ZIP for people: written piece by piece, with names that every Windows takes."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import IO

from helpdesk import clock

# A small one never touches the disk.
IN_MEMORY = 8 * 1024 * 1024
LONGEST_NAME = 100
# What Windows keeps for devices, with any ending and in any case.
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?", re.IGNORECASE)
UNSAFE = re.compile(r'[<>:"/\\|?*]')
INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def safe_name(name: str) -> str:
    """One part of a path: nothing that Windows refuses or reads otherwise, no mark that turns letters round, short."""
    plain = unicodedata.normalize("NFC", name)
    kept = UNSAFE.sub("_", "".join(c for c in plain if unicodedata.category(c) not in INVISIBLE)).strip(" .")
    kept = kept or "file"
    if DEVICES.fullmatch(kept):
        kept = f"_{kept}"
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 10:
        return kept[:LONGEST_NAME].rstrip(" .")
    return stem[: LONGEST_NAME - len(ending) - 1].rstrip(" .") + dot + ending


class Archive:
    """A ZIP in the making. `finish` gives the file, which whoever takes it closes; `close` drops an unfinished one."""

    def __init__(self) -> None:
        # Closed by whoever takes it, long after this.
        self._file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED)
        self._taken: set[str] = set()

    def name(self, *parts: str) -> str:
        """A safe path that nothing else has, also where capitals do not count: `a (2).pdf` beside `A.pdf`."""
        *folders, last = (safe_name(part) for part in parts)
        stem, dot, ending = last.rpartition(".")
        stem, ending = (stem, dot + ending) if dot else (last, "")
        path, count = "/".join((*folders, last)), 1
        while path.lower() in self._taken:
            count += 1
            path = "/".join((*folders, f"{stem} ({count}){ending}"))
        self._taken.add(path.lower())
        return path

    def text(self, path: str, text: str) -> None:
        """A text in UTF-8."""
        self._zip.writestr(self._info(path, zipfile.ZIP_DEFLATED), text.encode())

    def stream(self, path: str, pieces: Iterable[bytes]) -> None:
        """Bytes as they come; pictures and documents are small already, so they are only stored."""
        with self._zip.open(self._info(path, zipfile.ZIP_STORED), "w") as part:
            for piece in pieces:
                part.write(piece)

    def finish(self) -> tuple[IO[bytes], int]:
        """The whole file, at its beginning, and its size in bytes."""
        self._zip.close()
        size = self._file.seek(0, 2)
        self._file.seek(0)
        return self._file, size

    def close(self) -> None:
        """Forget it."""
        self._file.close()

    @staticmethod
    def _info(path: str, how: int) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(path, clock.local(clock.now()).timetuple()[:6])
        info.compress_type = how
        info.external_attr = 0o644 << 16
        return info
