"""Training a volunteer took part in (办法67 art. 8)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.expert import Expert


class Training(Model):
    """One expert at one training: name, content, minutes, organiser, day; recorded by somebody else. What was recorded
    in error is struck with a reason, never deleted."""

    __tablename__ = "trainings"
    __table_args__ = (
        CheckConstraint("minutes BETWEEN 1 AND 14400", name="minutes_in_range"),
        # Nobody records their own training (rule R05).
        CheckConstraint("expert_account_id IS NULL OR recorded_by_id <> expert_account_id", name="not_by_self"),
        CheckConstraint("(struck_at IS NULL) = (struck_reason IS NULL)", name="struck_has_reason"),
        Index("ix_trainings_expert", "expert_id", "held_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    name: Mapped[str] = mapped_column(String(120))
    content: Mapped[str]
    minutes: Mapped[int]
    organiser: Mapped[str] = mapped_column(String(120))
    held_on: Mapped[date] = mapped_column(Date)
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    struck_at: Mapped[datetime | None]
    struck_reason: Mapped[str | None]
    struck_by: Mapped[str | None] = mapped_column(String(80))

    expert: Mapped[Expert] = relationship()
