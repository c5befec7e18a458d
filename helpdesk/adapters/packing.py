"""A ZIP for people: written piece by piece, with names that every Windows takes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import IO

from helpdesk import clock
from helpdesk.adapters.file_names import safe_name

# A small one never touches the disk.
IN_MEMORY = 8 * 1024 * 1024


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
