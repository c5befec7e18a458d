"""Response and closing times, and the arithmetic of working time.

Clocks and pauses are rows; `due_at` is a pure function of start, target, pauses and calendar (peers brief, C3).
Numbers: domain brief, R09, and SCORE's written procedure; each is a default of the city, dated in a later rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from helpdesk.clock import SHENZHEN, local
from helpdesk.i18n import N_
from helpdesk.models.case import Status

REAL, WORKING = "real", "working"
OPENS, SHUTS = time(9), time(18)
WORKDAY = 9 * 60
DAY = 24 * 60


@dataclass(frozen=True)
class Promise:
    """What is promised from the moment a case enters one of `states` until it leaves them."""

    kind: str
    label: str
    states: tuple[Status, ...]
    minutes: int
    unit: str
    warn_at: float
    basis: str

    @property
    def pauses(self) -> bool:
        """Whether the promise waits while the company has to answer: all but the company's own time."""
        return self.kind != "confirm"


PROMISES: tuple[Promise, ...] = (
    Promise("triage", N_("分诊"), (Status.SUBMITTED,), 1 * WORKDAY, WORKING, 0.5, "R09"),
    Promise("assign", N_("派单"), (Status.TRIAGED,), 2 * WORKDAY, WORKING, 0.5, "R09"),
    Promise("offer", N_("接单"), (Status.OFFERED,), 2 * WORKDAY, WORKING, 0.5, "R09; SCORE"),
    Promise("contact", N_("首次联系"), (Status.ACCEPTED,), 2 * WORKDAY, WORKING, 0.5, "R09; SCORE"),
    Promise("progress", N_("办理"), (Status.CONSULTING,), 10 * WORKDAY, WORKING, 0.8, "C2"),
    Promise("confirm", N_("企业确认"), (Status.ANSWERED,), 7 * DAY, REAL, 0.43, "C2: T16"),
)


@dataclass(frozen=True)
class Level:
    """Who is told of a promise in danger: `after` working days behind its due date, None while it is only close."""

    level: int
    after: int | None
    event: str


# Coordinator first, then the district, then the corps' operator (peers brief, C3); never the volunteer in public.
LEVELS: tuple[Level, ...] = (
    Level(1, None, "case.at_risk"),
    Level(2, 0, "case.overdue"),
    Level(3, 1, "case.overdue_for_district"),
    Level(4, 2, "case.overdue_for_operator"),
)

# The promise to the company itself: from submission to the first answer (首接负责制, domain brief 8).
FIRST_ANSWER = Promise("first_answer", N_("首次答复"), (), 3 * WORKDAY, WORKING, 0.8, "深圳首接负责制 2020: 3 个工作日")
FIRST_ANSWER_QUICK = Promise("first_answer", N_("首次答复"), (), DAY, REAL, 0.8, "深圳首接负责制 2020: 政策类 24 小时")

BY_KIND: dict[str, Promise] = {row.kind: row for row in (*PROMISES, FIRST_ANSWER)}

# Service and evaluation records are complete within ten working days of the service (办法67 art. 11; R01).
RECORD_WORKDAYS, RECORD_WARN, RECORD_RED = 10, 5, 8


def promise_for(status: Status) -> Promise | None:
    """The promise that runs in a state, if any."""
    return next((row for row in PROMISES if status in row.states), None)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: Monday to Friday, but for `holidays`, and `make_up` Saturdays and Sundays."""

    holidays: frozenset[date] = field(default_factory=frozenset)
    make_up: frozenset[date] = field(default_factory=frozenset)
    known_years: frozenset[int] = field(default_factory=frozenset)

    def is_working(self, day: date) -> bool:
        """Whether offices are open on this day."""
        if day in self.make_up:
            return True
        return day.weekday() < 5 and day not in self.holidays

    def is_known(self, day: date) -> bool:
        """Whether the holidays of this day's year have been published and loaded."""
        return day.year in self.known_years

    def next_working(self, day: date) -> date:
        """The first working day on or after `day`."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def workdays_between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`; 0 when `end` is not later."""
        days = (end - start).days
        return sum(self.is_working(start + timedelta(days=n)) for n in range(1, days + 1))


def add_working(start: datetime, minutes: float, calendar: Calendar) -> datetime:
    """The moment when so many working minutes (09:00-18:00 in Shenzhen on working days) have passed."""
    here, left = local(start), timedelta(minutes=minutes)
    if not calendar.is_working(here.date()) or here.time() >= SHUTS:
        here = _next_opening(here, calendar)
    elif here.time() < OPENS:
        here = datetime.combine(here.date(), OPENS, SHENZHEN)
    while (until_shut := datetime.combine(here.date(), SHUTS, SHENZHEN) - here) < left:
        left -= until_shut
        here = _next_opening(here, calendar)
    return (here + left).astimezone(UTC)


def _next_opening(here: datetime, calendar: Calendar) -> datetime:
    return datetime.combine(calendar.next_working(here.date() + timedelta(days=1)), OPENS, SHENZHEN)


def working_between(start: datetime, end: datetime, calendar: Calendar) -> float:
    """Working minutes between two moments; 0 when `end` is not later than `start`."""
    if end <= start:
        return 0.0
    here, there = local(start), local(end)
    total, day = 0.0, here.date()
    while day <= there.date():
        if calendar.is_working(day):
            opens = max(here, datetime.combine(day, OPENS, SHENZHEN))
            shuts = min(there, datetime.combine(day, SHUTS, SHENZHEN))
            total += max(0.0, _minutes(shuts - opens))
        day += timedelta(days=1)
    return total


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


@dataclass(frozen=True)
class Stretch:
    """A pause: from, and until when; None while it lasts."""

    start: datetime
    end: datetime | None


def due_at(
    start: datetime, minutes: float, unit: str, pauses: Iterable[Stretch], calendar: Calendar
) -> datetime | None:
    """When a promise falls due; None while a pause is open. Walks from gap to gap between the pauses."""
    here, left = start, float(minutes)
    for pause in sorted(pauses, key=lambda p: p.start):
        if pause.end is not None and pause.end <= here:
            continue
        begins = max(pause.start, here)
        gone = _gone(here, begins, unit, calendar)
        if gone >= left:
            break
        if pause.end is None:
            return None
        left -= gone
        here = pause.end
    return _add(here, left, unit, calendar)


def _gone(start: datetime, end: datetime, unit: str, calendar: Calendar) -> float:
    return working_between(start, end, calendar) if unit == WORKING else max(0.0, _minutes(end - start))


def _add(start: datetime, minutes: float, unit: str, calendar: Calendar) -> datetime:
    if unit == WORKING:
        return add_working(start, minutes, calendar)
    return start + timedelta(minutes=minutes)
