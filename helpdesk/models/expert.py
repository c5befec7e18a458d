"""The volunteer experts (plan 一; 三（三）-（九）)."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.network import Station


class ExpertStatus(enum.StrEnum):
    APPLIED = "applied"
    SERVING = "serving"
    PAUSED = "paused"
    LEFT = "left"


class Expert(Model):
    """A volunteer who passed vetting. `volunteer_number` is never an identity number (rule R16)."""

    __tablename__ = "experts"
    __table_args__ = (
        CheckConstraint("max_open_cases >= 0", name="max_open_not_negative"),
        CheckConstraint("weekly_minutes >= 0", name="weekly_not_negative"),
        CheckConstraint("merged_into_id IS NULL OR status = 'left'", name="merged_has_left"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    volunteer_number: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(80))
    employer: Mapped[str] = mapped_column(String(120))
    bio: Mapped[str]
    status: Mapped[ExpertStatus] = mapped_column(stored_enum(ExpertStatus))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"), index=True)
    # Sets of codes, small and read whole: districts served, languages, modes.
    districts: Mapped[list[Any]]
    languages: Mapped[list[Any]]
    modes: Mapped[list[Any]]
    weekly_minutes: Mapped[int]
    max_open_cases: Mapped[int]
    paused_until: Mapped[date | None] = mapped_column(Date)
    licence_number: Mapped[str | None] = mapped_column(String(60))
    licence_valid_until: Mapped[date | None] = mapped_column(Date)
    # The firm the expert works for or owns; its cases are never theirs (rule R12).
    employer_company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    is_public: Mapped[bool] = mapped_column(default=False)
    # Somebody registered twice: this record ended and goes on in the other one.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    registered_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime]

    station: Mapped[Station] = relationship()
    skills: Mapped[list[Skill]] = relationship(back_populates="expert", order_by="Skill.id")

    @property
    def category_codes(self) -> list[str]:
        """The fields this expert serves, each once, in the order they were given."""
        return list(dict.fromkeys(skill.category_code for skill in self.skills))


class Skill(Model):
    """One field, or one topic of a field, in which an expert helps: the same words as the need."""

    __tablename__ = "skills"
    __table_args__ = (UniqueConstraint("expert_id", "category_code", "topic_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"), index=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"), index=True)
    topic_code: Mapped[str | None] = mapped_column(ForeignKey("topics.code"))

    expert: Mapped[Expert] = relationship(back_populates="skills")


class Conflict(Model):
    """A declared conflict of interest between an expert and a company: for good (rule R12, SBA form 641)."""

    __tablename__ = "conflicts"
    __table_args__ = (UniqueConstraint("expert_id", "company_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"), index=True)
    declared_at: Mapped[datetime]
