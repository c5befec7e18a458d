"""What a nightly walk along the ledger found."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model


class LedgerCheck(Model):
    """Lines and papers looked at, and what does not hold: `[["altered", 12], ...]`, the first few, worst first."""

    __tablename__ = "ledger_checks"
    __table_args__ = (Index("ix_ledger_checks_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    entries: Mapped[int]
    papers: Mapped[int]
    bad: Mapped[int]
    troubles: Mapped[list[Any]]
