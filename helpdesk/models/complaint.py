"""Complaints about records, papers and commendations, and what was done with each (条例 art. 26; 办法67 art. 20)."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.certificate import Certificate
from helpdesk.models.correction import Correction
from helpdesk.models.dated_term import DatedTerm
from helpdesk.models.message import Side
from helpdesk.models.network import Station


class ComplaintAbout(enum.StrEnum):
    """How somebody was served; what a record says; a paper, or that there is none; how commendations are dealt with."""

    SERVICE = "service"
    RECORD = "record"
    PAPER = "paper"
    COMMENDATION = "commendation"


class ComplaintState(enum.StrEnum):
    RECEIVED = "received"
    LOOKING = "looking"
    ANSWERED = "answered"


class ComplaintLevel(enum.StrEnum):
    """Who answers: the district's reviewers, or the city's operators."""

    DISTRICT = "district"
    CITY = "city"


class ComplaintOutcome(enum.StrEnum):
    UPHELD = "upheld"
    PARTLY = "partly"
    REFUSED = "refused"


class ComplaintAct(enum.StrEnum):
    RECEIVED = "received"
    LOOKING = "looking"
    ANSWERED = "answered"
    FURTHER = "further"
    WARNED = "warned"
    MISSED = "missed"


class Complaint(Model):
    """One complaint as it stands. Who is complained about (`expert_*`, `station_id`, `act_by_id`: who did what it is
    about) neither reads nor answers it.

    `side` is that of the case it comes from, none for a complaint by an open form. `told` is what was told of the term.
    """

    __tablename__ = "complaints"
    __table_args__ = (
        CheckConstraint("length(says) > 0", name="says_something"),
        CheckConstraint("warn_at < due_at", name="in_order"),
        CheckConstraint("told BETWEEN 0 AND 2", name="told_known"),
        CheckConstraint(
            "(state = 'answered') = (outcome IS NOT NULL) AND (outcome IS NULL) = (answered_at IS NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)",
            name="answered_by_someone",
        ),
        # Neither whoever complains, nor whoever is complained about, nor whoever answered before (rule R05).
        CheckConstraint(
            "answered_by_id IS NULL OR account_id IS NULL OR answered_by_id <> account_id", name="not_by_self"
        ),
        CheckConstraint(
            "answered_by_id IS NULL OR expert_account_id IS NULL OR answered_by_id <> expert_account_id",
            name="not_by_expert",
        ),
        CheckConstraint(
            "answered_by_id IS NULL OR act_by_id IS NULL OR answered_by_id <> act_by_id", name="not_by_actor"
        ),
        CheckConstraint(
            "answered_by_id IS NULL OR first_by_id IS NULL OR answered_by_id <> first_by_id", name="not_twice"
        ),
        Index("ix_complaints_desk", "level", "state", "due_at"),
        Index("ix_complaints_district", "district", "level", "state", "due_at"),
        Index("ix_complaints_account", "account_id", "id"),
        Index("ix_complaints_case", "case_id", "id"),
        Index("ix_complaints_received", "received_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    token: Mapped[str] = mapped_column(String(60), unique=True)
    about: Mapped[ComplaintAbout] = mapped_column(stored_enum(ComplaintAbout))
    # The case or paper it names, as it was typed or known; "" for none.
    about_number: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[ComplaintState] = mapped_column(stored_enum(ComplaintState))
    level: Mapped[ComplaintLevel] = mapped_column(stored_enum(ComplaintLevel))
    district: Mapped[str | None] = mapped_column(String(6))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    act_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    side: Mapped[Side | None] = mapped_column(stored_enum(Side))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(80))
    contact: Mapped[str] = mapped_column(String(254), default="")
    locale: Mapped[str] = mapped_column(String(16))
    says: Mapped[str]
    received_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[ComplaintOutcome | None] = mapped_column(stored_enum(ComplaintOutcome))
    answered_at: Mapped[datetime | None]
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    # Who answered at the first level, once it was taken further.
    first_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    form_key: Mapped[str] = mapped_column(String(40), unique=True)
    anonymised_at: Mapped[datetime | None]

    case: Mapped[Case | None] = relationship()
    station: Mapped[Station | None] = relationship()
    steps: Mapped[list[ComplaintStep]] = relationship(back_populates="complaint", order_by="ComplaintStep.id")


class ComplaintStep(Model):
    """One thing that was done with a complaint. Append-only; only words and names may go, once it is anonymous."""

    __tablename__ = "complaint_steps"
    __table_args__ = (
        CheckConstraint("(act = 'answered') = (outcome IS NOT NULL)", name="answer_has_outcome"),
        CheckConstraint("act NOT IN ('answered', 'further') OR length(reason) > 0", name="says_why"),
        Index("ix_complaint_steps_complaint", "complaint_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    complaint_id: Mapped[int] = mapped_column(ForeignKey("complaints.id"))
    act: Mapped[ComplaintAct] = mapped_column(stored_enum(ComplaintAct))
    level: Mapped[ComplaintLevel] = mapped_column(stored_enum(ComplaintLevel))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    by_name: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[ComplaintOutcome | None] = mapped_column(stored_enum(ComplaintOutcome))
    reason: Mapped[str] = mapped_column(default="")
    # What was done about it, and what came of it in the record.
    done: Mapped[str] = mapped_column(default="")
    correction_id: Mapped[int | None] = mapped_column(ForeignKey("corrections.id"))
    certificate_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))

    complaint: Mapped[Complaint] = relationship(back_populates="steps")
    correction: Mapped[Correction | None] = relationship()
    certificate: Mapped[Certificate | None] = relationship()


class ComplaintRule(DatedTerm, Model):
    """In how many working days a complaint is answered, from a day on, as an operator set it."""

    __tablename__ = "complaint_rules"
    __table_args__ = (
        CheckConstraint("workdays BETWEEN 3 AND 60", name="workdays_in_range"),
        CheckConstraint("reason <> ''", name="has_reason"),
        Index("ix_complaint_rules_from_on", "from_on", "id"),
    )

    workdays: Mapped[int]
