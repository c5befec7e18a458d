"""The way of ledger lines into the national system; service records are kept for ten years (条例 art. 19; rule R15).

The database refuses to delete a record younger than that: GB/T 40143-2021, 5.2.2, asks for ten years at least.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
# Table and the column that says how old a row is.
KEPT = {
    "visits": "logged_at",
    "certificates": "issued_at",
    "corrections": "asked_at",
    "evaluations": "at",
    "trainings": "recorded_at",
    "honours": "asked_at",
}


def upgrade() -> None:
    op.create_table(
        "national_syncs",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("exported", "confirmed", name="syncstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("exported_at", WHEN, nullable=False),
        sa.Column("exported_by", sa.String(length=80), nullable=False),
        sa.Column("national_id", sa.String(length=60), nullable=True),
        sa.Column("confirmed_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "(state = 'confirmed') = (national_id IS NOT NULL)", name=op.f("ck_national_syncs_confirmed_has_number")
        ),
        sa.CheckConstraint(
            "(state = 'confirmed') = (confirmed_at IS NOT NULL)", name=op.f("ck_national_syncs_confirmed_at_a_time")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["hours_entries.id"], name=op.f("fk_national_syncs_entry_id_hours_entries")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_national_syncs")),
        sa.UniqueConstraint("national_id", name=op.f("uq_national_syncs_national_id")),
    )
    op.create_index("ix_national_syncs_state", "national_syncs", ["state", "entry_id"])
    if op.get_bind().dialect.name == "sqlite":
        for table, column in KEPT.items():
            op.execute(
                f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
                f"WHEN OLD.{column} > datetime('now', '-10 years') "
                f"BEGIN SELECT RAISE(ABORT, '{table} are kept for ten years'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_early_delete() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE at timestamptz; BEGIN "
        "EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) USING OLD INTO at; "
        "IF at > now() - interval '10 years' THEN RAISE EXCEPTION '% are kept for ten years', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END IF; RETURN OLD; END $$"
    )
    for table, column in KEPT.items():
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_early_delete('{column}')"
        )


def downgrade() -> None:
    for table in KEPT:
        op.execute(f"DROP TRIGGER {table}_kept" + ("" if op.get_bind().dialect.name == "sqlite" else f" ON {table}"))
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_early_delete()")
    op.drop_table("national_syncs")
