"""The monthly sheet (rule R18): what each station, detachment and district did in a month, and the city in all.

Minutes and person-times are the ledger's lines *recorded* in the month, by the station that recorded them. A reversal
therefore belongs to the month in which it was written: a sheet that was handed in never changes afterwards, and the
months add up to the ledger. Companies are counted, not added: one that two stations served is one for the city.
Activities belong to the month in which they were verified, and are taken off in that in which none of their time stood
any more; the companies at one are a number, not names, so they are
added and stand apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import (
    Activity,
    Case,
    ConfirmedBy,
    Detachment,
    District,
    EntryKind,
    Expert,
    Feedback,
    HoursEntry,
    Station,
    Status,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# A mean of fewer scores says more about chance, or about one company, than about a station (plan 三（十一）).
SMALL_SAMPLE = 5
LINES_A_PAGE = 100

K = TypeVar("K", bound=Hashable)


@dataclass
class Figures:
    """One line of the sheet. Minutes are whole; a settled visit is one person-time, a reversal takes it back."""

    received: int = 0
    closed: int = 0
    activities: int = 0
    reached: int = 0
    # Experts' times at activities settled, less those reversed.
    attended: int = 0
    by_company: int = 0
    by_station: int = 0
    ratings: int = 0
    scores: int = 0
    served: Counter[int] = field(default_factory=Counter)

    @property
    def minutes(self) -> int:
        """Confirmed by companies and verified by stations together."""
        return self.by_company + self.by_station

    @property
    def person_times(self) -> int:
        """Visits settled, of cases and at activities, less those reversed."""
        return sum(self.served.values()) + self.attended

    @property
    def companies(self) -> int:
        """Different companies with a visit that stands."""
        return sum(1 for n in self.served.values() if n > 0)

    @property
    def score(self) -> float | None:
        """The mean score; None where there are too few to say."""
        return self.scores / self.ratings if self.ratings >= SMALL_SAMPLE else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing happened."""
        return not (self.received or self.closed or self.served or self.ratings or self.activities or self.attended)

    def add(self, other: Figures) -> None:
        """Take in another line's numbers; companies stay apart by who they are."""
        self.received += other.received
        self.closed += other.closed
        self.activities += other.activities
        self.reached += other.reached
        self.attended += other.attended
        self.by_company += other.by_company
        self.by_station += other.by_station
        self.ratings += other.ratings
        self.scores += other.scores
        for company, n in other.served.items():
            self.served[company] += n


@dataclass(frozen=True)
class Sheet:
    """The month's first day, lines in the order of the network, and the sum of all of them."""

    month: date
    stations: list[tuple[Station, Figures]]
    detachments: list[tuple[Detachment, Figures]]
    districts: list[tuple[District, Figures]]
    total: Figures


def read_month(text: str) -> date | None:
    """2026-11 as its first day; None for anything else."""
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == 7 else None
    except ValueError:
        return None


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month + timedelta(days=31)).replace(day=1)


def sheet(month: date, by: Who) -> Sheet:
    """The month's lines of the stations whose figures this person may see; nine queries, whatever the size."""
    stations = list(
        db.session.scalars(
            select(Station)
            .where(policy.which(by, "station.count"))
            .options(joinedload(Station.detachment))
            .order_by(Station.district, Station.code)
        )
    )
    figures: dict[int, Figures] = {station.id: Figures() for station in stations}
    mine = select(Station.id).where(policy.which(by, "station.count"))
    _ledger(month, mine, figures)
    for name, moment in (("received", Case.submitted_at), ("closed", Case.closed_at)):
        rows = db.session.execute(
            select(Case.station_id, func.count())
            .where(_within(moment, month), Case.station_id.in_(mine), Case.status != Status.DRAFT)
            .group_by(Case.station_id)
        ).all()
        for station_id, n in rows:
            setattr(figures[int(station_id or 0)], name, int(n))
    for station_id, n, scores in db.session.execute(
        select(Case.station_id, func.count(), func.sum(Feedback.score))
        .select_from(Feedback)
        .join(Case, Case.id == Feedback.case_id)
        .where(_within(Feedback.at, month), Feedback.score.is_not(None), Case.station_id.in_(mine))
        .group_by(Case.station_id)
    ):
        one = figures[int(station_id or 0)]
        one.ratings, one.scores = int(n), int(scores or 0)
    for moment, sign in ((Activity.verified_at, 1), (Activity.reversed_at, -1)):
        for station_id, n, reached in db.session.execute(
            select(Activity.station_id, func.count(), func.sum(Activity.companies))
            .where(_within(moment, month), Activity.station_id.in_(mine))
            .group_by(Activity.station_id)
        ):
            figures[station_id].activities += sign * int(n)
            figures[station_id].reached += sign * int(reached)
    lines = [(s, figures[s.id]) for s in stations if s.closed_at is None or not figures[s.id].is_empty]
    districts = {d.code: d for d in db.session.scalars(select(District).order_by(District.position))}
    detachments = {d.id: d for d in db.session.scalars(select(Detachment).order_by(Detachment.code))}
    by_district = _summed(lines, lambda s: s.district)
    by_detachment = _summed(lines, lambda s: s.detachment_id)
    total = Figures()
    for _, one in lines:
        total.add(one)
    return Sheet(
        month,
        lines,
        [(row, by_detachment[key]) for key, row in detachments.items() if key in by_detachment],
        [(row, by_district[key]) for key, row in districts.items() if key in by_district],
        total,
    )


