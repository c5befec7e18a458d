"""关系转接: a volunteer takes the record to another organisation; one that comes from elsewhere is verified here.

What comes in never enters our own ledger: we did not record it (谁记录谁证明). It is kept with where it came from, line
by line, is summed apart, and counts for stars only where the ladder says so. One line of one origin is there once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk import clock, config
from helpdesk.adapters.signing import detached
from helpdesk.adapters.signing.detached import BadSignature
from helpdesk.adapters.signing.keys import SigningKey
from helpdesk.db import db, in_parts
from helpdesk.domain import accounts, experts, hours, imported_lines, own_record
from helpdesk.domain.imported_lines import LONGEST_REASON
from helpdesk.errors import NotFound, Refused
from helpdesk.models import (
    EntryKind,
    Expert,
    HoursEntry,
    ImportedRecord,
    ImportedStatus,
    RecordExport,
    RecordImport,
)
from helpdesk.rules import bundles, given, policy
from helpdesk.rules.bundles import Bundle, Unreadable
from helpdesk.rules.policy import Who

WORDING = "transfer-2026-11"
LONGEST_RECEIVER = 80
LIMIT = 20


def origin_id() -> str:
    """What this installation is called in bundles: the hash of its ledger's first line, which no other one has."""
    first = db.session.scalar(select(HoursEntry.hash).order_by(HoursEntry.id).limit(1))
    if first is None:
        raise Refused("no_hours_yet")
    return first


def export(by: Who, *, receiver: str, agreed: bool, key: SigningKey) -> bytes:
    """One's own record as a signed bundle for another organisation, by a consent of its own (PIPL art. 23).

    Lines that were reversed are left out, and no company is named. Raises Refused, TooMany, SigningUnavailable.
    """
    policy.require(by, "record.transfer")
    expert = experts.expert_of(by)
    receiver = given.text(receiver, "receiver", LONGEST_RECEIVER, missing="receiver_missing")
    if not agreed:
        raise Refused("transfer_not_agreed", field="agreed")
    throttle = f"record-export:{expert.id}"
    accounts.check_tries(throttle, limit=LIMIT)
    entries = _standing(hours.entries_of(expert.id))
    if not entries:
        raise Refused("no_hours_yet", field="receiver")
    accounts.count_try(throttle)
    record = _record(expert, entries, receiver)
    signed = bundles.canonical(record)
    raw = bundles.canonical({"format": bundles.FORMAT, "record": record, "signature": detached.sign(key, signed)})
    db.session.add(
        RecordExport(
            expert_id=expert.id,
            receiver=receiver,
            wording=WORDING,
            at=clock.now(),
            records=len(entries),
            minutes=sum(entry.minutes for entry in entries),
            sha256=hashlib.sha256(raw).hexdigest(),
        )
    )
    db.session.flush()
    return raw


def exports_of(expert_id: int) -> list[RecordExport]:
    """Where somebody has taken their record, newest first."""
    rows = select(RecordExport).where(RecordExport.expert_id == expert_id).order_by(RecordExport.id.desc())
    return list(db.session.scalars(rows.limit(50)))


def _standing(entries: Iterable[HoursEntry]) -> list[HoursEntry]:
    """The credits that nothing reversed, in the order served."""
    rows = list(entries)
    gone = {entry.reverses_id for entry in rows if entry.kind is EntryKind.REVERSAL}
    kept = [entry for entry in rows if entry.kind is EntryKind.CREDIT and entry.id not in gone]
    return sorted(kept, key=lambda entry: (entry.served_on, entry.id))


