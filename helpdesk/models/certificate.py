"""The 服务确认书: one paper for each expert of a closed case, drawn from ledger lines only (rule R07)."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.expert import Expert
from helpdesk.models.network import Station


class CertificateStatus(enum.StrEnum):
    VALID = "valid"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


class Certificate(Model):
    """Never deleted: superseded or revoked, and the public page says so. `facts` are frozen when issued."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="has_minutes"),
        CheckConstraint("(status = 'superseded') = (superseded_by_id IS NOT NULL)", name="superseded_names_next"),
        CheckConstraint("status <> 'revoked' OR revoked_reason IS NOT NULL", name="revoked_has_reason"),
        CheckConstraint("(pdf_key IS NULL) = (rendered_at IS NULL)", name="rendered_has_file"),
        Index(
            "uq_certificates_valid",
            "case_id",
            "expert_id",
            unique=True,
            sqlite_where=text("status = 'valid'"),
            postgresql_where=text("status = 'valid'"),
        ),
        Index("ix_certificates_expert", "expert_id", "id"),
        Index("ix_certificates_station", "station_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    status: Mapped[CertificateStatus] = mapped_column(stored_enum(CertificateStatus), default=CertificateStatus.VALID)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    minutes: Mapped[int]
    facts: Mapped[dict[str, Any]]
    issued_at: Mapped[datetime]
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))
    revoked_reason: Mapped[str | None]
    pdf_key: Mapped[str | None] = mapped_column(String(120))
    pdf_sha256: Mapped[str | None] = mapped_column(String(64))
    pdf_bytes: Mapped[int | None]
    rendered_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    expert: Mapped[Expert] = relationship()
    station: Mapped[Station] = relationship()
