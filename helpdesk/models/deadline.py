"""Promises running on a case: clocks and pauses are rows, due dates are computed from them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Time, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Urgency


class Clock(Model):
    """One promise that began: its target as it was then, so that a later change of rules moves nothing."""

    __tablename__ = "clocks"
    __table_args__ = (
        Index("ix_clocks_case", "case_id"),
        Index(
            "uq_clocks_running",
            "case_id",
            "kind",
            unique=True,
            sqlite_where=text("stopped_at IS NULL"),
            postgresql_where=text("stopped_at IS NULL"),
        ),
        CheckConstraint("target_minutes > 0", name="target_positive"),
        CheckConstraint("unit IN ('real', 'working')", name="unit_known"),
        CheckConstraint("warn_percent BETWEEN 10 AND 100", name="warns_in_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(20))
    target_minutes: Mapped[int]
    unit: Mapped[str] = mapped_column(String(10))
    warn_percent: Mapped[int]
    started_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]
    # Kept when a clock stops, for the station's figures; while it runs the due date is computed.
    due_at: Mapped[datetime | None]


class Pause(Model):
    """A stretch in which the company had to answer first, so no clock ran."""

    __tablename__ = "pauses"
    __table_args__ = (
        Index("ix_pauses_case", "case_id"),
        Index(
            "uq_pauses_open",
            "case_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    question: Mapped[str]


class TargetVersion(Model):
    """What the city promised from one day on: never changed, only followed by the next one."""

    __tablename__ = "target_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    # What was changed against the version before, as codes and numbers; empty for the first.
    change: Mapped[dict[str, Any]] = mapped_column(default=dict)

    targets: Mapped[list[PromiseTarget]] = relationship(order_by="PromiseTarget.id")


class PromiseTarget(Model):
    """How long one promise may take in a version: for all cases, a field, an urgency, or both."""

    __tablename__ = "promise_targets"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("warn_percent BETWEEN 10 AND 100", name="warns_in_time"),
        CheckConstraint("unit IN ('workdays', 'working_hours', 'days', 'hours')", name="unit_known"),
        Index("ix_promise_targets_version", "version_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("target_versions.id"))
    kind: Mapped[str] = mapped_column(String(20))
    category: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    urgency: Mapped[Urgency | None] = mapped_column(stored_enum(Urgency))
    amount: Mapped[int]
    unit: Mapped[str] = mapped_column(String(20))
    warn_percent: Mapped[int]


class CalendarDay(Model):
    """A day that differs from Monday-to-Friday: a public holiday, or a make-up working day (调休)."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(String(120), default="")


class CalendarYear(Model):
    """A year whose holidays are known. A year not listed here is warned about, never guessed in silence."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(120))
    version: Mapped[int] = mapped_column(default=1)


class CalendarLoad(Model):
    """A year as it was once loaded: what due dates that have passed were reckoned with. Never changed."""

    __tablename__ = "calendar_loads"

    year: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(120))
    loaded_at: Mapped[datetime]
    loaded_by: Mapped[str] = mapped_column(String(80))
    # The days that differ from Monday to Friday: [["2027-01-01", false, "元旦"], ...].
    days: Mapped[list[Any]]


class StationHours(Model):
    """A span in which a station is open on a weekday, Monday being 0; a station without a row keeps office hours."""

    __tablename__ = "station_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday_known"),
        CheckConstraint("opens_at < shuts_at", name="opens_before_it_shuts"),
    )

    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    opens_at: Mapped[time] = mapped_column(Time, primary_key=True)
    shuts_at: Mapped[time] = mapped_column(Time)


class Escalation(Model):
    """Somebody was told that a promise runs out (level 1) or ran out (2 to 4): each level of a clock once, ever."""

    __tablename__ = "escalations"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 4", name="level_known"),)

    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
