"""One act over many cases: what was asked, how far it got, what came of each. Killed anywhere, it goes on."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum


class BulkAct(enum.StrEnum):
    """What can be done to many cases at once."""

    TRIAGE = "triage"
    OFFER = "offer"
    TRANSFER = "transfer"
    MERGE = "merge"
    REJECT = "reject"


class BulkRun(Model):
    """`items` are {case, version, ...} in order; `results` grow beside them: {ok, code?, facts?, undone?}."""

    __tablename__ = "bulk_runs"
    __table_args__ = (CheckConstraint("position >= 0", name="position_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    act: Mapped[BulkAct] = mapped_column(stored_enum(BulkAct))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    items: Mapped[list[Any]] = mapped_column(default=list)
    results: Mapped[list[Any]] = mapped_column(default=list)
    position: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    @property
    def done(self) -> int:
        """How many cases went through."""
        return sum(1 for row in self.results if row["ok"])

    @property
    def refused(self) -> int:
        """How many did not."""
        return len(self.results) - self.done
