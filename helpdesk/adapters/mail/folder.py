"""Letters as .eml files in a folder, for a desk that has no mail server yet: nothing leaves the machine."""

from __future__ import annotations

import hashlib
from email import policy
from email.message import EmailMessage
from pathlib import Path


class FolderMailer:
    """One file a letter, named by its Message-ID: the same letter again is the same file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, letter: EmailMessage) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(str(letter["Message-ID"]).encode()).hexdigest()[:24]
        path = self.folder / f"{name}.eml"
        half = path.with_suffix(".part")
        half.write_bytes(letter.as_bytes(policy=policy.SMTP))
        half.replace(path)
