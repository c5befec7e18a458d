"""What 办法67 art. 5 asks about a volunteer, given by themselves; apart from what the desk needs every day."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum


class Sex(enum.StrEnum):
    FEMALE = "female"
    MALE = "male"


class IdentityKind(enum.StrEnum):
    """Papers of Shenzhen's volunteers; a resident's number is only one of them."""

    RESIDENT = "resident"
    HK_MACAU = "hk_macau"
    TAIWAN = "taiwan"
    FOREIGN_RESIDENT = "foreign_resident"
    PASSPORT = "passport"


class ExpertPerson(Model):
    """Personal data of one expert. The identity number is optional, sealed, never a key (rule R16), and needs a consent
    of its own (PIPL art. 29); of what is shown only the last four characters stay."""

    __tablename__ = "expert_persons"
    __table_args__ = (
        CheckConstraint(
            "(identity_sealed IS NULL) = (identity_consent_at IS NULL)"
            " AND (identity_sealed IS NULL) = (identity_kind IS NULL)"
            " AND (identity_sealed IS NULL) = (identity_tail IS NULL)",
            name="identity_with_consent",
        ),
    )

    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"), primary_key=True)
    sex: Mapped[Sex | None] = mapped_column(stored_enum(Sex))
    born_on: Mapped[date | None] = mapped_column(Date)
    residence: Mapped[str] = mapped_column(String(120), default="")
    contact: Mapped[str] = mapped_column(String(120), default="")
    skills: Mapped[str] = mapped_column(default="")
    service_kinds: Mapped[list[Any]] = mapped_column(default=list)
    identity_kind: Mapped[IdentityKind | None] = mapped_column(stored_enum(IdentityKind))
    identity_sealed: Mapped[str | None]
    identity_tail: Mapped[str | None] = mapped_column(String(4))
    identity_consent_at: Mapped[datetime | None]
    # Given to the national volunteer system: another handler, so a consent of its own (PIPL art. 23).
    national_consent_at: Mapped[datetime | None]
    # What they were shown when they last agreed.
    wording: Mapped[str] = mapped_column(String(20))
    # Art. 6: the volunteer enters it, or the organisation with their consent. Here only the first.
    consent_at: Mapped[datetime]
    changed_at: Mapped[datetime]
