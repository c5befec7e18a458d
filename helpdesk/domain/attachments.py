"""Files people send: kept when they arrive, bound to what is said with them, handed out by short-lived links.

What was uploaded with a form that was refused stays with the form (its key), so that nobody chooses a file twice; what
was never sent is swept away. A file lies under the hash of its content and goes when its last mention goes.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, and_, func, or_, select

from helpdesk import clock, config
from helpdesk.adapters import files
from helpdesk.adapters.storage import Chunks, MissingFile, Storage, StorageTrouble
from helpdesk.db import db
from helpdesk.domain import record
from helpdesk.domain.later import later
from helpdesk.errors import NotFound, Refused
from helpdesk.models import (
    Activity,
    Article,
    Attachment,
    Case,
    Expert,
    Honour,
    Message,
    Note,
    Role,
    Scan,
    Side,
    Training,
    Visit,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

log = logging.getLogger("helpdesk.files")

# With one message, and on one case in all.
MOST_AT_ONCE = 10
MOST_ON_A_CASE = 200
# What was uploaded and never sent is swept away after so many days.
LOOSE_DAYS = 30
# A link to a file works so long: enough to open it, too little to pass it round.
LINK_SECONDS = 600
# What belongs to the request itself whoever opens its form: what came with the letter that began it.
REQUEST = "request"
FOLDER = "attachments"
SWEEP, SCAN, DRAW = "attachments.sweep", "attachments.scan", "attachments.draw"
# So many at a time, so that nobody waits long for the database.
SWEPT_AT_ONCE = 200


@dataclass(frozen=True)
class Upload:
    """A file as a form brought it."""

    name: str
    data: bytes


# What a file may hang on.
Owner = Case | Article | Expert | Activity


def _of(owner: Owner) -> ColumnElement[bool]:
    if isinstance(owner, Expert):
        return Attachment.expert_id == owner.id
    if isinstance(owner, Activity):
        return Attachment.activity_id == owner.id
    return (Attachment.case_id if isinstance(owner, Case) else Attachment.article_id) == owner.id


@dataclass(frozen=True)
class Ready:
    """A file that was looked at, made harmless and stored; no row knows of it yet."""

    file: files.Examined
    sha256: str
    preview: str | None

    @property
    def contents(self) -> dict[str, bytes]:
        """Its bytes and those of its small picture by their hash."""
        found = {self.sha256: self.file.data}
        if self.preview is not None and self.file.preview is not None:
            found[self.preview] = self.file.preview
        return found


def make_ready(uploads: Sequence[Upload], storage: Storage) -> list[Ready]:
    """Look at each and store its bytes. Takes its time and needs no database: call it before the transaction.

    Raises Refused naming the file: not of a kind we take, too large, empty, or too many; or the storage is away.
    """
    if len(uploads) > MOST_AT_ONCE:
        raise Refused("too_many_files", field="files", limit=MOST_AT_ONCE)
    ready = []
    for examined in [_examine(upload) for upload in uploads]:
        preview = None if examined.preview is None else hashlib.sha256(examined.preview).hexdigest()
        ready.append(Ready(examined, hashlib.sha256(examined.data).hexdigest(), preview))
    try:
        for one in ready:
            for digest, data in one.contents.items():
                storage.put(key_of(digest), data)
    except StorageTrouble as trouble:
        log.error("files cannot be stored: %s", trouble)
        raise Refused("files_unavailable", field="files") from None
    return ready


def keep(owner: Owner, by: Who, batch: str, uploads: Sequence[Upload], storage: Storage) -> list[Attachment]:
    """`make_ready` and `keep_ready` in one, for who has no reader waiting."""
    return keep_ready(owner, by, batch, make_ready(uploads, storage), storage) if uploads else []


def keep_ready(owner: Owner, by: Who, batch: str, ready: Sequence[Ready], storage: Storage) -> list[Attachment]:
    """Keep what came with a form, not yet part of the case or article. The same content in the same form is one file.

    Raises Refused when it is too many for the form or the case; then none of them is kept.
    """
    known = {row.sha256: row for row in loose(owner, batch)}
    if len(known.keys() | {one.sha256 for one in ready}) > MOST_AT_ONCE:
        raise Refused("too_many_files", field="files", limit=MOST_AT_ONCE)
    if _count(owner) + len(ready) > MOST_ON_A_CASE:
        raise Refused("too_many_files_on_case", field="files", limit=MOST_ON_A_CASE)
    secure({digest: data for one in ready for digest, data in one.contents.items()}, storage)
    kept = []
    for one in ready:
        if one.sha256 in known:
            continue
        row = Attachment(
            case_id=owner.id if isinstance(owner, Case) else None,
            article_id=owner.id if isinstance(owner, Article) else None,
            expert_id=owner.id if isinstance(owner, Expert) else None,
            activity_id=owner.id if isinstance(owner, Activity) else None,
            batch=batch,
            name=one.file.name,
            media_type=one.file.media_type,
            size=len(one.file.data),
            sha256=one.sha256,
            preview=one.preview,
            side=side_of(owner, by),
            author_id=by.account_id,
            author_name=by.name[:80],
            at=clock.now(),
            scan=Scan.WAITING if config.setting("CLAMD_URL") else Scan.OFF,
        )
        db.session.add(row)
        known[one.sha256] = row
        kept.append(row)
    db.session.flush()
    for row in kept:
        if row.scan is Scan.WAITING:
            later(SCAN, key=str(row.id), attachment_id=row.id)
        if row.media_type == "application/pdf":
            later(DRAW, key=str(row.id), attachment_id=row.id)
    return kept


def hold_bytes(digests: Collection[str]) -> None:
    """Until this transaction ends nobody else decides whether these bytes are still needed. On SQLite writers are one
    at a time anyway."""
    if db.engine.dialect.name == "postgresql":
        for digest in sorted(digests):
            db.session.execute(select(func.pg_advisory_xact_lock(int(digest[:15], 16))))


def secure(contents: Mapping[str, bytes], storage: Storage) -> None:
    """Bytes that were stored before this transaction may have been swept away meanwhile, with their last mention of
    another case; from here on they may not."""
    hold_bytes(contents)
    for digest, data in contents.items():
        if not storage.exists(key_of(digest)):
            storage.put(key_of(digest), data)


def examined(upload: Upload) -> files.Examined:
    """What an upload really is, made harmless, without keeping it. Raises Refused beside `files`."""
    return _examine(upload)


def _examine(upload: Upload) -> files.Examined:
    most = config.setting("MAX_FILE_MB")
    shown = upload.name.replace("\\", "/").rsplit("/", 1)[-1][:60]
    if len(upload.data) > most * 1024 * 1024:
        raise Refused("file_too_large", field="files", name=shown, limit=most)
    try:
        return files.examine(upload.name, upload.data)
    except files.BadFile as bad:
        raise Refused(f"file_{bad.code}", field="files", name=shown) from None


def key_of(digest: str) -> str:
    """Where the bytes with this hash lie."""
    return f"{FOLDER}/{digest[:2]}/{digest}"


def _count(owner: Owner) -> int:
    return (
        db.session.scalar(
            select(func.count()).select_from(Attachment).where(_of(owner), Attachment.removed_at.is_(None))
        )
        or 0
    )


def side_of(owner: Owner, by: Who) -> Side:
    """On whose side of the case somebody uploads; articles and activities are the station's, a dossier also the
    expert's."""
    if isinstance(owner, Expert):
        return Side.EXPERT if owner.id in by.expert_ids else Side.STATION
    if isinstance(owner, (Article, Activity)):
        return Side.STATION
    part = record.part_of(by, owner)
    if part is Role.EXPERT:
        return Side.EXPERT
    return Side.COMPANY if part in (Role.REQUESTER, Role.MEMBER, Role.ANYONE) else Side.STATION


