"""Nightly walks along the ledger; terms of records and what the station says of a service (办法67 art. 10, 11)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    op.create_table(
        "ledger_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("troubles", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_checks")),
    )
    op.create_index("ix_ledger_checks_at", "ledger_checks", ["at"])
    op.create_table(
        "record_terms",
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("warn_at", WHEN, nullable=False),
        sa.Column("red_at", WHEN, nullable=False),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("recorded_at", WHEN, nullable=True),
        sa.Column("evaluated_at", WHEN, nullable=True),
        sa.Column("done_at", WHEN, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("ck_record_terms_level_known")),
        sa.CheckConstraint("warn_at < red_at AND red_at < due_at", name=op.f("ck_record_terms_in_order")),
        sa.CheckConstraint(
            "done_at IS NULL OR (recorded_at IS NOT NULL AND evaluated_at IS NOT NULL)",
            name=op.f("ck_record_terms_done_when_both"),
        ),
        _fk("record_terms", "visit_id", "visits"),
        _fk("record_terms", "case_id", "cases"),
        _fk("record_terms", "station_id", "stations"),
        _fk("record_terms", "expert_id", "experts"),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_record_terms")),
    )
    op.create_index("ix_record_terms_open", "record_terms", ["done_at", "due_at"])
    op.create_index("ix_record_terms_station", "record_terms", ["station_id", "due_at"])
    op.create_index("ix_record_terms_expert", "record_terms", ["expert_id", "done_at"])
    op.create_table(
        "evaluations",
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("expert_account_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_evaluations_score_in_range")),
        sa.CheckConstraint(
            "expert_account_id IS NULL OR by_id <> expert_account_id", name=op.f("ck_evaluations_not_by_self")
        ),
        _fk("evaluations", "visit_id", "visits"),
        _fk("evaluations", "expert_id", "experts"),
        _fk("evaluations", "expert_account_id", "accounts"),
        _fk("evaluations", "by_id", "accounts"),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_evaluations")),
    )
    op.create_index("ix_evaluations_expert_id", "evaluations", ["expert_id"])


def downgrade() -> None:
    op.drop_table("evaluations")
    op.drop_table("record_terms")
    op.drop_table("ledger_checks")
