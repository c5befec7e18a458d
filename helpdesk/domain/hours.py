"""The hours ledger: append, reverse, prove. Nothing is ever edited (办法67 art. 3, 17; rules R06, R07)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import certificates, changed_records, numbers, record, schemes
from helpdesk.errors import Refused
from helpdesk.models import (
    COUNTS,
    Case,
    ConfirmedBy,
    EntryKind,
    Expert,
    HoursEntry,
    ImportedRecord,
    ImportedStatus,
    Visit,
    VisitStatus,
)
from helpdesk.rules import credit, given, policy, separation
from helpdesk.rules.credit import Progress
from helpdesk.rules.policy import Who

GENESIS = "0" * 64


def settle(case: Case, by: Who) -> int:
    """Write every confirmed visit of the case that is not in the ledger yet, then its experts' certificates.

    Returns the minutes written. Raises Refused("own_hours") when somebody would record their own (rule R05).
    """
    written = 0
    touched: dict[int, int] = {}
    visits = db.session.scalars(
        select(Visit)
        .where(Visit.case_id == case.id, Visit.status.in_(COUNTS))
        .where(Visit.id.notin_(select(HoursEntry.visit_id).where(HoursEntry.case_id == case.id)))
        .order_by(Visit.starts_at, Visit.id)
    ).all()
    for visit in visits:
        separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
        entry = _append(_credit(visit, by))
        touched[visit.expert_id] = touched.get(visit.expert_id, 0) + entry.minutes
        written += entry.minutes
    for expert_id, minutes in touched.items():
        expert = db.session.get(Expert, expert_id)
        record.event(case, "hours.settled", by, expert=expert.name if expert else "", minutes=minutes)
        certificates.issue(case, expert_id, by)
    return written


def credit_visit(visit: Visit, by: Who) -> HoursEntry:
    """Write a verified visit at an activity into the ledger. No paper of its own comes of it: the volunteer's statement
    lists it (办法67 art. 12). Raises Refused("own_hours") (rule R05)."""
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    return _append(_credit(visit, by))


def standing_entry(visit_id: int) -> HoursEntry | None:
    """The credit that stands for a visit: the one that nothing reverses. None when there is none."""
    reversal = aliased(HoursEntry)
    return db.session.scalar(
        select(HoursEntry)
        .outerjoin(reversal, reversal.reverses_id == HoursEntry.id)
        .where(HoursEntry.visit_id == visit_id, HoursEntry.kind == EntryKind.CREDIT, reversal.id.is_(None))
    )


def reread(visit: Visit) -> None:
    """The visit as it is now, locked: after its case or activity is, so that whoever came first has written."""
    db.session.execute(select(Visit.id).where(Visit.id == visit.id).with_for_update())
    db.session.expire(visit)


def was_reversed(visit_id: int) -> bool:
    """Whether the ledger had something of a visit, and nothing of it stands any more."""
    any_line = db.session.scalar(select(HoursEntry.id).where(HoursEntry.visit_id == visit_id).limit(1))
    return any_line is not None and standing_entry(visit_id) is None


def correct(visit: Visit, by: Who, *, reason: str) -> HoursEntry:
    """Put what the visit says now in place of what the ledger says: a reversal and a new credit (办法67 art. 13).

    Without a standing credit (the visit was struck or never settled) it is a credit alone. The certificate of a case
    is issued anew. Raises Refused("own_hours") for the expert (rule R05).
    """
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    standing = standing_entry(visit.id)
    if standing is not None:
        _append(_reversal(standing, by, reason))
    fresh = _credit(visit, by)
    fresh.revision, fresh.reason = _next_revision(visit.id), reason
    _append(fresh)
    if visit.case is not None:
        certificates.issue(visit.case, visit.expert_id, by, reason=reason)
    return fresh


def reverse(visit: Visit, by: Who, *, reason: str) -> HoursEntry:
    """Take a settled visit of a case out of the ledger without a replacement (办法67 art. 3, 17).

    The certificate is issued anew for what is left of the case, or revoked when nothing is. Raises as `take_off`.
    """
    assert visit.case is not None
    case = record.hold(visit.case)
    policy.require(by, "case.reverse_hours", case)
    entry = take_off(visit, by, reason=reason)
    record.event(
        case,
        "hours.reversed",
        by,
        visit_id=visit.id,
        expert=visit.expert.name,
        minutes=-entry.minutes,
        reason=entry.reason,
    )
    certificates.issue(case, visit.expert_id, by, reason=entry.reason)
    return entry


def take_off(visit: Visit, by: Who, *, reason: str) -> HoursEntry:
    """Reverse what the ledger says of a visit and make it void: a record found untrue. The caller has asked the policy.

    Raises Refused: own hours, no reason, nothing settled.
    """
    reread(visit)
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    reason = given.reason(reason)
    standing = standing_entry(visit.id)
    if standing is None:
        raise Refused("nothing_settled")
    entry = _append(_reversal(standing, by, reason))
    visit.status, visit.version = VisitStatus.VOID, visit.version + 1
    visit.decided_at, visit.decided_by, visit.decided_by_id = clock.now(), by.name, by.account_id
    db.session.flush()
    return entry


def move(visit: Visit, survivor: Expert, account_id: int | None, by: Who, *, reason: str) -> int:
    """Make a visit that of another record of the same person: a reversal there, a new credit here. Returns the minutes
    that moved, 0 for a visit that is not settled. The caller sees to the certificates. Raises Refused("own_hours")."""
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    separation.refuse_self(by, survivor.id, account_id)
    standing = standing_entry(visit.id)
    if standing is not None:
        _append(_reversal(standing, by, reason))
    visit.expert_id, visit.expert_account_id, visit.expert = survivor.id, account_id, survivor
    visit.version += 1
    db.session.flush()
    if standing is None:
        return 0
    fresh = _credit(visit, by)
    fresh.revision, fresh.reason = _next_revision(visit.id), reason
    # What was confirmed, by whom, in which field and where, stays what it was.
    fresh.category_code, fresh.station_id = standing.category_code, standing.station_id
    fresh.confirmed_by, fresh.served_on, fresh.mode = standing.confirmed_by, standing.served_on, standing.mode
    _append(fresh)
    return fresh.minutes


def _next_revision(visit_id: int) -> int:
    newest = db.session.scalar(select(func.max(HoursEntry.revision)).where(HoursEntry.visit_id == visit_id))
    return int(newest or 0) + 1


def _reversal(entry: HoursEntry, by: Who, reason: str) -> HoursEntry:
    """The line that takes another one off: the same facts, the minutes negative, its number and the reason."""
    return HoursEntry(
        kind=EntryKind.REVERSAL,
        minutes=-entry.minutes,
        expert_id=entry.expert_id,
        expert_account_id=entry.expert_account_id,
        case_id=entry.case_id,
        activity_id=entry.activity_id,
        visit_id=entry.visit_id,
        revision=entry.revision,
        station_id=entry.station_id,
        category_code=entry.category_code,
        mode=entry.mode,
        served_on=entry.served_on,
        confirmed_by=entry.confirmed_by,
        reverses_id=entry.id,
        reason=reason,
        recorded_at=clock.now(),
        recorded_by_id=by.account_id,
        recorded_by=by.name,
    )


def _credit(visit: Visit, by: Who) -> HoursEntry:
    return HoursEntry(
        kind=EntryKind.CREDIT,
        minutes=visit.counted_minutes,
        expert_id=visit.expert_id,
        expert_account_id=visit.expert_account_id,
        case_id=visit.case_id,
        activity_id=visit.activity_id,
        visit_id=visit.id,
        station_id=visit.station_id,
        category_code=visit.service.category_code,
        mode=visit.mode,
        served_on=clock.local(visit.starts_at).date(),
        confirmed_by=ConfirmedBy.COMPANY if visit.status is VisitStatus.CONFIRMED else ConfirmedBy.STATION,
        recorded_at=clock.now(),
        recorded_by_id=by.account_id,
        recorded_by=by.name,
    )


def _append(entry: HoursEntry) -> HoursEntry:
    """Chain the entry to the last one. The counter's row lock makes writers queue, so the chain never forks."""
    numbers.next_number("ledger")
    last = db.session.scalar(select(HoursEntry.hash).order_by(HoursEntry.id.desc()).limit(1))
    entry.previous_hash = last or GENESIS
    entry.hash = digest(entry)
    db.session.add(entry)
    db.session.flush()
    if entry.kind is EntryKind.REVERSAL:
        changed_records.note_reversal(entry)
    return entry


