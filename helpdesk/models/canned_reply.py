"""Canned replies: words that a station, or every station, writes again and again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model
from helpdesk.models.category import Category
from helpdesk.models.network import Station


class CannedReply(Model):
    """A title and a text with holes such as `{称呼}`. Without a station it is shared by all of them."""

    __tablename__ = "canned_replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"), index=True)
    # Offered first on cases of this field; on every case when there is none.
    category_code: Mapped[str | None] = mapped_column(ForeignKey("categories.code"))
    title: Mapped[str] = mapped_column(String(60))
    body: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    written_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    station: Mapped[Station | None] = relationship()
    category: Mapped[Category | None] = relationship()
