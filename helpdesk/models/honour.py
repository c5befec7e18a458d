"""Awards a volunteer was given (办法67 art. 9): our own, and outside ones once somebody has verified them."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.expert import Expert


class HonourState(enum.StrEnum):
    """`asked` by the expert; `recorded` it counts; `refused` or `struck` it does not."""

    ASKED = "asked"
    RECORDED = "recorded"
    REFUSED = "refused"
    STRUCK = "struck"


class Honour(Model):
    """One award: name, day, who granted it. Nobody records or verifies their own (rule R05)."""

    __tablename__ = "honours"
    __table_args__ = (
        CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name="decided_by_someone"),
        CheckConstraint(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            name="not_by_self",
        ),
        CheckConstraint("state NOT IN ('refused', 'struck') OR reason IS NOT NULL", name="refused_has_reason"),
        CheckConstraint("state = 'asked' OR decided_by_id IS NOT NULL", name="decided_by_account"),
        Index("ix_honours_expert", "expert_id", "granted_on"),
        Index("ix_honours_station", "station_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    is_own: Mapped[bool]
    state: Mapped[HonourState] = mapped_column(stored_enum(HonourState))
    name: Mapped[str] = mapped_column(String(120))
    granted_on: Mapped[date] = mapped_column(Date)
    granted_by: Mapped[str] = mapped_column(String(120))
    note: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    reason: Mapped[str | None]

    expert: Mapped[Expert] = relationship()