def digest(entry: HoursEntry) -> str:
    """SHA-256 over the previous hash and every fact of the line, in a fixed order."""
    return _hash([*_facts(entry), entry.recorded_by_id, entry.expert_account_id])


def holds(entry: HoursEntry, previous: str) -> bool:
    """Whether a line follows the one with the hash `previous` and says what was written.

    The first lines ever written were hashed without the two accounts; they hold as they are.
    """
    return entry.previous_hash == previous and entry.hash in (digest(entry), _hash(_facts(entry)))


def _hash(facts: list[object]) -> str:
    return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def _facts(entry: HoursEntry) -> list[object]:
    return [
        entry.previous_hash,
        str(entry.kind),
        entry.minutes,
        entry.expert_id,
        # A line of a case is hashed as it was before there were activities.
        entry.case_id if entry.activity_id is None else f"activity:{entry.activity_id}",
        entry.visit_id,
        entry.revision or 1,
        entry.station_id,
        entry.category_code,
        str(entry.mode),
        entry.served_on.isoformat(),
        str(entry.confirmed_by),
        entry.reverses_id,
        entry.reason or "",
        entry.recorded_at.isoformat(),
        entry.recorded_by,
    ]


def first_bad_row(entries: Iterable[HoursEntry] | None = None) -> int | None:
    """The id of the first ledger line whose hash or link does not hold; None when the chain is whole."""
    rows = entries if entries is not None else db.session.scalars(select(HoursEntry).order_by(HoursEntry.id))
    previous = GENESIS
    for row in rows:
        if not holds(row, previous):
            return row.id
        previous = row.hash
    return None


