"""Letters: what goes out by mail, to which address, and what the reader wants to get at all."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.account import Account
from helpdesk.models.case import Case
from helpdesk.models.commendation import CommendationEvent
from helpdesk.models.complaint import ComplaintStep
from helpdesk.models.dossier_correction import DossierCorrection
from helpdesk.models.event import Event
from helpdesk.models.outage import Outage


class MailStatus(enum.StrEnum):
    """Waiting for its turn; gathered for the day's digest, or told in one; kept until the address is proved; at its
    server; given up; not needed any more."""

    WAITING = "waiting"
    DAILY = "daily"
    TOLD = "told"
    UNPROVED = "unproved"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class MailKind(enum.StrEnum):
    """A letter about an event; the day's digest of such; fixed words to an address nobody proved: the one question
    whether it is its owner's, or (part `invited`) that somebody asks them in; a mailbox's silence, or its end; a step
    of a complaint; what was decided about somebody who is to be commended, or about a training or award that is
    recorded wrongly."""

    EVENT = "event"
    DIGEST = "digest"
    PROOF = "proof"
    OUTAGE = "outage"
    COMPLAINT = "complaint"
    COMMENDATION = "commendation"
    DOSSIER = "dossier"


class Mail(Model):
    """One letter to one reader, written in the transaction of its event. What it says is worded when it is sent."""

    __tablename__ = "mails"
    __table_args__ = (
        # Two verbs in one transaction, or a notice told twice, are still one letter.
        UniqueConstraint("event_id", "address"),
        UniqueConstraint("outage_id", "is_over", "address"),
        UniqueConstraint("complaint_step_id", "address"),
        UniqueConstraint("line_id", "address"),
        UniqueConstraint("dossier_correction_id", "address"),
        Index("ix_mails_status", "status", "id"),
        Index("ix_mails_case_address", "case_id", "address", "id"),
        Index("ix_mails_address", "address", "status"),
        Index("ix_mails_account", "account_id", "status"),
        Index("ix_mails_digest", "digest_id"),
        CheckConstraint("(kind = 'event') = (event_id IS NOT NULL)", name="event_names_event"),
        CheckConstraint(
            "(kind = 'outage') = (outage_id IS NOT NULL) AND (outage_id IS NULL) = (is_over IS NULL)",
            name="outage_names_outage",
        ),
        CheckConstraint("(kind = 'complaint') = (complaint_step_id IS NOT NULL)", name="complaint_names_step"),
        CheckConstraint("(kind = 'commendation') = (line_id IS NOT NULL)", name="commendation_names_line"),
        CheckConstraint("(kind = 'dossier') = (dossier_correction_id IS NOT NULL)", name="dossier_names_correction"),
        CheckConstraint("(status = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[MailKind] = mapped_column(stored_enum(MailKind), default=MailKind.EVENT)
    status: Mapped[MailStatus] = mapped_column(stored_enum(MailStatus), default=MailStatus.WAITING)
    address: Mapped[str] = mapped_column(String(254))
    name: Mapped[str] = mapped_column(String(80), default="")
    locale: Mapped[str] = mapped_column(String(16))
    # The reader's account; none for a contact who only holds the tracking link.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    outage_id: Mapped[int | None] = mapped_column(ForeignKey("outages.id"))
    is_over: Mapped[bool | None]
    complaint_step_id: Mapped[int | None] = mapped_column(ForeignKey("complaint_steps.id"))
    # The line of the log of commendations that it tells.
    line_id: Mapped[int | None] = mapped_column(ForeignKey("commendation_events.id"))
    dossier_correction_id: Mapped[int | None] = mapped_column(ForeignKey("dossier_corrections.id"))
    # As whom the reader is told: expert, offered, company, or the desk.
    part: Mapped[str] = mapped_column(String(12), default="")
    # The digest that told it.
    digest_id: Mapped[int | None] = mapped_column(ForeignKey("mails.id"))
    # Chosen when the row is written, so that a second delivery of the same letter is recognised as such.
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    subject: Mapped[str] = mapped_column(String(200), default="")
    # Why it was given up or dropped.
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    # Not before: an offer that may still be undone, or a digest's hour.
    leaves_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    account: Mapped[Account | None] = relationship()
    case: Mapped[Case | None] = relationship()
    event: Mapped[Event | None] = relationship()
    outage: Mapped[Outage | None] = relationship()
    complaint_step: Mapped[ComplaintStep | None] = relationship()
    line: Mapped[CommendationEvent | None] = relationship()
    dossier_correction: Mapped[DossierCorrection | None] = relationship()


class Address(Model):
    """What is known of a mail address: whether its owner said yes, or wants nothing more.

    To an address that has not said yes goes one fixed question and nothing else (an open form is otherwise a relay
    for other people's words).
    """

    __tablename__ = "addresses"

    address: Mapped[str] = mapped_column(String(254), primary_key=True)
    asked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]
    # The owner said that it was not them, or wants no more mail.
    stopped_at: Mapped[datetime | None]


class MailWish(Model):
    """How somebody with an account wants to hear of one group of events; without a row the group's default holds."""

    __tablename__ = "mail_wishes"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    group: Mapped[str] = mapped_column("grp", String(20), primary_key=True)
    how: Mapped[str] = mapped_column(String(10))


class Act(enum.StrEnum):
    """What a link in a letter can do after one press."""

    ACCEPT = "accept"
    DECLINE = "decline"
    PROVE = "prove"
    STOP = "stop"
    MUTE = "mute"


class ActLink(Model):
    """A link in a letter that does one thing, once, until a date, in its reader's name."""

    __tablename__ = "act_links"
    __table_args__ = (Index("ix_act_links_mail", "mail_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    mail_id: Mapped[int] = mapped_column(ForeignKey("mails.id"))
    act: Mapped[Act] = mapped_column(stored_enum(Act))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    mail: Mapped[Mail] = relationship()
