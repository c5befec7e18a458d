"""An expert who was registered twice: which record goes on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("experts") as batch:
        batch.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_experts_merged_into_id_experts"), "experts", ["merged_into_id"], ["id"])
        batch.create_check_constraint(op.f("ck_experts_merged_has_left"), "merged_into_id IS NULL OR status = 'left'")


def downgrade() -> None:
    with op.batch_alter_table("experts") as batch:
        batch.drop_constraint(op.f("ck_experts_merged_has_left"), type_="check")
        batch.drop_constraint(op.f("fk_experts_merged_into_id_experts"), type_="foreignkey")
        batch.drop_column("merged_into_id")
