"""Delivering letters: worded when they leave, handed over outside any transaction, then marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdesk.adapters.mail import Mailer, MailRefused
from helpdesk.db import db
from helpdesk.domain import mail_delivery
from helpdesk.models import Mail
from helpdesk.presentation import mail_page


@dataclass(frozen=True)
class Delivery:
    """What became of one letter."""

    subject: str = ""
    dropped: str = ""
    refused: str = ""


def deliver(mailer: Mailer, payload: dict[str, Any]) -> Delivery:
    """Hand one letter over. Raises MailTrouble when it should be tried again later.

    The same letter always has the same Message-ID: what a crash between the server's yes and our mark sends twice, a
    mailbox shows once.
    """
    mail = db.session.get_one(Mail, int(payload["mail_id"]))
    needless = mail_delivery.needless(mail)
    if needless:
        return Delivery(dropped=needless)
    letter = mail_page.message_of(mail)
    subject = mail_page.title_of(mail)
    # The server may take its time; the database is not kept waiting for it.
    db.session.rollback()
    try:
        mailer.send(letter)
    except MailRefused as error:
        return Delivery(subject=subject, refused=str(error))
    return Delivery(subject=subject)


def note(payload: dict[str, Any], done: Delivery) -> None:
    """Write down what became of it."""
    mail_id = int(payload["mail_id"])
    if done.dropped:
        mail_delivery.mark_dropped(mail_id, done.dropped)
    elif done.refused:
        mail_delivery.mark_failed(mail_id, done.subject, done.refused)
    else:
        mail_delivery.mark_sent(mail_id, done.subject)


def give_up(payload: dict[str, Any], error: str) -> None:
    """All tries are used up: the letter goes to the list of those."""
    mail_delivery.mark_failed(int(payload["mail_id"]), "", error)
