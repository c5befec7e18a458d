"""What people keep for their own work: views they named, words not sent yet, cases they follow, what they look at."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum


class SavedView(Model):
    """A combination of filters under a name; `asks` are the parts of the desk's address."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    name: Mapped[str] = mapped_column(String(40))
    asks: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]


class Presence(Model):
    """Somebody has a case open. A sign, never a lock; forgotten when they stop saying so."""

    __tablename__ = "presences"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(index=True)
    is_writing: Mapped[bool] = mapped_column(default=False)


class Box(enum.StrEnum):
    """What somebody writes on a case: a reply that the company reads, or a note that it never does."""

    REPLY = "reply"
    NOTE = "note"


class Unsent(Model):
    """What somebody has written on a case and not sent: theirs alone, one a box. `form_key` is the form's own key, so
    that files kept with it are found again and what was sent meanwhile does not come back."""

    __tablename__ = "unsent"
    __table_args__ = (Index("ix_unsent_saved_at", "saved_at"), CheckConstraint("body <> ''", name="has_words"))

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    box: Mapped[Box] = mapped_column(stored_enum(Box), primary_key=True)
    body: Mapped[str]
    form_key: Mapped[str] = mapped_column(String(40))
    saved_at: Mapped[datetime]


class Follow(Model):
    """Somebody wants to hear how a case goes on. It gives no right: who may no longer read the case hears nothing."""

    __tablename__ = "follows"
    __table_args__ = (Index("ix_follows_account_id", "account_id", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    since: Mapped[datetime]
