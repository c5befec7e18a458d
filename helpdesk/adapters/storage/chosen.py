"""The storage that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from helpdesk.adapters.storage import Storage
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.config import BadSetting


def storage_from(settings: Mapping[str, Any]) -> Storage:
    """An S3-compatible store where FILES_URL names one; else a folder: FILES_DIR, or one in the instance folder.

    Raises BadSetting with one line when the address cannot be meant or its library is not installed.
    """
    if settings["FILES_URL"]:
        return _s3(settings["FILES_URL"])
    return FolderStorage(Path(settings["FILES_DIR"]))


@lru_cache(maxsize=4)
def _s3(url: str) -> Storage:
    """One client a process and address: it keeps its connections."""
    try:
        from helpdesk.adapters.storage.s3 import S3Storage
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "obstore":
            raise
        hint = "FILES_URL needs the S3 client; run: .venv/bin/pip install --require-hashes -r requirements-s3.txt"
        raise BadSetting(hint) from None
    try:
        return S3Storage(url)
    except ValueError:
        # Not the library's own words: they may quote a part of the secret.
        raise BadSetting(
            "FILES_URL cannot be used; it looks like s3://key:secret@host/bucket, / : @ % in key and secret encoded"
        ) from None
