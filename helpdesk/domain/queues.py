"""Lists of cases: views, filters, keyset paging, counts. A constant number of queries, whatever the size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select, true, tuple_
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db, reading_apart
from helpdesk.domain import search
from helpdesk.domain.search import Question
from helpdesk.i18n import N_
from helpdesk.models import (
    Case,
    Company,
    Follow,
    Role,
    Status,
    Tally,
    Transfer,
    TransferStatus,
    Urgency,
    WaitingOn,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

PAGE = 30
# What time alone changes is counted no further: nobody works off a thousand by looking at the number.
COUNTED = 1000
# Rows of an export that are in memory together.
AT_ONCE = 500


@dataclass(frozen=True)
class View:
    """A named list of the desk: its label, icon, and what it holds."""

    name: str
    label: str
    icon: str
    group: str


ATTENTION, FOLLOWING = N_("要处理的"), N_("在跟的")

VIEWS: tuple[View, ...] = (
    View("new", N_("待受理"), "s-submitted", ATTENTION),
    View("triaged", N_("待派单"), "s-triaged", ATTENTION),
    View("offered", N_("待接单"), "s-offered", ATTENTION),
    View("waiting", N_("待企业补充"), "s-wait", ATTENTION),
    View("risk", N_("快超时"), "s-soon", ATTENTION),
    View("overdue", N_("已超时"), "s-over", ATTENTION),
    View("incoming", N_("待接收转站"), "swap", ATTENTION),
    View("mine", N_("我直接办的"), "user", FOLLOWING),
    View("followed", N_("我关注的"), "bell", FOLLOWING),
    View("working", N_("服务中"), "s-consulting", FOLLOWING),
    View("answered", N_("待企业确认"), "s-answered", FOLLOWING),
    View("closed", N_("本月办结"), "s-closed", FOLLOWING),
    View("live", N_("在办的全部"), "table", FOLLOWING),
    View("all", N_("全部案件"), "table", FOLLOWING),
)
BY_NAME = {view.name: view for view in VIEWS}
LIVE = (
    Status.SUBMITTED, Status.TRIAGED, Status.OFFERED, Status.ACCEPTED, Status.CONSULTING, Status.ANSWERED,
)  # fmt: skip


def criterion(view: str) -> ColumnElement[bool]:
    """What a view holds, as SQL over cases."""
    moment = clock.now()
    table: dict[str, ColumnElement[bool]] = {
        "new": and_(Case.status == Status.SUBMITTED, Case.waiting_on == WaitingOn.NOBODY),
        "triaged": and_(Case.status == Status.TRIAGED, Case.waiting_on == WaitingOn.NOBODY),
        "offered": Case.status == Status.OFFERED,
        "waiting": and_(Case.waiting_on == WaitingOn.COMPANY, Case.status.in_(LIVE)),
        # What is late already stands under "overdue": the two numbers never count a case twice.
        "risk": and_(Case.status.in_(LIVE), Case.warn_at.is_not(None), Case.warn_at <= moment, Case.due_at > moment),
        "overdue": and_(Case.status.in_(LIVE), Case.due_order <= moment),
        "mine": and_(Case.handler_id.is_not(None), Case.status.in_(LIVE)),
        "working": Case.status.in_((Status.ACCEPTED, Status.CONSULTING)),
        "answered": Case.status == Status.ANSWERED,
        "closed": and_(Case.status == Status.CLOSED, Case.closed_at >= _month_start(moment)),
        "live": Case.status.in_(LIVE),
        "all": Case.status != Status.DRAFT,
    }
    if view == "incoming":
        return Case.id.in_(select(Transfer.case_id).where(Transfer.status == TransferStatus.PENDING))
    return table.get(view, table["all"])


def _month_start(moment: datetime) -> datetime:
    here = clock.local(moment)
    return clock.from_local(here.date().replace(day=1))


@dataclass(frozen=True)
class Filters:
    """What narrows a list; every part lives in the URL."""

    view: str = "all"
    category: str = ""
    district: str = ""
    status: str = ""
    station: str = ""
    urgency: str = ""
    q: str = ""
    after: str = ""
    before: str = ""
    sort: str = "due"


@dataclass(frozen=True)
class Page:
    """One page of cases, and the keys of the next and previous ones ("" when there is none)."""

    cases: list[Case]
    after: str
    before: str
    question: Question | None = None
    # How many there are, where that was counted: among ranked answers, CANDIDATES at the most.
    total: int | None = None


def page(who: Who, filters: Filters, *, size: int = PAGE) -> Page:
    """One page of the cases this person may read, by keyset: the thousandth page costs what the first does."""
    question = search.understand(filters.q) if filters.q.strip() else None
    query = _narrow(select(Case), who, filters)
    if question is not None and filters.sort == "best":
        return _best(query, question, filters, size)
    if question is not None:
        query = search.narrow(query, question)
    columns = _order(filters)
    backwards = bool(filters.before)
    key = filters.before or filters.after
    descending = (filters.sort != "due") != backwards
    if key:
        bound = _read_key(key, filters)
        if bound is not None:
            row = tuple_(*columns)
            query = query.where(row < tuple_(*bound) if descending else row > tuple_(*bound))
    ordered = [column.desc() if descending else column.asc() for column in columns]
    rows = list(db.session.scalars(query.order_by(*ordered).limit(size + 1).options(*_SHOWN)))
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return Page([], "", "", question)
    has_after = more if not backwards else bool(key)
    has_before = bool(key) if not backwards else more
    return Page(
        rows,
        _write_key(rows[-1], filters) if has_after else "",
        _write_key(rows[0], filters) if has_before else "",
        question,
    )


@dataclass(frozen=True)
class Everything:
    """All cases of a list at one moment: how many, and each of them, oldest first, read as they are asked for."""

    total: int
    cases: Iterator[Case]


@contextmanager
def everything(who: Who, filters: Filters) -> Iterator[Everything]:
    """A whole list for an export, without pages. Number and rows are of one snapshot, however long the reading takes;
    only some hundred rows are in memory at a time."""
    query = _narrow(select(Case), who, filters)
    if filters.q.strip():
        query = search.narrow(query, search.understand(filters.q))
    with reading_apart() as session:
        total = session.scalar(select(func.count()).select_from(query.with_only_columns(Case.id).subquery())) or 0
        rows = session.scalars(
            query.order_by(Case.id).options(*_SHOWN, joinedload(Case.topic)).execution_options(yield_per=AT_ONCE)
        )
        yield Everything(total, iter(rows))


# What a row shows besides the case itself.
_SHOWN = (
    joinedload(Case.company).load_only(Company.name, Company.size, Company.employees),
    joinedload(Case.category),
    joinedload(Case.station),
    joinedload(Case.expert),
)


def _best(query: Select[Any], question: Question, filters: Filters, size: int) -> Page:
    """One page of the best answers; its key is a place among the few hundred that were ranked."""
    ids = search.best(query, question)
    key = filters.after or filters.before
    start = min(int(key), len(ids)) if key.isdecimal() and len(key) < 5 else 0
    wanted = ids[start : start + size]
    found = {case.id: case for case in db.session.scalars(select(Case).where(Case.id.in_(wanted)).options(*_SHOWN))}
    return Page(
        [found[i] for i in wanted],
        str(start + size) if start + size < len(ids) else "",
        str(max(0, start - size)) if start else "",
        question,
        len(ids),
    )


@dataclass(frozen=True)
class Numbers:
    """How many cases each view holds, and how many live ones stand under each field and district."""

    views: dict[str, int]
    categories: dict[str, int]
    districts: dict[str, int]


def counts(who: Who) -> dict[str, int]:
    """How many cases each view holds for this person."""
    return numbers(who).views


def numbers(who: Who) -> Numbers:
    """All numbers of the side bar in two statements. Offices read their tallies; whoever has only own cases, those."""
    office = _office(who)
    if office is None:
        return Numbers(_counted(policy.which(who, "case.read"), who), {}, {})
    tally, mine = office
    rows = db.session.execute(
        select(Tally.category, Tally.district, Tally.status, Tally.waiting_on, func.sum(Tally.n))
        .where(tally, Tally.n > 0)
        .group_by(Tally.category, Tally.district, Tally.status, Tally.waiting_on)
    )
    found = Numbers(dict.fromkeys(_TALLIED, 0), {}, {})
    for category, district, status, waiting, n in rows:
        for name in _TALLIED:
            found.views[name] += int(n) if _holds(name, status, waiting) else 0
        for table, key in ((found.categories, category), (found.districts, district)):
            if key and status in LIVE:
                table[key] = table.get(key, 0) + int(n)
    found.views.update(_of_time(mine, who))
    return found


def _of_time(mine: ColumnElement[bool], who: Who) -> dict[str, int]:
    """What time alone changes, and the few one handles oneself: each from a partial index, all in one statement."""
    parts = {
        name: select(func.count())
        .select_from(select(Case.id).where(mine, criterion(name)).limit(COUNTED).subquery())
        .scalar_subquery()
        .label(name)
        for name in ("risk", "overdue", "closed")
    }
    handled = Case.handler_id == (who.account_id or 0)
    own = select(func.count()).select_from(Case).where(handled, Case.status.in_(LIVE)).scalar_subquery()
    coming = (
        select(func.count())
        .select_from(Transfer)
        .where(Transfer.status == TransferStatus.PENDING, Transfer.to_station_id.in_(who.station_ids))
        .scalar_subquery()
    )
    followed = select(func.count()).select_from(Case).where(_followed(who)).scalar_subquery()
    row = db.session.execute(
        select(*parts.values(), own.label("mine"), coming.label("incoming"), followed.label("followed"))
    ).one()
    return {name: int(n) for name, n in row._mapping.items()}


def _followed(who: Who) -> ColumnElement[bool]:
    """Cases this person follows and may still read, from the index of what they follow."""
    marked = select(Follow.case_id).where(Follow.account_id == (who.account_id or 0))
    return and_(Case.id.in_(marked), policy.which(who, "case.read"))


def count(who: Who, filters: Filters, *, most: int) -> int:
    """How many cases a combination of filters holds, counted no further than `most`."""
    query = _narrow(select(Case.id), who, filters)
    if filters.q.strip():
        query = search.narrow(query, search.understand(filters.q))
    return db.session.scalar(select(func.count()).select_from(query.limit(most).subquery())) or 0


_TALLIED = ("new", "triaged", "offered", "waiting", "working", "answered", "live")


def _holds(view: str, status: Status, waiting: WaitingOn) -> bool:
    """Whether a view holds cases of this state and waiting: `criterion` once more, over a tally's key."""
    nobody = waiting is WaitingOn.NOBODY
    return {
        "new": status is Status.SUBMITTED and nobody,
        "triaged": status is Status.TRIAGED and nobody,
        "offered": status is Status.OFFERED,
        "waiting": status in LIVE and not nobody,
        "working": status in (Status.ACCEPTED, Status.CONSULTING),
        "answered": status is Status.ANSWERED,
        "live": status in LIVE,
    }[view]


