"""Taken back: a wish to have data erased before it is carried out, a keeping term before it begins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
OPEN = {"company": "case_id IS NULL", "case": "case_id IS NOT NULL"}


def _open_indexes(also: str) -> None:
    """One open wish a company and a case: `also` is what else makes one open."""
    for thing, which in OPEN.items():
        open_one = sa.text(f"decision IS NULL AND {also}{which}")
        op.create_index(f"uq_erasures_open_{thing}", "erasures", [f"{thing}_id"], unique=True,
                        sqlite_where=open_one, postgresql_where=open_one)  # fmt: skip


def _drop_open_indexes() -> None:
    for thing in OPEN:
        op.drop_index(f"uq_erasures_open_{thing}", "erasures")


def upgrade() -> None:
    _drop_open_indexes()
    with op.batch_alter_table("erasures") as table:
        table.add_column(sa.Column("withdrawn_at", WHEN, nullable=True))
        table.create_check_constraint(
            op.f("ck_erasures_done_was_not_withdrawn"), "done_at IS NULL OR withdrawn_at IS NULL"
        )
    _open_indexes("withdrawn_at IS NULL AND ")
    with op.batch_alter_table("keeping_rules") as table:
        table.add_column(sa.Column("withdrawn_by_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("withdrawn_by", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("withdrawn_at", WHEN, nullable=True))
        table.create_check_constraint(
            op.f("ck_keeping_rules_withdrawn_by_somebody"), "(withdrawn_at IS NULL) = (withdrawn_by IS NULL)"
        )
        table.create_foreign_key(
            op.f("fk_keeping_rules_withdrawn_by_id_accounts"), "accounts", ["withdrawn_by_id"], ["id"]
        )


def downgrade() -> None:
    # What was taken back was none: without the columns it would come to life again.
    op.execute("DELETE FROM keeping_rules WHERE withdrawn_at IS NOT NULL")
    op.execute("DELETE FROM erasures WHERE withdrawn_at IS NOT NULL")
    with op.batch_alter_table("keeping_rules") as table:
        table.drop_constraint(op.f("ck_keeping_rules_withdrawn_by_somebody"), type_="check")
        table.drop_constraint(op.f("fk_keeping_rules_withdrawn_by_id_accounts"), type_="foreignkey")
        table.drop_column("withdrawn_at")
        table.drop_column("withdrawn_by")
        table.drop_column("withdrawn_by_id")
    _drop_open_indexes()
    with op.batch_alter_table("erasures") as table:
        table.drop_constraint(op.f("ck_erasures_done_was_not_withdrawn"), type_="check")
        table.drop_column("withdrawn_at")
    _open_indexes("")
