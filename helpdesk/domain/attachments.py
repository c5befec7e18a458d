"""Files people send: kept when they arrive, bound to what is said with them, handed out by short-lived links.

What was uploaded with a form that was refused stays with the form (its key), so that nobody chooses a file twice; what
was never sent is swept away. A file lies under the hash of its content and goes when its last mention goes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import and_, func, or_, select

from helpdesk import clock, config
from helpdesk.adapters import files
from helpdesk.adapters.storage import MissingFile, Storage
from helpdesk.db import db
from helpdesk.domain import record
from helpdesk.domain.later import later
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Attachment, Case, Message, Note, Role, Side
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# With one message, and on one case in all.
MOST_AT_ONCE = 10
MOST_ON_A_CASE = 200
# What was uploaded and never sent is swept away after so many days.
LOOSE_DAYS = 30
# A link to a file works so long: enough to open it, too little to pass it round.
LINK_SECONDS = 600
# The request itself is a batch of its own: its pages are sent one by one.
REQUEST = "request"
SWEEP = "attachments.sweep"


@dataclass(frozen=True)
class Upload:
    """A file as a form brought it."""

    name: str
    data: bytes


def keep(case: Case, by: Who, batch: str, uploads: Sequence[Upload], storage: Storage) -> list[Attachment]:
    """Keep what came with a form, not yet part of the case. The same content in the same form is one file.

    Raises Refused naming the file: not of a kind we take, too large, empty, or too many; then none of them is kept.
    """
    if not uploads:
        return []
    known = {row.sha256: row for row in loose(case, batch)}
    if len(known) + len(uploads) > MOST_AT_ONCE:
        raise Refused("too_many_files", field="files", limit=MOST_AT_ONCE)
    if (_count(case) + len(uploads)) > MOST_ON_A_CASE:
        raise Refused("too_many_files_on_case", field="files", limit=MOST_ON_A_CASE)
    examined = [_examine(upload) for upload in uploads]
    kept = []
    for each in examined:
        digest = hashlib.sha256(each.data).hexdigest()
        if digest in known:
            continue
        storage.put(_key(digest), each.data)
        preview = None
        if each.preview is not None:
            preview = hashlib.sha256(each.preview).hexdigest()
            storage.put(_key(preview), each.preview)
        row = Attachment(
            case_id=case.id,
            batch=batch,
            name=each.name,
            media_type=each.media_type,
            size=len(each.data),
            sha256=digest,
            preview=preview,
            side=side_of(case, by),
            author_id=by.account_id,
            author_name=by.name[:80],
            at=clock.now(),
        )
        db.session.add(row)
        known[digest] = row
        kept.append(row)
    db.session.flush()
    return kept


def _examine(upload: Upload) -> files.Examined:
    most = config.setting("MAX_FILE_MB")
    shown = upload.name.replace("\\", "/").rsplit("/", 1)[-1][:60]
    if len(upload.data) > most * 1024 * 1024:
        raise Refused("file_too_large", field="files", name=shown, limit=most)
    try:
        return files.examine(upload.name, upload.data)
    except files.BadFile as bad:
        raise Refused(f"file_{bad.code}", field="files", name=shown) from None


def _key(digest: str) -> str:
    return f"attachments/{digest[:2]}/{digest}"


def _count(case: Case) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Attachment)
            .where(Attachment.case_id == case.id, Attachment.removed_at.is_(None))
        )
        or 0
    )


def side_of(case: Case, by: Who) -> Side:
    """On whose side of the case somebody uploads."""
    part = record.part_of(by, case)
    if part is Role.EXPERT:
        return Side.EXPERT
    return Side.COMPANY if part in (Role.REQUESTER, Role.MEMBER, Role.ANYONE) else Side.STATION


def loose(case: Case, batch: str) -> list[Attachment]:
    """What was uploaded with a form that is not sent yet, oldest first."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                Attachment.case_id == case.id,
                Attachment.batch == batch,
                Attachment.linked_at.is_(None),
                Attachment.removed_at.is_(None),
            )
            .order_by(Attachment.id)
        )
    )


def bind(case: Case, batch: str, *, message: Message | None = None, note: Note | None = None) -> int:
    """Make a form's files part of what was said with it; in the same transaction. Returns how many."""
    rows = loose(case, batch)
    for row in rows:
        row.message_id = message.id if message is not None else None
        row.note_id = note.id if note is not None else None
        row.linked_at = clock.now()
    db.session.flush()
    return len(rows)


def drop(case: Case, batch: str, attachment_id: int) -> None:
    """Take a file out of a form that is not sent yet. One that is not there is gone already."""
    for row in loose(case, batch):
        if row.id == attachment_id:
            row.removed_at = clock.now()
    db.session.flush()


