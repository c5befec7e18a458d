"""The 志愿服务记录证明: a volunteer's service in a period, drawn up by themselves from the ledger (办法67 art. 14)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.expert import Expert
from helpdesk.models.paper import Paper


class Statement(Paper, Model):
    """Superseded, without a successor, as soon as a line that it counts is reversed: its holder draws up a new one."""

    __tablename__ = "statements"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="has_minutes"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(status = 'valid') = (ended_at IS NULL)", name="ended_has_time"),
        CheckConstraint("status <> 'revoked' OR revoked_reason IS NOT NULL", name="revoked_has_reason"),
        CheckConstraint("(pdf_key IS NULL) = (rendered_at IS NULL)", name="rendered_has_file"),
        UniqueConstraint("expert_id", "form_key"),
        Index("ix_statements_expert", "expert_id", "id"),
    )
    kind = "statement"

    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date] = mapped_column(Date)
    minutes: Mapped[int]
    # The newest ledger line of this volunteer when it was drawn up: what is reversed later was counted.
    last_entry_id: Mapped[int] = mapped_column(ForeignKey("hours_entries.id"))
    form_key: Mapped[str] = mapped_column(String(40))
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("statements.id"))

    expert: Mapped[Expert] = relationship()
