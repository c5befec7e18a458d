"""How far a ledger line has come on its way into the national volunteer system (条例 art. 19; 办法67 art. 4)."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.hours import HoursEntry


class SyncState(enum.StrEnum):
    """A line without a row here was not exported yet."""

    EXPORTED = "exported"
    CONFIRMED = "confirmed"


class NationalSync(Model):
    """One ledger line that was put into an export file; `national_id` is the number that came back."""

    __tablename__ = "national_syncs"
    __table_args__ = (
        CheckConstraint("(state = 'confirmed') = (national_id IS NOT NULL)", name="confirmed_has_number"),
        CheckConstraint("(state = 'confirmed') = (confirmed_at IS NOT NULL)", name="confirmed_at_a_time"),
        Index("ix_national_syncs_state", "state", "entry_id"),
    )

    entry_id: Mapped[int] = mapped_column(ForeignKey("hours_entries.id"), primary_key=True)
    state: Mapped[SyncState] = mapped_column(stored_enum(SyncState))
    exported_at: Mapped[datetime]
    exported_by: Mapped[str] = mapped_column(String(80))
    national_id: Mapped[str | None] = mapped_column(String(60), unique=True)
    confirmed_at: Mapped[datetime | None]

    entry: Mapped[HoursEntry] = relationship()
