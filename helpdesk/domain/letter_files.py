"""The files of a letter that is on no case yet: opened one by one at the desk, out of the letter as it came.

Each is looked at like an upload (by its content, made harmless) and by the scanner at the moment it is opened; nothing
of it is stored beside the original. The bytes go out by the same kind of signed address as other files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from itsdangerous import BadData, URLSafeTimedSerializer

from helpdesk import config
from helpdesk.adapters.files import Examined
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.scan import Scanner, ScanTrouble
from helpdesk.adapters.storage import MissingFile, Storage
from helpdesk.db import db
from helpdesk.domain import attachments, incoming
from helpdesk.domain.attachments import LINK_SECONDS, Upload
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Incoming


@dataclass(frozen=True)
class Looked:
    """A file that may be opened; `is_scanned` tells whether a scanner found nothing in it."""

    token: str
    name: str
    is_scanned: bool


def is_on_a_case(row: Incoming) -> bool:
    """Whether its files are the case's by now: there they are opened."""
    return row.case is not None and row.case.number is not None


def look(row: Incoming, place: int, storage: Storage, scanner: Scanner | None) -> Looked:
    """Look at the file at this place of the letter's list. Raises NotFound where there is none, and Refused for a kind
    nobody may open or for a virus."""
    found = _file(row, place, storage)
    is_scanned = False
    if scanner is not None:
        try:
            verdict = scanner.scan([found.data])
        except ScanTrouble:
            verdict = None
        if verdict is not None and verdict.threat:
            raise Refused("letter_file_infected", name=found.name)
        is_scanned = verdict is not None and verdict.is_clean
    return Looked(_serializer().dumps([row.id, place]), found.name, is_scanned or scanner is None)


def open_by_token(token: str, storage: Storage) -> Examined:
    """The file of a signed address. Raises NotFound for anything else, also once the letter is on a case."""
    try:
        number, place = _serializer().loads(token, max_age=LINK_SECONDS)
    except (BadData, ValueError, TypeError):
        raise NotFound("letter") from None
    row = db.session.get(Incoming, number)
    if row is None:
        raise NotFound("letter")
    try:
        return _file(row, place, storage)
    except Refused:
        raise NotFound("letter") from None


def _file(row: Incoming, place: int, storage: Storage) -> Examined:
    """The list leaves out what is no file to people; of several with one name the order tells which."""
    if is_on_a_case(row) or not 0 <= place < len(row.files):
        raise NotFound("letter")
    names = [name for name, _ in row.files]
    nth = names[:place].count(names[place])
    try:
        letter = reader.read(incoming.raw_of(row, storage))
    except MissingFile:
        raise NotFound("letter") from None
    same = [file for file in letter.files if file.name == names[place]]
    if nth >= len(same):
        raise NotFound("letter")
    return attachments.examined(Upload(same[nth].name, same[nth].data))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(config.setting("SECRET_KEY")), salt="letter-file", signer_kwargs={"digest_method": hashlib.sha256}
    )
