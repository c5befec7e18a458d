"""The working calendar: public holidays and make-up working days, a year at a time, as they are announced.

No package knows a year before it is announced, so a year that was not loaded is said to be unknown, and its due dates
are reckoned Monday to Friday until it is.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines
from helpdesk.errors import Refused
from helpdesk.models import CalendarDay, CalendarLoad, CalendarYear
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

KINDS = {"holiday": False, "workday": True, "休": False, "班": True}
HEADER = ["day", "kind", "name"]
# A year has some thirty days that differ; a file with more than this is not a calendar.
MOST_ROWS = 400


@dataclass(frozen=True)
class Year:
    """A year that is known: where from, and the days that differ from Monday to Friday."""

    year: int
    version: int
    source: str
    days: list[CalendarDay]
    loads: list[CalendarLoad]


def years() -> list[Year]:
    """The known years, newest first."""
    days: dict[int, list[CalendarDay]] = {}
    for row in db.session.scalars(select(CalendarDay).order_by(CalendarDay.day)):
        days.setdefault(row.day.year, []).append(row)
    known = db.session.scalars(select(CalendarYear).order_by(CalendarYear.year.desc()))
    loads: dict[int, list[CalendarLoad]] = {}
    for load in db.session.scalars(select(CalendarLoad).order_by(CalendarLoad.version.desc())):
        loads.setdefault(load.year, []).append(load)
    return [Year(row.year, row.version, row.source, days.get(row.year, []), loads.get(row.year, [])) for row in known]


def known_until() -> int | None:
    """The last year without a gap from this one on; None when this year itself is unknown."""
    known = set(db.session.scalars(select(CalendarYear.year)))
    year = clock.today().year
    if year not in known:
        return None
    while year + 1 in known:
        year += 1
    return year


def read(text: str) -> list[tuple[date, bool, str]]:
    """The rows of a CSV with the columns day, kind (holiday or workday) and name.

    Raises Refused naming the first bad row: a file is loaded whole or not at all.
    """
    rows = [row for row in csv.reader(io.StringIO(text.lstrip("\ufeff").strip())) if any(cell.strip() for cell in row)]
    if rows and [cell.strip().lower() for cell in rows[0]] == HEADER:
        rows = rows[1:]
    if not rows:
        raise Refused("calendar_empty", field="text")
    if len(rows) > MOST_ROWS:
        raise Refused("calendar_too_long", field="text", limit=MOST_ROWS)
    found: dict[date, tuple[date, bool, str]] = {}
    for n, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        try:
            day, kind = date.fromisoformat(cells[0]), KINDS[cells[1].lower()]
        except (ValueError, KeyError, IndexError):
            raise Refused("calendar_bad_row", field="text", n=n, row=",".join(cells)[:60]) from None
        if day in found or not 2000 <= day.year <= 2100:
            raise Refused("calendar_bad_row", field="text", n=n, row=",".join(cells)[:60])
        if kind and day.weekday() < 5:
            raise Refused("calendar_no_change", field="text", n=n, day=day.isoformat())
        found[day] = (day, kind, cells[2][:60] if len(cells) > 2 else "")
    return sorted(found.values())


def load(by: Who | None, text: str, *, source: str) -> list[int]:
    """Put the days of whole years in place of what was known of them; what was known is kept as an older version.

    The worker reckons every running promise anew. Returns the years. `by` is None on the command line.
    """
    if by is not None:
        policy.require(by, "calendar.edit")
    rows = read(text)
    if not source.strip():
        raise Refused("calendar_source", field="source")
    covered = sorted({day.year for day, _, _ in rows})
    for year in covered:
        first, last = date(year, 1, 1), date(year, 12, 31)
        db.session.execute(delete(CalendarDay).where(CalendarDay.day.between(first, last)))
        known = db.session.get(CalendarYear, year)
        version = (known.version if known is not None else 0) + 1
        if known is None:
            db.session.add(CalendarYear(year=year, source=source.strip()[:120], version=version))
        else:
            known.source, known.version = source.strip()[:120], version
        db.session.add(
            CalendarLoad(
                year=year,
                version=version,
                source=source.strip()[:120],
                loaded_at=clock.now(),
                loaded_by=by.name if by is not None else "",
                days=[[day.isoformat(), working, name] for day, working, name in rows if day.year == year],
            )
        )
    db.session.add_all(
        CalendarDay(day=day, is_working=working, name=name, source=source.strip()[:120]) for day, working, name in rows
    )
    db.session.flush()
    deadlines.forget_calendar()
    newest = db.session.scalars(select(CalendarYear).where(CalendarYear.year.in_(covered)).order_by(CalendarYear.year))
    deadlines.reckon_later(key="calendar:" + ",".join(f"{row.year}v{row.version}" for row in newest))
    return covered
