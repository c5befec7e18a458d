"""The hours ledger: append-only, hash-chained, in whole minutes (办法67 art. 3, 11, 17; rules R06, R07)."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.activity import Activity
from helpdesk.models.case import Case, Meeting
from helpdesk.models.expert import Expert


class EntryKind(enum.StrEnum):
    CREDIT = "credit"
    REVERSAL = "reversal"


class ConfirmedBy(enum.StrEnum):
    """Who vouches for the minutes. The two are summed apart (design, section 2)."""

    COMPANY = "company"
    STATION = "station"


class HoursEntry(Model):
    """One line of the ledger. The database refuses UPDATE and DELETE; a correction is two new lines.

    It is of one visit, and with it either of a case or of an activity.
    """

    __tablename__ = "hours_entries"
    __table_args__ = (
        CheckConstraint("(case_id IS NULL) <> (activity_id IS NULL)", name="of_one_thing"),
        CheckConstraint("(kind = 'credit' AND minutes > 0) OR (kind = 'reversal' AND minutes < 0)", name="sign"),
        CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name="reversal_names_entry"),
        CheckConstraint("kind <> 'reversal' OR length(reason) > 0", name="reversal_has_reason"),
        CheckConstraint(
            "recorded_by_id IS NULL OR expert_account_id IS NULL OR recorded_by_id <> expert_account_id",
            name="not_recorded_by_self",
        ),
        UniqueConstraint("visit_id", "revision", "kind"),
        UniqueConstraint("reverses_id"),
        UniqueConstraint("previous_hash"),
        Index("ix_hours_entries_expert", "expert_id", "id"),
        Index("ix_hours_entries_case", "case_id"),
        Index("ix_hours_entries_activity", "activity_id"),
        Index("ix_hours_entries_recorded", "recorded_at", "station_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(stored_enum(EntryKind))
    minutes: Mapped[int]
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"))
    visit_id: Mapped[int] = mapped_column(ForeignKey("visits.id"))
    revision: Mapped[int] = mapped_column(default=1)
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    mode: Mapped[Meeting] = mapped_column(stored_enum(Meeting))
    served_on: Mapped[date] = mapped_column(Date)
    confirmed_by: Mapped[ConfirmedBy] = mapped_column(stored_enum(ConfirmedBy))
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("hours_entries.id"))
    reason: Mapped[str] = mapped_column(default="")
    recorded_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    recorded_by: Mapped[str] = mapped_column(String(80))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)

    expert: Mapped[Expert] = relationship()
    case: Mapped[Case | None] = relationship()
    activity: Mapped[Activity | None] = relationship()

    @property
    def how(self) -> str:
        """The mode as papers take it: `there` where an activity was held, which is at no company's."""
        is_there = self.activity_id is not None and self.mode is Meeting.ONSITE
        return "there" if is_there else self.mode.value

    @property
    def service(self) -> Case | Activity:
        """What was served: both have a number, a title, a field and a station."""
        found = self.case or self.activity
        assert found is not None
        return found
