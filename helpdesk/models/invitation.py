"""Colleagues asked to join their company's cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.account import Account, CompanyPart
from helpdesk.models.company import Company


class Invitation(Model):
    """A link that makes whoever opens it a member of a company, as handler or viewer.

    It works once, until a day, unless it is taken back. With an `address` it went there by mail and nobody else has
    seen it; without one its sender passes it on. Only the hash of the link's secret is stored.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        Index("ix_invitations_company", "company_id", "id"),
        Index("ix_invitations_mail", "mail_id"),
        CheckConstraint("expires_at > created_at", name="ends_later"),
        CheckConstraint("(accepted_at IS NULL) = (accepted_by_id IS NULL)", name="accepted_by_somebody"),
        CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name="one_end"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))
    company_part: Mapped[CompanyPart] = mapped_column(stored_enum(CompanyPart), default=CompanyPart.HANDLER)
    # Made before the row, so that the secret can be derived from it and the key, and from neither alone.
    nonce: Mapped[str] = mapped_column(String(40))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str | None] = mapped_column(String(254))
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mails.id"))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    revoked_at: Mapped[datetime | None]

    company: Mapped[Company] = relationship()
    invited_by: Mapped[Account] = relationship(foreign_keys=[invited_by_id])
