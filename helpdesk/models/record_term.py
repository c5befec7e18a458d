"""Ten working days to record and evaluate a service, and what the station says of one (办法67 art. 10, 11; R01)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.case import Case
from helpdesk.models.expert import Expert
from helpdesk.models.network import Station
from helpdesk.models.visit import Visit


class RecordTerm(Model):
    """By when one visit must be recorded (somebody vouches for it) and evaluated, and when it was.

    `case_id` is none where the visit is at an activity. `level` is what was told so far: 1 five working days are over,
    2 eight, 3 the term is missed.
    """

    __tablename__ = "record_terms"
    __table_args__ = (
        CheckConstraint("level BETWEEN 0 AND 3", name="level_known"),
        CheckConstraint("warn_at < red_at AND red_at < due_at", name="in_order"),
        CheckConstraint(
            "done_at IS NULL OR (recorded_at IS NOT NULL AND evaluated_at IS NOT NULL)", name="done_when_both"
        ),
        Index("ix_record_terms_open", "done_at", "due_at"),
        Index("ix_record_terms_station", "station_id", "due_at"),
        Index("ix_record_terms_expert", "expert_id", "done_at"),
    )

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    warn_at: Mapped[datetime]
    red_at: Mapped[datetime]
    due_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    level: Mapped[int] = mapped_column(default=0)

    visit: Mapped[Visit] = relationship()
    case: Mapped[Case | None] = relationship()
    station: Mapped[Station] = relationship()
    expert: Mapped[Expert] = relationship()


class Evaluation(Model):
    """The station's evaluation of one visit, where the company gives none (办法67 art. 10)."""

    __tablename__ = "evaluations"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score_in_range"),
        # Nobody evaluates their own service (rule R05).
        CheckConstraint("expert_account_id IS NULL OR by_id <> expert_account_id", name="not_by_self"),
    )

    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"), primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"), index=True)
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    score: Mapped[int]
    note: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    by_name: Mapped[str] = mapped_column(String(80))
