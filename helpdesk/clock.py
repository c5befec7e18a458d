"""What time it is. UTC inside, Shenzhen time outside; demo data and tests may set the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHENZHEN = ZoneInfo("Asia/Shanghai")

_set_to: ContextVar[datetime | None] = ContextVar("clock_set_to", default=None)


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return _set_to.get() or datetime.now(UTC)


def today() -> date:
    """Today's date as a person in Shenzhen reads it."""
    return local(now()).date()


def local(moment: datetime) -> datetime:
    """The same moment on a clock in Shenzhen. Raises ValueError for a naive datetime."""
    if moment.tzinfo is None:
        raise ValueError("naive datetime: every moment in this product carries its zone")
    return moment.astimezone(SHENZHEN)


def from_local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The UTC moment of a wall-clock time in Shenzhen."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHENZHEN).astimezone(UTC)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Inside the block, `now()` is `moment`. For demo data, tests and replays only."""
    token = _set_to.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set_to.reset(token)
