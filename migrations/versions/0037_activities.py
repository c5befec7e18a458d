"""Activities: service that is no case. A visit, a line of the ledger, a term and a correction are of one or the other.

SQLite rebuilds a table to change it, which takes its triggers along: they are made again as they were (0002, 0026).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
KINDS = ("talk", "clinic", "tour", "fair", "other")
STATES = ("recorded", "returned", "verified", "withdrawn", "reversed")
ACTS = (
    "recorded", "changed", "returned", "verified", "withdrawn", "asked", "corrected", "kept", "reversed", "warned",
    "filed", "unfiled",
)  # fmt: skip
MEETINGS = ("online", "phone", "onsite", "station")
ONE_THING = "(case_id IS NULL) <> (activity_id IS NULL)"
NOTICES_BEFORE = (
    "(CASE WHEN event_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN outage_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN complaint_step_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN line_id IS NULL THEN 0 ELSE 1 END)"
)
OWNERS_BEFORE = (
    "(CASE WHEN case_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN article_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END)"
)
# Table and the column that says how old a row is (0026).
KEPT = {"visits": "logged_at", "corrections": "asked_at"}


def _enum(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    _create()
    for table in ("visits", "hours_entries"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("activity_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(op.f(f"fk_{table}_activity_id_activities"), "activities", ["activity_id"], ["id"])
            batch.alter_column("case_id", existing_type=sa.Integer(), nullable=True)
            batch.create_check_constraint(op.f(f"ck_{table}_of_one_thing"), ONE_THING)
            batch.create_index(f"ix_{table}_activity", ["activity_id"])
            if table == "visits":
                batch.create_unique_constraint(op.f("uq_visits_activity_id_form_key"), ["activity_id", "form_key"])
    for table in ("record_terms", "corrections"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("case_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("notices") as batch:
        batch.add_column(sa.Column("activity_step_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_notices_activity_step_id_activity_steps"), "activity_steps", ["activity_step_id"], ["id"]
        )
        batch.create_unique_constraint(
            op.f("uq_notices_account_id_activity_step_id"), ["account_id", "activity_step_id"]
        )
        batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
        batch.create_check_constraint(
            op.f("ck_notices_of_one_thing"),
            f"{NOTICES_BEFORE} + (CASE WHEN activity_step_id IS NULL THEN 0 ELSE 1 END) = 1",
        )
    with op.batch_alter_table("attachments") as batch:
        batch.add_column(sa.Column("activity_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_attachments_activity_id_activities"), "activities", ["activity_id"], ["id"])
        batch.create_index("ix_attachments_activity", ["activity_id", "id"])
        batch.drop_constraint(op.f("ck_attachments_one_owner"), type_="check")
        batch.create_check_constraint(
            op.f("ck_attachments_one_owner"),
            f"{OWNERS_BEFORE} + (CASE WHEN activity_id IS NULL THEN 0 ELSE 1 END) = 1",
        )
    _protect("activity_steps")
    _protect_again()


def _create() -> None:
    op.create_table(
        "activities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("state", _enum("activitystate", STATES), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", _enum("activitykind", KINDS), nullable=False),
        sa.Column("category_code", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("starts_at", WHEN, nullable=False),
        sa.Column("ends_at", WHEN, nullable=False),
        sa.Column("mode", _enum("meeting", MEETINGS), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("organiser", sa.String(length=120), nullable=False),
        sa.Column("leader", sa.String(length=80), nullable=False),
        sa.Column("companies", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("verified_at", WHEN, nullable=True),
        sa.Column("verified_by_id", sa.Integer(), nullable=True),
        sa.Column("verified_by", sa.String(length=80), nullable=True),
        sa.Column("reversed_at", WHEN, nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_activities_ends_after_start")),
        sa.CheckConstraint(
            "companies BETWEEN 0 AND 100000 AND people BETWEEN 0 AND 100000", name=op.f("ck_activities_reach_in_range")
        ),
        sa.CheckConstraint(
            "state <> 'verified' OR (verified_at IS NOT NULL AND verified_by_id IS NOT NULL)",
            name=op.f("ck_activities_verified_by_someone"),
        ),
        sa.CheckConstraint(
            "(state = 'reversed') = (reversed_at IS NOT NULL)", name=op.f("ck_activities_reversed_at_a_time")
        ),
        sa.CheckConstraint(
            "verified_by_id IS NULL OR verified_by_id <> recorded_by_id",
            name=op.f("ck_activities_not_verified_by_recorder"),
        ),
        _fk("activities", "station_id", "stations"),
        sa.ForeignKeyConstraint(
            ["category_code"], ["categories.code"], name=op.f("fk_activities_category_code_categories")
        ),
        _fk("activities", "recorded_by_id", "accounts"),
        _fk("activities", "verified_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("number", name=op.f("uq_activities_number")),
        sa.UniqueConstraint("form_key", name=op.f("uq_activities_form_key")),
    )
    op.create_index("ix_activities_station", "activities", ["station_id", "state", "id"])
    op.create_index("ix_activities_state", "activities", ["state", "id"])
    op.create_index("ix_activities_verified", "activities", ["verified_at", "station_id"])
    op.create_index("ix_activities_reversed", "activities", ["reversed_at", "station_id"])
    op.create_table(
        "activity_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("act", _enum("activityact", ACTS), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "act NOT IN ('returned', 'withdrawn', 'reversed') OR length(reason) > 0",
            name=op.f("ck_activity_steps_says_why"),
        ),
        _fk("activity_steps", "activity_id", "activities"),
        _fk("activity_steps", "by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_steps")),
    )
    op.create_index("ix_activity_steps_activity", "activity_steps", ["activity_id", "id"])


def _protect(table: str) -> None:
    """No UPDATE, no DELETE (as 0002)."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _protect_again() -> None:
    """What SQLite lost with the old tables; PostgreSQL changes a table in its place."""
    if op.get_bind().dialect.name != "sqlite":
        return
    _protect("hours_entries")
    for table, column in KEPT.items():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            f"WHEN OLD.{column} > datetime('now', '-10 years') "
            f"BEGIN SELECT RAISE(ABORT, '{table} are kept for ten years'); END"
        )


