"""Somebody who was registered twice becomes one: their ledger lines move by reversal and new credit, never by an edit.

The total does not change and nothing counts twice (办法67 art. 3, 13; rule R06). The papers of the record that ends are
superseded by papers in the other's name; statements that counted a moved line end by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, union_all, update
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import activity_log, certificates, hours, record
from helpdesk.domain.trainings import account_of
from helpdesk.errors import Refused
from helpdesk.models import (
    RECORDING,
    Activity,
    ActivityAct,
    ActivityStep,
    Answer,
    Attachment,
    Case,
    Certificate,
    Complaint,
    Conflict,
    Correction,
    DossierCorrection,
    Evaluation,
    Expert,
    ExpertPerson,
    ExpertStatus,
    Feedback,
    Grant,
    Honour,
    HoursEntry,
    ImportedEntry,
    ImportedRecord,
    Nomination,
    Offer,
    OfferStatus,
    PaperStatus,
    RecordTerm,
    Role,
    Skill,
    TeamMember,
    Training,
    Visit,
    VisitStatus,
)
from helpdesk.rules import given, policy, separation
from helpdesk.rules.policy import Who

LONGEST_REASON = 500
# Rows that simply belong to the other from now on.
MOVED: tuple[Any, ...] = (
    Case, Answer, Feedback, Training, Honour, ImportedRecord, RecordTerm, Evaluation, Correction, Complaint,
    DossierCorrection, Attachment,
)  # fmt: skip
# Rows that one person has once: what both had stays one.
ONCE: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (Skill, ("category_code", "topic_code")),
    (Conflict, ("company_id",)),
    (TeamMember, ("team_id",)),
    (Nomination, ("cycle_id",)),
    (ImportedEntry, ("kind", "name", "day")),
)


@dataclass(frozen=True)
class Preview:
    """What merging would move: minutes of the ledger, cases, activities, certificates that change their name."""

    minutes: int
    cases: int
    activities: int
    papers: int


def preview(duplicate: Expert) -> Preview:
    """What would move."""
    totals = hours.totals(duplicate.id)
    papers = db.session.scalar(
        select(func.count()).where(Certificate.expert_id == duplicate.id, Certificate.status == PaperStatus.VALID)
    )
    return Preview(totals.minutes, totals.cases, totals.activities, papers or 0)


def find(volunteer_number: str) -> Expert | None:
    """The expert with this number."""
    return db.session.scalar(select(Expert).where(Expert.volunteer_number == volunteer_number.strip()))


def survivor_of(expert: Expert) -> Expert | None:
    """The record in which a merged one goes on."""
    return db.session.get(Expert, expert.merged_into_id) if expert.merged_into_id else None


def merge(duplicate: Expert, by: Who, *, survivor: Expert | None, named: str, reason: str) -> int:
    """Make `duplicate` part of `survivor`; returns the minutes that moved. Done once, for good.

    `named` is the survivor's name as the operator gives it: a number mistyped must not merge two strangers.

    Raises NotAllowed, and Refused: nobody with that number, the same record, one's own (rule R05), one that was merged
    already, no reason, or visits of the two at the same moment, because then they are two people or a mistake
    that has to be corrected first.
    """
    policy.require(by, "expert.merge", duplicate)
    if survivor is None:
        raise Refused("expert_unknown", field="volunteer_number")
    _hold_services(duplicate)
    for one in sorted((duplicate, survivor), key=lambda expert: expert.id):
        db.session.refresh(one, with_for_update=True)
        separation.refuse_self(by, one.id, account_of(one))
    if survivor.id == duplicate.id or survivor.merged_into_id or duplicate.merged_into_id:
        raise Refused("merge_with_itself", field="volunteer_number")
    if named.strip() != survivor.name:
        raise Refused("merge_name_differs", field="survivor_name", number=survivor.volunteer_number)
    reason = given.reason(reason, LONGEST_REASON)
    _refuse_two_at_once(duplicate, survivor)
    _refuse_self_decided(duplicate, survivor)
    _one_account(duplicate, survivor)
    minutes = _move_hours(duplicate, survivor, account_of(survivor), by, reason)
    _move_rows(duplicate, survivor)
    duplicate.status, duplicate.merged_into_id = ExpertStatus.LEFT, survivor.id
    db.session.flush()
    return minutes


def _hold_services(expert: Expert) -> None:
    """Lock the cases and activities that will be touched before the experts are: everything else takes them so."""
    for model, column in ((Case, Visit.case_id), (Activity, Visit.activity_id)):
        served = select(column).where(Visit.expert_id == expert.id, column.is_not(None))
        db.session.execute(select(model.id).where(model.id.in_(served)).order_by(model.id).with_for_update()).all()


def _refuse_two_at_once(duplicate: Expert, survivor: Expert) -> None:
    """Also of what nobody has decided yet: later it would count twice (rule R03)."""
    other = aliased(Visit)
    both = db.session.execute(
        select(Visit.starts_at, Visit.ends_at)
        .join(other, (other.starts_at < Visit.ends_at) & (other.ends_at > Visit.starts_at))
        .where(Visit.expert_id == duplicate.id, Visit.status != VisitStatus.VOID)
        .where(other.expert_id == survivor.id, other.status != VisitStatus.VOID)
        .order_by(Visit.starts_at)
        .limit(1)
    ).first()
    if both is not None:
        raise Refused("merge_overlaps", field="volunteer_number", start=both.starts_at, end=both.ends_at)


def _refuse_self_decided(duplicate: Expert, survivor: Expert) -> None:
    """Nobody's hours may turn out to have been confirmed or recorded by themselves, by whichever account (rule R05)."""
    accounts = [each for each in map(account_of, (duplicate, survivor)) if each is not None]
    experts = (duplicate.id, survivor.id)
    decided = select(Visit.id).where(Visit.expert_id.in_(experts), Visit.decided_by_id.in_(accounts))
    recorded = select(HoursEntry.id).where(HoursEntry.expert_id.in_(experts), HoursEntry.recorded_by_id.in_(accounts))
    served = select(Visit.activity_id).where(Visit.expert_id.in_(experts), Visit.status != VisitStatus.VOID)
    wrote_down = select(ActivityStep.id).where(
        ActivityStep.activity_id.in_(served), ActivityStep.act.in_(RECORDING), ActivityStep.by_id.in_(accounts)
    )
    if db.session.scalar(union_all(decided, recorded, wrote_down).limit(1)) is not None:
        raise Refused("own_hours")


