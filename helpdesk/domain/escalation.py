"""Telling those who can help that a promise runs out, or ran out: each level once, whatever runs twice."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines, record
from helpdesk.models import Case, Clock, Escalation
from helpdesk.rules import promises
from helpdesk.rules.policy import SYSTEM

# How many cases one round looks at; the next round, a minute later, goes on.
AT_ONCE = 2000


def escalate() -> int:
    """Tell of every promise that reached a further level; returns how many events were written.

    A clock that passed several levels unseen (the worker was down) is told of once, at the highest. Run by the clock;
    run twice, or by two workers, the primary key lets one of them tell.
    """
    reached = select(func.max(Escalation.level)).where(Escalation.clock_id == Clock.id).scalar_subquery()
    rows = db.session.execute(
        select(Case, Clock, reached)
        .join(Clock, (Clock.case_id == Case.id) & (Clock.kind == Case.due_kind) & Clock.stopped_at.is_(None))
        .where(Case.warn_at.is_not(None), Case.warn_at <= clock.now())
        .where(func.coalesce(reached, 0) < promises.LEVELS[-1].level)
        .order_by(Case.warn_at, Case.id)
        .limit(AT_ONCE)
    ).all()
    told = 0
    for case, running, before in rows:
        now_at = level_of(case)
        if now_at is None or now_at.level <= (before or 0):
            continue
        if _first_to_say(running.id, now_at.level):
            record.event(case, now_at.event, SYSTEM, promise=running.kind)
            told += 1
    return told


def level_of(case: Case) -> promises.Level | None:
    """The highest level the case's nearest promise has reached now; None while it is in time."""
    if case.due_at is None or case.warn_at is None or clock.now() < case.warn_at:
        return None
    found = promises.LEVELS[0]
    for level in promises.LEVELS[1:]:
        days = level.after or 0
        moment = case.due_at if not days else deadlines.in_workdays(case, case.due_at, days)
        if clock.now() >= moment:
            found = level
    return found


def _first_to_say(clock_id: int, level: int) -> bool:
    """Whether this level of this clock was not told of before: insert, or nothing."""
    insert = pg_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    statement = insert(Escalation).values(clock_id=clock_id, level=level, at=clock.now()).on_conflict_do_nothing()
    return db.session.scalar(statement.returning(Escalation.level)) is not None
