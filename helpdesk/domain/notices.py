"""What somebody with an account has not read yet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import (
    Activity,
    ActivityStep,
    Case,
    CommendationEvent,
    Complaint,
    ComplaintStep,
    DossierCorrection,
    Event,
    Nomination,
    Notice,
    Outage,
    Role,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


def unread_count(who: Who) -> int:
    """The number on the bell."""
    if who.account_id is None:
        return 0
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Notice)
            .where(Notice.account_id == who.account_id, Notice.read_at.is_(None), Notice.shown_from <= clock.now())
        )
        or 0
    )


def _newest(query: Any, who: Who, limit: int) -> Any:
    """Of these notices those that this person is shown now, newest first."""
    mine = query.where(Notice.account_id == who.account_id, Notice.shown_from <= clock.now())
    return mine.order_by(Notice.id.desc()).limit(limit)


def latest(who: Who, *, limit: int = 50) -> list[tuple[Notice, Event, Case]]:
    """The newest notices with their event and case; of a case one may no longer read, nothing is told."""
    rows = db.session.execute(
        _newest(
            select(Notice, Event, Case)
            .join(Event, Event.id == Notice.event_id)
            .join(Case, Case.id == Event.case_id)
            .where(policy.which(who, "case.read") | policy.which(who, "offer.answer")),
            who,
            limit,
        )
    )
    return [(notice, event, case) for notice, event, case in rows]


def of_outages(who: Who, *, limit: int = 50) -> list[tuple[Notice, Outage]]:
    """The newest notices of mailboxes, for whoever runs the desk today."""
    if not (who.holds(Role.OPERATOR) or who.holds(Role.ADMIN)):
        return []
    rows = db.session.execute(
        _newest(
            select(Notice, Outage).join(Outage, Outage.id == Notice.outage_id),
            who,
            limit,
        )
    )
    return [(notice, outage) for notice, outage in rows]


def of_complaints(who: Who, *, limit: int = 50) -> list[tuple[Notice, ComplaintStep, Complaint]]:
    """The newest notices of complaints that this person may still read."""
    if who.account_id is None:
        return []
    rows = db.session.execute(
        _newest(
            select(Notice, ComplaintStep, Complaint)
            .join(ComplaintStep, ComplaintStep.id == Notice.complaint_step_id)
            .join(Complaint, Complaint.id == ComplaintStep.complaint_id)
            .where(policy.which(who, "complaint.read")),
            who,
            limit,
        )
    )
    return [(notice, step, complaint) for notice, step, complaint in rows]


def of_activities(who: Who, *, limit: int = 50) -> list[tuple[Notice, ActivityStep, Activity]]:
    """The newest notices of activities that this person may still read."""
    rows = db.session.execute(
        _newest(
            select(Notice, ActivityStep, Activity)
            .join(ActivityStep, ActivityStep.id == Notice.activity_step_id)
            .join(Activity, Activity.id == ActivityStep.activity_id)
            .where(policy.which(who, "activity.read")),
            who,
            limit,
        )
    )
    return [(notice, step, activity) for notice, step, activity in rows]


def of_nominee(who: Who, *, limit: int = 50) -> list[tuple[Notice, CommendationEvent]]:
    """The newest notices of one's own nominations, or of those one speaks for: one query beside the notices'."""
    rows = db.session.execute(
        _newest(
            select(Notice, CommendationEvent)
            .join(CommendationEvent, CommendationEvent.id == Notice.line_id)
            .options(joinedload(CommendationEvent.nomination).joinedload(Nomination.cycle)),
            who,
            limit,
        )
    )
    return [(notice, line) for notice, line in rows]


def of_dossiers(who: Who, *, limit: int = 50) -> list[tuple[Notice, DossierCorrection]]:
    """The newest notices of what was decided about trainings and awards, as far as this person may read it."""
    row = DossierCorrection
    rows = db.session.execute(
        _newest(
            select(Notice, row)
            .join(row, row.id == Notice.dossier_correction_id)
            .options(*(joinedload(name) for name in (row.training, row.honour, row.new_training, row.new_honour)))
            .where(policy.which(who, "dossier_correction.read")),
            who,
            limit,
        )
    )
    return [(notice, correction) for notice, correction in rows]


def open_contacts(who: Who, cases: Iterable[Case]) -> set[int]:
    """Of which of these cases this person may know the company's contact: one query."""
    ids = {case.id for case in cases}
    if not ids:
        return set()
    return set(db.session.scalars(select(Case.id).where(Case.id.in_(ids), policy.which(who, "case.read_contact"))))


def mark_read(who: Who) -> None:
    """Everything up to now is read."""
    db.session.execute(
        update(Notice)
        .where(Notice.account_id == who.account_id, Notice.read_at.is_(None), Notice.shown_from <= clock.now())
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )
