"""A series: a case that comes again, every so many weeks or months."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case, Urgency
from helpdesk.models.company import Company
from helpdesk.models.network import Station


class SeriesUnit(enum.StrEnum):
    WEEK = "week"
    MONTH = "month"


class SeriesState(enum.StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class SeriesWhy(enum.StrEnum):
    """Why it rests or is over. STATION and COMPANY are people, OVER is the last day or number; the others it found
    itself when the next case was due."""

    STATION = "station"
    COMPANY = "company"
    OVER = "over"
    ANONYMISED = "anonymised"
    ERASURE = "erasure"
    NO_CONSENT = "no_consent"
    CONTACT_LEFT = "contact_left"
    TOO_MANY = "too_many"


_LIVE = text("state <> 'ended'")


class Series(Model):
    """What comes again, and how often. Day n is `first_on` and n times the distance; `next_on` is such a day, before
    it is moved to a working day."""

    __tablename__ = "series"
    __table_args__ = (
        CheckConstraint("every BETWEEN 1 AND 52", name="every_in_range"),
        CheckConstraint("made >= 0 AND turn >= 0 AND version >= 1", name="counts_not_negative"),
        CheckConstraint("most IS NULL OR most BETWEEN 1 AND 200", name="most_in_range"),
        CheckConstraint("last_on IS NULL OR most IS NULL", name="ends_in_one_way"),
        CheckConstraint("(state = 'ended') = (next_on IS NULL)", name="ended_has_no_next"),
        CheckConstraint("(state = 'running') = (why IS NULL)", name="rests_for_a_reason"),
        # One case goes on in one way.
        Index("uq_series_live", "last_case_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_series_due", "state", "next_on"),
        Index("ix_series_station", "station_id", "state", "next_on", "id"),
        Index("ix_series_first_case", "first_case_id"),
        Index("ix_series_last_case", "last_case_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    # The case it was set up from, and the newest one: whose contact and consents the next one takes over.
    first_case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    last_case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    every: Mapped[int]
    unit: Mapped[SeriesUnit] = mapped_column(stored_enum(SeriesUnit))
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    most: Mapped[int | None]
    turn: Mapped[int] = mapped_column(default=0)
    next_on: Mapped[date | None]
    made: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(120))
    problem: Mapped[str]
    urgency: Mapped[Urgency] = mapped_column(stored_enum(Urgency), default=Urgency.NORMAL)
    state: Mapped[SeriesState] = mapped_column(stored_enum(SeriesState), default=SeriesState.RUNNING)
    why: Mapped[SeriesWhy | None] = mapped_column(stored_enum(SeriesWhy))
    # In words, where somebody ended it.
    reason: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]

    company: Mapped[Company] = relationship()
    station: Mapped[Station] = relationship()
    first_case: Mapped[Case] = relationship(foreign_keys=[first_case_id])
    last_case: Mapped[Case] = relationship(foreign_keys=[last_case_id])


class SeriesCase(Model):
    """The case that a series made for one of its days: one, however many workers look."""

    __tablename__ = "series_cases"
    __table_args__ = (UniqueConstraint("series_id", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    day: Mapped[date]
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), unique=True)
    made_at: Mapped[datetime]

    case: Mapped[Case] = relationship()