def downgrade() -> None:
    if op.get_bind().execute(sa.text("SELECT count(*) FROM activities")).scalar():
        # Their lines are links of the chain: without them every later line of the ledger would be false.
        raise RuntimeError(
            "there are activities, and hours of them in the ledger, which the version before cannot hold:"
            " restore the backup made before the upgrade"
        )
    with op.batch_alter_table("attachments") as batch:
        batch.drop_constraint(op.f("ck_attachments_one_owner"), type_="check")
        batch.create_check_constraint(op.f("ck_attachments_one_owner"), f"{OWNERS_BEFORE} = 1")
        batch.drop_index("ix_attachments_activity")
        batch.drop_constraint(op.f("fk_attachments_activity_id_activities"), type_="foreignkey")
        batch.drop_column("activity_id")
    with op.batch_alter_table("notices") as batch:
        batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
        batch.create_check_constraint(op.f("ck_notices_of_one_thing"), f"{NOTICES_BEFORE} = 1")
        batch.drop_constraint(op.f("uq_notices_account_id_activity_step_id"), type_="unique")
        batch.drop_constraint(op.f("fk_notices_activity_step_id_activity_steps"), type_="foreignkey")
        batch.drop_column("activity_step_id")
    for table in ("corrections", "record_terms"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("case_id", existing_type=sa.Integer(), nullable=False)
    for table in ("hours_entries", "visits"):
        with op.batch_alter_table(table) as batch:
            if table == "visits":
                batch.drop_constraint(op.f("uq_visits_activity_id_form_key"), type_="unique")
            batch.drop_index(f"ix_{table}_activity")
            batch.drop_constraint(op.f(f"ck_{table}_of_one_thing"), type_="check")
            batch.alter_column("case_id", existing_type=sa.Integer(), nullable=False)
            batch.drop_constraint(op.f(f"fk_{table}_activity_id_activities"), type_="foreignkey")
            batch.drop_column("activity_id")
    _protect_again()
    op.drop_table("activity_steps")
    op.drop_table("activities")
