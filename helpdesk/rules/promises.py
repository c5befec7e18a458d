"""Response and closing times, and the arithmetic of working time.

Clocks and pauses are rows; `due_at` is a pure function of start, target, pauses and calendar (peers brief, C3).
Numbers: domain brief, R09, and SCORE's written procedure; each is where a new city begins.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from helpdesk.clock import SHENZHEN, local
from helpdesk.i18n import N_
from helpdesk.models.case import Status, Urgency

REAL, WORKING = "real", "working"
DAY = 24 * 60

# When an office is open on one day: spans from-to in Shenzhen, in order; none when it is shut.
Hours = tuple[tuple[time, time], ...]
OFFICE: Hours = ((time(9), time(18)),)
# Monday to Sunday. A station that has set no hours of its own keeps these.
ORDINARY_WEEK: tuple[Hours, ...] = (OFFICE, OFFICE, OFFICE, OFFICE, OFFICE, (), ())


def minutes_of(hours: Hours) -> int:
    """How many minutes of a day an office is open."""
    return sum((shuts.hour - opens.hour) * 60 + shuts.minute - opens.minute for opens, shuts in hours)


WORKDAY = minutes_of(OFFICE)


@dataclass(frozen=True)
class Promise:
    """What is promised from the moment a case enters one of `states` until it leaves them. How long: `TARGETS`."""

    kind: str
    label: str
    states: tuple[Status, ...]
    basis: str

    @property
    def pauses(self) -> bool:
        """Whether the promise waits while the company has to answer: all but the company's own time."""
        return self.kind != "confirm"


PROMISES: tuple[Promise, ...] = (
    Promise("triage", N_("分诊"), (Status.SUBMITTED,), "R09"),
    Promise("assign", N_("派单"), (Status.TRIAGED,), "R09"),
    Promise("offer", N_("接单"), (Status.OFFERED,), "R09; SCORE"),
    Promise("contact", N_("首次联系"), (Status.ACCEPTED,), "R09; SCORE"),
    Promise("progress", N_("办理"), (Status.CONSULTING,), "C2"),
    Promise("confirm", N_("企业确认"), (Status.ANSWERED,), "C2: T16"),
)

# The promise to the company itself: from submission to the first answer (首接负责制, domain brief 8).
FIRST_ANSWER = Promise("first_answer", N_("首次答复"), (), "深圳首接负责制 2020")

BY_KIND: dict[str, Promise] = {row.kind: row for row in (*PROMISES, FIRST_ANSWER)}


class Unit(enum.StrEnum):
    """What a target is counted in. A working day is a day of the station's own hours, long or short."""

    WORKDAYS = "workdays"
    WORKING_HOURS = "working_hours"
    DAYS = "days"
    HOURS = "hours"


@dataclass(frozen=True)
class Target:
    """How long a promise may take: for all cases, or only for those of a field, of an urgency, or of both."""

    kind: str
    amount: int
    unit: Unit
    # The share of the time, in percent, after which the case is shown to be at risk.
    warn_percent: int
    category: str | None = None
    urgency: Urgency | None = None

    def length(self, calendar: Calendar) -> tuple[int, str]:
        """Minutes and their kind (REAL or WORKING) where this calendar holds."""
        if self.unit is Unit.WORKDAYS:
            return self.amount * calendar.workday, WORKING
        if self.unit is Unit.WORKING_HOURS:
            return self.amount * 60, WORKING
        return self.amount * (DAY if self.unit is Unit.DAYS else 60), REAL

    def fits(self, category: str | None, urgency: Urgency) -> bool:
        """Whether it speaks of such a case."""
        return self.category in (None, category) and self.urgency in (None, urgency)

    @property
    def precision(self) -> int:
        """The more it is about, the more it counts: a field before an urgency."""
        return 2 * (self.category is not None) + (self.urgency is not None)


# What a new city begins with; the operator's later versions stand in the database. R09 is the domain brief's rule, the
# rest are SCORE's written procedure and our proposal (peers brief, C3).
TARGETS: tuple[Target, ...] = (
    Target("first_answer", 3, Unit.WORKDAYS, 80),
    Target("first_answer", 24, Unit.HOURS, 80, category="policy"),
    Target("triage", 1, Unit.WORKDAYS, 50),
    Target("assign", 2, Unit.WORKDAYS, 50),
    Target("assign", 1, Unit.WORKDAYS, 50, urgency=Urgency.URGENT),
    Target("offer", 2, Unit.WORKDAYS, 50),
    Target("offer", 1, Unit.WORKDAYS, 50, urgency=Urgency.URGENT),
    Target("contact", 2, Unit.WORKDAYS, 50),
    Target("contact", 1, Unit.WORKDAYS, 50, urgency=Urgency.URGENT),
    Target("progress", 10, Unit.WORKDAYS, 80),
    Target("progress", 5, Unit.WORKDAYS, 80, urgency=Urgency.URGENT),
    Target("confirm", 7, Unit.DAYS, 43),
)


