"""People who can sign in, and what each may be for whom."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.company import Company


class Role(enum.StrEnum):
    """Every part a person can play. From REQUESTER on they are never granted: they are how somebody came in."""

    MEMBER = "member"
    EXPERT = "expert"
    COORDINATOR = "coordinator"
    DISTRICT = "district"
    OPERATOR = "operator"
    OVERSEER = "overseer"
    ADMIN = "admin"
    REQUESTER = "requester"
    SIGNED_IN = "signed_in"
    ANYONE = "anyone"
    SYSTEM = "system"


GRANTED = (Role.MEMBER, Role.EXPERT, Role.COORDINATOR, Role.DISTRICT, Role.OPERATOR, Role.OVERSEER, Role.ADMIN)


class CompanyPart(enum.StrEnum):
    """What a member may do for their company: everything, or read."""

    HANDLER = "handler"
    VIEWER = "viewer"


class Account(Model):
    """Somebody who can sign in. A person's parts are rows in `grants`, never columns here."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(16))
    is_active: Mapped[bool] = mapped_column(default=True)
    session_epoch: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]

    grants: Mapped[list[Grant]] = relationship(back_populates="account", order_by="Grant.id")


class Grant(Model):
    """One part of one person: a role, and the one unit it holds for. A grant that ended gives nothing."""

    __tablename__ = "grants"
    __table_args__ = (
        CheckConstraint(
            "(role = 'member') = (company_id IS NOT NULL)",
            name="member_names_company",
        ),
        CheckConstraint("(role = 'member') = (company_part IS NOT NULL)", name="member_has_part"),
        CheckConstraint("(role = 'expert') = (expert_id IS NOT NULL)", name="expert_names_expert"),
        CheckConstraint("(role = 'coordinator') = (station_id IS NOT NULL)", name="coordinator_names_station"),
        CheckConstraint("(role = 'district') = (district IS NOT NULL)", name="district_names_district"),
        UniqueConstraint("account_id", "role", "company_id", "expert_id", "station_id", "district"),
        Index("ix_grants_company_id", "company_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    role: Mapped[Role] = mapped_column(stored_enum(Role))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("companies.id"))
    company_part: Mapped[CompanyPart | None] = mapped_column(stored_enum(CompanyPart))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.code"))
    granted_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(back_populates="grants")
    company: Mapped[Company | None] = relationship()

    @property
    def is_current(self) -> bool:
        """A claim that nobody confirmed yet, or a part that ended, gives no rights."""
        return self.confirmed_at is not None and self.ended_at is None