def _summed(lines: Iterable[tuple[Station, Figures]], key: Callable[[Station], K]) -> dict[K, Figures]:
    sums: dict[K, Figures] = {}
    for station, one in lines:
        sums.setdefault(key(station), Figures()).add(one)
    return sums


def _ledger(month: date, mine: Select[Any], figures: dict[int, Figures]) -> None:
    """Minutes and person-times by station and company: a city's month is some thousand rows."""
    one = case((HoursEntry.kind == EntryKind.CREDIT, 1), else_=-1)
    vouched = {
        who: func.sum(case((HoursEntry.confirmed_by == who, HoursEntry.minutes), else_=0)) for who in ConfirmedBy
    }
    rows = db.session.execute(
        select(
            HoursEntry.station_id,
            HoursEntry.case_id.is_not(None),
            Case.company_id,
            func.sum(one),
            vouched[ConfirmedBy.COMPANY],
            vouched[ConfirmedBy.STATION],
        )
        .outerjoin(Case, Case.id == HoursEntry.case_id)
        .where(_within(HoursEntry.recorded_at, month), HoursEntry.station_id.in_(mine))
        .group_by(HoursEntry.station_id, HoursEntry.case_id.is_not(None), Case.company_id)
    )
    for station_id, of_case, company_id, n, by_company, by_station in rows:
        line = figures[station_id]
        if of_case:
            line.served[company_id] += int(n)
        else:
            line.attended += int(n)
        line.by_company += int(by_company)
        line.by_station += int(by_station)


def _within(moment: Any, month: date) -> ColumnElement[bool]:
    return and_(moment >= _start(month), moment < _start(next_month(month)))


def _start(day: date) -> datetime:
    return clock.from_local(day)


@dataclass(frozen=True)
class Part:
    """Which lines of the ledger: of one station, one detachment, one district, or of all."""

    station_id: int | None = None
    detachment_id: int | None = None
    district: str = ""


def lines(month: date, by: Who, part: Part, *, before: int | None = None, limit: int | None = None) -> list[HoursEntry]:
    """The ledger's lines behind the figures, newest first; `before` an id, so that a page never slips."""
    query = _lines(month, by, part)
    if before is not None:
        query = query.where(HoursEntry.id < before)
    return list(db.session.scalars(query.limit(limit) if limit else query))


def each_line(month: date, by: Who, part: Part) -> Iterator[HoursEntry]:
    """The same, all of them, some hundred at a time."""
    last: int | None = None
    while some := lines(month, by, part, before=last, limit=500):
        yield from some
        last = some[-1].id
        db.session.expunge_all()


def _lines(month: date, by: Who, part: Part) -> Select[Any]:
    where = [policy.which(by, "station.count")]
    if part.station_id is not None:
        where.append(Station.id == part.station_id)
    if part.detachment_id is not None:
        where.append(Station.detachment_id == part.detachment_id)
    if part.district:
        where.append(Station.district == part.district)
    return (
        select(HoursEntry)
        .where(_within(HoursEntry.recorded_at, month), HoursEntry.station_id.in_(select(Station.id).where(*where)))
        .options(
            joinedload(HoursEntry.case).joinedload(Case.station),
            joinedload(HoursEntry.activity).joinedload(Activity.station),
            joinedload(HoursEntry.expert).load_only(Expert.name, Expert.volunteer_number),
        )
        .order_by(HoursEntry.id.desc())
    )