def target_for(targets: Iterable[Target], kind: str, category: str | None, urgency: Urgency) -> Target:
    """The most precise target of a promise for such a case; its first standard one when the list has none."""
    fitting = [t for t in targets if t.kind == kind and t.fits(category, urgency)]
    if not fitting:
        fitting = [t for t in TARGETS if t.kind == kind and t.fits(category, urgency)]
    return max(fitting, key=lambda t: t.precision)


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

# Service and evaluation records are complete within ten working days of the service (办法67 art. 11; R01).
RECORD_WORKDAYS, RECORD_WARN, RECORD_RED = 10, 5, 8


def promise_for(status: Status) -> Promise | None:
    """The promise that runs in a state, if any."""
    return next((row for row in PROMISES if status in row.states), None)


@dataclass(frozen=True)
class Calendar:
    """Which days are worked: those of `week`, but for `holidays`, and `make_up` Saturdays and Sundays; and when."""

    holidays: frozenset[date] = field(default_factory=frozenset)
    make_up: frozenset[date] = field(default_factory=frozenset)
    known_years: frozenset[int] = field(default_factory=frozenset)
    week: tuple[Hours, ...] = ORDINARY_WEEK
    _off: frozenset[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not any(self.week):
            raise ValueError("a week needs an open day")
        object.__setattr__(self, "_off", self.holidays | self._weekends_in_holidays())

    def _weekends_in_holidays(self) -> set[date]:
        """Saturdays and Sundays that touch a holiday: part of it, as every notice has it (1 to 8 October). They matter
        to those who are open at weekends."""
        found: set[date] = set()
        for day in self.holidays:
            for step in (timedelta(days=1), timedelta(days=-1)):
                other = day + step
                while other.weekday() >= 5 and other not in self.make_up:
                    found.add(other)
                    other += step
        return found

    def hours(self, day: date) -> Hours:
        """When the office is open on this day; nothing when it is not. A make-up day is worked like an ordinary one."""
        if day in self.make_up:
            return self._ordinary
        return () if day in self._off else self.week[day.weekday()]

    @property
    def _ordinary(self) -> Hours:
        return max(self.week, key=minutes_of)

    @property
    def workday(self) -> int:
        """The minutes of an ordinary working day: the longest of the week."""
        return minutes_of(self._ordinary)

    def is_working(self, day: date) -> bool:
        """Whether the office is open on this day."""
        return bool(self.hours(day))

    def is_known(self, day: date) -> bool:
        """Whether the holidays of this day's year have been published and loaded."""
        return day.year in self.known_years

    def next_working(self, day: date) -> date:
        """The first working day on or after `day`."""
        while not self.is_working(day):
            day += timedelta(days=1)
        return day

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """The open hours of this day as moments."""
        return [
            (datetime.combine(day, opens, SHENZHEN), datetime.combine(day, shuts, SHENZHEN))
            for opens, shuts in self.hours(day)
        ]


def add_working(start: datetime, minutes: float, calendar: Calendar) -> datetime:
    """The moment when so many working minutes have passed. None left at a closing hour means that closing hour."""
    here, left = local(start), timedelta(minutes=minutes)
    day = here.date()
    while True:
        for opens, shuts in calendar.spans(day):
            begins = max(here, opens)
            if begins < shuts:
                if shuts - begins >= left:
                    return (begins + left).astimezone(UTC)
                left -= shuts - begins
        day = calendar.next_working(day + timedelta(days=1))


def working_between(start: datetime, end: datetime, calendar: Calendar) -> float:
    """Working minutes between two moments; 0 when `end` is not later than `start`."""
    if end <= start:
        return 0.0
    here, there = local(start), local(end)
    total, day = 0.0, here.date()
    while day <= there.date():
        for opens, shuts in calendar.spans(day):
            total += max(0.0, _minutes(min(there, shuts) - max(here, opens)))
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
