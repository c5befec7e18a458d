"""Experts are told, by notice and by letter, what was decided about a training or award recorded wrongly; and agree by
a tick of its own to the national system, in words that name it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

MAIL_KIND = "ck_mails_mailkind"
COLUMN = "dossier_correction_id"
KINDS = "kind IN ('event', 'digest', 'proof', 'outage', 'complaint', 'commendation'"
THINGS = " + ".join(
    f"(CASE WHEN {name} IS NULL THEN 0 ELSE 1 END)"
    for name in ("event_id", "outage_id", "complaint_step_id", "line_id", "activity_step_id")
)
UNIQUE = {"notices": ["account_id", COLUMN], "mails": [COLUMN, "address"]}


# What those were shown who agreed before: nothing of whom else their data is given to.
BEFORE = "2026-11"


def upgrade() -> None:
    with op.batch_alter_table("expert_persons") as batch:
        batch.add_column(sa.Column("wording", sa.String(20), nullable=False, server_default=BEFORE))
        batch.add_column(sa.Column("national_consent_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("expert_persons") as batch:
        batch.alter_column("wording", existing_type=sa.String(20), existing_nullable=False, server_default=None)
    for table, columns in UNIQUE.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(COLUMN, sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_{COLUMN}_dossier_corrections"), "dossier_corrections", [COLUMN], ["id"]
            )
            batch.create_unique_constraint(op.f(f"uq_{table}_{'_'.join(columns)}"), columns)
            if table == "notices":
                batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
                batch.create_check_constraint(
                    op.f("ck_notices_of_one_thing"), f"{THINGS} + (CASE WHEN {COLUMN} IS NULL THEN 0 ELSE 1 END) = 1"
                )
            else:
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(op.f(MAIL_KIND), f"{KINDS}, 'dossier')")
                batch.create_check_constraint(
                    op.f("ck_mails_dossier_names_correction"), f"(kind = 'dossier') = ({COLUMN} IS NOT NULL)"
                )


def downgrade() -> None:
    with op.batch_alter_table("expert_persons") as batch:
        batch.drop_column("national_consent_at")
        batch.drop_column("wording")
    # Letters on their way about a training or award have no place in the older database.
    op.execute(
        "DELETE FROM jobs WHERE name = 'mail.send' AND key IN "
        f"(SELECT 'mail.send:' || CAST(id AS TEXT) FROM mails WHERE {COLUMN} IS NOT NULL)"
    )
    for table, columns in reversed(UNIQUE.items()):
        op.execute(f"DELETE FROM {table} WHERE {COLUMN} IS NOT NULL")
        with op.batch_alter_table(table) as batch:
            if table == "notices":
                batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
                batch.create_check_constraint(op.f("ck_notices_of_one_thing"), f"{THINGS} = 1")
            else:
                batch.drop_constraint(op.f("ck_mails_dossier_names_correction"), type_="check")
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(op.f(MAIL_KIND), f"{KINDS})")
            batch.drop_constraint(op.f(f"uq_{table}_{'_'.join(columns)}"), type_="unique")
            batch.drop_constraint(op.f(f"fk_{table}_{COLUMN}_dossier_corrections"), type_="foreignkey")
            batch.drop_column(COLUMN)
