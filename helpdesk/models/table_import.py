"""Tables of experts, companies and past records that are imported whole or not at all."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.expert import Expert


class TableKind(enum.StrEnum):
    """What the lines of a table are."""

    EXPERTS = "experts"
    COMPANIES = "companies"
    TRAININGS = "trainings"
    HONOURS = "honours"


class EntryState(enum.StrEnum):
    """待核, verified and on the record, or left out."""

    PENDING = "pending"
    VERIFIED = "verified"
    REFUSED = "refused"


class TableUpload(Model):
    """A table that was read and not imported yet: its cells as they came. Gone once imported, or after a day."""

    __tablename__ = "table_uploads"
    __table_args__ = (Index("ix_table_uploads_account", "account_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[TableKind] = mapped_column(stored_enum(TableKind))
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    columns: Mapped[list[Any]]
    # [number in the file, cells, which of them are formulas]
    rows: Mapped[list[Any]]
    uploaded_at: Mapped[datetime]


class TableImport(Model):
    """That a table was imported: by whom, when, what became of its lines. Never changed."""

    __tablename__ = "table_imports"
    __table_args__ = (
        CheckConstraint("made >= 1 AND known >= 0", name="counts_in_range"),
        Index("ix_table_imports_account", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    kind: Mapped[TableKind] = mapped_column(stored_enum(TableKind))
    file_name: Mapped[str] = mapped_column(String(120))
    sha256: Mapped[str] = mapped_column(String(64))
    made: Mapped[int]
    # Lines that were here before and were left as they are.
    known: Mapped[int]

    entries: Mapped[list[ImportedEntry]] = relationship(back_populates="batch", order_by="ImportedEntry.id")


class ImportedEntry(Model):
    """A past training or honour from a table. It is no record of ours before somebody has verified it; the training or
    honour is only made then. The same one of the same person is here once."""

    __tablename__ = "imported_entries"
    __table_args__ = (
        CheckConstraint("kind IN ('trainings', 'honours')", name="kind_of_dossier"),
        CheckConstraint("(kind = 'trainings') = (minutes IS NOT NULL)", name="training_has_minutes"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decided_has_time"),
        CheckConstraint("state = 'pending' OR length(reason) > 0", name="decided_has_reason"),
        Index("ix_imported_entries_expert", "expert_id", "state"),
        Index("ix_imported_entries_import", "import_id", "state"),
        Index(
            "uq_imported_entries_once", "expert_id", "kind", "name", "day", unique=True,
            sqlite_where=text("state <> 'refused'"), postgresql_where=text("state <> 'refused'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("table_imports.id"))
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    kind: Mapped[TableKind] = mapped_column(stored_enum(TableKind))
    state: Mapped[EntryState] = mapped_column(stored_enum(EntryState), default=EntryState.PENDING)
    name: Mapped[str] = mapped_column(String(120))
    giver: Mapped[str] = mapped_column(String(120))
    day: Mapped[date] = mapped_column(Date)
    minutes: Mapped[int | None]
    content: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(default="")

    batch: Mapped[TableImport] = relationship(back_populates="entries")
    expert: Mapped[Expert] = relationship()
