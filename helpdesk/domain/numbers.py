"""Gapless numbers under concurrency: raised in the transaction that uses them."""

from __future__ import annotations

from sqlalchemy import text

from helpdesk import clock, config
from helpdesk.db import db

# The same statement on SQLite and PostgreSQL. It locks the row until the transaction ends, so take a number late.
_NEXT = text(
    "INSERT INTO counters (key, n) VALUES (:key, 1) ON CONFLICT (key) DO UPDATE SET n = counters.n + 1 RETURNING n"
)


# What the numbers of activities begin with: 活动.
ACTIVITY = "HD"


def next_number(key: str) -> int:
    """The next number of a series, starting at 1. A rollback gives it back."""
    return int(db.session.execute(_NEXT, {"key": key}).scalar_one())


def case_number() -> str:
    """SZ-26-00001: city, year in Shenzhen, serial within the year."""
    year = clock.today().year
    city = config.setting("CITY_CODE")
    return f"{city}-{year % 100:02d}-{next_number(f'case-{year}'):05d}"


def certificate_number() -> str:
    """WQ-2026-0000001: year in Shenzhen, serial within the year."""
    year = clock.today().year
    return f"WQ-{year}-{next_number(f'certificate-{year}'):07d}"


def statement_number() -> str:
    """WQM-2026-0000001: statements of service have a series of their own."""
    year = clock.today().year
    return f"WQM-{year}-{next_number(f'statement-{year}'):07d}"


def award_number() -> str:
    """WQR-2026-0000001: awards have a series of their own."""
    year = clock.today().year
    return f"WQR-{year}-{next_number(f'award-{year}'):07d}"


def complaint_number() -> str:
    """TS-26-00001: 投诉, year in Shenzhen, serial within the year."""
    year = clock.today().year
    return f"TS-{year % 100:02d}-{next_number(f'complaint-{year}'):05d}"


def activity_number() -> str:
    """HD-26-00001: 活动, year in Shenzhen, serial within the year."""
    year = clock.today().year
    return f"{ACTIVITY}-{year % 100:02d}-{next_number(f'activity-{year}'):05d}"
