"""A case: one request of one company, from the first word to its end."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.account import Account
from helpdesk.models.category import Category, Topic
from helpdesk.models.company import Company
from helpdesk.models.expert import Expert
from helpdesk.models.network import Station

# Later than any promise.
NEVER = datetime.fromisoformat("9999-01-01T00:00:00+00:00")


class Status(enum.StrEnum):
    """The eight live states and the four other ends (design, section 2). Waiting for someone is no state."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    TRIAGED = "triaged"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CONSULTING = "consulting"
    ANSWERED = "answered"
    CLOSED = "closed"
    REJECTED = "rejected"
    REFERRED = "referred"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class Urgency(enum.StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class WaitingOn(enum.StrEnum):
    NOBODY = "nobody"
    COMPANY = "company"


class Channel(enum.StrEnum):
    WEB = "web"
    STATION = "station"
    MAIL = "mail"


class Meeting(enum.StrEnum):
    """How the company would like to talk; also how a visit was held."""

    ONLINE = "online"
    PHONE = "phone"
    ONSITE = "onsite"
    STATION = "station"


class Outcome(enum.StrEnum):
    SOLVED = "solved"
    PARTLY = "partly"
    UNCONFIRMED = "unconfirmed"
    UNREACHABLE = "unreachable"


# Only conditions that a range implies: SQLite cannot tell that a bound value meets any other.
_WARNED, _CLOSED = text("warn_at IS NOT NULL"), text("closed_at IS NOT NULL")
_NAMED = text("anonymised_at IS NULL AND ended_at IS NOT NULL")
_HANDLED = text("handler_id IS NOT NULL")


class Case(Model):
    """The aggregate's root. `status` is written by `domain.life.take` and by nothing else (a test greps)."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("(status = 'draft') OR (number IS NOT NULL) OR (status = 'withdrawn')", name="numbered"),
        CheckConstraint(
            "status IN ('draft', 'withdrawn') OR (company_id IS NOT NULL AND station_id IS NOT NULL"
            " AND submitted_at IS NOT NULL)",
            name="submitted_is_complete",
        ),
        CheckConstraint(
            "status NOT IN ('accepted', 'consulting', 'answered') OR expert_id IS NOT NULL OR handler_id IS NOT NULL",
            name="somebody_has_it",
        ),
        CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="merged_names_target"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_into_itself"),
        CheckConstraint("status NOT IN ('rejected', 'referred') OR reason_code IS NOT NULL", name="refusal_has_reason"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
        CheckConstraint("version >= 1 AND event_count >= 0", name="counts_not_negative"),
        Index("ix_cases_station_status_due", "station_id", "status", "due_order", "id"),
        Index("ix_cases_station_due", "station_id", "due_order", "id"),
        Index("ix_cases_station_submitted", "station_id", "submitted_at", "id"),
        Index("ix_cases_expert_status", "expert_id", "status", "due_order", "id"),
        Index("ix_cases_status_due", "status", "due_order", "id"),
        Index("ix_cases_submitted", "submitted_at", "id"),
        Index("ix_cases_closed", "closed_at", sqlite_where=_CLOSED, postgresql_where=_CLOSED),
        Index("ix_cases_company", "company_id", "submitted_at"),
        Index("ix_cases_contact_account", "contact_account_id"),
        Index("ix_cases_district", "district", "status", "due_order", "id"),
        # What time alone changes is counted from the few rows that it concerns; all else stands in `tallies`.
        Index(
            "ix_cases_station_warn", "station_id", "warn_at", "status", sqlite_where=_WARNED, postgresql_where=_WARNED
        ),
        Index("ix_cases_ended", "ended_at", "id", sqlite_where=_NAMED, postgresql_where=_NAMED),
        Index("ix_cases_handler", "handler_id", sqlite_where=_HANDLED, postgresql_where=_HANDLED),
        Index("ix_cases_expert_solved", "expert_id", "status", "category_code", "topic_code", "company_id"),
        Index(
            "ix_cases_station_closed",
            "station_id",
            "closed_at",
            "status",
            sqlite_where=_CLOSED,
            postgresql_where=_CLOSED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str | None] = mapped_column(String(20), unique=True)
    tracking_token: Mapped[str] = mapped_column(String(40), unique=True)
    tracking_code: Mapped[str] = mapped_column(String(9), unique=True)
    status: Mapped[Status] = mapped_column(stored_enum(Status), default=Status.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    event_count: Mapped[int] = mapped_column(default=0)
    channel: Mapped[Channel] = mapped_column(stored_enum(Channel), default=Channel.WEB)
    locale: Mapped[str] = mapped_column(String(16))
    # What the four pages of the form hold until it is sent; emptied at submission.
    draft: Mapped[dict[str, Any]] = mapped_column(default=dict)

    title: Mapped[str] = mapped_column(String(120), default="")
    problem: Mapped[str] = mapped_column(default="")
    wished_category: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    topic_code: Mapped[str | None] = mapped_column(ForeignKey("topics.code"))
    urgency: Mapped[Urgency] = mapped_column(stored_enum(Urgency), default=Urgency.NORMAL)
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.code"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    # Experts that a routing rule wants asked first.
    team_id: Mapped[int | None] = mapped_column(ForeignKey("expert_teams.id"))
    # A coordinator who took a small question for the station itself; such a case earns nobody hours.
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    contact_name: Mapped[str] = mapped_column(String(60), default="")
    contact_phone: Mapped[str] = mapped_column(String(20), default="")
    contact_email: Mapped[str | None] = mapped_column(String(254))
    contact_times: Mapped[str | None] = mapped_column(String(120))
    contact_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    meeting: Mapped[Meeting | None] = mapped_column(stored_enum(Meeting))

    waiting_on: Mapped[WaitingOn] = mapped_column(stored_enum(WaitingOn), default=WaitingOn.NOBODY)
    # The targets that were in force when the case was sent; a later version moves nothing unless it is said to.
    target_version_id: Mapped[int | None] = mapped_column(ForeignKey("target_versions.id"))
    due_at: Mapped[datetime | None]
    # The same to sort by: where nothing is promised, long after everything else.
    due_order: Mapped[datetime] = mapped_column(default=NEVER)
    due_kind: Mapped[str | None] = mapped_column(String(20))
    warn_at: Mapped[datetime | None]

    outcome: Mapped[Outcome | None] = mapped_column(stored_enum(Outcome))
    reason_code: Mapped[str | None] = mapped_column(String(60))
    reason_text: Mapped[str | None]
    referred_to: Mapped[str | None] = mapped_column(String(120))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    round: Mapped[int] = mapped_column(default=1)
    transfer_count: Mapped[int] = mapped_column(default=0)

    # Since when names, contacts and words are gone (domain/keeping); the record stays.
    anonymised_at: Mapped[datetime | None]
    # Why they are kept beyond their term, until somebody takes this away.
    held_reason: Mapped[str | None] = mapped_column(String(200))

    # Kept by the verbs that change them, so that a list never counts (peers brief, B1 no. 6).
    message_count: Mapped[int] = mapped_column(default=0)
    visit_count: Mapped[int] = mapped_column(default=0)

    created_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    first_answer_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    last_event_at: Mapped[datetime | None]
    last_actor: Mapped[str | None] = mapped_column(String(80))

    category: Mapped[Category | None] = relationship(foreign_keys=[category_code])
    topic: Mapped[Topic | None] = relationship()
    company: Mapped[Company | None] = relationship()
    station: Mapped[Station | None] = relationship()
    expert: Mapped[Expert | None] = relationship()
    handler: Mapped[Account | None] = relationship(foreign_keys=[handler_id])
    merged_into: Mapped[Case | None] = relationship(foreign_keys=[merged_into_id], remote_side=[id])

    @property
    def is_paused(self) -> bool:
        """Whether the clocks stand still because the company has to answer first."""
        return self.waiting_on is WaitingOn.COMPANY


class OfferStatus(enum.StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RESCINDED = "rescinded"


class OfferKind(enum.StrEnum):
    """One expert asked alone; one of a few asked at once; one of all who could, where the first comer has it."""

    SINGLE = "single"
    BROADCAST = "broadcast"
    POOL = "pool"


class Offer(Model):
    """A case offered to an expert, who may say no without penalty (《志愿服务条例》 art. 25, rule R08)."""

    __tablename__ = "offers"
    __table_args__ = (
        Index(
            "uq_offers_pending",
            "case_id",
            "expert_id",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_offers_expert", "expert_id", "status"),
        Index("ix_offers_expert_offered", "expert_id", "offered_at"),
        Index("ix_offers_case", "case_id"),
        CheckConstraint("(status = 'pending') = (answered_at IS NULL)", name="answered_has_time"),
        CheckConstraint("leaves_at >= offered_at", name="leaves_after_offered"),
        CheckConstraint("status <> 'declined' OR reason_code IS NOT NULL", name="declined_has_reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    status: Mapped[OfferStatus] = mapped_column(stored_enum(OfferStatus), default=OfferStatus.PENDING)
    note: Mapped[str] = mapped_column(default="")
    kind: Mapped[OfferKind] = mapped_column(stored_enum(OfferKind), default=OfferKind.SINGLE)
    # Why this expert was asked, as it stood then: shown to them and kept (peers brief, C4).
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    # The same for the desk: points by part, place in the list, of how many, who was left out and why, in counts.
    ranked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # Why the coordinator asked although the list would not have: "" where it did.
    override_reason: Mapped[str] = mapped_column(default="")
    offered_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    offered_by_name: Mapped[str] = mapped_column(String(80))
    offered_at: Mapped[datetime]
    # Until then the desk may take it back and the expert knows nothing of it.
    leaves_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    reason_code: Mapped[str | None] = mapped_column(String(40))
    reason_text: Mapped[str] = mapped_column(default="")

    case: Mapped[Case] = relationship()
    expert: Mapped[Expert] = relationship()


class TransferStatus(enum.StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class Transfer(Model):
    """A request that another station take over; until it accepts, the sender stays accountable (rule R10)."""

    __tablename__ = "transfers"
    __table_args__ = (
        Index(
            "uq_transfers_pending",
            "case_id",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_transfers_to", "to_station_id", "status"),
        CheckConstraint("from_station_id <> to_station_id", name="not_to_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    from_station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    to_station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    status: Mapped[TransferStatus] = mapped_column(stored_enum(TransferStatus), default=TransferStatus.PENDING)
    reason: Mapped[str]
    requested_by: Mapped[str] = mapped_column(String(80))
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")

    case: Mapped[Case] = relationship()
    from_station: Mapped[Station] = relationship(foreign_keys=[from_station_id])
    to_station: Mapped[Station] = relationship(foreign_keys=[to_station_id])


class ContactAttempt(Model):
    """One try to reach the company; three on three days allow an end as unreachable (rule R09, SCORE)."""

    __tablename__ = "contact_attempts"
    __table_args__ = (UniqueConstraint("case_id", "form_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[datetime]
    by_name: Mapped[str] = mapped_column(String(80))
    note: Mapped[str]
    form_key: Mapped[str] = mapped_column(String(40))


class Review(Model):
    """Somebody said money changed hands: hours wait until a person outside the station has decided (art. 21)."""

    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("decision IS NULL OR decision IN ('cleared', 'upheld')", name="decision_known"),
        Index(
            "uq_reviews_open",
            "case_id",
            unique=True,
            sqlite_where=text("decision IS NULL"),
            postgresql_where=text("decision IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    said_by: Mapped[str] = mapped_column(String(80))
    note: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(20))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(default="")

    case: Mapped[Case] = relationship()


class Answer(Model):
    """The expert's summary of a round: problem, advice, result; and what they declared (art. 19, 21)."""

    __tablename__ = "answers"
    __table_args__ = (UniqueConstraint("case_id", "round", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    round: Mapped[int]
    sequence: Mapped[int] = mapped_column(default=1)
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    by_name: Mapped[str] = mapped_column(String(80))
    problem: Mapped[str]
    advice: Mapped[str]
    result: Mapped[str]
    declared: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]


class Feedback(Model):
    """What the company says at the end. No score is ever invented: silence leaves it empty."""

    __tablename__ = "feedback"
    __table_args__ = (
        UniqueConstraint("case_id", "round"),
        CheckConstraint("score IS NULL OR (score BETWEEN 1 AND 5)", name="score_in_range"),
        Index("ix_feedback_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"), index=True)
    round: Mapped[int]
    outcome: Mapped[Outcome] = mapped_column(stored_enum(Outcome))
    score: Mapped[int | None]
    comment: Mapped[str] = mapped_column(default="")
    paid: Mapped[bool]
    by_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]

    case: Mapped[Case] = relationship()


class Consent(Model):
    """What a person agreed to, to which wording, when; withdrawn as easily (PIPL art. 15, 17, 23, 25)."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("case_id", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    wording: Mapped[str] = mapped_column(String(20))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
