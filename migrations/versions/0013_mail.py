"""Letters, whose addresses they go to, what readers wish, links that act once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "addresses",
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("asked_at", WHEN, nullable=True),
        sa.Column("proved_at", WHEN, nullable=True),
        sa.Column("stopped_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_addresses")),
    )
    op.create_table(
        "mail_wishes",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("grp", sa.String(length=20), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mail_wishes_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "grp", name=op.f("pk_mail_wishes")),
    )
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", _one_of("mailkind", "event", "digest", "proof"), nullable=False),
        sa.Column(
            "status",
            _one_of("mailstatus", "waiting", "daily", "told", "unproved", "sent", "failed", "dropped"),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("part", sa.String(length=12), nullable=False),
        sa.Column("digest_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("leaves_at", WHEN, nullable=False),
        sa.Column("sent_at", WHEN, nullable=True),
        sa.CheckConstraint("(kind = 'event') = (event_id IS NOT NULL)", name=op.f("ck_mails_event_names_event")),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_mails_sent_has_time")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mails_account_id_accounts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_mails_case_id_cases")),
        sa.ForeignKeyConstraint(["digest_id"], ["mails.id"], name=op.f("fk_mails_digest_id_mails")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_mails_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("event_id", "address", name=op.f("uq_mails_event_id_address")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mails_message_id")),
    )
    op.create_index("ix_mails_status", "mails", ["status", "id"])
    op.create_index("ix_mails_case_address", "mails", ["case_id", "address", "id"])
    op.create_index("ix_mails_address", "mails", ["address", "status"])
    op.create_index("ix_mails_account", "mails", ["account_id", "status"])
    op.create_index("ix_mails_digest", "mails", ["digest_id"])
    op.create_table(
        "act_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("act", _one_of("act", "accept", "decline", "prove", "stop", "mute"), nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name=op.f("fk_act_links_mail_id_mails")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_links")),
    )
    op.create_index("ix_act_links_mail", "act_links", ["mail_id"])


def downgrade() -> None:
    op.drop_table("act_links")
    op.drop_table("mail_wishes")
    op.drop_table("mails")
    op.drop_table("addresses")
