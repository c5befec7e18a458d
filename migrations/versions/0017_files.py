"""Files on visits; whether a virus was looked for; pages of a PDF; what the nightly check of files found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
SCAN = sa.Enum(
    "off", "waiting", "clean", "infected", "impossible",
    name="scan", native_enum=False, create_constraint=False, length=32,
)  # fmt: skip
IN_ONE_PLACE = (
    "(CASE WHEN message_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN note_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN visit_id IS NULL THEN 0 ELSE 1 END) <= 1"
)
CHECKS = {
    "scan": "scan IN ('off', 'waiting', 'clean', 'infected', 'impossible')",
    "has_pages": "pages IS NULL OR pages > 0",
    "infected_by_something": "scan <> 'infected' OR threat IS NOT NULL",
    "scanned_at_a_time": "scan IN ('off', 'waiting') OR scanned_at IS NOT NULL",
}
COLUMNS = ("visit_id", "pages", "scan", "scanned_at", "threat", "lost_at")


def upgrade() -> None:
    with op.batch_alter_table("attachments") as table:
        table.add_column(sa.Column("visit_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("pages", sa.Integer(), nullable=True))
        table.add_column(sa.Column("scan", SCAN, nullable=False, server_default="off"))
        table.add_column(sa.Column("scanned_at", WHEN, nullable=True))
        table.add_column(sa.Column("threat", sa.String(length=200), nullable=True))
        table.add_column(sa.Column("lost_at", WHEN, nullable=True))
        table.create_foreign_key(op.f("fk_attachments_visit_id_visits"), "visits", ["visit_id"], ["id"])
        table.drop_constraint(op.f("ck_attachments_in_one_place"), type_="check")
        table.create_check_constraint(op.f("ck_attachments_in_one_place"), IN_ONE_PLACE)
        for name, holds in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_attachments_{name}"), holds)
    with op.batch_alter_table("attachments") as table:
        table.alter_column("scan", server_default=None)
    op.create_index("ix_attachments_preview", "attachments", ["preview"])
    op.create_table(
        "file_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("orphans", sa.Integer(), nullable=False),
        sa.Column("kept_back", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_checks")),
    )
    op.create_index("ix_file_checks_at", "file_checks", ["at"])


def downgrade() -> None:
    op.drop_table("file_checks")
    op.drop_index("ix_attachments_preview", "attachments")
    # What was on a visit is no part of the request: without its place it is taken away.
    op.execute("UPDATE attachments SET removed_at = COALESCE(removed_at, at) WHERE visit_id IS NOT NULL")
    with op.batch_alter_table("attachments") as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_attachments_{name}"), type_="check")
        table.drop_constraint(op.f("ck_attachments_in_one_place"), type_="check")
        table.create_check_constraint(op.f("ck_attachments_in_one_place"), "message_id IS NULL OR note_id IS NULL")
        table.drop_constraint(op.f("fk_attachments_visit_id_visits"), type_="foreignkey")
        for name in COLUMNS:
            table.drop_column(name)
