"""Corrections of settled records; who issued a certificate."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    with op.batch_alter_table("certificates") as batch:
        batch.add_column(sa.Column("issued_by_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("expert_account_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_certificates_issued_by_id_accounts"), "accounts", ["issued_by_id"], ["id"])
        batch.create_foreign_key(
            op.f("fk_certificates_expert_account_id_accounts"), "accounts", ["expert_account_id"], ["id"]
        )
        batch.create_check_constraint(
            op.f("ck_certificates_not_issued_by_self"),
            "issued_by_id IS NULL OR expert_account_id IS NULL OR issued_by_id <> expert_account_id",
        )
    op.create_table(
        "corrections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("expert_account_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("state", _word("correctionstate", "open", "granted", "refused"), nullable=False),
        sa.Column("side", _word("side", "company", "expert", "station"), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("wished_minutes", sa.Integer(), nullable=True),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.CheckConstraint("length(says) > 0", name=op.f("ck_corrections_says_something")),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)",
            name=op.f("ck_corrections_decided_by_someone"),
        ),
        sa.CheckConstraint("state = 'open' OR length(reason) > 0", name=op.f("ck_corrections_decision_has_reason")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            name=op.f("ck_corrections_not_decided_by_expert"),
        ),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR asked_by_id IS NULL OR decided_by_id <> asked_by_id",
            name=op.f("ck_corrections_not_decided_by_asker"),
        ),
        sa.CheckConstraint("(state = 'granted') = (after IS NOT NULL)", name=op.f("ck_corrections_granted_says_what")),
        _fk("corrections", "case_id", "cases"),
        _fk("corrections", "visit_id", "visits"),
        _fk("corrections", "expert_id", "experts"),
        _fk("corrections", "expert_account_id", "accounts"),
        _fk("corrections", "station_id", "stations"),
        _fk("corrections", "asked_by_id", "accounts"),
        _fk("corrections", "decided_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("form_key", name=op.f("uq_corrections_form_key")),
    )
    op.create_index("ix_corrections_case", "corrections", ["case_id", "id"])
    op.create_index("ix_corrections_station", "corrections", ["station_id", "state", "id"])
    op.create_index("ix_corrections_expert", "corrections", ["expert_id", "id"])
    op.create_index(
        "uq_corrections_open",
        "corrections",
        ["visit_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("corrections")
    with op.batch_alter_table("certificates") as batch:
        batch.drop_constraint(op.f("ck_certificates_not_issued_by_self"), type_="check")
        batch.drop_constraint(op.f("fk_certificates_issued_by_id_accounts"), type_="foreignkey")
        batch.drop_constraint(op.f("fk_certificates_expert_account_id_accounts"), type_="foreignkey")
        batch.drop_column("expert_account_id")
        batch.drop_column("issued_by_id")
