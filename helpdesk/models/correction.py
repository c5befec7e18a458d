"""Somebody says that a settled record is wrong: asked, decided by somebody else, kept (办法67 art. 13)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.expert import Expert
from helpdesk.models.message import Side
from helpdesk.models.visit import Visit


class CorrectionState(enum.StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class Correction(Model):
    """What is wrong with one visit, in the words of the expert or the company; and what the station decided.

    `case_id` is none where the visit is at an activity. `before` and `after` hold the facts of the record as they
    stood; the ledger has its own two lines.
    """

    __tablename__ = "corrections"
    __table_args__ = (
        CheckConstraint("length(says) > 0", name="says_something"),
        CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided_by_someone",
        ),
        CheckConstraint("state = 'open' OR length(reason) > 0", name="decision_has_reason"),
        # Neither the expert nor whoever asked decides (rule R05), also not by a way round the application.
        CheckConstraint(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            name="not_decided_by_expert",
        ),
        CheckConstraint(
            "decided_by_id IS NULL OR asked_by_id IS NULL OR decided_by_id <> asked_by_id", name="not_decided_by_asker"
        ),
        CheckConstraint("(state = 'granted') = (after IS NOT NULL)", name="granted_says_what"),
        Index(
            "uq_corrections_open",
            "visit_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_corrections_case", "case_id", "id"),
        Index("ix_corrections_station", "station_id", "state", "id"),
        Index("ix_corrections_expert", "expert_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    state: Mapped[CorrectionState] = mapped_column(stored_enum(CorrectionState), default=CorrectionState.OPEN)
    side: Mapped[Side] = mapped_column(stored_enum(Side))
    says: Mapped[str]
    wished_minutes: Mapped[int | None]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    asked_by: Mapped[str] = mapped_column(String(80))
    form_key: Mapped[str] = mapped_column(String(40), unique=True)
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    case: Mapped[Case | None] = relationship()
    visit: Mapped[Visit] = relationship()
    expert: Mapped[Expert] = relationship()
