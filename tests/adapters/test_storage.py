"""What every place for files keeps to: the folder, its twin in memory, an S3 store on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.adapters.storage import MissingFile, StorageTrouble
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.adapters.storage.s3 import S3Storage
from helpdesk.config import ROOT, BadSetting

KEY = "certificates/ab/ab12.pdf"


@pytest.fixture(params=["folder", "memory", "s3"])
def storage(request, tmp_path):
    if request.param == "s3":
        store = S3Storage(request.getfixturevalue("s3_url"))
        for one in list(store.list("certificates")):
            store.delete(one.key)
        return store
    return FolderStorage(tmp_path / "files") if request.param == "folder" else MemoryStorage()


def test_what_was_put_is_got_and_replaced_whole(storage):
    storage.put(KEY, b"one")
    storage.put(KEY, b"another")
    assert storage.get(KEY) == b"another"
    assert storage.exists(KEY)


def test_a_key_without_a_file_says_so(storage):
    assert not storage.exists(KEY)
    for ask in (storage.get, storage.stream):
        with pytest.raises(MissingFile, match="ab12"):
            ask(KEY)


def test_a_large_file_comes_in_pieces_and_may_be_left_in_the_middle(storage):
    data = bytes(range(256)) * 4000
    storage.put(KEY, data)
    chunks = storage.stream(KEY)
    pieces = list(chunks)
    chunks.close()
    assert b"".join(pieces) == data
    assert len(pieces) > 1
    left = storage.stream(KEY)
    next(left)
    left.close()


def test_what_was_deleted_is_gone_and_deleting_again_is_nothing(storage):
    storage.put(KEY, b"one")
    storage.delete(KEY)
    storage.delete(KEY)
    assert not storage.exists(KEY)


def test_a_folder_lists_what_is_below_it_with_size_and_time(storage):
    storage.put(KEY, b"four")
    storage.put("certificates/ab/cd.pdf", b"")
    storage.put("certificates/ac/ef.pdf", b"x")
    listed = {one.key: one for one in storage.list("certificates/ab")}
    assert sorted(listed) == [KEY, "certificates/ab/cd.pdf"]
    assert listed[KEY].size == 4
    if not isinstance(storage, MemoryStorage):
        assert abs(listed[KEY].modified - datetime.now(UTC)) < timedelta(minutes=5)
    assert list(storage.list("certificates/00")) == []


@pytest.mark.parametrize("key", ["../secret_key", "/etc/passwd", "a/../../b", "A.pdf", "a//b", "", "a\0b"])
def test_what_is_no_key_of_ours_is_refused(storage, key):
    for act in (storage.get, storage.stream, storage.exists, storage.delete, lambda key: storage.put(key, b"")):
        with pytest.raises(ValueError, match="not a storage key"):
            act(key)


def test_a_crash_while_writing_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    storage = FolderStorage(tmp_path)
    storage.put(KEY, b"old")

    def full(_handle: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageTrouble, match="disk full"):
        storage.put(KEY, b"new")
    assert storage.get(KEY) == b"old"
    assert [p.name for p in (tmp_path / "certificates/ab").iterdir()] == ["ab12.pdf"]


def test_a_store_that_is_away_is_trouble_in_one_line_and_does_not_take_long():
    away = S3Storage("s3+http://key:secret@127.0.0.1:9/bucket", patience=timedelta(seconds=1))
    for act in (away.get, away.exists, away.delete, lambda key: away.put(key, b"x"), lambda key: list(away.list("a"))):
        with pytest.raises(StorageTrouble) as caught:
            act(KEY)
        assert "\n" not in str(caught.value) and "secret" not in str(caught.value)


def test_files_lie_below_the_prefix_of_the_address(s3_url):
    S3Storage(s3_url).put(KEY, b"here")
    whole = S3Storage(s3_url.removesuffix("/desk"))
    assert whole.get(f"desk/{KEY}") == b"here"


@pytest.mark.parametrize(
    "url",
    ["s3://key:sec/ret@host/bucket", "s3://host", "s3://key:topsecret@host/", "ftp://host/bucket", "s3://h/b?regoin=x"],
)
def test_an_address_that_cannot_be_meant_is_one_line_without_the_secret(url):
    with pytest.raises(BadSetting, match="FILES_URL cannot be used") as caught:
        storage_from({"FILES_URL": url})
    assert "sec" not in str(caught.value).replace("secret", "")
    assert "topsecret" not in str(caught.value)


def test_without_the_client_one_line_says_how_to_get_it():
    program = (
        "import sys; sys.modules['obstore'] = None\n"
        "from helpdesk.adapters.storage.chosen import storage_from\n"
        "storage_from({'FILES_URL': 's3://k:s@h/b'})\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode and "requirements-s3.txt" in done.stderr.splitlines()[-1]


def test_the_default_needs_no_client(tmp_path):
    program = (
        "import sys; sys.modules['obstore'] = sys.modules['pypdfium2'] = None\n"
        "from helpdesk import create_app\n"
        "print(create_app({'SECRET_KEY': 'x', 'INSTANCE_DIR': sys.argv[1]}).name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "helpdesk\n", done.stderr
