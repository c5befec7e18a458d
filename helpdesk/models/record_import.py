"""Records of service that a volunteer brings from another organisation, or takes to one (关系转接)."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.expert import Expert


class ImportedStatus(enum.StrEnum):
    """转入记录（待核）, verified here, or not taken over."""

    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"


class RecordExport(Model):
    """A bundle that a volunteer took along: to whom, with which consent (PIPL art. 23, 45). The bundle is not kept."""

    __tablename__ = "record_exports"
    __table_args__ = (Index("ix_record_exports_expert", "expert_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    receiver: Mapped[str] = mapped_column(String(120))
    wording: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime]
    records: Mapped[int]
    minutes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))


class RecordImport(Model):
    """A bundle that came in: from where, by whose key, for whom."""

    __tablename__ = "record_imports"
    __table_args__ = (
        UniqueConstraint("sha256", "expert_id"),
        Index("ix_record_imports_expert", "expert_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    origin_id: Mapped[str] = mapped_column(String(64), index=True)
    origin_name: Mapped[str] = mapped_column(String(120))
    volunteer_name: Mapped[str] = mapped_column(String(80))
    volunteer_number: Mapped[str] = mapped_column(String(40))
    signer_name: Mapped[str] = mapped_column(String(120))
    fingerprint: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    exported_at: Mapped[datetime]
    consented_at: Mapped[datetime]
    received_at: Mapped[datetime]
    received_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    received_by: Mapped[str] = mapped_column(String(80))
    # Lines of the bundle that had come before: they are counted once.
    known: Mapped[int] = mapped_column(default=0)

    expert: Mapped[Expert] = relationship()
    records: Mapped[list[ImportedRecord]] = relationship(back_populates="bundle", order_by="ImportedRecord.id")


class ImportedRecord(Model):
    """One line from elsewhere. Never part of our own ledger: summed apart, and only once somebody verified it."""

    __tablename__ = "imported_records"
    __table_args__ = (
        UniqueConstraint("origin_id", "record_id"),
        CheckConstraint("minutes BETWEEN 1 AND 1440", name="minutes_in_range"),
        CheckConstraint("(status = 'pending') = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("status = 'pending' OR length(reason) > 0", name="decided_has_reason"),
        Index("ix_imported_records_expert", "expert_id", "status"),
        Index("ix_imported_records_import", "import_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("record_imports.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    origin_id: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[ImportedStatus] = mapped_column(stored_enum(ImportedStatus), default=ImportedStatus.PENDING)
    served_on: Mapped[date] = mapped_column(Date)
    minutes: Mapped[int]
    mode: Mapped[str] = mapped_column(String(20))
    category: Mapped[str] = mapped_column(String(40))
    recorder: Mapped[str] = mapped_column(String(120))
    confirmed_by: Mapped[str] = mapped_column(String(20))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(default="")

    bundle: Mapped[RecordImport] = relationship(back_populates="records")
