"""Schemes of commendation: star ladders and annual titles as dated data with their basis, because each body has its
own (domain brief, 2)."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum


class SchemeKind(enum.StrEnum):
    """A ladder is climbed star by star; a title is given once a cycle."""

    STARS = "stars"
    TITLE = "title"


class Subject(enum.StrEnum):
    """Who may be commended: an expert, a station, a company whose people serve, a team."""

    EXPERT = "expert"
    STATION = "station"
    COMPANY = "company"
    TEAM = "team"


class Route(enum.StrEnum):
    """Who may nominate: the expert, an organisation of the network, the company that was helped."""

    SELF = "self"
    ORGANISATION = "organisation"
    COMPANY = "company"


class Scheme(Model):
    """One ladder or title. What it asks for stands in its versions."""

    __tablename__ = "schemes"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[SchemeKind] = mapped_column(stored_enum(SchemeKind))
    subject: Mapped[Subject] = mapped_column(stored_enum(Subject))
    zh: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(120))
    # The ladder on which the experts see their own progress.
    is_default: Mapped[bool] = mapped_column(default=False)
    # Whether hours that other organisations recorded, and somebody here verified, count as well.
    counts_transferred: Mapped[bool] = mapped_column(default=False)

    versions: Mapped[list[SchemeVersion]] = relationship(back_populates="scheme", order_by="SchemeVersion.number")


class SchemeVersion(Model):
    """What a scheme asks for from one day on: never changed, only followed by the next one. The database refuses
    UPDATE and DELETE, so a cycle can always show the rules it was run by."""

    __tablename__ = "scheme_versions"
    __table_args__ = (
        UniqueConstraint("scheme_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("effective_to IS NULL OR effective_to >= effective_from", name="ends_after_start"),
        CheckConstraint("notice_days BETWEEN 0 AND 30", name="notice_in_range"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    scheme_id: Mapped[int] = mapped_column(ForeignKey("schemes.id"))
    number: Mapped[int]
    effective_from: Mapped[date] = mapped_column(Date)
    effective_to: Mapped[date | None] = mapped_column(Date)
    basis: Mapped[str] = mapped_column(String(200))
    approver: Mapped[str] = mapped_column(String(120))
    # Codes of `Route`; the stages of review in their order, of "district" and "city".
    routes: Mapped[list[Any]]
    stages: Mapped[list[Any]]
    # Working days of public notice before anything is awarded; with 0 there is none.
    notice_days: Mapped[int]
    # Whoever holds it already cannot be given it again.
    once_only: Mapped[bool]
    # As `rules.commendation.dump` writes them.
    criteria: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(String(200), default="")

    scheme: Mapped[Scheme] = relationship(back_populates="versions")
