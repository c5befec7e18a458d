"""Routing rules, what each did, tags on cases, teams of experts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "routing_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("conditions", sa.JSON(), nullable=False),
        sa.Column("acts", sa.JSON(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("retired_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rules")),
    )
    op.create_index(op.f("ix_routing_rules_position"), "routing_rules", ["position"])
    op.create_table(
        "routing_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.String(length=60), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("did", sa.JSON(), nullable=False),
        sa.Column("late", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["routing_rules.id"], name=op.f("fk_routing_entries_rule_id_routing_rules")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_routing_entries_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_entries")),
    )
    op.create_index("ix_routing_entries_rule", "routing_entries", ["rule_id", "id"])
    op.create_index("ix_routing_entries_case", "routing_entries", ["case_id"])
    op.create_table(
        "case_tags",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_tags_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "word", name=op.f("pk_case_tags")),
    )
    op.create_index("ix_case_tags_word", "case_tags", ["word", "case_id"])
    op.create_table(
        "expert_teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("retired_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_expert_teams")),
        sa.UniqueConstraint("name", name=op.f("uq_expert_teams_name")),
    )
    op.create_table(
        "team_members",
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["expert_teams.id"], name=op.f("fk_team_members_team_id_expert_teams")),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_team_members_expert_id_experts")),
        sa.PrimaryKeyConstraint("team_id", "expert_id", name=op.f("pk_team_members")),
    )
    op.execute(
        "ALTER TABLE cases ADD COLUMN team_id INTEGER"
        " CONSTRAINT fk_cases_team_id_expert_teams REFERENCES expert_teams (id)"
    )


def downgrade() -> None:
    op.drop_column("cases", "team_id")
    for name in ("team_members", "expert_teams", "case_tags", "routing_entries", "routing_rules"):
        op.drop_table(name)
