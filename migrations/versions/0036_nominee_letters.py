"""Nominees are told, by notice and by letter, what is done about them, and may answer objections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

MAIL_KIND = "ck_mails_mailkind"
THINGS = (
    "(CASE WHEN event_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN outage_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN complaint_step_id IS NULL THEN 0 ELSE 1 END)"
)
BEFORE = f"{THINGS} = 1"
ONE_THING = f"{THINGS} + (CASE WHEN line_id IS NULL THEN 0 ELSE 1 END) = 1"
UNIQUE = {"notices": ["account_id", "line_id"], "mails": ["line_id", "address"]}


def upgrade() -> None:
    for table, columns in UNIQUE.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("line_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_line_id_commendation_events"), "commendation_events", ["line_id"], ["id"]
            )
            batch.create_unique_constraint(op.f(f"uq_{table}_{'_'.join(columns)}"), columns)
            if table == "notices":
                batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
                batch.create_check_constraint(op.f("ck_notices_of_one_thing"), ONE_THING)
            else:
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(
                    op.f(MAIL_KIND), "kind IN ('event', 'digest', 'proof', 'outage', 'complaint', 'commendation')"
                )
                batch.create_check_constraint(
                    op.f("ck_mails_commendation_names_line"), "(kind = 'commendation') = (line_id IS NOT NULL)"
                )
    with op.batch_alter_table("objections") as batch:
        batch.add_column(sa.Column("answer", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_check_constraint(
            op.f("ck_objections_answer_has_time"), "(answered_at IS NULL) = (length(answer) = 0)"
        )
    with op.batch_alter_table("objections") as batch:
        batch.alter_column("answer", existing_type=sa.Text(), existing_nullable=False, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("objections") as batch:
        batch.drop_constraint(op.f("ck_objections_answer_has_time"), type_="check")
        batch.drop_column("answered_at")
        batch.drop_column("answer")
    # Letters on their way about a nomination have no place in the older database.
    op.execute(
        "DELETE FROM jobs WHERE name = 'mail.send' AND key IN "
        "(SELECT 'mail.send:' || CAST(id AS TEXT) FROM mails WHERE line_id IS NOT NULL)"
    )
    op.execute("DELETE FROM act_links WHERE mail_id IN (SELECT id FROM mails WHERE line_id IS NOT NULL)")
    for table, columns in reversed(UNIQUE.items()):
        op.execute(f"DELETE FROM {table} WHERE line_id IS NOT NULL")
        with op.batch_alter_table(table) as batch:
            if table == "notices":
                batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
                batch.create_check_constraint(op.f("ck_notices_of_one_thing"), BEFORE)
            else:
                batch.drop_constraint(op.f("ck_mails_commendation_names_line"), type_="check")
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(
                    op.f(MAIL_KIND), "kind IN ('event', 'digest', 'proof', 'outage', 'complaint')"
                )
            batch.drop_constraint(op.f(f"uq_{table}_{'_'.join(columns)}"), type_="unique")
            batch.drop_constraint(op.f(f"fk_{table}_line_id_commendation_events"), type_="foreignkey")
            batch.drop_column("line_id")
