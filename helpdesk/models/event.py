"""What happened. Append-only: the database refuses UPDATE and DELETE; a correction is a new event."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum
from helpdesk.models.account import Role


class Event(Model):
    """One thing that happened to a case: actor, kind, from, to, facts, time. `seq` has no gaps in a case."""

    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("case_id", "seq"), Index("ix_events_kind_at", "kind", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))
    step: Mapped[str | None] = mapped_column(String(40))
    from_status: Mapped[str | None] = mapped_column(String(20))
    to_status: Mapped[str | None] = mapped_column(String(20))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(80))
    actor_role: Mapped[Role] = mapped_column(stored_enum(Role))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    facts: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class Notice(Model):
    """An event that somebody with an account should hear of, until they have read it; or a mailbox's silence, or that
    it is over; or a step of a complaint or of an activity; or what was decided about their commendation, or about a
    training or award of theirs that is recorded wrongly."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("account_id", "event_id"),
        UniqueConstraint("account_id", "outage_id", "is_over"),
        UniqueConstraint("account_id", "complaint_step_id"),
        UniqueConstraint("account_id", "line_id"),
        UniqueConstraint("account_id", "activity_step_id"),
        UniqueConstraint("account_id", "dossier_correction_id"),
        Index("ix_notices_unread", "account_id", "read_at"),
        CheckConstraint(
            "(CASE WHEN event_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN outage_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN complaint_step_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN line_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN activity_step_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN dossier_correction_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="of_one_thing",
        ),
        CheckConstraint("(outage_id IS NULL) = (is_over IS NULL)", name="outage_says_which"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outages.id"))
    complaint_step_id: Mapped[int | None] = mapped_column(ForeignKey("complaint_steps.id"))
    is_over: Mapped[bool | None]
    line_id: Mapped[int | None] = mapped_column(ForeignKey("commendation_events.id"))
    activity_step_id: Mapped[int | None] = mapped_column(ForeignKey("activity_steps.id"))
    dossier_correction_id: Mapped[int | None] = mapped_column(ForeignKey("dossier_corrections.id"))
    # An offer is told only when it has left.
    shown_from: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Access(Model):
    """Who looked at what that is not everyday work: an unmasked phone number, an overseer's reading (R16)."""

    __tablename__ = "accesses"
    __table_args__ = (Index("ix_accesses_case", "case_id"), Index("ix_accesses_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    what: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
