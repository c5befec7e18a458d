"""What leaves the house as a table: experts, certificates, lines of the hours ledger; what each may read, no more.

Read some hundred rows at a time by key, so that memory does not grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Activity, Case, Certificate, Expert, HoursEntry, Station
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

TOGETHER = 500


def experts(by: Who) -> Iterator[Expert]:
    """The roster, in the order of registration."""
    query = select(Expert).where(policy.which(by, "expert.read"))
    return _each(Expert, query.options(selectinload(Expert.skills), joinedload(Expert.station)))


def certificates(by: Who, first: date, last: date) -> Iterator[Certificate]:
    """Certificates issued in these days, both included."""
    begin, end = _span(first, last)
    query = select(Certificate).where(
        policy.which(by, "certificate.read"), Certificate.issued_at >= begin, Certificate.issued_at < end
    )
    return _each(Certificate, query.options(joinedload(Certificate.station)))


def ledger(by: Who, first: date, last: date) -> Iterator[HoursEntry]:
    """The ledger's lines recorded in these days, of the stations whose figures this person may see."""
    begin, end = _span(first, last)
    mine = select(Station.id).where(policy.which(by, "station.count"))
    query = select(HoursEntry).where(
        HoursEntry.recorded_at >= begin, HoursEntry.recorded_at < end, HoursEntry.station_id.in_(mine)
    )
    parts = (
        joinedload(HoursEntry.case).joinedload(Case.station),
        joinedload(HoursEntry.activity).joinedload(Activity.station),
        joinedload(HoursEntry.expert),
    )
    return _each(HoursEntry, query.options(*parts))


def _span(first: date, last: date) -> tuple[Any, Any]:
    return clock.from_local(first), clock.from_local(last + timedelta(days=1))


def _each(model: Any, query: Any) -> Iterator[Any]:
    after = 0
    while rows := db.session.scalars(query.where(model.id > after).order_by(model.id).limit(TOGETHER)).all():
        yield from rows
        after = rows[-1].id
        if len(rows) == TOGETHER:
            db.session.expunge_all()
