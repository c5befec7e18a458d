"""What the worker does with a file that was sent: have it looked at for viruses, draw the first page of a PDF.

Rows are the truth. `scan` and `draw` may take their time and write nothing; what they found is noted afterwards.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk import clock, config
from helpdesk.adapters.files.sketch import Sketch, sketch
from helpdesk.adapters.scan import Scanner, Verdict
from helpdesk.adapters.storage import MissingFile, Storage
from helpdesk.db import db
from helpdesk.domain import attachments, record
from helpdesk.domain.later import later
from helpdesk.models import Attachment, Scan, Status
from helpdesk.rules.policy import SYSTEM

log = logging.getLogger("helpdesk.files")
# So many at a time, so that nobody waits long for the database.
SCANNED_A_ROUND = 500


# --- looking for viruses ---


def scan(attachment_id: int, scanner: Scanner | None, storage: Storage) -> Verdict | None:
    """What the scanner says of a file; None when nobody can or need say anything. Writes nothing in the database.

    Raises ScanTrouble when it should be asked again later.
    """
    row = db.session.get(Attachment, attachment_id)
    if scanner is None or row is None or not row.sha256:
        return None
    key = attachments.key_of(row.sha256)
    # The scanner may take its time; the database is not kept waiting for it.
    db.session.rollback()
    try:
        chunks = storage.stream(key)
    except MissingFile:
        return Verdict(refused="the file is not there")
    try:
        return scanner.scan(chunks)
    finally:
        chunks.close()


def mark_scanned(attachment_id: int, verdict: Verdict | None, storage: Storage) -> None:
    """Write down what the scanner said. What is infected is deleted at once, wherever the same content was sent."""
    row = db.session.get(Attachment, attachment_id)
    if row is None or not row.sha256:
        return
    if verdict is None:
        row.scan = Scan.OFF
    elif verdict.threat:
        _quarantine(row.sha256, verdict.threat, storage)
    else:
        row.scan, row.scanned_at = Scan.CLEAN if verdict.is_clean else Scan.IMPOSSIBLE, clock.now()
        row.threat = verdict.refused[:200] or None
    db.session.flush()


def give_up_scanning(attachment_id: int, error: str) -> None:
    """The scanner was away too long: who opens the file is asked first."""
    row = db.session.get(Attachment, attachment_id)
    if row is not None and row.scan is Scan.WAITING:
        row.scan, row.scanned_at, row.threat = Scan.IMPOSSIBLE, clock.now(), error[:200]
        db.session.flush()


def _quarantine(digest: str, threat: str, storage: Storage) -> None:
    attachments.hold_bytes([digest])
    rows = db.session.scalars(select(Attachment).where(Attachment.sha256 == digest).order_by(Attachment.id)).all()
    for row in rows:
        row.scan, row.scanned_at, row.threat, row.sha256 = Scan.INFECTED, clock.now(), threat[:200], ""
        picture, row.preview = row.preview, None
        db.session.flush()
        if picture is not None and not attachments.is_mentioned(picture):
            storage.delete(attachments.key_of(picture))
        if row.case is not None and row.case.status is not Status.DRAFT and row.removed_at is None:
            record.event(record.hold(row.case), "file.infected", SYSTEM, attachment_id=row.id)
    storage.delete(attachments.key_of(digest))
    log.warning("a virus (%s) was found in %s of case %s and deleted", threat, rows[0].name, rows[0].case_id)


def ask_to_scan() -> None:
    """Once a day: what came while no scanner was set is looked at after all, some at a time. Until then it opens."""
    if not config.setting("CLAMD_URL"):
        return
    old = select(Attachment.id).where(
        Attachment.scan == Scan.OFF, Attachment.sha256 != "", Attachment.removed_at.is_(None)
    )
    for attachment_id in db.session.scalars(old.order_by(Attachment.id).limit(SCANNED_A_ROUND)).all():
        later(attachments.SCAN, key=f"{attachment_id}-{clock.today().isoformat()}", attachment_id=attachment_id)


# --- the first page of a PDF ---


@dataclass(frozen=True)
class Drawn:
    """The small picture of a PDF, stored."""

    sha256: str
    sketch: Sketch


def draw(attachment_id: int, storage: Storage) -> Drawn | None:
    """Draw the first page and store it; None for a PDF that cannot be drawn. Writes nothing in the database."""
    row = db.session.get(Attachment, attachment_id)
    if row is None or not row.sha256 or row.removed_at is not None:
        return None
    key = attachments.key_of(row.sha256)
    db.session.rollback()
    try:
        drawn = sketch(storage.get(key))
    except MissingFile:
        return None
    if drawn is None:
        return None
    digest = hashlib.sha256(drawn.picture).hexdigest()
    storage.put(attachments.key_of(digest), drawn.picture)
    return Drawn(digest, drawn)


def mark_drawn(attachment_id: int, drawn: Drawn | None, storage: Storage) -> None:
    """Note picture and pages on the file, if it is still there."""
    row = db.session.get(Attachment, attachment_id)
    if drawn is None or row is None or not row.sha256 or row.removed_at is not None:
        return
    attachments.secure({drawn.sha256: drawn.sketch.picture}, storage)
    row.preview, row.pages = drawn.sha256, drawn.sketch.pages
    db.session.flush()