def _one_account(duplicate: Expert, survivor: Expert) -> None:
    """The survivor's account stays; without one, the duplicate's becomes theirs."""
    theirs = (Grant.role == Role.EXPERT, Grant.expert_id == duplicate.id, Grant.ended_at.is_(None))
    if account_of(survivor) is None:
        _run(update(Grant).where(*theirs).values(expert_id=survivor.id))
    else:
        _run(update(Grant).where(*theirs).values(ended_at=clock.now()))
    db.session.expire_all()


def _move_hours(duplicate: Expert, survivor: Expert, account_id: int | None, by: Who, reason: str) -> int:
    cases = db.session.scalars(
        select(Case).where(Case.id.in_(select(Visit.case_id).where(Visit.expert_id == duplicate.id))).order_by(Case.id)
    ).all()
    moved = 0
    for case in cases:
        record.hold(case)
        visits = db.session.scalars(
            select(Visit).where(Visit.case_id == case.id, Visit.expert_id == duplicate.id).order_by(Visit.id)
        ).all()
        minutes = sum(hours.move(visit, survivor, account_id, by, reason=reason) for visit in visits)
        if minutes:
            _new_paper(case, duplicate, survivor, by, reason)
            record.event(case, "hours.moved", by, expert=survivor.name, minutes=minutes, reason=reason)
        moved += minutes
    return moved + _move_attendances(duplicate, survivor, account_id, by, reason)


def _move_attendances(duplicate: Expert, survivor: Expert, account_id: int | None, by: Who, reason: str) -> int:
    """The same for visits at activities, locked before: no paper, a line in the activity's log where hours moved."""
    rows = select(Visit).where(Visit.activity_id.is_not(None), Visit.expert_id == duplicate.id).order_by(Visit.id)
    moved = 0
    for visit in db.session.scalars(rows.execution_options(populate_existing=True)).all():
        activity = db.session.get_one(Activity, visit.activity_id)
        minutes = hours.move(visit, survivor, account_id, by, reason=reason)
        if minutes:
            facts = {"expert": survivor.name, "minutes": minutes, "before": minutes}
            activity_log.note(activity, ActivityAct.CORRECTED, by, reason=reason, about=survivor.id, **facts)
        moved += minutes
    return moved


def _new_paper(case: Case, duplicate: Expert, survivor: Expert, by: Who, reason: str) -> None:
    """One paper in the survivor's name in place of the duplicate's."""
    earlier = certificates.valid_of(case, duplicate.id)
    successor = certificates.issue(case, survivor.id, by, reason=reason)
    if earlier is not None and successor is not None:
        earlier.status, earlier.superseded_by_id, earlier.ended_at = PaperStatus.SUPERSEDED, successor.id, clock.now()
        db.session.flush()
        record.event(
            case, "certificate.superseded", by, number=earlier.number, next=successor.number, expert=survivor.name
        )


def _move_rows(duplicate: Expert, survivor: Expert) -> None:
    for model in MOVED:
        _run(update(model).where(model.expert_id == duplicate.id).values(expert_id=survivor.id))
    for model, names in ONCE:
        _move_once(model, names, duplicate, survivor)
    asked = select(Offer.case_id).where(Offer.expert_id == survivor.id)
    _run(
        update(Offer)
        .where(Offer.expert_id == duplicate.id, Offer.status == OfferStatus.PENDING, Offer.case_id.in_(asked))
        .values(status=OfferStatus.RESCINDED, answered_at=clock.now())
    )
    _run(
        update(Offer).where(Offer.expert_id == duplicate.id, Offer.case_id.not_in(asked)).values(expert_id=survivor.id)
    )
    if db.session.get(ExpertPerson, survivor.id) is None:
        _run(update(ExpertPerson).where(ExpertPerson.expert_id == duplicate.id).values(expert_id=survivor.id))
    else:
        _run(delete(ExpertPerson).where(ExpertPerson.expert_id == duplicate.id))
    db.session.expire_all()


def _move_once(model: Any, names: tuple[str, ...], duplicate: Expert, survivor: Expert) -> None:
    """Move what the survivor has not; of what both have, the duplicate's stays where it was, for the record."""

    def key(row: Any) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in names)

    has = {key(row) for row in db.session.scalars(select(model).where(model.expert_id == survivor.id))}
    for row in db.session.scalars(select(model).where(model.expert_id == duplicate.id)).all():
        if key(row) not in has:
            row.expert_id = survivor.id
    db.session.flush()


def _run(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
