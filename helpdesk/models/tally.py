"""How many cases stand where, kept by the database itself: triggers on `cases`, so that no verb can forget it."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Status, WaitingOn


class Tally(Model):
    """How many cases a station has of one district, field, state and waiting; by triggers alone (migration 0007)."""

    __tablename__ = "tallies"
    __table_args__ = (CheckConstraint("n >= 0", name="n_not_negative"), Index("ix_tallies_district", "district"))

    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), primary_key=True)
    # "" where a case has none.
    district: Mapped[str] = mapped_column(String(6), primary_key=True)
    category: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[Status] = mapped_column(stored_enum(Status), primary_key=True)
    waiting_on: Mapped[WaitingOn] = mapped_column(stored_enum(WaitingOn), primary_key=True)
    n: Mapped[int] = mapped_column(default=0)
