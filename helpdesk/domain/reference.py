"""Reference data: districts, network, fields, calendar, ladders. Loaded as often as one likes, never doubled."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import schemes, targets
from helpdesk.models import (
    CalendarDay,
    CalendarYear,
    Category,
    Corps,
    Detachment,
    DetachmentKind,
    District,
    Scheme,
    Station,
    StationHours,
    StationKind,
    Topic,
)
from helpdesk.reference import load


def load_all() -> dict[str, int]:
    """Load or refresh everything; returns how many rows each table has afterwards."""
    _districts()
    _categories()
    _network()
    schemes.seed()
    _calendar()
    targets.seed()
    db.session.flush()
    tables = (District, Category, Topic, Corps, Detachment, Station, Scheme, CalendarDay)
    return {t.__tablename__: len(db.session.scalars(select(t)).all()) for t in tables}


def _merge(model: Any, **values: Any) -> Any:
    return db.session.merge(model(**values))


def _districts() -> None:
    for position, row in enumerate(load("districts"), 1):
        _merge(District, code=row["code"], zh=row["zh"], en=row["en"], position=position)
    db.session.flush()


def _categories() -> None:
    for position, row in enumerate(load("categories"), 1):
        _merge(
            Category,
            code=row["code"],
            position=position,
            zh=row["zh"],
            zh_short=row["zh_short"],
            en=row["en"],
            hint_zh=row["hint_zh"],
            hint_en=row["hint_en"],
            plan_section=row["plan_section"],
            licence_required=bool(row.get("licence_required")),
        )
        db.session.flush()
        for place, topic in enumerate(row["topics"], 1):
            _merge(
                Topic,
                code=topic["code"],
                category_code=row["code"],
                position=place,
                zh=topic["zh"],
                en=topic["en"],
                is_management=bool(topic.get("management")),
            )
    db.session.flush()


def _by_code(model: Any, code: str, **values: Any) -> Any:
    found = db.session.scalar(select(model).where(model.code == code))
    if found is None:
        found = model(code=code, **values)
        db.session.add(found)
    else:
        for name, value in values.items():
            setattr(found, name, value)
    db.session.flush()
    return found


def _network() -> None:
    network = load("stations")
    corps = _by_code(Corps, network["corps"]["code"], zh=network["corps"]["zh"], en=network["corps"]["en"])
    detachments = {}
    for row in network["detachments"]:
        detachments[row["code"]] = _by_code(
            Detachment,
            row["code"],
            corps_id=corps.id,
            kind=DetachmentKind(row["kind"]),
            zh=row["zh"],
            en=row["en"],
            district=row.get("district"),
        )
    for row in network["stations"]:
        station = _by_code(
            Station,
            row["code"],
            slug=row["slug"],
            detachment_id=detachments[row["detachment"]].id,
            kind=StationKind(row["kind"]),
            zh=row["zh"],
            en=row["en"],
            district=row["district"],
            address=row["address"],
            phone=row["phone"],
            legal_entity=row["legal_entity"],
            filing_no=row["filing_no"],
            counts_preparation=bool(row["counts_preparation"]),
            preparation_cap_minutes=int(row["preparation_cap_minutes"]),
        )
        # A station's hours are its own to set; they are given once.
        if not db.session.scalar(select(StationHours.station_id).where(StationHours.station_id == station.id).limit(1)):
            for first, last, *spans in row["week"]:
                db.session.add_all(
                    StationHours(
                        station_id=station.id,
                        weekday=weekday,
                        opens_at=time.fromisoformat(opens),
                        shuts_at=time.fromisoformat(shuts),
                    )
                    for weekday in range(first, last + 1)
                    for opens, shuts in spans
                )
    db.session.flush()


def _calendar() -> None:
    """Holidays and make-up days of the years the maintained package knows; a year loaded once is the city's own
    to edit and is not touched again. Years the package does not know stay unknown, and are warned about."""
    import chinese_calendar
    from chinese_calendar import constants

    source = f"chinesecalendar {getattr(chinese_calendar, '__version__', '')}".strip()
    known = set(db.session.scalars(select(CalendarYear.year)))
    years = sorted({day.year for day in constants.holidays} - known)
    for year in [y for y in years if y >= 2024]:
        db.session.add(CalendarYear(year=year, source=source))
        day = date(year, 1, 1)
        while day.year == year:
            working = chinese_calendar.is_workday(day)
            if working != (day.weekday() < 5):
                _, name = chinese_calendar.get_holiday_detail(day)
                zh = constants.Holiday(name).chinese if name else ""
                _merge(CalendarDay, day=day, is_working=working, name=zh, source=source)
            day += timedelta(days=1)
    db.session.flush()


def unknown_years(first: int, last: int) -> list[int]:
    """Years between the two for which no holidays are loaded: the desk shows a warning for each."""
    known = set(db.session.scalars(select(CalendarYear.year)))
    return [year for year in range(first, last + 1) if year not in known]
