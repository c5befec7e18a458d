"""A visit: one session of service by one expert, of a case or at an activity; somebody else vouches for it."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.activity import Activity
from helpdesk.models.case import Case, Meeting
from helpdesk.models.expert import Expert


class VisitStatus(enum.StrEnum):
    """`confirmed` by the company, `verified` by the station; `void` counts for nothing."""

    LOGGED = "logged"
    CONFIRMED = "confirmed"
    DISPUTED = "disputed"
    VERIFIED = "verified"
    VOID = "void"


COUNTS = (VisitStatus.CONFIRMED, VisitStatus.VERIFIED)


class Visit(Model):
    """Three kinds of minutes kept apart (办法67 art. 7): contact, preparation, travel.

    Of a case it is claimed by the expert and confirmed by the company or the station; at an activity it is recorded by
    the station and verified by somebody else there, in the district or in the corps.
    """

    __tablename__ = "visits"
    __table_args__ = (
        CheckConstraint("(case_id IS NULL) <> (activity_id IS NULL)", name="of_one_thing"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("contact_minutes BETWEEN 1 AND 1440", name="contact_in_range"),
        CheckConstraint("preparation_minutes BETWEEN 0 AND 1440", name="preparation_in_range"),
        CheckConstraint("travel_minutes BETWEEN 0 AND 1440", name="travel_in_range"),
        CheckConstraint("counted_minutes BETWEEN 0 AND contact_minutes + preparation_minutes", name="counted_in_range"),
        CheckConstraint(
            "status NOT IN ('confirmed', 'verified') OR (decided_at IS NOT NULL AND decided_by IS NOT NULL)",
            name="decided_by_someone",
        ),
        # Nobody confirms their own hours (rule R05), also not by a way round the application.
        CheckConstraint(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            name="not_decided_by_self",
        ),
        CheckConstraint("status <> 'disputed' OR dispute_reason IS NOT NULL", name="disputed_has_reason"),
        Index("ix_visits_case", "case_id"),
        Index("ix_visits_expert_time", "expert_id", "starts_at"),
        Index("ix_visits_activity", "activity_id"),
        UniqueConstraint("case_id", "form_key"),
        UniqueConstraint("activity_id", "form_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    status: Mapped[VisitStatus] = mapped_column(stored_enum(VisitStatus), default=VisitStatus.LOGGED)
    version: Mapped[int] = mapped_column(default=1)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    mode: Mapped[Meeting] = mapped_column(stored_enum(Meeting))
    place: Mapped[str] = mapped_column(String(120), default="")
    contact_minutes: Mapped[int]
    preparation_minutes: Mapped[int] = mapped_column(default=0)
    travel_minutes: Mapped[int] = mapped_column(default=0)
    counted_minutes: Mapped[int]
    summary: Mapped[str]
    long_day_reason: Mapped[str] = mapped_column(default="")
    form_key: Mapped[str] = mapped_column(String(40))
    logged_at: Mapped[datetime]
    dispute_reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))

    case: Mapped[Case | None] = relationship()
    activity: Mapped[Activity | None] = relationship()
    expert: Mapped[Expert] = relationship()

    @property
    def service(self) -> Case | Activity:
        """What was served."""
        found = self.case or self.activity
        assert found is not None
        return found
