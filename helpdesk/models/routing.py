"""How new requests are routed before anybody reads them: rules, what each did, tags, teams of experts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.case import Case
from helpdesk.models.expert import Expert


class RoutingRule(Model):
    """A rule in the operator's order. Changed by a new `version`; retired, never deleted, for its log speaks of it."""

    __tablename__ = "routing_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(index=True)
    is_active: Mapped[bool]
    version: Mapped[int] = mapped_column(default=1)
    # See rules.routing: Conditions and Acts.
    conditions: Mapped[dict[str, Any]]
    acts: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))
    retired_at: Mapped[datetime | None]


class RoutingEntry(Model):
    """What a rule did to one case: by its wording of then."""

    __tablename__ = "routing_entries"
    __table_args__ = (Index("ix_routing_entries_rule", "rule_id", "id"), Index("ix_routing_entries_case", "case_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("routing_rules.id"))
    rule_version: Mapped[int]
    rule_name: Mapped[str] = mapped_column(String(60))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    at: Mapped[datetime]
    did: Mapped[dict[str, Any]]
    # What a rule above had set already: station, urgency, team.
    late: Mapped[list[Any]]

    case: Mapped[Case] = relationship()


class CaseTag(Model):
    """A word on a case, by a rule or by the station."""

    __tablename__ = "case_tags"
    __table_args__ = (Index("ix_case_tags_word", "word", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    word: Mapped[str] = mapped_column(String(20), primary_key=True)


class ExpertTeam(Model):
    """Experts who are asked first for what a rule gives them."""

    __tablename__ = "expert_teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    version: Mapped[int] = mapped_column(default=1)
    retired_at: Mapped[datetime | None]

    members: Mapped[list[Expert]] = relationship(secondary="team_members", order_by=Expert.id)


class TeamMember(Model):
    """An expert in a team."""

    __tablename__ = "team_members"

    team_id: Mapped[int] = mapped_column(ForeignKey("expert_teams.id"), primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"), primary_key=True)
