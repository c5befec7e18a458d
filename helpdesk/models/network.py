"""The network of the plan: districts, the corps, its detachments, the stations (plan 二（三）, 二（四）)."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum


class DetachmentKind(enum.StrEnum):
    DISTRICT = "district"
    INDUSTRY = "industry"
    INSTITUTION = "institution"


class StationKind(enum.StrEnum):
    DISTRICT = "district"
    PLATFORM = "platform"
    PARK = "park"
    INSTITUTION = "institution"
    STARTUP = "startup"


class OfferMode(enum.StrEnum):
    """How a station asks its experts (peers brief, C4): see `domain.assignment`."""

    SUGGEST = "suggest"
    CASCADE = "cascade"
    BROADCAST = "broadcast"
    POOL = "pool"


class District(Model):
    """One of the eleven districts; two of them have no national code, so the code is ours (domain brief, 6)."""

    __tablename__ = "districts"

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    zh: Mapped[str] = mapped_column(String(40))
    en: Mapped[str] = mapped_column(String(60))
    position: Mapped[int]


class Corps(Model):
    """The city's volunteer corps (总队), run by a designated body."""

    __tablename__ = "corps"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    zh: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(120))

    detachments: Mapped[list[Detachment]] = relationship(back_populates="corps")


class Detachment(Model):
    """A detachment (支队): of a district, an industry or an institution (plan 二（三）)."""

    __tablename__ = "detachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    corps_id: Mapped[int] = mapped_column(ForeignKey("corps.id"))
    kind: Mapped[DetachmentKind] = mapped_column(stored_enum(DetachmentKind))
    zh: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(120))
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.code"))

    corps: Mapped[Corps] = relationship(back_populates="detachments")
    stations: Mapped[list[Station]] = relationship(back_populates="detachment")


class Station(Model):
    """A service station (工作站): owns cases, records hours, issues papers in its legal entity's name."""

    __tablename__ = "stations"
    __table_args__ = (CheckConstraint("preparation_cap_minutes >= 0", name="cap_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    detachment_id: Mapped[int] = mapped_column(ForeignKey("detachments.id"), index=True)
    kind: Mapped[StationKind] = mapped_column(stored_enum(StationKind))
    zh: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(120))
    district: Mapped[str] = mapped_column(ForeignKey("districts.code"), index=True)
    address: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str] = mapped_column(String(30))
    legal_entity: Mapped[str] = mapped_column(String(120))
    filing_no: Mapped[str | None] = mapped_column(String(60))
    # 负责人, as statements of service name one (民发〔2015〕149号); empty leaves room for a signature.
    head_name: Mapped[str] = mapped_column(String(60), default="")
    # 办法67 art. 7 leaves the counting of preparation to the recording body's own written policy.
    counts_preparation: Mapped[bool] = mapped_column(default=False)
    preparation_cap_minutes: Mapped[int] = mapped_column(default=0)
    takes_cases: Mapped[bool] = mapped_column(default=True)
    offer_mode: Mapped[OfferMode] = mapped_column(stored_enum(OfferMode), default=OfferMode.SUGGEST)
    # Only its own experts are asked; otherwise stations share them (plan 二（四）).
    own_experts_only: Mapped[bool] = mapped_column(default=False)
    closed_at: Mapped[datetime | None]

    detachment: Mapped[Detachment] = relationship(back_populates="stations")