@dataclass(frozen=True)
class Totals:
    """Minutes of one expert: all, and apart those the company confirmed and the station verified."""

    minutes: int
    by_company: int
    by_station: int
    cases: int
    activities: int


def totals(expert_id: int) -> Totals:
    """What the ledger says of an expert; reversals are already taken off."""
    rows = db.session.execute(
        select(HoursEntry.confirmed_by, func.sum(HoursEntry.minutes))
        .where(HoursEntry.expert_id == expert_id)
        .group_by(HoursEntry.confirmed_by)
    )
    sums = {who: int(minutes) for who, minutes in rows}
    cases, activities = db.session.execute(
        select(func.count(func.distinct(HoursEntry.case_id)), func.count(func.distinct(HoursEntry.activity_id))).where(
            HoursEntry.expert_id == expert_id
        )
    ).one()
    company, station = sums.get(ConfirmedBy.COMPANY, 0), sums.get(ConfirmedBy.STATION, 0)
    return Totals(company + station, company, station, cases, activities)


def minutes_of_case(case_id: int, expert_id: int) -> int:
    """Ledger minutes of one expert on one case."""
    return int(
        db.session.scalar(
            select(func.coalesce(func.sum(HoursEntry.minutes), 0)).where(
                HoursEntry.case_id == case_id, HoursEntry.expert_id == expert_id
            )
        )
        or 0
    )


def entries_of(expert_id: int) -> list[HoursEntry]:
    """An expert's ledger, newest first."""
    return list(
        db.session.scalars(
            select(HoursEntry)
            .where(HoursEntry.expert_id == expert_id)
            .options(joinedload(HoursEntry.case), joinedload(HoursEntry.activity))
            .order_by(HoursEntry.id.desc())
        )
    )


def progress(expert: Expert) -> Progress:
    """Where the expert stands on the ladder in force; eligibility only, people award (rule R14)."""
    minutes = totals(expert.id).minutes
    if schemes.counts_transferred():
        minutes += transferred_minutes(expert.id)
    return credit.progress(minutes, expert.registered_on, clock.today(), schemes.rungs())


def transferred_minutes(expert_id: int) -> int:
    """Minutes that other organisations recorded and somebody here verified; never part of `totals`."""
    verified = (ImportedRecord.expert_id == expert_id, ImportedRecord.status == ImportedStatus.VERIFIED)
    return int(db.session.scalar(select(func.coalesce(func.sum(ImportedRecord.minutes), 0)).where(*verified)) or 0)


def minutes_of_visits(visit_ids: Collection[int]) -> dict[int, int]:
    """The same for many visits; one query. Those without a line are left out."""
    rows = select(HoursEntry.visit_id, func.sum(HoursEntry.minutes)).where(HoursEntry.visit_id.in_(visit_ids))
    return {visit_id: int(minutes) for visit_id, minutes in db.session.execute(rows.group_by(HoursEntry.visit_id))}


def minutes_of_visit(visit_id: int) -> int:
    """Ledger minutes that stand for one visit; 0 when it was never settled or was reversed."""
    return int(
        db.session.scalar(select(func.coalesce(func.sum(HoursEntry.minutes), 0)).where(HoursEntry.visit_id == visit_id))
        or 0
    )
