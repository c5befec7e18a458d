"""How long personal data is kept, and who asked for theirs to be erased."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.case import Case
from helpdesk.models.company import Company
from helpdesk.models.dated_term import DatedTerm


class KeepingRule(DatedTerm, Model):
    """From a day on: so many months after its end a case's personal data goes. A later row is newer; a row that has
    not begun can be taken back and stays in the list."""

    __tablename__ = "keeping_rules"
    __table_args__ = (
        CheckConstraint("months BETWEEN 6 AND 120", name="months_in_range"),
        CheckConstraint("reason <> ''", name="has_reason"),
        CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_somebody"),
        Index("ix_keeping_rules_from_on", "from_on", "id"),
    )

    months: Mapped[int]
    withdrawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    withdrawn_by: Mapped[str | None] = mapped_column(String(80))
    withdrawn_at: Mapped[datetime | None]


_OPEN_COMPANY = text("decision IS NULL AND withdrawn_at IS NULL AND case_id IS NULL")
_OPEN_CASE = text("decision IS NULL AND withdrawn_at IS NULL AND case_id IS NOT NULL")


class Erasure(Model):
    """A wish to have one's data erased (PIPL art. 47): of one case by its tracking link, of a company by a handler.
    Until it is carried out, whoever may ask may take it back."""

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("decision IS NULL OR decision IN ('granted', 'refused')", name="decision_known"),
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("decision IS NULL OR reason <> ''", name="decided_has_reason"),
        CheckConstraint("done_at IS NULL OR decision = 'granted'", name="done_was_granted"),
        CheckConstraint("done_at IS NULL OR withdrawn_at IS NULL", name="done_was_not_withdrawn"),
        Index("uq_erasures_open_company", "company_id", unique=True, sqlite_where=_OPEN_COMPANY,
              postgresql_where=_OPEN_COMPANY),
        Index("uq_erasures_open_case", "case_id", unique=True, sqlite_where=_OPEN_CASE, postgresql_where=_OPEN_CASE),
        Index("ix_erasures_decided", "decided_at", "id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    company: Mapped[Company] = relationship()
    case: Mapped[Case | None] = relationship()
