"""What is said on a case. Replies and internal notes are two tables, so that no query can mix them up."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum


class Side(enum.StrEnum):
    COMPANY = "company"
    EXPERT = "expert"
    STATION = "station"


class Message(Model):
    """A reply that the company and the people who help it read."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_case", "case_id", "id"),
        # The form's own key: the same form sent twice is one message.
        UniqueConstraint("case_id", "form_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    side: Mapped[Side] = mapped_column(stored_enum(Side))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(80))
    body: Mapped[str]
    form_key: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class Note(Model):
    """An internal note: station and expert read it, the company never does (peers brief, B1 no. 9)."""

    __tablename__ = "notes"
    __table_args__ = (Index("ix_notes_case", "case_id", "id"), UniqueConstraint("case_id", "form_key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    # A note stays with the station that wrote it: after a transfer the next one does not inherit gossip.
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    side: Mapped[Side] = mapped_column(stored_enum(Side))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(80))
    body: Mapped[str]
    form_key: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime]


class Mention(Model):
    """A colleague named in a note with an @, under the name they then had: told once, and marked in the text."""

    __tablename__ = "mentions"

    note_id: Mapped[int] = mapped_column(ForeignKey("notes.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
