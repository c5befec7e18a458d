"""Channels of stations, what they are told, texts to phones, outgoing webhooks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _status() -> sa.Enum:
    return _one_of("sendstatus", "waiting", "sent", "failed", "dropped")


def upgrade() -> None:
    op.create_table(
        "news_channels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("kind", _one_of("channelkind", "wecom", "dingtalk", "feishu", "other"), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.String(length=120), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_to", sa.Time(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("retired_at", WHEN, nullable=True),
        sa.Column("last_sent_at", WHEN, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_failed_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_to IS NULL)", name=op.f("ck_news_channels_quiet_has_two_ends")
        ),
        sa.CheckConstraint("secret IS NULL OR kind = 'dingtalk'", name=op.f("ck_news_channels_only_dingtalk_signs")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_news_channels_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news_channels")),
    )
    op.create_index("ix_news_channels_station", "news_channels", ["station_id", "is_on"])
    op.create_table(
        "news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("status", _status(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("leaves_at", WHEN, nullable=False),
        sa.Column("sent_at", WHEN, nullable=True),
        sa.CheckConstraint("(channel_id IS NULL) <> (phone IS NULL)", name=op.f("ck_news_to_a_channel_or_a_phone")),
        sa.CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_news_sent_has_time")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_news_case_id_cases")),
        sa.ForeignKeyConstraint(["channel_id"], ["news_channels.id"], name=op.f("fk_news_channel_id_news_channels")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_news_event_id_events")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
        sa.UniqueConstraint("channel_id", "event_id", name=op.f("uq_news_channel_id_event_id")),
        sa.UniqueConstraint("phone", "event_id", name=op.f("uq_news_phone_event_id")),
    )
    op.create_index("ix_news_channel", "news", ["channel_id", "status", "id"])
    op.create_index("ix_news_phone", "news", ["phone", "created_at"])
    op.create_index("ix_news_status", "news", ["status", "leaves_at"])
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("secret", sa.String(length=80), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("retired_at", WHEN, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", WHEN, nullable=True),
        sa.Column("paused_at", WHEN, nullable=True),
        sa.Column("last_sent_at", WHEN, nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhooks_failures_not_negative")),
        sa.CheckConstraint("(failures = 0) = (failing_since IS NULL)", name=op.f("ck_webhooks_failing_has_begun")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("uid", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("status", _status(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("leaves_at", WHEN, nullable=False),
        sa.Column("tried_at", WHEN, nullable=True),
        sa.Column("sent_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "(status = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_webhook_deliveries_sent_has_time")
        ),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_webhook_deliveries_event_id_events")),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhooks.id"], name=op.f("fk_webhook_deliveries_webhook_id_webhooks")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint("uid", name=op.f("uq_webhook_deliveries_uid")),
        sa.UniqueConstraint("webhook_id", "event_id", name=op.f("uq_webhook_deliveries_webhook_id_event_id")),
    )
    op.create_index("ix_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "status", "id"])
    op.create_index("ix_webhook_deliveries_status", "webhook_deliveries", ["status", "leaves_at"])


def downgrade() -> None:
    op.drop_table("webhook_deliveries")
    op.drop_table("webhooks")
    op.drop_table("news")
    op.drop_table("news_channels")
