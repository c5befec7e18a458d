"""What was done about schemes, cycles and nominees: one line an act, in its transaction, never changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import mailing
from helpdesk.models import CommendationEvent, Cycle, Nomination, Notice, Scheme
from helpdesk.rules import mailing as mailing_rules
from helpdesk.rules.commendation import EVENTS
from helpdesk.rules.policy import Who

WHO = (Nomination.expert, Nomination.station, Nomination.company, Nomination.team)


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
    if nomination is not None and kind in mailing_rules.NOMINEE:
        _tell(row, nomination, by)
    return row


def _tell(row: CommendationEvent, nomination: Nomination, by: Who) -> None:
    """The nominee hears of it by notice and by letter, in the transaction of the step: not of what they did themselves,
    nor of a reviewer's yes, and of being put forward once."""
    if row.kind == "nomination.assessed" and row.facts.get("verdict") != "declined":
        return
    if row.kind == "nomination.made" and _was_told(nomination, row):
        return
    for account in mailing.accounts_of_nominee(nomination).values():
        if account.id != by.account_id:
            db.session.add(Notice(account_id=account.id, line_id=row.id, shown_from=row.at))
            mailing.write_of_nominee(row, account)
    db.session.flush()


def _was_told(nomination: Nomination, row: CommendationEvent) -> bool:
    """Whether this nominee was put forward before, and that was not taken back since."""
    last = db.session.scalar(
        select(CommendationEvent.kind)
        .where(CommendationEvent.nomination_id == nomination.id, CommendationEvent.id < row.id)
        .where(CommendationEvent.kind.in_(("nomination.made", "nomination.withdrawn")))
        .order_by(CommendationEvent.id.desc())
        .limit(1)
    )
    return last == "nomination.made"


def of_nomination(nomination: Nomination) -> list[CommendationEvent]:
    """What was done about one nominee, oldest first."""
    rows = select(CommendationEvent).where(CommendationEvent.nomination_id == nomination.id)
    return list(db.session.scalars(rows.order_by(CommendationEvent.id)))


def of_cycle(cycle: Cycle, *, most: int = 100) -> list[CommendationEvent]:
    """What was done in a cycle, newest first."""
    named = joinedload(CommendationEvent.nomination)
    rows = (
        select(CommendationEvent)
        .where(CommendationEvent.cycle_id == cycle.id)
        .options(*(named.joinedload(who) for who in WHO))
    )
    return list(db.session.scalars(rows.order_by(CommendationEvent.id.desc()).limit(most)))
