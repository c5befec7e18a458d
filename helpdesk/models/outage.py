"""Outages: how long a mailbox could not be read, so that people are told once of each silence and once of its end."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model


class Outage(Model):
    """One silence of one mailbox. The database admits one open row a mailbox: of two workers, one tells."""

    __tablename__ = "outages"
    __table_args__ = (
        Index(
            "ix_outages_open",
            "mailbox",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        CheckConstraint("ended_at IS NULL OR ended_at >= noticed_at", name="ends_later"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    mailbox: Mapped[str] = mapped_column(String(120))
    # When it was last read; of one that never was, when it was first asked.
    since: Mapped[datetime]
    noticed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
