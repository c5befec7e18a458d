"""When a visit must be recorded and evaluated: within ten working days after its end (办法67 art. 11; rule R01).

The days are working days of the country's calendar, not a station's hours: the term is the law's, not the desk's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from helpdesk.clock import from_local, local
from helpdesk.rules.promises import RECORD_RED, RECORD_WARN, RECORD_WORKDAYS, Calendar


@dataclass(frozen=True)
class Term:
    """Moments: warned from, red from, and the end of the last working day."""

    warn_at: datetime
    red_at: datetime
    due_at: datetime


@dataclass(frozen=True)
class Level:
    """What is told, and when its moment has come."""

    level: int
    event: str
    days: int


LEVELS: tuple[Level, ...] = (
    Level(1, "record.warned", RECORD_WARN),
    Level(2, "record.pressing", RECORD_RED),
    Level(3, "record.missed", RECORD_WORKDAYS),
)


def term_of(ends_at: datetime, calendar: Calendar) -> Term:
    """The term of a visit that ended then: from the start of the fifth and the eighth working day after its day, to
    the end of the tenth."""
    days = workdays_after(local(ends_at).date(), RECORD_WORKDAYS, calendar)
    return Term(
        from_local(days[RECORD_WARN - 1]), from_local(days[RECORD_RED - 1]), from_local(days[-1] + timedelta(days=1))
    )


def workdays_after(day: date, count: int, calendar: Calendar) -> list[date]:
    """The next so many working days after a day."""
    found: list[date] = []
    while len(found) < count:
        day = calendar.next_working(day + timedelta(days=1))
        found.append(day)
    return found


def level_at(term: Term, moment: datetime) -> Level | None:
    """The highest level reached by then; None while there is time."""
    reached = None
    for level, since in zip(LEVELS, (term.warn_at, term.red_at, term.due_at), strict=True):
        if moment >= since:
            reached = level
    return reached
