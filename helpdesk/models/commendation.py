"""A cycle of commendation: nominations, reviews, public notice with objections, awards; and what was done, for good."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.company import Company
from helpdesk.models.expert import Expert
from helpdesk.models.network import Station
from helpdesk.models.paper import Paper
from helpdesk.models.routing import ExpertTeam
from helpdesk.models.scheme import Route, Scheme, SchemeVersion, Subject


class CycleState(enum.StrEnum):
    """Open for nominations; evidence frozen and in review; finished or called off."""

    OPEN = "open"
    REVIEW = "review"
    FINISHED = "finished"
    CALLED_OFF = "called_off"


class NominationState(enum.StrEnum):
    """`nominated` until the freeze; then at the district, at the city, passed, in public notice, awarded."""

    NOMINATED = "nominated"
    DISTRICT = "district"
    CITY = "city"
    PASSED = "passed"
    NOTICE = "notice"
    AWARDED = "awarded"
    UNQUALIFIED = "unqualified"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Publicity(enum.StrEnum):
    """What a nominee lets be published (PIPL art. 25): the name, the family name only, nothing."""

    FULL = "full"
    MASKED = "masked"
    NOTHING = "nothing"


class Cycle(Model):
    """One round of a scheme. It keeps the version of the rules it was opened with, whatever is edited later."""

    __tablename__ = "cycles"
    __table_args__ = (
        CheckConstraint("period_to >= period_from", name="period_ends_later"),
        CheckConstraint("(state = 'open') = (frozen_at IS NULL) OR state = 'called_off'", name="frozen_when_not_open"),
        Index("ix_cycles_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("schemes.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("scheme_versions.id"))
    name: Mapped[str] = mapped_column(String(80))
    state: Mapped[CycleState] = mapped_column(stored_enum(CycleState), default=CycleState.OPEN)
    # Service on these days counts, the last included.
    period_from: Mapped[date] = mapped_column(Date)
    period_to: Mapped[date] = mapped_column(Date)
    nominations_until: Mapped[date] = mapped_column(Date)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(String(80))
    frozen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    scheme: Mapped[Scheme] = relationship()
    version: Mapped[SchemeVersion] = relationship()


class Nomination(Model):
    """One nominee of one cycle. `facts` are frozen at the cut-off; `checked` are those a reviewer last accepted."""

    __tablename__ = "nominations"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END + CASE WHEN station_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN company_id IS NULL THEN 0 ELSE 1 END + CASE WHEN team_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_subject",
        ),
        CheckConstraint("level > 0", name="level_positive"),
        CheckConstraint("(noticed_from IS NULL) = (noticed_until IS NULL)", name="notice_has_both_days"),
        CheckConstraint("state <> 'notice' OR noticed_from IS NOT NULL", name="notice_has_days"),
        UniqueConstraint("cycle_id", "expert_id"),
        UniqueConstraint("cycle_id", "station_id"),
        UniqueConstraint("cycle_id", "company_id"),
        UniqueConstraint("cycle_id", "team_id"),
        Index("ix_nominations_expert", "expert_id"),
        Index("ix_nominations_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycles.id"))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("expert_teams.id"))
    # Where its district reviews it; empty for a team, which only the city reviews.
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.code"))
    level: Mapped[int]
    state: Mapped[NominationState] = mapped_column(stored_enum(NominationState), default=NominationState.NOMINATED)
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    checked: Mapped[dict[str, Any]] = mapped_column(default=dict)
    score_hundredths: Mapped[int] = mapped_column(default=0)
    publicity: Mapped[Publicity | None] = mapped_column(stored_enum(Publicity))
    publicity_at: Mapped[datetime | None]
    noticed_from: Mapped[date | None] = mapped_column(Date)
    noticed_until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime]

    cycle: Mapped[Cycle] = relationship()
    expert: Mapped[Expert | None] = relationship()
    station: Mapped[Station | None] = relationship()
    company: Mapped[Company | None] = relationship()
    team: Mapped[ExpertTeam | None] = relationship()
    recommendations: Mapped[list[Recommendation]] = relationship(order_by="Recommendation.id")
    assessments: Mapped[list[Assessment]] = relationship(order_by="Assessment.id")

    @property
    def subject(self) -> tuple[Subject, int]:
        """Who is nominated: the kind, and the row's number."""
        for kind, number in (
            (Subject.EXPERT, self.expert_id),
            (Subject.STATION, self.station_id),
            (Subject.COMPANY, self.company_id),
        ):
            if number is not None:
                return kind, number
        assert self.team_id is not None
        return Subject.TEAM, self.team_id


