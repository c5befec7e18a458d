"""What every place for files keeps to: the folder and its twin in memory."""

from __future__ import annotations

import os

import pytest

from helpdesk.adapters.storage import MissingFile
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.adapters.storage.memory import MemoryStorage

KEY = "certificates/ab/ab12.pdf"


@pytest.fixture(params=["folder", "memory"])
def storage(request, tmp_path):
    return FolderStorage(tmp_path / "files") if request.param == "folder" else MemoryStorage()


def test_what_was_put_is_got_and_replaced_whole(storage):
    storage.put(KEY, b"one")
    storage.put(KEY, b"another")
    assert storage.get(KEY) == b"another"


def test_a_key_without_a_file_says_so(storage):
    with pytest.raises(MissingFile, match="ab12"):
        storage.get(KEY)


@pytest.mark.parametrize("key", ["../secret_key", "/etc/passwd", "a/../../b", "A.pdf", "a//b", "", "a\0b"])
def test_the_folder_refuses_what_is_no_key_of_ours(tmp_path, key):
    with pytest.raises(ValueError, match="not a storage key"):
        FolderStorage(tmp_path).get(key)


def test_a_crash_while_writing_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    storage = FolderStorage(tmp_path)
    storage.put(KEY, b"old")

    def full(_handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        storage.put(KEY, b"new")
    assert storage.get(KEY) == b"old"
    assert [p.name for p in (tmp_path / "certificates/ab").iterdir()] == ["ab12.pdf"]