def loose(owner: Owner, batch: str) -> list[Attachment]:
    """What was uploaded with a form that is not sent yet, oldest first."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                _of(owner),
                Attachment.batch == batch,
                Attachment.linked_at.is_(None),
                Attachment.removed_at.is_(None),
            )
            .order_by(Attachment.id)
        )
    )


def of_opening(key: str) -> str:
    """The batch of one opening of a request's form, so that two windows do not share what was chosen in one."""
    return f"{REQUEST}-{key}"[:40]


def elsewhere(case: Case, batch: str) -> list[Attachment]:
    """What was uploaded with other openings of a draft's form and never sent."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                Attachment.case_id == case.id,
                Attachment.batch.startswith(f"{REQUEST}-", autoescape=True),
                Attachment.batch != batch,
                Attachment.linked_at.is_(None),
                Attachment.removed_at.is_(None),
            )
            .order_by(Attachment.id)
        )
    )


def gather(case: Case, batch: str) -> None:
    """Take what other openings hold into this one. Raises Refused when that is too much for one form."""
    rows = elsewhere(case, batch)
    here = {row.sha256 for row in loose(case, batch)}
    if len(here | {row.sha256 for row in rows}) > MOST_AT_ONCE:
        raise Refused("too_many_files", field="files", limit=MOST_AT_ONCE)
    for row in rows:
        if row.sha256 in here:
            row.removed_at = clock.now()
        else:
            row.batch = batch
            here.add(row.sha256)
    db.session.flush()


def bind(
    owner: Owner,
    batch: str,
    *,
    message: Message | None = None,
    note: Note | None = None,
    visit: Visit | None = None,
    proves: Training | Honour | None = None,
) -> int:
    """Make a form's files part of what was said with it; in the same transaction. Returns how many."""
    rows = loose(owner, batch)
    for row in rows:
        row.message_id = message.id if message is not None else None
        row.note_id = note.id if note is not None else None
        row.visit_id = visit.id if visit is not None else None
        row.training_id = proves.id if isinstance(proves, Training) else None
        row.honour_id = proves.id if isinstance(proves, Honour) else None
        row.linked_at = clock.now()
    db.session.flush()
    return len(rows)


