"""Tables of experts, companies and past records that are imported whole or not at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
KINDS = ("experts", "companies", "trainings", "honours")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "table_uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("tablekind", *KINDS), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("rows", sa.JSON(), nullable=False),
        sa.Column("uploaded_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_table_uploads_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_uploads")),
    )
    op.create_index("ix_table_uploads_account", "table_uploads", ["account_id", "id"])
    op.create_table(
        "table_imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.String(length=80), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("kind", _enum("tablekind", *KINDS), nullable=False),
        sa.Column("file_name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("known", sa.Integer(), nullable=False),
        sa.CheckConstraint("made >= 1 AND known >= 0", name=op.f("ck_table_imports_counts_in_range")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_table_imports_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_imports")),
    )
    op.create_index("ix_table_imports_account", "table_imports", ["account_id", "id"])
    op.create_table(
        "imported_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("tablekind", *KINDS), nullable=False),
        sa.Column("state", _enum("entrystate", "pending", "verified", "refused"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("giver", sa.String(length=120), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('trainings', 'honours')", name=op.f("ck_imported_entries_kind_of_dossier")),
        sa.CheckConstraint(
            "(kind = 'trainings') = (minutes IS NOT NULL)", name=op.f("ck_imported_entries_training_has_minutes")
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_imported_entries_decided_has_time")
        ),
        sa.CheckConstraint(
            "state = 'pending' OR length(reason) > 0", name=op.f("ck_imported_entries_decided_has_reason")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["accounts.id"], name=op.f("fk_imported_entries_decided_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_imported_entries_expert_id_experts")),
        sa.ForeignKeyConstraint(
            ["import_id"], ["table_imports.id"], name=op.f("fk_imported_entries_import_id_table_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_entries")),
    )
    op.create_index("ix_imported_entries_expert", "imported_entries", ["expert_id", "state"])
    op.create_index("ix_imported_entries_import", "imported_entries", ["import_id", "state"])
    once = sa.text("state <> 'refused'")
    op.create_index(
        "uq_imported_entries_once", "imported_entries", ["expert_id", "kind", "name", "day"], unique=True,
        sqlite_where=once, postgresql_where=once,
    )  # fmt: skip
    _refuse_changes("table_imports")


def _refuse_changes(table: str) -> None:
    """As for the ledger and the events (0002)."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.drop_table("imported_entries")
    op.drop_table("table_imports")
    op.drop_table("table_uploads")