def _record(expert: Expert, entries: list[HoursEntry], receiver: str) -> dict[str, object]:
    stations = own_record.stations_of(entries)
    now = clock.now().replace(microsecond=0).isoformat()
    return {
        "origin": {"id": origin_id(), "name": str(config.setting("SITE_NAME")), "url": config.setting("PUBLIC_URL")},
        "volunteer": {
            "name": expert.name,
            "number": expert.volunteer_number,
            "registered_on": expert.registered_on.isoformat(),
        },
        "consent": {"given_at": now, "receiver": receiver, "wording": WORDING},
        "exported_at": now,
        "entries": [
            {
                "id": entry.hash,
                "served_on": entry.served_on.isoformat(),
                "minutes": entry.minutes,
                "mode": entry.mode.value,
                "category": entry.category_code,
                "recorder": stations[entry.station_id].legal_entity,
                "confirmed_by": entry.confirmed_by.value,
            }
            for entry in entries
        ],
    }


# --- what comes in ---


def take_in(by: Who, raw: bytes, *, volunteer_number: str) -> RecordImport:
    """Keep a bundle's lines as 转入记录（待核） of one of our volunteers: all of them, or on any fault none.

    Raises Refused naming what is wrong: the file, the signature, the volunteer, our own origin, or nothing new in it.
    """
    policy.require(by, "records.import")
    expert = db.session.scalar(select(Expert).where(Expert.volunteer_number == volunteer_number.strip()))
    if expert is None:
        raise Refused("volunteer_unknown", field="volunteer_number")
    if by.expert_id == expert.id:
        raise Refused("own_hours")
    bundle, signer = _opened(raw)
    if bundle.volunteer_name != expert.name:
        raise Refused("bundle_other_name", field="volunteer_number", theirs=bundle.volunteer_name, ours=expert.name)
    ids = [line.record_id for line in bundle.lines]
    if _is_ours(bundle.origin_id, ids):
        raise Refused("bundle_own_origin", field="file")
    known = _known(bundle.origin_id, ids)
    fresh = [line for line in bundle.lines if line.record_id not in known]
    if not fresh:
        raise Refused("bundle_known", field="file")
    row = RecordImport(
        expert_id=expert.id,
        origin_id=bundle.origin_id,
        origin_name=bundle.origin_name,
        volunteer_name=bundle.volunteer_name,
        volunteer_number=bundle.volunteer_number,
        signer_name=signer.name,
        fingerprint=signer.fingerprint,
        sha256=hashlib.sha256(raw).hexdigest(),
        exported_at=bundle.exported_at.astimezone(UTC),
        consented_at=bundle.consented_at.astimezone(UTC),
        received_at=clock.now(),
        received_by_id=by.account_id,
        received_by=by.name,
        known=len(known),
        records=[
            ImportedRecord(
                expert_id=expert.id,
                origin_id=bundle.origin_id,
                record_id=line.record_id,
                served_on=line.served_on,
                minutes=line.minutes,
                mode=line.mode,
                category=line.category,
                recorder=line.recorder,
                confirmed_by=line.confirmed_by,
            )
            for line in fresh
        ],
    )
    db.session.add(row)
    db.session.flush()
    return row


def _opened(raw: bytes) -> tuple[Bundle, detached.SignedBy]:
    """The bundle, once its signature holds over the very bytes that it signs."""
    try:
        record, signature = bundles.opened(raw)
        bundle = bundles.read(record, clock.today())
        signer = detached.check(bundles.canonical(record), signature, bundle.exported_at)
    except Unreadable as wrong:
        raise _refused(wrong) from None
    except BadSignature as wrong:
        raise Refused(f"bundle_signature_{wrong.reason}", field="file") from None
    if bundle.exported_at > clock.now():
        raise Refused("bundle_part", field="file", name="exported_at")
    return bundle, signer


def _refused(wrong: Unreadable) -> Refused:
    if wrong.code == "bundle_field" and not wrong.record:
        return Refused("bundle_part", field="file", name=wrong.name)
    facts: dict[str, object] = {"record": wrong.record} if wrong.record else {}
    if wrong.code == "bundle_field":
        facts["name"] = wrong.name
    return Refused(wrong.code, field="file", **facts)


