"""The 服务确认书: one paper for each expert of a closed case, drawn from ledger lines only (rule R07)."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.case import Case
from helpdesk.models.expert import Expert
from helpdesk.models.network import Station
from helpdesk.models.paper import Paper


class Certificate(Paper, Model):
    """One is valid per case and expert; a correction supersedes it, a service that was none revokes it."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="has_minutes"),
        CheckConstraint("(status = 'superseded') = (superseded_by_id IS NOT NULL)", name="superseded_names_next"),
        CheckConstraint("status <> 'revoked' OR revoked_reason IS NOT NULL", name="revoked_has_reason"),
        # Nobody certifies their own hours (rule R05), also not by a way round the application.
        CheckConstraint(
            "issued_by_id IS NULL OR expert_account_id IS NULL OR issued_by_id <> expert_account_id",
            name="not_issued_by_self",
        ),
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
        Index("ix_certificates_issued", "issued_at", "id"),
        Index("ix_certificates_station_issued", "station_id", "issued_at", "id"),
    )
    kind = "certificate"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    minutes: Mapped[int]
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    superseded_by_id: Mapped[int | None] = mapped_column(ForeignKey("certificates.id"))

    case: Mapped[Case] = relationship()
    expert: Mapped[Expert] = relationship()
    station: Mapped[Station] = relationship()
