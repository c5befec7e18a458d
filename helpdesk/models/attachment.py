"""Files on a case (its request, a message, a note, a visit), on an article, in an expert's dossier (what proves a
training or an award), or of an activity (that it was held). The bytes lie under the hash of their content."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.message import Side


class Scan(enum.StrEnum):
    """Whether somebody looked for a virus: not asked (no scanner is set), being looked at, clean, infected, or not
    possible (the scanner was away too long, or refuses a file so large)."""

    OFF = "off"
    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    IMPOSSIBLE = "impossible"


class Attachment(Model):
    """One file. Until `linked_at` it was only uploaded, with a form that is not sent yet (`batch` is its key)."""

    __tablename__ = "attachments"
    __table_args__ = (
        Index("ix_attachments_case", "case_id", "id"),
        Index("ix_attachments_article", "article_id", "id"),
        Index("ix_attachments_expert", "expert_id", "id"),
        Index("ix_attachments_activity", "activity_id", "id"),
        Index("ix_attachments_hash", "sha256"),
        Index("ix_attachments_preview", "preview"),
        Index("ix_attachments_loose", "linked_at", "at"),
        CheckConstraint(
            "(CASE WHEN message_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN note_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN visit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN training_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN honour_id IS NULL THEN 0 ELSE 1 END) <= 1",
            name="in_one_place",
        ),
        CheckConstraint(
            "(CASE WHEN case_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN article_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN activity_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_owner",
        ),
        CheckConstraint(
            "(training_id IS NULL AND honour_id IS NULL) OR expert_id IS NOT NULL", name="proof_in_a_dossier"
        ),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("pages IS NULL OR pages > 0", name="has_pages"),
        CheckConstraint("scan <> 'infected' OR threat IS NOT NULL", name="infected_by_something"),
        CheckConstraint("scan IN ('off', 'waiting') OR scanned_at IS NOT NULL", name="scanned_at_a_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    article_id: Mapped[int | None] = mapped_column(ForeignKey("articles.id"))
    expert_id: Mapped[int | None] = mapped_column(ForeignKey("experts.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activities.id"))
    batch: Mapped[str] = mapped_column(String(40))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    note_id: Mapped[int | None] = mapped_column(ForeignKey("notes.id"))
    visit_id: Mapped[int | None] = mapped_column(ForeignKey("visits.id"))
    training_id: Mapped[int | None] = mapped_column(ForeignKey("trainings.id"))
    honour_id: Mapped[int | None] = mapped_column(ForeignKey("honours.id"))
    name: Mapped[str] = mapped_column(String(140))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    # Empty once the bytes are gone: the row stays as a trace.
    sha256: Mapped[str] = mapped_column(String(64))
    # The small picture of a picture, or of a PDF's first page.
    preview: Mapped[str | None] = mapped_column(String(64))
    pages: Mapped[int | None]
    side: Mapped[Side] = mapped_column(stored_enum(Side))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]
    linked_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    scan: Mapped[Scan] = mapped_column(stored_enum(Scan), default=Scan.OFF)
    scanned_at: Mapped[datetime | None]
    threat: Mapped[str | None] = mapped_column(String(200))
    # Since when the nightly check misses its bytes, or finds others under its hash.
    lost_at: Mapped[datetime | None]

    case: Mapped[Case | None] = relationship()


class FileCheck(Model):
    """What a nightly comparison of rows and bytes found; numbers of files. `kept_back` orphans were too many to delete
    without somebody looking first."""

    __tablename__ = "file_checks"
    __table_args__ = (Index("ix_file_checks_at", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    files: Mapped[int]
    missing: Mapped[int]
    damaged: Mapped[int]
    orphans: Mapped[int]
    kept_back: Mapped[int]