def _is_ours(origin: str, ids: Collection[str]) -> bool:
    """Whether it came from this very ledger, by its name or by a line of it: our hours are counted already."""
    if db.session.scalar(select(HoursEntry.id).where(HoursEntry.hash == origin)) is not None:
        return True
    return any(
        db.session.scalar(select(HoursEntry.id).where(HoursEntry.hash.in_(part)).limit(1)) is not None
        for part in in_parts(ids)
    )


def _known(origin: str, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for part in in_parts(ids):
        found.update(
            db.session.scalars(
                select(ImportedRecord.record_id).where(
                    ImportedRecord.origin_id == origin, ImportedRecord.record_id.in_(part)
                )
            )
        )
    return found


def imports(by: Who) -> list[RecordImport]:
    """Bundles that came in, newest first."""
    policy.require(by, "records.import")
    rows = select(RecordImport).options(joinedload(RecordImport.expert)).order_by(RecordImport.id.desc()).limit(200)
    return list(db.session.scalars(rows))


def pending_counts(ids: Collection[int]) -> dict[int, int]:
    """How many lines of each bundle wait for somebody."""
    return imported_lines.count(ImportedRecord.import_id, ImportedRecord.status == ImportedStatus.PENDING, ids)


def by_id(by: Who, import_id: int) -> RecordImport:
    """One bundle with its lines. Raises NotFound, NotAllowed."""
    policy.require(by, "records.import")
    found = db.session.get(RecordImport, import_id)
    if found is None:
        raise NotFound("record import")
    return found


def is_known_key(bundle: RecordImport) -> bool:
    """Whether an earlier bundle of this origin was signed with the same key."""
    return bool(
        db.session.scalar(
            select(RecordImport.id)
            .where(RecordImport.origin_id == bundle.origin_id, RecordImport.fingerprint == bundle.fingerprint)
            .where(RecordImport.id < bundle.id)
            .limit(1)
        )
    )


def decide(bundle: RecordImport, by: Who, *, record_ids: Collection[int] | None, verified: bool, reason: str) -> int:
    """Verify lines that wait, or leave them out; `record_ids` None means all that wait. Returns how many.

    The reason says how it was found out. Raises Refused for one's own record (rule R05), without reason or lines.
    """
    policy.require(by, "records.import")
    if by.expert_id == bundle.expert_id:
        raise Refused("own_hours")
    reason = given.reason(reason, LONGEST_REASON)
    rows = db.session.scalars(
        select(ImportedRecord)
        .where(ImportedRecord.import_id == bundle.id, ImportedRecord.status == ImportedStatus.PENDING)
        .with_for_update()
    ).all()
    chosen = imported_lines.chosen(rows, record_ids)
    for row in chosen:
        row.status = ImportedStatus.VERIFIED if verified else ImportedStatus.REFUSED
        imported_lines.mark(row, by, reason)
    db.session.flush()
    return len(chosen)


@dataclass(frozen=True)
class Origin:
    """What one organisation recorded, as far as it was verified here."""

    name: str
    minutes: int
    count: int


def verified_of(expert_id: int, first: date | None = None, last: date | None = None) -> list[Origin]:
    """Verified lines from elsewhere, of a period if one is given, summed by who recorded them: one query."""
    rows = (
        select(ImportedRecord.recorder, func.sum(ImportedRecord.minutes), func.count())
        .where(ImportedRecord.expert_id == expert_id, ImportedRecord.status == ImportedStatus.VERIFIED)
        .group_by(ImportedRecord.recorder)
        .order_by(func.sum(ImportedRecord.minutes).desc(), ImportedRecord.recorder)
    )
    if first is not None and last is not None:
        rows = rows.where(ImportedRecord.served_on.between(first, last))
    return [Origin(name, int(minutes), int(count)) for name, minutes, count in db.session.execute(rows)]


def waiting_of(expert_id: int) -> int:
    """Minutes from elsewhere that nobody has verified yet."""
    rows = select(func.coalesce(func.sum(ImportedRecord.minutes), 0)).where(
        ImportedRecord.expert_id == expert_id, ImportedRecord.status == ImportedStatus.PENDING
    )
    return int(db.session.scalar(rows) or 0)
