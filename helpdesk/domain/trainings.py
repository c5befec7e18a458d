"""Training of volunteers: recorded by the station or the corps, never by oneself (办法67 art. 8; rule R05)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import attachments
from helpdesk.errors import Refused
from helpdesk.models import Expert, Grant, Role, Training
from helpdesk.rules import given, policy, separation
from helpdesk.rules.policy import Who

MOST_MINUTES = 14400


@dataclass(frozen=True)
class TrainingFacts:
    """What art. 8 asks: name, main content, length in minutes, organiser, day."""

    name: str
    content: str
    minutes: int
    organiser: str
    held_on: date


def record(expert: Expert, by: Who, facts: TrainingFacts, *, form_key: str = "") -> Training:
    """Write down a training of this expert, with the files that came with the form.

    Raises Refused: own, missing words, a day to come, odd minutes.
    """
    separation.refuse_self(by, expert.id, account_of(expert))
    policy.require(by, "expert.record_training", expert)
    row = write(expert, by, facts)
    if form_key:
        attachments.bind(expert, form_key, proves=row)
    return row


def write(expert: Expert, by: Who, facts: TrainingFacts) -> Training:
    """The row itself, once somebody's right to write it was asked. Raises Refused for facts that cannot be."""
    account_id = account_of(expert)
    for name in ("name", "content", "organiser"):
        if not getattr(facts, name).strip():
            raise Refused("text_missing", field=name)
    if facts.held_on > clock.today():
        raise Refused("day_in_future", field="held_on")
    if not 1 <= facts.minutes <= MOST_MINUTES:
        raise Refused("minutes_out_of_range", field="minutes", most=MOST_MINUTES)
    assert by.account_id is not None
    row = Training(
        expert_id=expert.id,
        expert_account_id=account_id,
        station_id=expert.station_id,
        name=facts.name.strip()[:120],
        content=facts.content.strip()[:2000],
        minutes=facts.minutes,
        organiser=facts.organiser.strip()[:120],
        held_on=facts.held_on,
        recorded_at=clock.now(),
        recorded_by_id=by.account_id,
        recorded_by=by.name,
    )
    db.session.add(row)
    db.session.flush()
    return row


def strike(training: Training, by: Who, *, reason: str) -> Training:
    """Recorded in error: it counts no more and stays to be read, with the reason (art. 13)."""
    separation.refuse_self(by, training.expert_id, training.expert_account_id)
    policy.require(by, "expert.record_training", training.expert)
    if training.struck_at is not None:
        raise Refused("training_struck")
    reason = given.reason(reason)
    training.struck_at, training.struck_by, training.struck_reason = clock.now(), by.name, reason[:500]
    db.session.flush()
    return training


def facts_of(row: Training) -> TrainingFacts:
    """What a training says."""
    return TrainingFacts(row.name, row.content, row.minutes, row.organiser, row.held_on)


def of_expert(expert_id: int) -> list[Training]:
    """An expert's trainings, newest first, struck ones too."""
    rows = select(Training).where(Training.expert_id == expert_id)
    return list(db.session.scalars(rows.order_by(Training.held_on.desc(), Training.id.desc())))


def account_of(expert: Expert) -> int | None:
    """The account that acts as this expert now."""
    return db.session.scalar(
        select(Grant.account_id)
        .where(Grant.role == Role.EXPERT, Grant.expert_id == expert.id, Grant.ended_at.is_(None))
        .order_by(Grant.id)
        .limit(1)
    )