def drop(owner: Owner, batch: str, attachment_id: int) -> None:
    """Take a file out of a form that is not sent yet. One that is not there is gone already."""
    for row in loose(owner, batch):
        if row.id == attachment_id:
            row.removed_at = clock.now()
    db.session.flush()


def of_case(case: Case, *, with_notes: bool) -> list[Attachment]:
    """Everything on the case this reader may know of, oldest first; also what was taken away, as a trace."""
    query = select(Attachment).where(Attachment.case_id == case.id, Attachment.linked_at.is_not(None))
    if not with_notes:
        query = query.where(Attachment.note_id.is_(None))
    return list(db.session.scalars(query.order_by(Attachment.id)))


def of_dossier(expert: Expert) -> list[Attachment]:
    """What proves an expert's trainings and awards, oldest first."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                Attachment.expert_id == expert.id, Attachment.linked_at.is_not(None), Attachment.removed_at.is_(None)
            )
            .order_by(Attachment.id)
        )
    )


def of_activity(activity: Activity) -> list[Attachment]:
    """What shows that an activity was held, oldest first."""
    rows = select(Attachment).where(
        Attachment.activity_id == activity.id, Attachment.linked_at.is_not(None), Attachment.removed_at.is_(None)
    )
    return list(db.session.scalars(rows.order_by(Attachment.id)))


def find_proof(expert: Expert, attachment_id: int) -> Attachment:
    """One of them. Raises NotFound."""
    row = next((row for row in of_dossier(expert) if row.id == attachment_id), None)
    if row is None:
        raise NotFound("attachment")
    return row


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
    if row.removed_at is not None:
        return
    take_away(row)
    # Neither name nor place: what should not have been sent must not live on in a log that nobody can shorten.
    if row.case is not None:
        record.event(record.hold(row.case), "file.removed", by, attachment_id=row.id)


def take_away(row: Attachment) -> None:
    """The removal itself, once somebody's right to it was asked; its bytes go with their last mention (`sweep`)."""
    row.removed_at = clock.now()
    db.session.flush()
    later(SWEEP, key=f"removed-{row.id}")


def let_go(case: Case) -> None:
    """The draft is dropped, and what was uploaded with it."""
    rows = db.session.scalars(
        select(Attachment).where(Attachment.case_id == case.id, Attachment.removed_at.is_(None))
    ).all()
    for row in rows:
        row.removed_at, row.name = clock.now(), ""
    if rows:
        later(SWEEP, key=f"dropped-{case.id}")
    db.session.flush()


def forget(case: Case, by: Who) -> int:
    """Take every file of a case away, with its name, also what was only uploaded; that there were some stays.

    Returns how many; their bytes are deleted by the next `sweep`, which the worker is asked for.
    """
    record.hold(case)
    policy.require(by, "case.forget_files", case)
    rows = db.session.scalars(
        select(Attachment).where(Attachment.case_id == case.id, or_(Attachment.name != "", Attachment.sha256 != ""))
    ).all()
    if not rows:
        return 0
    for row in rows:
        row.removed_at, row.name = row.removed_at or clock.now(), ""
    db.session.flush()
    written = record.event(case, "file.forgotten", by, count=len(rows))
    later(SWEEP, key=f"forgotten-{case.id}-{written.seq}")
    return len(rows)


