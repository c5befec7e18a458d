"""Figures of the network: what came in, what was closed, how quickly, how many hours, district by district."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import articles
from helpdesk.models import (
    Activity,
    Case,
    Category,
    Clock,
    District,
    Expert,
    ExpertStatus,
    HoursEntry,
    Outcome,
    Role,
    Station,
    Status,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Held, Who


@dataclass(frozen=True)
class Figure:
    """A number of this month beside the one of the month before; None when there is nothing to count."""

    name: str
    value: float | None
    before: float | None


@dataclass(frozen=True)
class Overview:
    """Everything the overview page shows, for the cases its reader may read."""

    figures: list[Figure]
    by_category: list[tuple[Category, int]]
    by_district: list[tuple[District, int, int, int]]
    weeks: list[tuple[date, int, int]]


def overview(who: Who) -> Overview:
    """This month against the last, by field, by district, and twelve weeks; a fixed number of queries."""
    mine = policy.which(who, "case.read")
    start = _month(clock.today())
    before = _month((clock.local(start) - timedelta(days=1)).date())
    spans = ((start, clock.now()), (before, start))
    return Overview(
        figures=_figures(who, mine, spans),
        by_category=_by_category(mine, start),
        by_district=_by_district(mine, start, who.first(Role.DISTRICT)),
        weeks=_weeks(mine),
    )


def _month(day: date) -> datetime:
    return clock.from_local(day.replace(day=1))


def _figures(who: Who, mine: ColumnElement[bool], spans: tuple[tuple[datetime, datetime], ...]) -> list[Figure]:
    rows: dict[str, list[float | None]] = {
        name: [] for name in ("received", "kept", "solved", "minutes", "activities", "experts", "deflected")
    }
    for start, end in spans:
        received = _count(mine, Case.submitted_at >= start, Case.submitted_at < end)
        kept, judged = _kept(mine, start, end)
        closed = _count(mine, Case.closed_at >= start, Case.closed_at < end)
        solved = _count(
            mine, Case.closed_at >= start, Case.closed_at < end, Case.outcome.in_((Outcome.SOLVED, Outcome.PARTLY))
        )
        rows["received"].append(received)
        rows["kept"].append(100 * kept / judged if judged else None)
        rows["solved"].append(100 * solved / closed if closed else None)
        rows["minutes"].append(_minutes(who, mine, start, end))
        rows["activities"].append(_held(who, start, end))
        rows["experts"].append(_serving(end))
        rows["deflected"].append(articles.deflections(start, end))
    return [Figure(name, values[0], values[1]) for name, values in rows.items()]


def _count(*where: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(Case).where(*where)) or 0


def _kept(mine: ColumnElement[bool], start: datetime, end: datetime) -> tuple[int, int]:
    """First answers that came in time, of those that came."""
    stopped = and_(Clock.kind == "first_answer", Clock.stopped_at >= start, Clock.stopped_at < end)
    in_time = Clock.due_at.is_(None) | (Clock.stopped_at <= Clock.due_at)
    row = db.session.execute(
        select(func.count().filter(in_time), func.count())
        .select_from(Clock)
        .join(Case, Case.id == Clock.case_id)
        .where(stopped, mine)
    ).one()
    return int(row[0]), int(row[1])


def _minutes(who: Who, mine: ColumnElement[bool], start: datetime, end: datetime) -> int:
    """Minutes written in these days, of cases and of activities this person may read."""
    held = policy.which(who, "activity.read")
    total = db.session.scalar(
        select(func.sum(HoursEntry.minutes))
        .outerjoin(Case, Case.id == HoursEntry.case_id)
        .outerjoin(Activity, Activity.id == HoursEntry.activity_id)
        .where(HoursEntry.recorded_at >= start, HoursEntry.recorded_at < end)
        .where(or_(and_(HoursEntry.case_id.is_not(None), mine), and_(HoursEntry.activity_id.is_not(None), held)))
    )
    return int(total or 0)


def _held(who: Who, start: datetime, end: datetime) -> int:
    """Activities verified in these days."""
    rows = select(func.count()).select_from(Activity).where(policy.which(who, "activity.read"))
    return db.session.scalar(rows.where(Activity.verified_at >= start, Activity.verified_at < end)) or 0


def _serving(end: datetime) -> int:
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Expert)
            .where(Expert.status == ExpertStatus.SERVING, Expert.created_at < end)
        )
        or 0
    )


def _by_category(mine: ColumnElement[bool], start: datetime) -> list[tuple[Category, int]]:
    rows = db.session.execute(
        select(Case.category_code, func.count())
        .where(mine, Case.submitted_at >= start, Case.category_code.is_not(None))
        .group_by(Case.category_code)
    )
    found = {code: int(n) for code, n in rows}
    categories = db.session.scalars(select(Category).order_by(Category.position))
    return sorted(((c, found.get(c.code, 0)) for c in categories), key=lambda row: -row[1])


def _by_district(mine: ColumnElement[bool], start: datetime, part: Held | None) -> list[tuple[District, int, int, int]]:
    """District, received this month, overdue now, stations."""
    received = dict(
        db.session.execute(
            select(Case.district, func.count()).where(mine, Case.submitted_at >= start).group_by(Case.district)
        ).all()
    )
    overdue = dict(
        db.session.execute(
            select(Case.district, func.count())
            .where(mine, Case.due_order < clock.now(), Case.status != Status.DRAFT)
            .group_by(Case.district)
        ).all()
    )
    stations = dict(
        db.session.execute(
            select(Station.district, func.count()).where(Station.closed_at.is_(None)).group_by(Station.district)
        ).all()
    )
    districts = db.session.scalars(select(District).order_by(District.position))
    rows = [(d, received.get(d.code, 0), overdue.get(d.code, 0), stations.get(d.code, 0)) for d in districts]
    if part is None:
        return rows
    # A district's reader sees the own one, and others only where a case of theirs has come from or gone to.
    return [row for row in rows if row[0].code == part.district or row[1] or row[2]]


def _weeks(mine: ColumnElement[bool]) -> list[tuple[date, int, int]]:
    """Twelve weeks: Monday, received, closed."""
    monday = clock.today() - timedelta(days=clock.today().weekday())
    starts = [monday - timedelta(weeks=n) for n in range(11, -1, -1)]
    columns = []
    for day in starts:
        begin, end = clock.from_local(day), clock.from_local(day + timedelta(days=7))
        columns.append(func.count().filter(Case.submitted_at >= begin, Case.submitted_at < end))
        columns.append(func.count().filter(Case.closed_at >= begin, Case.closed_at < end))
    row = db.session.execute(select(*columns).select_from(Case).where(mine)).one()
    return [(day, int(row[2 * n]), int(row[2 * n + 1])) for n, day in enumerate(starts)]


@dataclass(frozen=True)
class Public:
    """What everybody may know: counts only."""

    cases: int
    closed: int
    in_time: float | None
    experts: int


def public() -> Public:
    """The figures of the front page."""
    sent, closed = db.session.execute(
        select(func.count(), func.count().filter(Case.status == Status.CLOSED))
        .select_from(Case)
        .where(Case.status != Status.DRAFT)
    ).one()
    kept, judged = _kept(Case.status != Status.DRAFT, clock.now() - timedelta(days=365), clock.now())
    return Public(int(sent), int(closed), 100 * kept / judged if judged else None, _serving(clock.now()))
