"""How stations ask: modes, offers to several at once, the ten seconds before an offer leaves, why it was made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Inline checks: SQLite could only add them to a table by building it anew, and everything refers to stations.
STATIONS = (
    "ALTER TABLE stations ADD COLUMN offer_mode VARCHAR(32) DEFAULT 'suggest' NOT NULL"
    " CONSTRAINT ck_stations_offermode CHECK (offer_mode IN ('suggest', 'cascade', 'broadcast', 'pool'))",
    "ALTER TABLE stations ADD COLUMN own_experts_only BOOLEAN DEFAULT false NOT NULL",
)
OFFERS = (
    "ALTER TABLE offers ADD COLUMN kind VARCHAR(32) DEFAULT 'single' NOT NULL"
    " CONSTRAINT ck_offers_offerkind CHECK (kind IN ('single', 'broadcast', 'pool'))",
    "ALTER TABLE offers ADD COLUMN ranked JSON DEFAULT '{}' NOT NULL",
    "ALTER TABLE offers ADD COLUMN override_reason TEXT DEFAULT '' NOT NULL",
)


def upgrade() -> None:
    for statement in (*STATIONS, *OFFERS):
        op.execute(statement)
    op.add_column("offers", sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE offers SET leaves_at = offered_at")
    with op.batch_alter_table("offers") as batch:
        batch.alter_column("leaves_at", existing_type=sa.DateTime(timezone=True), nullable=False)
        batch.create_check_constraint(op.f("ck_offers_leaves_after_offered"), "leaves_at >= offered_at")
    op.add_column("notices", sa.Column("shown_from", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE notices SET shown_from = (SELECT at FROM events WHERE events.id = notices.event_id)")
    with op.batch_alter_table("notices") as batch:
        batch.alter_column("shown_from", existing_type=sa.DateTime(timezone=True), nullable=False)
    op.create_index("ix_offers_expert_offered", "offers", ["expert_id", "offered_at"])


def downgrade() -> None:
    op.drop_index("ix_offers_expert_offered", "offers")
    op.drop_column("notices", "shown_from")
    with op.batch_alter_table("offers") as batch:
        for name in ("ck_offers_leaves_after_offered", "ck_offers_offerkind"):
            batch.drop_constraint(op.f(name), type_="check")
        for name in ("leaves_at", "override_reason", "ranked", "kind"):
            batch.drop_column(name)
    for name in ("own_experts_only", "offer_mode"):
        op.drop_column("stations", name)
