"""Cycles of commendation for tests, brought to where a test begins. NOW is Wednesday 18 November 2026."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import cycles, hours, nominations, schemes
from helpdesk.domain.schemes import Draft
from helpdesk.models import (
    Case,
    Cycle,
    EntryKind,
    HoursEntry,
    Nomination,
    Publicity,
    Route,
    Scheme,
    SchemeKind,
    Subject,
)
from helpdesk.rules.commendation import AT_LEAST, AT_MOST, Condition, Criteria, Level
from tests.conftest import NOW
from tests.make import Make

YEAR = (date(2026, 1, 1), date(2026, 11, 18))


def later(**span: int) -> AbstractContextManager[None]:
    """So much after the day on which tests begin."""
    return clock.at(NOW + timedelta(**span))


def criteria(hours_: int, *, months: int = 0) -> Criteria:
    """One level that asks for so many hours in all."""
    needs = [Condition("total_minutes", AT_LEAST, hours_ * 60)]
    if months:
        needs.append(Condition("months", AT_LEAST, months))
    return Criteria((Level(1, "优秀", "Excellent", tuple(needs)),))


def title(
    town: Make,
    what: Criteria,
    *,
    subject: Subject = Subject.EXPERT,
    kind: SchemeKind = SchemeKind.TITLE,
    routes: tuple[Route, ...] = tuple(Route),
    effective_from: date = date(2021, 1, 1),
    **more: Any,
) -> Scheme:
    """A scheme of one's own."""
    draft = Draft(what, effective_from, basis="测试", approver="总队", routes=routes, **more)
    return schemes.add(town.cast.zhou, kind=kind, subject=subject, zh="年度之星", en="Star of the year", draft=draft)


def ladder(town: Make) -> Scheme:
    """Two stars, at one hour and at a hundred."""
    levels = tuple(
        Level(n, f"{n}星", f"{n} stars", (Condition("total_minutes", AT_LEAST, minutes),))
        for n, minutes in ((1, 60), (2, 6000))
    )
    return title(town, Criteria(levels), kind=SchemeKind.STARS)


def open_cycle(
    town: Make, what: Criteria | None = None, *, scheme: Scheme | None = None, routes: tuple[Route, ...] = tuple(Route)
) -> Cycle:
    """A cycle that takes nominations for a fortnight."""
    scheme = scheme or title(town, what or criteria(1), routes=routes)
    return cycles.open_(
        town.cast.zhou,
        scheme,
        name="2026 年度之星",
        period_from=YEAR[0],
        period_to=YEAR[1],
        nominations_until=date(2026, 12, 2),
    )


def to_city(
    town: Make, *, by: str = "wang", scheme: Scheme | None = None, stop_at_district: bool = False
) -> Nomination:
    """Chen, put forward, frozen, and passed by the district."""
    cycle = open_cycle(town, scheme=scheme)
    row = nominations.nominate(getattr(town.cast, by), cycle, town.cast.expert("chen").id, reason="帮得好")
    with later(days=15):
        cycles.freeze(town.cast.zhou, cycle)
        if not stop_at_district:
            nominations.assess(row, town.cast.li, passed=True)
    return row


def to_notice(town: Make, *, scheme: Scheme | None = None, publicity: Publicity = Publicity.FULL) -> Nomination:
    """Chen, in public notice from 4 December on."""
    cycle = open_cycle(town, scheme=scheme)
    row = nominations.nominate(town.cast.wang, cycle, town.cast.expert("chen").id, reason="帮得好")
    nominations.set_publicity(row, town.cast.chen, publicity)
    with later(days=15):
        cycles.freeze(town.cast.zhou, cycle)
        nominations.assess(row, town.cast.li, passed=True)
    with later(days=16):
        nominations.assess(row, town.cast.zhou, passed=True)
        cycles.publish(town.cast.zhou, cycle)
    return row


def in_review(town: Make, expert_id: int, *, name: str, hours_: int = 0) -> Nomination:
    """A cycle whose nominations end today, and tomorrow's freeze: for a clock that was set back."""
    today = clock.today()
    cycle = cycles.open_(
        town.cast.zhou,
        title(town, Criteria((Level(1, "优秀", "Excellent", (Condition("upheld", AT_MOST, hours_),)),))),
        name=name,
        period_from=date(today.year, 1, 1),
        period_to=today,
        nominations_until=today,
    )
    row = nominations.nominate(town.cast.wang, cycle, expert_id, reason="帮得好")
    who = next(w for w in (town.cast.chen, town.cast.wu) if w.expert_id == expert_id)
    nominations.set_publicity(row, who, Publicity.FULL)
    with clock.at(clock.now() + timedelta(days=1)):
        cycles.freeze(town.cast.zhou, cycle)
    return row


def in_notice(town: Make, expert_id: int, *, name: str) -> Nomination:
    """The same, through both reviews, and published the day after."""
    row = in_review(town, expert_id, name=name)
    with clock.at(clock.now() + timedelta(days=1)):
        nominations.assess(row, town.cast.li, passed=True)
        nominations.assess(row, town.cast.zhou, passed=True)
        cycles.publish(town.cast.zhou, row.cycle)
    return row


def to_award(town: Make, *, scheme: Scheme | None = None) -> Nomination:
    """The same: thirty days after the beginning its notice is over."""
    return to_notice(town, scheme=scheme)


def reverse(case: Case) -> HoursEntry:
    """Take the hours of a case off the ledger, as a correction does."""
    old = db.session.scalars(select(HoursEntry).where(HoursEntry.case_id == case.id)).one()
    values = {
        name: getattr(old, name)
        for name in (
            "expert_id", "expert_account_id", "case_id", "visit_id", "station_id", "category_code", "mode", "served_on",
            "confirmed_by",
        )
    }  # fmt: skip
    return hours._append(
        HoursEntry(
            kind=EntryKind.REVERSAL,
            minutes=-old.minutes,
            revision=2,
            reverses_id=old.id,
            reason="记错了",
            recorded_at=clock.now(),
            recorded_by="总队",
            **values,
        )
    )
