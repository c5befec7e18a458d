"""Terms that an operator sets to hold from a day on, with a reason: which holds, every one, and a new one.

Who may, and how long a term may be, is for the verb of its kind to say.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from sqlalchemy import ColumnElement, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import Refused
from helpdesk.models import ComplaintRule, KeepingRule
from helpdesk.rules import given
from helpdesk.rules.policy import Who

LONGEST_REASON = 200
Term = TypeVar("Term", KeepingRule, ComplaintRule)


def in_force(kind: type[Term], day: date | None, *standing: ColumnElement[bool]) -> Term | None:
    """The term that holds on a day, today when none is given; `standing` says which rows may."""
    rows = select(kind).where(kind.from_on <= (day or clock.today()), *standing)
    return db.session.scalar(rows.order_by(kind.from_on.desc(), kind.id.desc()).limit(1))


def every(kind: type[Term]) -> list[Term]:
    """Every term that was ever set, newest first."""
    return list(db.session.scalars(select(kind).order_by(kind.from_on.desc(), kind.id.desc())))


def begin(row: Term, by: Who, *, from_on: date, reason: str, latest: date | None = None) -> Term:
    """Let a new row hold from a day on. Raises Refused for a past day, one after `latest`, or without a reason."""
    if from_on < clock.today():
        raise Refused("day_is_past", field="from_on")
    if latest is not None and from_on > latest:
        raise Refused("day_too_far", field="from_on", day=latest)
    row.from_on, row.reason = from_on, given.reason(reason)[:LONGEST_REASON]
    assert by.account_id is not None
    row.set_by_id, row.set_by, row.set_at = by.account_id, by.name, clock.now()
    db.session.add(row)
    db.session.flush()
    return row
