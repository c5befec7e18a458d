"""Files in a folder, written beside and renamed, so that a crash leaves the old file or the new one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from helpdesk.adapters.storage import CHUNK, Chunks, MissingFile, StorageTrouble, Stored, checked

PART = ".part-"
BROKEN_OFF_SECONDS = 6 * 3600


class FolderStorage:
    """Keeps each key as a file below `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, key: str, data: bytes) -> None:
        self._write(self._path(key), (data,))

    def put_pieces(self, key: str, pieces: Iterable[bytes]) -> None:
        path = self._path(key)
        _forget_broken_off(path.parent)
        self._write(path, pieces)

    def _write(self, path: Path, pieces: Iterable[bytes]) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=PART)
            try:
                with os.fdopen(handle, "wb") as file:
                    for piece in pieces:
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except StorageTrouble:
            raise
        except OSError as error:
            raise StorageTrouble(f"the files folder: {error}") from error

    def get(self, key: str) -> bytes:
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise MissingFile(key) from None

    def stream(self, key: str) -> Chunks:
        try:
            file = self._path(key).open("rb")
        except FileNotFoundError:
            raise MissingFile(key) from None
        return Chunks(iter(lambda: file.read(CHUNK), b""), file.close)

    def exists(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        self._path(key).unlink(missing_ok=True)

    def list(self, folder: str) -> Iterator[Stored]:
        for path in self._path(folder).rglob("*"):
            try:
                told = path.stat()
            except FileNotFoundError:
                continue  # deleted while we looked
            if path.is_file() and not path.name.startswith(PART):
                moment = datetime.fromtimestamp(told.st_mtime, UTC)
                yield Stored(path.relative_to(self.root).as_posix(), told.st_size, moment)

    def _path(self, key: str) -> Path:
        return self.root / checked(key)


def _forget_broken_off(folder: Path) -> None:
    """Large files whose writer was killed: nothing has been added to them for hours."""
    edge = time.time() - BROKEN_OFF_SECONDS
    for left in folder.glob(f"{PART}*"):
        try:
            if left.stat().st_mtime < edge:
                left.unlink()
        except FileNotFoundError:
            continue
