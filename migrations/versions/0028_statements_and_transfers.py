"""Statements of service; records that volunteers take along and bring; who heads a station."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.add_column("stations", sa.Column("head_name", sa.String(length=60), nullable=False, server_default=""))
    op.add_column("schemes", sa.Column("counts_transferred", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "statements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("status", _enum("paperstatus", "valid", "superseded", "revoked"), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("issued_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("pdf_key", sa.String(length=120), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf_bytes", sa.Integer(), nullable=True),
        sa.Column("rendered_at", WHEN, nullable=True),
        sa.Column("signer", sa.String(length=64), nullable=True),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("last_entry_id", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("superseded_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_statements_has_minutes")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_statements_ends_after_start")),
        sa.CheckConstraint("(status = 'valid') = (ended_at IS NULL)", name=op.f("ck_statements_ended_has_time")),
        sa.CheckConstraint(
            "status <> 'revoked' OR revoked_reason IS NOT NULL", name=op.f("ck_statements_revoked_has_reason")
        ),
        sa.CheckConstraint("(pdf_key IS NULL) = (rendered_at IS NULL)", name=op.f("ck_statements_rendered_has_file")),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_statements_expert_id_experts")),
        sa.ForeignKeyConstraint(
            ["last_entry_id"], ["hours_entries.id"], name=op.f("fk_statements_last_entry_id_hours_entries")
        ),
        sa.ForeignKeyConstraint(
            ["signer"], ["signing_certificates.fingerprint"], name=op.f("fk_statements_signer_signing_certificates")
        ),
        sa.ForeignKeyConstraint(
            ["superseded_by_id"], ["statements.id"], name=op.f("fk_statements_superseded_by_id_statements")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("number", name=op.f("uq_statements_number")),
        sa.UniqueConstraint("code", name=op.f("uq_statements_code")),
        sa.UniqueConstraint("expert_id", "form_key", name=op.f("uq_statements_expert_id_form_key")),
    )
    op.create_index("ix_statements_expert", "statements", ["expert_id", "id"])
    op.create_index(op.f("ix_statements_pdf_sha256"), "statements", ["pdf_sha256"])
    op.create_table(
        "record_exports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("receiver", sa.String(length=120), nullable=False),
        sa.Column("wording", sa.String(length=20), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_record_exports_expert_id_experts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_exports")),
    )
    op.create_index("ix_record_exports_expert", "record_exports", ["expert_id", "id"])
    op.create_table(
        "record_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.String(length=64), nullable=False),
        sa.Column("origin_name", sa.String(length=120), nullable=False),
        sa.Column("volunteer_name", sa.String(length=80), nullable=False),
        sa.Column("volunteer_number", sa.String(length=40), nullable=False),
        sa.Column("signer_name", sa.String(length=120), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("exported_at", WHEN, nullable=False),
        sa.Column("consented_at", WHEN, nullable=False),
        sa.Column("received_at", WHEN, nullable=False),
        sa.Column("received_by_id", sa.Integer(), nullable=True),
        sa.Column("received_by", sa.String(length=80), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_record_imports_expert_id_experts")),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["accounts.id"], name=op.f("fk_record_imports_received_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_imports")),
        sa.UniqueConstraint("sha256", "expert_id", name=op.f("uq_record_imports_sha256_expert_id")),
    )
    op.create_index("ix_record_imports_expert", "record_imports", ["expert_id", "id"])
    op.create_index(op.f("ix_record_imports_origin_id"), "record_imports", ["origin_id"])
    op.create_table(
        "imported_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("origin_id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("status", _enum("importedstatus", "pending", "verified", "refused"), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("recorder", sa.String(length=120), nullable=False),
        sa.Column("confirmed_by", sa.String(length=20), nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("minutes BETWEEN 1 AND 1440", name=op.f("ck_imported_records_minutes_in_range")),
        sa.CheckConstraint(
            "(status = 'pending') = (decided_at IS NULL)", name=op.f("ck_imported_records_decided_has_time")
        ),
        sa.CheckConstraint(
            "status = 'pending' OR length(reason) > 0", name=op.f("ck_imported_records_decided_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["record_imports.id"], name=op.f("fk_imported_records_import_id_record_imports")
        ),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_imported_records_expert_id_experts")),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_imported_records_decided_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_records")),
        sa.UniqueConstraint("origin_id", "record_id", name=op.f("uq_imported_records_origin_id_record_id")),
    )
    op.create_index("ix_imported_records_expert", "imported_records", ["expert_id", "status"])
    op.create_index("ix_imported_records_import", "imported_records", ["import_id"])


def downgrade() -> None:
    op.drop_table("imported_records")
    op.drop_table("record_imports")
    op.drop_table("record_exports")
    op.drop_table("statements")
    op.drop_column("schemes", "counts_transferred")
    op.drop_column("stations", "head_name")
