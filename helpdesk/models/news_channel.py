"""Channels: group robots and other addresses at which a station or the corps is told of its cases; texts to a phone."""

from __future__ import annotations

import enum
from datetime import datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, Sealed, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.event import Event
from helpdesk.models.network import Station
from helpdesk.models.outage import Outage


class ChannelKind(enum.StrEnum):
    """A group robot of WeCom, DingTalk or Feishu; any address of the notification library that the setting admits."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    OTHER = "other"


class SendStatus(enum.StrEnum):
    """Waiting for its turn; taken by the other side; given up; not needed any more."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class NewsChannel(Model):
    """Where a station (or, without one, the corps) is told, of what, and when not."""

    __tablename__ = "news_channels"
    __table_args__ = (
        Index("ix_news_channels_station", "station_id", "is_on"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name="quiet_has_two_ends"),
        CheckConstraint("secret IS NULL OR kind = 'dingtalk'", name="only_dingtalk_signs"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    kind: Mapped[ChannelKind] = mapped_column(stored_enum(ChannelKind))
    name: Mapped[str] = mapped_column(String(60))
    # Whoever knows these may speak in the group: shown masked, never logged, sealed in the database.
    key: Mapped[str] = mapped_column(Sealed)
    secret: Mapped[str | None] = mapped_column(Sealed)
    topics: Mapped[list[Any]]
    locale: Mapped[str] = mapped_column(String(16))
    # On clocks in Shenzhen; what falls between is told at the end in one message.
    quiet_from: Mapped[time | None]
    quiet_to: Mapped[time | None]
    is_on: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    last_failed_at: Mapped[datetime | None]

    station: Mapped[Station | None] = relationship()


class News(Model):
    """One thing to tell one channel or one phone, written in the transaction of its event or of a mailbox's
    outage; without either a test."""

    __tablename__ = "news"
    __table_args__ = (
        UniqueConstraint("channel_id", "event_id"),
        UniqueConstraint("phone", "event_id"),
        UniqueConstraint("channel_id", "outage_id", "is_over"),
        Index("ix_news_channel", "channel_id", "status", "id"),
        Index("ix_news_phone", "phone", "created_at"),
        Index("ix_news_status", "status", "leaves_at"),
        CheckConstraint("(channel_id IS NULL) <> (phone IS NULL)", name="to_a_channel_or_a_phone"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
        CheckConstraint(
            "(outage_id IS NULL) = (is_over IS NULL) AND (event_id IS NULL OR outage_id IS NULL)", name="of_one_thing"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int | None] = mapped_column(ForeignKey("news_channels.id"))
    phone: Mapped[str | None] = mapped_column(String(30))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outages.id"))
    is_over: Mapped[bool | None]
    status: Mapped[SendStatus] = mapped_column(stored_enum(SendStatus), default=SendStatus.WAITING)
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    leaves_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    channel: Mapped[NewsChannel | None] = relationship()
    event: Mapped[Event | None] = relationship()
    case: Mapped[Case | None] = relationship()
    outage: Mapped[Outage | None] = relationship()

    @property
    def is_test(self) -> bool:
        """Whether it only shows that the channel speaks."""
        return self.phone is None and self.event_id is None and self.outage_id is None
