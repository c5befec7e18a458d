"""What was done about schemes, cycles and nominees: one line an act, in its transaction, never changed."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import CommendationEvent, Cycle, Nomination, Scheme
from helpdesk.rules.commendation import EVENTS
from helpdesk.rules.policy import Who


def note(kind: str, by: Who, thing: Scheme | Cycle | Nomination, **facts: object) -> CommendationEvent:
    """Write the line. Raises KeyError for a kind that nobody has worded."""
    EVENTS[kind]
    nomination = thing if isinstance(thing, Nomination) else None
    cycle = thing if isinstance(thing, Cycle) else (nomination.cycle if nomination else None)
    scheme_id = cycle.scheme_id if cycle else thing.id
    row = CommendationEvent(
        scheme_id=scheme_id,
        cycle_id=cycle.id if cycle else None,
        nomination_id=nomination.id if nomination else None,
        kind=kind,
        actor_id=by.account_id,
        actor=by.name,
        facts=facts,
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def of_nomination(nomination: Nomination) -> list[CommendationEvent]:
    """What was done about one nominee, oldest first."""
    rows = select(CommendationEvent).where(CommendationEvent.nomination_id == nomination.id)
    return list(db.session.scalars(rows.order_by(CommendationEvent.id)))


def of_cycle(cycle: Cycle, *, most: int = 100) -> list[CommendationEvent]:
    """What was done in a cycle, newest first."""
    rows = select(CommendationEvent).where(CommendationEvent.cycle_id == cycle.id)
    return list(db.session.scalars(rows.order_by(CommendationEvent.id.desc()).limit(most)))
