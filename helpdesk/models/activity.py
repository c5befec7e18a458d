"""An activity: service that is no case, such as a talk, a day of consultations or a fair (plan 二（一）, 三（五）)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Meeting
from helpdesk.models.category import Category
from helpdesk.models.network import Station


class ActivityKind(enum.StrEnum):
    """A talk, consultations at one place, visits to companies, promotion or an exhibition, something else."""

    TALK = "talk"
    CLINIC = "clinic"
    TOUR = "tour"
    FAIR = "fair"
    OTHER = "other"


class ActivityState(enum.StrEnum):
    """`recorded` waits for somebody else's word, `returned` for the recorder's; only `verified` counts. Of a `reversed`
    one no time stands any more."""

    RECORDED = "recorded"
    RETURNED = "returned"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"
    REVERSED = "reversed"


class ActivityAct(enum.StrEnum):
    """What was done about one, in the order of its life."""

    RECORDED = "recorded"
    CHANGED = "changed"
    RETURNED = "returned"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"
    ASKED = "asked"
    CORRECTED = "corrected"
    KEPT = "kept"
    REVERSED = "reversed"
    WARNED = "warned"
    FILED = "filed"
    UNFILED = "unfiled"


# Whoever did one of these does not verify it (rule R05), whatever a colleague changed afterwards.
RECORDING = (ActivityAct.RECORDED, ActivityAct.CHANGED)


class Activity(Model):
    """One activity on one day, as 办法67 art. 7 has it recorded: name, day, place, content, organiser, who led it.

    The experts at it are its `visits`, each with their own minutes. `companies` and `people` are whom it reached.
    """

    __tablename__ = "activities"
    __table_args__ = (
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("companies BETWEEN 0 AND 100000 AND people BETWEEN 0 AND 100000", name="reach_in_range"),
        CheckConstraint(
            "state <> 'verified' OR (verified_at IS NOT NULL AND verified_by_id IS NOT NULL)",
            name="verified_by_someone",
        ),
        CheckConstraint("(state = 'reversed') = (reversed_at IS NOT NULL)", name="reversed_at_a_time"),
        # Whoever recorded it does not verify it (rule R05), also not by a way round the application.
        CheckConstraint("verified_by_id IS NULL OR verified_by_id <> recorded_by_id", name="not_verified_by_recorder"),
        Index("ix_activities_station", "station_id", "state", "id"),
        Index("ix_activities_state", "state", "id"),
        Index("ix_activities_verified", "verified_at", "station_id"),
        Index("ix_activities_reversed", "reversed_at", "station_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    state: Mapped[ActivityState] = mapped_column(stored_enum(ActivityState), default=ActivityState.RECORDED)
    version: Mapped[int] = mapped_column(default=1)
    kind: Mapped[ActivityKind] = mapped_column(stored_enum(ActivityKind))
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    title: Mapped[str] = mapped_column(String(80))
    content: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    mode: Mapped[Meeting] = mapped_column(stored_enum(Meeting))
    place: Mapped[str] = mapped_column(String(120), default="")
    organiser: Mapped[str] = mapped_column(String(120))
    leader: Mapped[str] = mapped_column(String(80))
    companies: Mapped[int]
    people: Mapped[int]
    form_key: Mapped[str] = mapped_column(String(40), unique=True)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    verified_by: Mapped[str | None] = mapped_column(String(80))
    # Since when none of its time stands in the ledger any more.
    reversed_at: Mapped[datetime | None]

    station: Mapped[Station] = relationship()
    category: Mapped[Category] = relationship()
    steps: Mapped[list[ActivityStep]] = relationship(back_populates="activity", order_by="ActivityStep.id")


class ActivityStep(Model):
    """One thing that was done about an activity. Append-only."""

    __tablename__ = "activity_steps"
    __table_args__ = (
        CheckConstraint("act NOT IN ('returned', 'withdrawn', 'reversed') OR length(reason) > 0", name="says_why"),
        Index("ix_activity_steps_activity", "activity_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activities.id"))
    act: Mapped[ActivityAct] = mapped_column(stored_enum(ActivityAct))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    by_name: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(default="")
    # Whom it is about, minutes before and after: what the sentence needs.
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    activity: Mapped[Activity] = relationship(back_populates="steps")
