"""Webhooks: addresses of other people's programs that are told what happened, and each telling."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, Sealed, stored_enum
from helpdesk.models.news_channel import SendStatus


class Webhook(Model):
    """Who is told, of which kinds of events, and how it has gone lately."""

    __tablename__ = "webhooks"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("(failures = 0) = (failing_since IS NULL)", name="failing_has_begun"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(500))
    # Signs every request; shown once, when it is made.
    secret: Mapped[str] = mapped_column(Sealed)
    kinds: Mapped[list[Any]]
    is_on: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    # Tries that failed in a row, over all deliveries, and since when.
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]
    # We stopped by ourselves; somebody has to look and go on.
    paused_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]


class WebhookDelivery(Model):
    """One event told to one webhook. `uid` stays the same in every try, so that the receiver knows a second one."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "event_id"),
        Index("ix_webhook_deliveries_webhook", "webhook_id", "status", "id"),
        Index("ix_webhook_deliveries_status", "status", "leaves_at"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    uid: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(60))
    # What is told, as it was when it happened: the same in every try.
    payload: Mapped[dict[str, Any]]
    status: Mapped[SendStatus] = mapped_column(stored_enum(SendStatus), default=SendStatus.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    # The last answer's status, if there was an answer.
    code: Mapped[int | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    leaves_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    webhook: Mapped[Webhook] = relationship()