class Recommendation(Model):
    """Somebody put a nominee forward: themselves, a station, or a company after a closed case (once a case)."""

    __tablename__ = "recommendations"
    __table_args__ = (
        CheckConstraint("(route = 'company') = (case_id IS NOT NULL)", name="company_names_case"),
        UniqueConstraint("nomination_id", "case_id"),
        Index("ix_recommendations_nomination", "nomination_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nominations.id"))
    route: Mapped[Route] = mapped_column(stored_enum(Route))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    by_name: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Assessment(Model):
    """What a reviewer decided, or that they stepped back: never changed; looking again is another row."""

    __tablename__ = "assessments"
    __table_args__ = (
        CheckConstraint("stage IN ('district', 'city')", name="stage_known"),
        CheckConstraint("verdict IN ('passed', 'declined', 'recused', 'confirmed')", name="verdict_known"),
        CheckConstraint("verdict = 'passed' OR length(reason) > 0", name="has_reason"),
        Index("ix_assessments_nomination", "nomination_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nominations.id"))
    stage: Mapped[str] = mapped_column(String(20))
    verdict: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    by_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class Objection(Model):
    """What somebody has against an award while it is in public notice; nothing is awarded before it is answered."""

    __tablename__ = "objections"
    __table_args__ = (
        CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("decision IS NULL OR decision IN ('upheld', 'dismissed')", name="decision_known"),
        CheckConstraint("decision IS NULL OR length(reply) > 0", name="decision_has_reply"),
        CheckConstraint("(answered_at IS NULL) = (length(answer) = 0)", name="answer_has_time"),
        UniqueConstraint("nomination_id", "form_key"),
        Index("ix_objections_nomination", "nomination_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    nomination_id: Mapped[int] = mapped_column(ForeignKey("nominations.id"))
    token: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    contact: Mapped[str] = mapped_column(String(120))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    text: Mapped[str]
    form_key: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]
    # What the nominee says to it.
    answer: Mapped[str] = mapped_column(default="")
    answered_at: Mapped[datetime | None]
    decision: Mapped[str | None] = mapped_column(String(20))
    reply: Mapped[str] = mapped_column(default="")
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]

    nomination: Mapped[Nomination] = relationship()


class Award(Paper, Model):
    """Given by a person, once for a nomination, with a paper. Never deleted: revoked, and the honour roll says so."""

    __tablename__ = "awards"
    __table_args__ = (
        CheckConstraint("(status = 'valid') = (ended_at IS NULL)", name="ended_has_time"),
        CheckConstraint("status <> 'revoked' OR length(coalesce(revoked_reason, '')) > 0", name="revoked_has_reason"),
        CheckConstraint("(pdf_key IS NULL) = (rendered_at IS NULL)", name="rendered_has_file"),
        UniqueConstraint("nomination_id"),
        Index("ix_awards_scheme", "scheme_id", "awarded_on"),
    )

    kind = "award"

    nomination_id: Mapped[int] = mapped_column(ForeignKey("nominations.id"))
    scheme_id: Mapped[int] = mapped_column(ForeignKey("schemes.id"))
    level: Mapped[int]
    awarded_on: Mapped[date] = mapped_column(Date)
    awarded_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    awarded_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(default="")
    revoked_by: Mapped[str | None] = mapped_column(String(80))

    nomination: Mapped[Nomination] = relationship()
    scheme: Mapped[Scheme] = relationship()


class CommendationEvent(Model):
    """What was done about a scheme, a cycle or a nominee, by whom. The database refuses UPDATE and DELETE."""

    __tablename__ = "commendation_events"
    __table_args__ = (
        Index("ix_commendation_events_cycle", "cycle_id", "id"),
        Index("ix_commendation_events_nomination", "nomination_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("schemes.id"))
    cycle_id: Mapped[int | None] = mapped_column(ForeignKey("cycles.id"))
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("nominations.id"))
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor: Mapped[str] = mapped_column(String(80))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]

    nomination: Mapped[Nomination | None] = relationship()
