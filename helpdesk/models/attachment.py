"""Files on a case: on the request, a message or a note. The bytes lie under the hash of their content."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.message import Side


class Attachment(Model):
    """One file. Until `linked_at` it was only uploaded, with a form that is not sent yet (`batch` is its key)."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_case", "case_id", "id"),
        Index("ix_attachments_hash", "sha256"),
        Index("ix_attachments_loose", "linked_at", "at"),
        CheckConstraint("message_id IS NULL OR note_id IS NULL", name="in_one_place"),
        CheckConstraint("size > 0", name="not_empty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    batch: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    name: Mapped[str] = mapped_column(String(140))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    # The small picture of a picture.
    preview: Mapped[str | None] = mapped_column(String(64))
    side: Mapped[Side] = mapped_column(stored_enum(Side))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    linked_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