# --- handing out ---


def link_token(row: Attachment, *, preview: bool = False) -> str:
    """A signed address part for one file, good for ten minutes and without any cookie."""
    return _serializer().dumps([row.id, "preview" if preview else "whole"])


def obstacle(row: Attachment) -> Refused | None:
    """Why a file cannot be opened now, if so."""
    if row.scan is Scan.WAITING:
        return Refused("file_being_scanned", name=row.name)
    if row.scan is Scan.INFECTED:
        return Refused("file_infected", name=row.name)
    return Refused("file_lost", name=row.name) if row.lost_at is not None else None


def check_open(row: Attachment, storage: Storage) -> None:
    """Raises Refused when the file cannot be opened now: being scanned, infected, or its bytes are not there."""
    refusal = obstacle(row)
    if refusal is None:
        try:
            there = storage.exists(key_of(row.sha256))
        except StorageTrouble as trouble:
            log.error("files cannot be read: %s", trouble)
            there = False
        refusal = None if there else Refused("file_lost", name=row.name)
    if refusal is not None:
        raise refusal


@dataclass(frozen=True)
class Opened:
    """A file on its way out; `size` in bytes, None for a small picture."""

    row: Attachment
    chunks: Chunks
    size: int | None

    @property
    def is_preview(self) -> bool:
        return self.size is None


def open_by_token(token: str, storage: Storage) -> Opened:
    """The file of a signed address. Raises NotFound for anything else, also for one that is not to be opened now."""
    try:
        number, what = _serializer().loads(token, max_age=LINK_SECONDS)
    except (BadData, ValueError, TypeError):
        raise NotFound("attachment") from None
    row = db.session.get(Attachment, number)
    is_preview = what == "preview"
    if row is None or row.removed_at is not None or obstacle(row) or (is_preview and row.preview is None):
        raise NotFound("attachment")
    digest = row.preview if is_preview and row.preview else row.sha256
    try:
        return Opened(row, storage.stream(key_of(digest)), None if is_preview else row.size)
    except MissingFile:
        raise NotFound("attachment") from None


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(
        str(config.setting("SECRET_KEY")), salt="attachment", signer_kwargs={"digest_method": hashlib.sha256}
    )


# --- tidying ---


def ask_to_sweep() -> None:
    """Once an hour, by the worker, when there is something to sweep."""
    edge = clock.now() - timedelta(days=LOOSE_DAYS)
    old = and_(Attachment.linked_at.is_(None), Attachment.at < edge, Attachment.removed_at.is_(None))
    gone = and_(Attachment.removed_at.is_not(None), Attachment.sha256 != "")
    if db.session.scalar(select(Attachment.id).where(or_(old, gone)).limit(1)):
        later(SWEEP, key=f"{clock.now():%Y-%m-%dT%H}")


def sweep(storage: Storage) -> int:
    """Forget what was never sent, and delete bytes that no row mentions any more. Returns how many files went."""
    edge = clock.now() - timedelta(days=LOOSE_DAYS)
    unsent = select(Attachment).where(
        Attachment.linked_at.is_(None), Attachment.at < edge, Attachment.removed_at.is_(None)
    )
    for row in db.session.scalars(unsent.limit(SWEPT_AT_ONCE)).all():
        row.removed_at, row.name = clock.now(), ""
    db.session.flush()
    gone = select(Attachment).where(Attachment.removed_at.is_not(None), Attachment.sha256 != "")
    rows = db.session.scalars(gone.order_by(Attachment.id).limit(SWEPT_AT_ONCE)).all()
    digests = {digest for row in rows for digest in (row.sha256, row.preview) if digest}
    for row in rows:
        # The row stays as a trace; without a hash it is not looked at again.
        row.sha256, row.preview = "", None
    db.session.flush()
    return delete_unmentioned(digests, storage)


def delete_unmentioned(digests: Collection[str], storage: Storage) -> int:
    """Delete the bytes with these hashes that no row mentions. Returns how many."""
    hold_bytes(digests)
    needless = [digest for digest in sorted(digests) if not is_mentioned(digest)]
    for digest in needless:
        storage.delete(key_of(digest))
    return len(needless)


def is_mentioned(digest: str) -> bool:
    """Whether a file or a small picture of a file has these bytes."""
    mentions = select(Attachment.id).where(or_(Attachment.sha256 == digest, Attachment.preview == digest)).limit(1)
    return db.session.scalar(mentions) is not None