def _office(who: Who) -> tuple[ColumnElement[bool], ColumnElement[bool]] | None:
    """The tallies and the cases of the station, district or city whose desk this person works at; None for others."""
    if who.station_ids:
        return Tally.station_id.in_(who.station_ids), Case.station_id.in_(who.station_ids)
    if who.holds(Role.OPERATOR) or who.holds(Role.OVERSEER):
        return true(), true()
    part = who.first(Role.DISTRICT)
    if part is not None and part.district:
        return Tally.district == part.district, Case.district == part.district
    return None


def _counted(mine: ColumnElement[bool], who: Who) -> dict[str, int]:
    live = [
        func.count().filter(criterion(view.name)).label(view.name)
        for view in VIEWS
        if view.name not in ("all", "risk", "overdue", "closed", "incoming", "mine", "followed")
    ]
    found = db.session.execute(select(*live).select_from(Case).where(mine, Case.status.in_(LIVE))).one()._mapping
    return {**{name: int(n) for name, n in found.items()}, **_of_time(mine, who)}


def _narrow(query: Select[Any], who: Who, filters: Filters) -> Select[Any]:
    query = query.where(policy.which(who, "case.read"), criterion(filters.view))
    # A search finds what comes to the station, too; a list of the desk holds its own.
    if (
        filters.view not in ("incoming", "followed")
        and who.station_ids
        and not (filters.view == "all" and filters.q.strip())
    ):
        query = query.where(Case.station_id.in_(who.station_ids))
    if filters.view == "incoming":
        query = query.where(
            Case.id.in_(
                select(Transfer.case_id).where(
                    Transfer.status == TransferStatus.PENDING, Transfer.to_station_id.in_(who.station_ids)
                )
            )
        )
    if filters.view == "followed":
        query = query.where(_followed(who))
    if filters.view == "mine":
        query = query.where(Case.handler_id == who.account_id)
    for column, value in ((Case.category_code, filters.category), (Case.district, filters.district)):
        if value:
            query = query.where(column == value)
    if filters.urgency in set(Urgency):
        query = query.where(Case.urgency == Urgency(filters.urgency))
    if filters.status in set(Status):
        query = query.where(Case.status == Status(filters.status))
    return query


def _order(filters: Filters) -> list[Any]:
    if filters.sort == "due":
        return [Case.due_order, Case.id]
    return [Case.submitted_at, Case.id]


def _write_key(case: Case, filters: Filters) -> str:
    moment = case.due_order if filters.sort == "due" else case.submitted_at
    return f"{moment.isoformat()}~{case.id}" if moment else ""


def _read_key(key: str, filters: Filters) -> tuple[Any, Any] | None:
    """The place a key names; a garbled one is treated as the beginning."""
    moment, _, number = key.partition("~")
    try:
        when = datetime.fromisoformat(moment)
        return (when, int(number)) if when.tzinfo and len(number) < 16 else None
    except (ValueError, OverflowError):
        return None


def changed_since(who: Who, filters: Filters, moment: datetime) -> int:
    """How many cases of a list changed after a moment, or came into it, at most a hundred: what the pulse asks."""
    newer = _narrow(select(Case.id), who, filters).where(Case.last_event_at > moment).limit(100).subquery()
    return db.session.scalar(select(func.count()).select_from(newer)) or 0
