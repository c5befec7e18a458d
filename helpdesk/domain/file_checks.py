"""Once a night rows and bytes are compared: what is missing, what nobody mentions, what is not what it was.

`look` only reads and may take long; `settle` writes down what it found and deletes what is in nobody's way.
"""

from __future__ import annotations

import hashlib
import itertools
import logging
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.adapters.storage import MissingFile, Storage
from helpdesk.db import db, in_parts
from helpdesk.domain import attachments
from helpdesk.domain.attachments import key_of
from helpdesk.domain.later import later
from helpdesk.models import Attachment, Certificate, FileCheck

log = logging.getLogger("helpdesk.files")

CHECK = "files.check"
# A file is stored before the row that mentions it is written; what is older than this has no row coming.
ORPHAN_AFTER = timedelta(days=1)
# So many files a night are read whole and compared with their hash, besides those that were lost before.
SAMPLE = 50
# More orphans than these, and more than half of all files: that is no litter but a wrong database or storage.
FEW = 20
# Bytes lie by the first two letters of their hash; compared one such folder at a time, memory stays small.
HEADS = ["".join(pair) for pair in itertools.product("0123456789abcdef", repeat=2)]


@dataclass
class Findings:
    """Hashes of files by what is wrong with them; certificates by their key."""

    files: int = 0
    missing: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    orphans: list[str] = field(default_factory=list)
    missing_papers: list[str] = field(default_factory=list)


def ask_to_check() -> None:
    """Once a day, soon after midnight, by the worker."""
    later(CHECK, key=clock.today().isoformat())


def look(storage: Storage) -> Findings:
    """Compare every row with the storage's lists, and some files with their hash. Writes nothing."""
    found = Findings()
    sample: list[str] = []
    for head in HEADS:
        # Rows first: a file that comes between the two looks is then too many, not missing.
        mentioned = _mentioned(head)
        listed = {one.key.rpartition("/")[2]: one for one in storage.list(f"{attachments.FOLDER}/{head}")}
        found.files += len(listed)
        found.missing |= mentioned - listed.keys()
        edge = clock.now() - ORPHAN_AFTER
        nobodys = [name for name in listed.keys() - mentioned if re.fullmatch("[0-9a-f]{64}", name)]
        found.orphans += [name for name in nobodys if listed[name].modified < edge]
        sample += random.sample(sorted(mentioned & listed.keys()), min(2, len(mentioned & listed.keys())))
        papers = _papers(head)
        found.missing_papers += papers - {one.key for one in storage.list(f"certificates/{head}")} if papers else ()
    lost = select(Attachment.sha256).where(Attachment.lost_at.is_not(None), Attachment.sha256 != "")
    again = set(db.session.scalars(lost)) - found.missing
    random.shuffle(sample)
    found.damaged = _damaged({*sample[:SAMPLE], *again}, storage)
    return found


def settle(found: Findings, storage: Storage) -> FileCheck:
    """Mark files whose bytes are lost (and those that are back), delete orphans, keep the numbers."""
    moment, lost = clock.now(), found.missing | found.damaged
    for back in db.session.scalars(select(Attachment).where(Attachment.lost_at.is_not(None))).all():
        if back.sha256 not in lost:
            back.lost_at = None
    for some in in_parts(sorted(lost)):
        db.session.execute(
            update(Attachment)
            .where(Attachment.sha256.in_(some), Attachment.lost_at.is_(None))
            .values(lost_at=moment)
            .execution_options(synchronize_session=False)
        )
        db.session.execute(
            update(Attachment)
            .where(Attachment.preview.in_(some))
            .values(preview=None)
            .execution_options(synchronize_session=False)
        )
    too_many = len(found.orphans) > FEW and len(found.orphans) * 2 > found.files
    deleted = 0 if too_many else attachments.delete_unmentioned(found.orphans, storage)
    row = FileCheck(
        at=moment,
        files=found.files,
        missing=len(found.missing) + len(found.missing_papers),
        damaged=len(found.damaged),
        orphans=deleted,
        kept_back=len(found.orphans) if too_many else 0,
    )
    db.session.add(row)
    db.session.flush()
    if lost or found.missing_papers or too_many:
        log.error("files: %s missing, %s damaged, %s orphans kept back", row.missing, row.damaged, row.kept_back)
    return row


def latest() -> FileCheck | None:
    """The newest comparison."""
    return db.session.scalar(select(FileCheck).order_by(FileCheck.at.desc(), FileCheck.id.desc()).limit(1))


def _mentioned(head: str) -> set[str]:
    """Hashes that begin so, of files and small pictures that are there."""
    found: set[str] = set()
    for column in (Attachment.sha256, Attachment.preview):
        found.update(filter(None, db.session.scalars(select(column).where(column >= head, column < head + "g"))))
    return found


def _papers(head: str) -> set[str]:
    beginning = f"certificates/{head}/"
    keys = select(Certificate.pdf_key).where(Certificate.pdf_key >= beginning, Certificate.pdf_key < f"{beginning}g")
    return set(filter(None, db.session.scalars(keys)))


def _damaged(digests: Iterable[str], storage: Storage) -> set[str]:
    found = set()
    for digest in digests:
        said = hashlib.sha256()
        try:
            chunks = storage.stream(key_of(digest))
        except MissingFile:
            continue
        try:
            for chunk in chunks:
                said.update(chunk)
        finally:
            chunks.close()
        if said.hexdigest() != digest:
            found.add(digest)
    return found
