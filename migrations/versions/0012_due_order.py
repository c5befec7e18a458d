"""A due date to sort by that is never empty, so that every list of a desk is read from an index and not sorted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Index, the columns before the due date.
INDEXES = {
    "ix_cases_station_status_due": ["station_id", "status"],
    "ix_cases_expert_status": ["expert_id", "status"],
    "ix_cases_status_due": ["status"],
    "ix_cases_district": ["district", "status"],
}


# What time alone changes is counted from these alone, so they hold the state, too.
COUNTED = {"ix_cases_station_warn": "warn_at", "ix_cases_station_closed": "closed_at"}


def _counted(*more: str) -> None:
    for name, column in COUNTED.items():
        op.drop_index(name, "cases")
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, "cases", ["station_id", column, *more], sqlite_where=there, postgresql_where=there)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        column = "DATETIME DEFAULT '9999-01-01 00:00:00.000000' NOT NULL"
    else:
        column = "TIMESTAMP WITH TIME ZONE DEFAULT '9999-01-01 00:00:00+00' NOT NULL"
    op.execute(f"ALTER TABLE cases ADD COLUMN due_order {column}")
    op.execute("UPDATE cases SET due_order = due_at WHERE due_at IS NOT NULL")
    for name, columns in INDEXES.items():
        op.drop_index(name, "cases")
        op.create_index(name, "cases", [*columns, "due_order", "id"])
    op.create_index("ix_cases_station_due", "cases", ["station_id", "due_order", "id"])
    _counted("status")
    # What an expert solved is counted from the index alone.
    op.drop_index("ix_cases_expert_solved", "cases")
    op.create_index(
        "ix_cases_expert_solved", "cases", ["expert_id", "status", "category_code", "topic_code", "company_id"]
    )


def downgrade() -> None:
    _counted()
    op.drop_index("ix_cases_expert_solved", "cases")
    op.create_index("ix_cases_expert_solved", "cases", ["expert_id", "status", "category_code"])
    op.drop_index("ix_cases_station_due", "cases")
    for name, columns in INDEXES.items():
        op.drop_index(name, "cases")
        op.create_index(name, "cases", [*columns, "due_at", "id"])
    op.drop_column("cases", "due_order")
