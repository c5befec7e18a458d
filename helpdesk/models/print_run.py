"""A print run: a season's certificates packed into one ZIP and one PDF for the printer. Killed anywhere, it goes on."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.account import Account
from helpdesk.models.certificate import Certificate
from helpdesk.models.network import Station


class PrintRunState(enum.StrEnum):
    """Drawing what is not drawn, binding both files, ready, stopped by somebody, given up, or its files swept away."""

    DRAWING = "drawing"
    BINDING = "binding"
    READY = "ready"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SWEPT = "swept"


class LeftOut(enum.StrEnum):
    """Why a certificate that was chosen is not in the files."""

    SUPERSEDED = "superseded"
    REVOKED = "revoked"
    UNDRAWN = "undrawn"
    MISSING = "missing"


class PrintRun(Model):
    """`params` say what was chosen; its items were fixed when it began. `position` is how many were looked at."""

    __tablename__ = "print_runs"
    __table_args__ = (
        CheckConstraint("total > 0 AND position BETWEEN 0 AND total", name="position_in_range"),
        CheckConstraint("state <> 'ready' OR (zip_key IS NOT NULL AND pdf_key IS NOT NULL)", name="ready_has_files"),
        CheckConstraint("(state IN ('drawing', 'binding')) = (finished_at IS NULL)", name="over_has_time"),
        Index("ix_print_runs_station", "station_id", "id"),
        Index("ix_print_runs_state", "state", "finished_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    # Empty: certificates of every station.
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    params: Mapped[dict[str, Any]]
    locale: Mapped[str] = mapped_column(String(16))
    state: Mapped[PrintRunState] = mapped_column(stored_enum(PrintRunState), default=PrintRunState.DRAWING)
    total: Mapped[int]
    position: Mapped[int] = mapped_column(default=0)
    # How often binding began anew, because a certificate was superseded meanwhile or somebody asked again.
    round: Mapped[int] = mapped_column(default=0)
    zip_key: Mapped[str | None] = mapped_column(String(120))
    zip_bytes: Mapped[int | None]
    zip_sha256: Mapped[str | None] = mapped_column(String(64))
    pdf_key: Mapped[str | None] = mapped_column(String(120))
    pdf_bytes: Mapped[int | None]
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    error: Mapped[str | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship()
    station: Mapped[Station | None] = relationship()

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in (PrintRunState.DRAWING, PrintRunState.BINDING)


class PrintRunItem(Model):
    """One certificate of a run, at its place in the stack. No run holds a certificate twice."""

    __tablename__ = "print_run_items"
    __table_args__ = (
        UniqueConstraint("run_id", "certificate_id"),
        Index("ix_print_run_items_certificate", "certificate_id", "run_id"),
    )

    run_id: Mapped[int] = mapped_column(ForeignKey("print_runs.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"))
    left_out: Mapped[LeftOut | None] = mapped_column(stored_enum(LeftOut))

    certificate: Mapped[Certificate] = relationship()
