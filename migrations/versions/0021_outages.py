"""A mailbox's silence is a row, told once and once when it is over: by notice, letter and group. Keys of robots and
webhooks lie sealed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op
from cryptography.fernet import Fernet, MultiFernet
from flask import current_app

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


# Sealed as helpdesk/db.py does it: table, column, whether it may be empty, how long it was.
SEALED = "sealed:1:"
KEYS = (("news_channels", "key", False, 500), ("news_channels", "secret", True, 120), ("webhooks", "secret", False, 80))


def _lock() -> MultiFernet:
    settings = current_app.config
    keys = [each for each in (settings["SECRET_KEY"], settings["SECRET_KEY_OLD"]) if each]
    made = [hmac.new(each.encode(), b"sealed columns", hashlib.sha256).digest() for each in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in made])


def _each_key(change: Callable[[str], str]) -> None:
    bind = op.get_bind()
    for name, column, _, _ in KEYS:
        table = sa.table(name, sa.column("id", sa.Integer), sa.column(column, sa.Text))
        for row in bind.execute(sa.select(table.c.id, table.c[column]).where(table.c[column] != "")).all():
            bind.execute(sa.update(table).where(table.c.id == row[0]).values({column: change(row[1])}))


def _seal() -> None:
    for table, column, nullable, length in KEYS:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                column, existing_type=sa.String(length=length), type_=sa.Text(), existing_nullable=nullable
            )
    lock = _lock()
    _each_key(lambda text: SEALED + lock.encrypt(text.encode()).decode())


def _open() -> None:
    lock = _lock()
    _each_key(
        lambda text: lock.decrypt(text.removeprefix(SEALED).encode()).decode() if text.startswith(SEALED) else text
    )
    for table, column, nullable, length in KEYS:
        with op.batch_alter_table(table) as batch:
            batch.alter_column(
                column, existing_type=sa.Text(), type_=sa.String(length=length), existing_nullable=nullable
            )


def upgrade() -> None:
    _seal()
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
    _open()
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
