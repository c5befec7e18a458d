"""The storage that the settings ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from helpdesk.adapters.storage import Storage
from helpdesk.adapters.storage.folder import FolderStorage


def storage_from(settings: Mapping[str, Any]) -> Storage:
    """A folder: FILES_DIR, or one in the instance folder."""
    return FolderStorage(Path(settings["FILES_DIR"]))
