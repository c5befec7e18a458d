"""Handlers and viewers of a company; how long personal data is kept, and wishes to have it erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
PART = sa.Enum("handler", "viewer", name="companypart", native_enum=False, create_constraint=True, length=32)


# What an anonymous case's events may lose; everything else of an event stays for good.
STAYS = (
    "id", "case_id", "seq", "kind", "step", "from_status", "to_status", "actor_id", "actor_role", "station_id", "at",
)  # fmt: skip
ANONYMOUS = "EXISTS (SELECT 1 FROM cases WHERE cases.id = OLD.case_id AND cases.anonymised_at IS NOT NULL)"
NAMED = sa.text("anonymised_at IS NULL AND ended_at IS NOT NULL")


def _let_events_lose_names() -> None:
    """Names and typed words of an anonymous case may go from the log (PIPL art. 47); nothing else ever changes."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in STAYS)
        op.execute("DROP TRIGGER events_no_update")
        op.execute(
            f"CREATE TRIGGER events_no_update BEFORE UPDATE ON events WHEN NOT ({same} AND {ANONYMOUS}) "
            "BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
        )
        return
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in STAYS)
    op.execute(
        "CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {same} AND {ANONYMOUS} THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute("DROP TRIGGER events_append_only ON events")
    op.execute(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_event_change()"
    )


def _let_events_lose_nothing() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER events_no_update")
        op.execute(
            "CREATE TRIGGER events_no_update BEFORE UPDATE ON events "
            "BEGIN SELECT RAISE(ABORT, 'events is append-only'); END"
        )
        return
    op.execute("DROP TRIGGER events_append_only ON events")
    op.execute(
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("DROP FUNCTION refuse_event_change()")


def _keeping() -> None:
    op.add_column("cases", sa.Column("anonymised_at", WHEN, nullable=True))
    op.add_column("cases", sa.Column("held_reason", sa.String(length=200), nullable=True))
    op.create_index("ix_cases_ended", "cases", ["ended_at", "id"], sqlite_where=NAMED, postgresql_where=NAMED)
    op.create_table(
        "keeping_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("set_at", WHEN, nullable=False),
        sa.CheckConstraint("months BETWEEN 6 AND 120", name=op.f("ck_keeping_rules_months_in_range")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_keeping_rules_has_reason")),
        sa.ForeignKeyConstraint(["set_by_id"], ["accounts.id"], name=op.f("fk_keeping_rules_set_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_keeping_rules")),
    )
    op.create_index("ix_keeping_rules_from_on", "keeping_rules", ["from_on", "id"])
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("done_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "decision IS NULL OR decision IN ('granted', 'refused')", name=op.f("ck_erasures_decision_known")
        ),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_erasures_decided_has_time")),
        sa.CheckConstraint("decision IS NULL OR reason <> ''", name=op.f("ck_erasures_decided_has_reason")),
        sa.CheckConstraint("done_at IS NULL OR decision = 'granted'", name=op.f("ck_erasures_done_was_granted")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_erasures_company_id_companies")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_erasures_case_id_cases")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name=op.f("fk_erasures_decided_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
    )
    of_company = sa.text("decision IS NULL AND case_id IS NULL")
    of_case = sa.text("decision IS NULL AND case_id IS NOT NULL")
    op.create_index("uq_erasures_open_company", "erasures", ["company_id"], unique=True,
                    sqlite_where=of_company, postgresql_where=of_company)  # fmt: skip
    op.create_index("uq_erasures_open_case", "erasures", ["case_id"], unique=True,
                    sqlite_where=of_case, postgresql_where=of_case)  # fmt: skip
    op.create_index("ix_erasures_decided", "erasures", ["decided_at", "id"])


def upgrade() -> None:
    _keeping()
    _let_events_lose_names()
    with op.batch_alter_table("grants") as table:
        table.add_column(sa.Column("company_part", PART, nullable=True))
    # Until now every member could do everything.
    op.execute("UPDATE grants SET company_part = 'handler' WHERE role = 'member'")
    with op.batch_alter_table("grants") as table:
        table.create_check_constraint(
            op.f("ck_grants_member_has_part"), "(role = 'member') = (company_part IS NOT NULL)"
        )
    with op.batch_alter_table("invitations") as table:
        table.add_column(sa.Column("company_part", PART, nullable=False, server_default="handler"))
    with op.batch_alter_table("invitations") as table:
        table.alter_column("company_part", server_default=None)


def downgrade() -> None:
    _let_events_lose_nothing()
    op.drop_table("erasures")
    op.drop_table("keeping_rules")
    op.drop_index("ix_cases_ended", "cases")
    op.drop_column("cases", "held_reason")
    op.drop_column("cases", "anonymised_at")
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(op.f("ck_invitations_companypart"), type_="check")
        table.drop_column("company_part")
    with op.batch_alter_table("grants") as table:
        table.drop_constraint(op.f("ck_grants_companypart"), type_="check")
        table.drop_constraint(op.f("ck_grants_member_has_part"), type_="check")
        table.drop_column("company_part")
