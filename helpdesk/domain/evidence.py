"""What the ledger, the ratings and the records say of nominees: a fixed number of statements, however many there are.

Reversals are taken off everywhere: a case whose hours were reversed whole is no case that was served (rule R06).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, distinct, extract, func, select
from sqlalchemy.orm import contains_eager, joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines
from helpdesk.models import (
    COUNTS,
    Case,
    Company,
    ConfirmedBy,
    Expert,
    ExpertStatus,
    ExpertTeam,
    Feedback,
    HoursEntry,
    Review,
    Station,
    Subject,
    TeamMember,
    Visit,
)
from helpdesk.rules import commendation, credit
from helpdesk.rules.commendation import RECORD_WORKDAYS, Facts, Rated, Served

DAY = timedelta(days=1)


def _of(subject: Subject, query: Select[Any], expert_id: Any, station_id: Any) -> tuple[Select[Any], Any]:
    """The query over rows that name an expert and a station, and the column that says whose they are."""
    if subject is Subject.EXPERT:
        return query, expert_id
    if subject is Subject.STATION:
        return query, station_id
    if subject is Subject.COMPANY:
        query = query.join(Expert, Expert.id == expert_id)
        return query.where(Expert.employer_company_id.is_not(None)), Expert.employer_company_id
    return query.join(TeamMember, TeamMember.expert_id == expert_id), TeamMember.team_id


def facts(subject: Subject, start: date, end: date, ids: Collection[int] | None = None) -> dict[int, Facts]:
    """Every measure of every nominee that could be (or of those named), for service from `start` to `end`, both
    included. Nine statements."""
    found: dict[int, dict[str, int | None]] = {
        number: {**dict.fromkeys(commendation.BY_CODE, 0), "rating": None, "timely": None}
        for number in _subjects(subject, ids)
    }

    def put(rows: Any, *names: str) -> None:
        for number, *values in rows:
            if number in found:
                found[number].update(zip(names, (int(v or 0) for v in values), strict=True))

    served = (
        "minutes", "company_minutes", "cases", "activities", "experts", "companies", "districts", "industries",
    )  # fmt: skip
    put(_served(subject, HoursEntry.served_on.between(start, end), ids), *served)
    put(_total(subject, end, ids), "total_minutes")
    put(_first_companies(subject, start, end, ids), "first_companies")
    put(_ratings(subject, start, end, ids), "rating", "ratings")
    for row in found.values():
        if not row["ratings"]:
            row["rating"] = None
    put(_timely(subject, start, end, ids), "timely")
    put(_upheld(subject, start, end, ids), "upheld")
    _put_time(subject, found, end, ids)
    return dict(found)


def _subjects(subject: Subject, ids: Collection[int] | None) -> list[int]:
    column: Any = {
        Subject.EXPERT: Expert.id,
        Subject.STATION: Station.id,
        Subject.COMPANY: Company.id,
        Subject.TEAM: ExpertTeam.id,
    }[subject]
    query = select(column)
    if ids is not None:
        query = query.where(column.in_(ids))
    elif subject is Subject.EXPERT:
        query = query.where(Expert.status.in_((ExpertStatus.SERVING, ExpertStatus.PAUSED)))
    elif subject is Subject.STATION:
        query = query.where(Station.closed_at.is_(None))
    elif subject is Subject.COMPANY:
        query = query.where(Company.id.in_(select(Expert.employer_company_id)))
    else:
        query = query.where(ExpertTeam.retired_at.is_(None))
    return list(db.session.scalars(query))


def _net(subject: Subject, when: ColumnElement[bool], ids: Collection[int] | None) -> Any:
    """Minutes that stand, by nominee, case or activity, and expert."""
    query, whose = _of(subject, select().select_from(HoursEntry), HoursEntry.expert_id, HoursEntry.station_id)
    by_company = case((HoursEntry.confirmed_by == ConfirmedBy.COMPANY, HoursEntry.minutes), else_=0)
    query = query.add_columns(
        whose.label("whose"),
        HoursEntry.case_id,
        HoursEntry.activity_id,
        HoursEntry.expert_id,
        func.sum(HoursEntry.minutes).label("minutes"),
        func.sum(by_company).label("company_minutes"),
    )
    query = query.where(when).group_by(whose, HoursEntry.case_id, HoursEntry.activity_id, HoursEntry.expert_id)
    query = query.having(func.sum(HoursEntry.minutes) > 0)
    return (query.where(whose.in_(ids)) if ids is not None else query).subquery()


def _served(subject: Subject, when: ColumnElement[bool], ids: Collection[int] | None) -> Any:
    net = _net(subject, when, ids)
    return db.session.execute(
        select(
            net.c.whose,
            func.sum(net.c.minutes),
            func.sum(net.c.company_minutes),
            func.count(distinct(net.c.case_id)),
            func.count(distinct(net.c.activity_id)),
            func.count(distinct(net.c.expert_id)),
            func.count(distinct(Case.company_id)),
            func.count(distinct(Company.district)),
            func.count(distinct(func.substr(Company.industry, 1, 1))),
        )
        .outerjoin(Case, Case.id == net.c.case_id)
        .outerjoin(Company, Company.id == Case.company_id)
        .group_by(net.c.whose)
    )


def _total(subject: Subject, end: date, ids: Collection[int] | None) -> Any:
    net = _net(subject, HoursEntry.served_on <= end, ids)
    return db.session.execute(select(net.c.whose, func.sum(net.c.minutes)).group_by(net.c.whose))


def _first_companies(subject: Subject, start: date, end: date, ids: Collection[int] | None) -> Any:
    """Companies whose first served case of all is one of theirs."""
    first = (
        select(func.min(HoursEntry.case_id).label("case_id"))
        .join(Case, Case.id == HoursEntry.case_id)
        .where(Case.company_id.is_not(None))
        .group_by(Case.company_id)
        .subquery()
    )
    net = _net(subject, HoursEntry.served_on.between(start, end), ids)
    return db.session.execute(
        select(net.c.whose, func.count(distinct(net.c.case_id)))
        .join(first, first.c.case_id == net.c.case_id)
        .group_by(net.c.whose)
    )


def _moments(start: date, end: date) -> tuple[datetime, datetime]:
    return clock.from_local(start), clock.from_local(end + DAY)


def _ratings(subject: Subject, start: date, end: date, ids: Collection[int] | None) -> Any:
    """The mean in hundredths, rounded down, and how many; scores that were not given are not invented."""
    begins, ends = _moments(start, end)
    base = select().select_from(Feedback).join(Case, Case.id == Feedback.case_id)
    query, whose = _of(subject, base, Feedback.expert_id, Case.station_id)
    query = query.where(Feedback.score.is_not(None), Feedback.at >= begins, Feedback.at < ends)
    query = query.add_columns(whose, func.sum(Feedback.score) * 100 / func.count(), func.count()).group_by(whose)
    return db.session.execute(_only(query, whose, ids)).all()


def _timely(subject: Subject, start: date, end: date, ids: Collection[int] | None) -> list[tuple[int, int]]:
    """Percent of the counted visits recorded within ten working days. Only the late ones are looked at one by one."""
    begins, ends = _moments(start, end)
    query, whose = _of(subject, select().select_from(Visit), Visit.expert_id, Visit.station_id)
    query = query.where(Visit.status.in_(COUNTS), Visit.starts_at >= begins, Visit.starts_at < ends)
    query = query.add_columns(whose, Visit.ends_at, Visit.logged_at)
    calendar = deadlines.calendar()
    all_of: dict[int, int] = defaultdict(int)
    in_time: dict[int, int] = defaultdict(int)
    for number, ended, logged in db.session.execute(_only(query, whose, ids)):
        all_of[number] += 1
        quick = logged - ended < RECORD_WORKDAYS * DAY
        if quick or commendation.recorded_in_time(clock.local(ended).date(), clock.local(logged).date(), calendar):
            in_time[number] += 1
    return [(number, 100 * in_time[number] // count) for number, count in all_of.items()]


def _upheld(subject: Subject, start: date, end: date, ids: Collection[int] | None) -> Any:
    """Cases in which a person outside the station found that money was paid (条例 art. 21)."""
    begins, ends = _moments(start, end)
    base = select().select_from(Review).join(Case, Case.id == Review.case_id)
    query, whose = _of(subject, base, Case.expert_id, Case.station_id)
    query = query.where(Review.decision == "upheld", Review.opened_at >= begins, Review.opened_at < ends)
    query = query.add_columns(whose, func.count(distinct(Case.id))).group_by(whose)
    return db.session.execute(_only(query, whose, ids)).all()


def _only(query: Select[Any], whose: Any, ids: Collection[int] | None) -> Select[Any]:
    return query.where(whose.in_(ids)) if ids is not None else query.where(whose.is_not(None))


def _put_time(subject: Subject, found: dict[int, Any], end: date, ids: Collection[int] | None) -> None:
    """Months since registration, and the longest run of months without service in the last year."""
    registered: dict[int, date] = {}
    if subject is Subject.EXPERT:
        since_when = select(Expert.id, Expert.registered_on).where(Expert.id.in_(found))
        registered = {row.id: row.registered_on for row in db.session.execute(since_when)}
    query, whose = _of(subject, select().select_from(HoursEntry), HoursEntry.expert_id, HoursEntry.station_id)
    year, month = extract("year", HoursEntry.served_on), extract("month", HoursEntry.served_on)
    query = query.where(HoursEntry.served_on <= end, HoursEntry.served_on > end.replace(day=1) - 400 * DAY)
    query = query.add_columns(whose, year, month).group_by(whose, year, month)
    query = query.having(func.sum(HoursEntry.minutes) > 0)
    months: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for number, y, m in db.session.execute(_only(query, whose, ids)):
        months[number].add((int(y), int(m)))
    for number, row in found.items():
        since = registered.get(number, date(end.year - 1, end.month, 1))
        row["idle_months"] = commendation.longest_idle(months[number], since, end)
        if number in registered:
            row["months"] = credit.months_between(since, end)


def names(subject: Subject, ids: Collection[int]) -> dict[int, Any]:
    """The rows themselves, by number: one statement."""
    model: Any = {
        Subject.EXPERT: Expert,
        Subject.STATION: Station,
        Subject.COMPANY: Company,
        Subject.TEAM: ExpertTeam,
    }[subject]
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(ids)))}


def visits_of(subject: Subject, number: int, start: date, end: date) -> list[tuple[Served, Visit]]:
    """The counted visits behind a nominee's figures, oldest first, as the signals read them and as they are."""
    begins, ends = _moments(start, end)
    query, whose = _of(subject, select().select_from(Visit), Visit.expert_id, Visit.station_id)
    query = query.outerjoin(Case, Case.id == Visit.case_id).add_columns(Visit)
    query = query.options(contains_eager(Visit.case), joinedload(Visit.activity))
    query = query.where(whose == number, Visit.status.in_(COUNTS), Visit.starts_at >= begins, Visit.starts_at < ends)
    return [
        (
            Served(
                visit_id=visit.id,
                case_id=visit.case_id,
                expert_id=visit.expert_id,
                company_id=visit.case.company_id if visit.case is not None else None,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                day=clock.local(visit.starts_at).date(),
                minutes=visit.counted_minutes,
                logged_on=clock.local(visit.logged_at).date(),
            ),
            visit,
        )
        for visit in db.session.scalars(query.order_by(Visit.starts_at, Visit.id))
    ]


def ratings_of(subject: Subject, number: int, start: date, end: date) -> list[tuple[Rated, Feedback, Case]]:
    """The ratings behind a nominee's figures, oldest first."""
    begins, ends = _moments(start, end)
    base = select().select_from(Feedback).join(Case, Case.id == Feedback.case_id)
    query, whose = _of(subject, base, Feedback.expert_id, Case.station_id)
    query = query.add_columns(Feedback, Case)
    query = query.where(whose == number, Feedback.score.is_not(None), Feedback.at >= begins, Feedback.at < ends)
    rows = db.session.execute(query.order_by(Feedback.at, Feedback.id))
    return [(Rated(row.id, said.at, _who_rated(said, row)), said, row) for said, row in rows]


def _who_rated(said: Feedback, row: Case) -> str:
    """One person by telephone where it is known, otherwise by company and name."""
    return row.contact_phone or f"{row.company_id}:{said.by_name}"
