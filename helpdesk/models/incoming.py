"""Letters that came in: the raw message is kept first, then read; what became of it stands here."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case


class IncomingKind(enum.StrEnum):
    """Who wrote: a person, a machine on somebody's behalf, a mail server about ours, a list, we ourselves."""

    PERSON = "person"
    AUTO = "auto"
    BOUNCE = "bounce"
    LIST = "list"
    OWN = "own"


class IncomingStatus(enum.StrEnum):
    """Kept and not read yet; could not be read; filed (a machine's); a message of a case; a request that is sent; a
    request that still lacks company and consent; waits for somebody's decision; decided."""

    KEPT = "kept"
    BROKEN = "broken"
    FILED = "filed"
    SAID = "said"
    REQUESTED = "requested"
    BEGUN = "begun"
    HELD = "held"
    DECIDED = "decided"


class Incoming(Model):
    """One letter that came in. The same bytes again are the same letter, however often they are fetched."""

    __tablename__ = "incoming_mails"
    __table_args__ = (
        Index("ix_incoming_mails_status", "status", "id"),
        Index("ix_incoming_mails_sender", "address", "received_at"),
        Index("ix_incoming_mails_case", "case_id"),
        Index("ix_incoming_mails_message", "message_id", unique=True),
        Index("ix_incoming_mails_station", "station_id", "status", "id"),
        CheckConstraint("status <> 'said' OR message_id IS NOT NULL", name="said_names_message"),
        CheckConstraint("status NOT IN ('requested', 'begun') OR case_id IS NOT NULL", name="request_names_case"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    # Of the raw bytes, which lie in the storage under it.
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    size: Mapped[int]
    # "pipe", or the mailbox it lay in.
    source: Mapped[str] = mapped_column(String(120))
    # The address the mail server took it for, if it said so.
    envelope_to: Mapped[str] = mapped_column(String(254), default="")
    status: Mapped[IncomingStatus] = mapped_column(stored_enum(IncomingStatus), default=IncomingStatus.KEPT)
    kind: Mapped[IncomingKind] = mapped_column(stored_enum(IncomingKind), default=IncomingKind.PERSON)
    # Why it was filed or held: a word of presentation/incoming_page.py, or the error of one that could not be read.
    why: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(254), default="")
    name: Mapped[str] = mapped_column(String(120), default="")
    subject: Mapped[str] = mapped_column(String(500), default="")
    # What the writer added, and what they quoted.
    text: Mapped[str] = mapped_column(default="")
    quoted: Mapped[str] = mapped_column(default="")
    # Names of files with what became of each: "" when it was kept, else why not.
    files: Mapped[list[Any]]
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    # The case it may belong to: the writer named it, but that proves nothing.
    maybe_case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    decided_by: Mapped[str] = mapped_column(String(80), default="")
    decided_at: Mapped[datetime | None]

    case: Mapped[Case | None] = relationship(foreign_keys=[case_id])
    maybe_case: Mapped[Case | None] = relationship(foreign_keys=[maybe_case_id])


class MailboxState(Model):
    """When a mailbox was last read without trouble, so that its silence is noticed (peers brief, B1 no. 5)."""

    __tablename__ = "mailboxes"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    asked_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(default="")