def of_case(case: Case, *, with_notes: bool) -> list[Attachment]:
    """Everything on the case this reader may know of, oldest first; also what was taken away, as a trace."""
    query = select(Attachment).where(Attachment.case_id == case.id, Attachment.linked_at.is_not(None))
    if not with_notes:
        query = query.where(Attachment.note_id.is_(None))
    return list(db.session.scalars(query.order_by(Attachment.id)))


def find(case: Case, attachment_id: int, by: Who) -> Attachment:
    """One file of the case for somebody who may read it. Raises NotFound for another case's, a removed one, or a
    note's to those who read no notes."""
    row = db.session.get(Attachment, attachment_id) if 0 < attachment_id < 2**31 else None
    if row is None or row.case_id != case.id or row.linked_at is None or row.removed_at is not None:
        raise NotFound("attachment")
    if row.note_id is not None and not _may_read_note(row.note_id, case, by):
        raise NotFound("attachment")
    return row


def _may_read_note(note_id: int, case: Case, by: Who) -> bool:
    """As the note itself: it stays with the station that wrote it."""
    note = db.session.get(Note, note_id)
    if note is None or not policy.can(by, "case.read_notes", case):
        return False
    everywhere = by.holds(Role.DISTRICT) or by.holds(Role.OPERATOR)
    return everywhere or note.station_id in {*by.station_ids, case.station_id}


def removable(case: Case, by: Who) -> set[int]:
    """Which files of the case this person may take away: whoever sent them, and the station."""
    return set(
        db.session.scalars(
            select(Attachment.id).where(
                Attachment.case_id == case.id,
                Attachment.removed_at.is_(None),
                policy.which(by, "attachment.remove"),
            )
        )
    )


def remove(row: Attachment, by: Who) -> None:
    """Take a file away for good; that there was one stays. Its bytes go with their last mention (`sweep`)."""
    policy.require(by, "attachment.remove", row)
    row.removed_at = row.removed_at or clock.now()
    db.session.flush()


# --- handing out ---


def link_token(row: Attachment, *, preview: bool = False) -> str:
    """A signed address part for one file, good for ten minutes and without any cookie."""
    return _serializer().dumps([row.id, "preview" if preview else "whole"])


def read_by_token(token: str, storage: Storage) -> tuple[Attachment, bytes, bool]:
    """The file of a signed address, its bytes, and whether it is the preview. Raises NotFound for anything else."""
    try:
        number, what = _serializer().loads(token, max_age=LINK_SECONDS)
    except (BadData, ValueError, TypeError):
        raise NotFound("attachment") from None
    row = db.session.get(Attachment, number)
    if row is None or row.removed_at is not None or (what == "preview" and row.preview is None):
        raise NotFound("attachment")
    digest = row.preview if what == "preview" and row.preview else row.sha256
    try:
        return row, storage.get(_key(digest)), what == "preview"
    except MissingFile:
        raise NotFound("attachment") from None


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(config.setting("SECRET_KEY")), salt="attachment", signer_kwargs={"digest_method": hashlib.sha256}
    )


# --- tidying ---


def unsent() -> Iterable[Attachment]:
    """Files that were uploaded with forms nobody sent."""
    edge = clock.now() - timedelta(days=LOOSE_DAYS)
    return db.session.scalars(
        select(Attachment).where(Attachment.linked_at.is_(None), Attachment.at < edge, Attachment.removed_at.is_(None))
    )


def ask_to_sweep() -> None:
    """Once a day, by the worker, when there is something to sweep."""
    edge = clock.now() - timedelta(days=LOOSE_DAYS)
    old = and_(Attachment.linked_at.is_(None), Attachment.at < edge, Attachment.removed_at.is_(None))
    gone = and_(Attachment.removed_at.is_not(None), Attachment.sha256 != "")
    if db.session.scalar(select(Attachment.id).where(or_(old, gone)).limit(1)):
        later(SWEEP, key=clock.today().isoformat())


def sweep(storage: Storage) -> int:
    """Forget what was never sent, and delete bytes that no row mentions any more. Returns how many files went."""
    for row in unsent():
        row.removed_at = clock.now()
    db.session.flush()
    gone = 0
    for row in db.session.scalars(
        select(Attachment).where(Attachment.removed_at.is_not(None), Attachment.sha256 != "")
    ).all():
        for digest in filter(None, (row.sha256, row.preview)):
            mentioned = db.session.scalar(
                select(func.count())
                .select_from(Attachment)
                .where(or_(Attachment.sha256 == digest, Attachment.preview == digest), Attachment.removed_at.is_(None))
            )
            if not mentioned:
                storage.delete(_key(digest))
                gone += 1
        # The row stays as a trace; without a hash it is not looked at again.
        row.sha256, row.preview = "", None
    db.session.flush()
    return gone
