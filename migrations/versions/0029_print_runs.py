"""Print runs: a season's certificates in one ZIP and one PDF; papers, hours, scores, ends found by their day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
STATES = ("drawing", "binding", "ready", "cancelled", "failed", "swept")
LEFT_OUT = ("superseded", "revoked", "undrawn", "missing")


def _words(name: str, words: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "print_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("state", _words("printrunstate", STATES), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("zip_key", sa.String(length=120), nullable=True),
        sa.Column("zip_bytes", sa.Integer(), nullable=True),
        sa.Column("zip_sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf_key", sa.String(length=120), nullable=True),
        sa.Column("pdf_bytes", sa.Integer(), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("started_at", WHEN, nullable=False),
        sa.Column("finished_at", WHEN, nullable=True),
        sa.CheckConstraint("total > 0 AND position BETWEEN 0 AND total", name=op.f("ck_print_runs_position_in_range")),
        sa.CheckConstraint(
            "state <> 'ready' OR (zip_key IS NOT NULL AND pdf_key IS NOT NULL)",
            name=op.f("ck_print_runs_ready_has_files"),
        ),
        sa.CheckConstraint(
            "(state IN ('drawing', 'binding')) = (finished_at IS NULL)", name=op.f("ck_print_runs_over_has_time")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_print_runs_account_id_accounts")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_print_runs_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_print_runs")),
    )
    op.create_index("ix_print_runs_station", "print_runs", ["station_id", "id"])
    op.create_index("ix_print_runs_state", "print_runs", ["state", "finished_at"])
    op.create_table(
        "print_run_items",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("left_out", _words("leftout", LEFT_OUT), nullable=True),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_print_run_items_certificate_id_certificates")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["print_runs.id"], name=op.f("fk_print_run_items_run_id_print_runs")),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_print_run_items")),
        sa.UniqueConstraint("run_id", "certificate_id", name=op.f("uq_print_run_items_run_id_certificate_id")),
    )
    op.create_index("ix_print_run_items_certificate", "print_run_items", ["certificate_id", "run_id"])
    op.create_index("ix_certificates_issued", "certificates", ["issued_at", "id"])
    op.create_index("ix_certificates_station_issued", "certificates", ["station_id", "issued_at", "id"])
    op.create_index("ix_hours_entries_recorded", "hours_entries", ["recorded_at", "station_id"])
    op.create_index("ix_feedback_at", "feedback", ["at"])
    closed = sa.text("closed_at IS NOT NULL")
    op.create_index("ix_cases_closed", "cases", ["closed_at"], sqlite_where=closed, postgresql_where=closed)


def downgrade() -> None:
    op.drop_index("ix_cases_closed", "cases")
    op.drop_index("ix_feedback_at", "feedback")
    op.drop_index("ix_hours_entries_recorded", "hours_entries")
    op.drop_index("ix_certificates_station_issued", "certificates")
    op.drop_index("ix_certificates_issued", "certificates")
    op.drop_table("print_run_items")
    op.drop_table("print_runs")
