"""Promises running on a case: clocks and pauses are rows, due dates are computed from them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model


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
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(20))
    target_minutes: Mapped[int]
    unit: Mapped[str] = mapped_column(String(10))
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


class Escalation(Model):
    """Somebody was told that a promise runs out (level 1) or ran out (2 to 4): each level of a clock once, ever."""

    __tablename__ = "escalations"
    __table_args__ = (CheckConstraint("level BETWEEN 1 AND 4", name="level_known"),)

    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
