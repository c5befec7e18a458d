"""A mailbox's silence is a row, told once and once when it is over: by notice, letter and group."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
MAIL_KIND = "ck_mails_mailkind"
CHECKS = {
    "notices": {
        "of_one_thing": "(event_id IS NULL) <> (outage_id IS NULL)",
        "outage_says_which": "(outage_id IS NULL) = (is_over IS NULL)",
    },
    "mails": {
        "outage_names_outage": "(kind = 'outage') = (outage_id IS NOT NULL) AND (outage_id IS NULL) = (is_over IS NULL)"
    },
    "news": {
        "of_one_thing": "(outage_id IS NULL) = (is_over IS NULL) AND (event_id IS NULL OR outage_id IS NULL)",
    },
}
UNIQUE = {
    "notices": ["account_id", "outage_id", "is_over"],
    "mails": ["outage_id", "is_over", "address"],
    "news": ["channel_id", "outage_id", "is_over"],
}


def upgrade() -> None:
    op.create_table(
        "outages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mailbox", sa.String(length=120), nullable=False),
        sa.Column("since", WHEN, nullable=False),
        sa.Column("noticed_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint("ended_at IS NULL OR ended_at >= noticed_at", name=op.f("ck_outages_ends_later")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    still = sa.text("ended_at IS NULL")
    op.create_index("ix_outages_open", "outages", ["mailbox"], unique=True, sqlite_where=still, postgresql_where=still)
    for table, checks in CHECKS.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("outage_id", sa.Integer(), nullable=True))
            batch.add_column(sa.Column("is_over", sa.Boolean(), nullable=True))
            batch.create_foreign_key(op.f(f"fk_{table}_outage_id_outages"), "outages", ["outage_id"], ["id"])
            batch.create_unique_constraint(op.f(f"uq_{table}_{'_'.join(UNIQUE[table])}"), UNIQUE[table])
            if table == "notices":
                batch.alter_column("event_id", existing_type=sa.Integer(), nullable=True)
            if table == "mails":
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(op.f(MAIL_KIND), "kind IN ('event', 'digest', 'proof', 'outage')")
            for name, holds in checks.items():
                batch.create_check_constraint(op.f(f"ck_{table}_{name}"), holds)


def downgrade() -> None:
    # Letters and messages on their way about an outage have no place in the older database.
    for job, table in (("mail.send", "mails"), ("news.send", "news")):
        op.execute(
            f"DELETE FROM jobs WHERE name = '{job}' AND key IN "
            f"(SELECT '{job}:' || CAST(id AS TEXT) FROM {table} WHERE outage_id IS NOT NULL)"
        )
    for table, checks in reversed(CHECKS.items()):
        op.execute(f"DELETE FROM {table} WHERE outage_id IS NOT NULL")
        with op.batch_alter_table(table) as batch:
            for name in checks:
                batch.drop_constraint(op.f(f"ck_{table}_{name}"), type_="check")
            if table == "mails":
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(op.f(MAIL_KIND), "kind IN ('event', 'digest', 'proof')")
            if table == "notices":
                batch.alter_column("event_id", existing_type=sa.Integer(), nullable=False)
            batch.drop_constraint(op.f(f"uq_{table}_{'_'.join(UNIQUE[table])}"), type_="unique")
            batch.drop_constraint(op.f(f"fk_{table}_outage_id_outages"), type_="foreignkey")
            batch.drop_column("is_over")
            batch.drop_column("outage_id")
    op.drop_table("outages")
