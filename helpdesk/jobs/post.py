"""Letters that come in: emptying mailboxes, and reading what was kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.adapters.letterbox import Mailbox, MailboxTrouble
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.letterbox.letter import Letter
from helpdesk.adapters.storage import Storage
from helpdesk.db import begin, db, transaction
from helpdesk.domain import incoming
from helpdesk.models import Incoming

log = logging.getLogger("helpdesk.post")


def fetch(mailboxes: Sequence[Mailbox], storage: Storage) -> int:
    """Empty each mailbox, one after the other; returns how many letters were new."""
    with transaction():
        incoming.only([box.name for box in mailboxes])
    db.session.remove()
    return sum(empty(box, storage) for box in mailboxes)


def empty(mailbox: Mailbox, storage: Storage) -> int:
    """Take everything out of a mailbox; returns how many letters were new.

    Each one is kept in a transaction of its own before the mailbox lets go of it: killed anywhere, nothing is lost, and
    what is fetched twice is one letter.
    """
    new = 0
    try:
        for waiting in mailbox.waiting():
            with transaction():
                _, is_new = incoming.keep(waiting.raw, storage, source=mailbox.name, is_cut=waiting.is_cut)
            new += is_new
            waiting.done()
        error = ""
    except MailboxTrouble as trouble:
        error = str(trouble)
        log.error("mailbox %s: %s", mailbox.name, error)
    with transaction():
        incoming.asked(mailbox.name, error)
    db.session.remove()
    return new


@dataclass(frozen=True)
class Opened:
    """A letter read from what was kept."""

    letter: Letter
    storage: Storage


def open_one(storage: Storage, payload: dict[str, Any]) -> Opened:
    """Read a kept letter: the slow part, with no transaction open."""
    row = db.session.get_one(Incoming, int(payload["incoming_id"]))
    raw = incoming.raw_of(row, storage)
    db.session.rollback()
    return Opened(reader.read(raw), storage)


def place(payload: dict[str, Any], opened: Opened) -> None:
    """Decide what it is; in the job's transaction."""
    incoming.place(int(payload["incoming_id"]), opened.letter, opened.storage)


def give_up(payload: dict[str, Any], error: str) -> None:
    """No try could read it: it waits with its error."""
    incoming.give_up(int(payload["incoming_id"]), error)


def take_in(raw: bytes, storage: Storage, *, source: str, to: str = "", is_cut: bool = False) -> tuple[Incoming, bool]:
    """Keep a letter and read it at once, for the pipe of a mail server. What cannot be read now the worker tries again.

    Returns its row, and whether it was new.
    """
    with transaction():
        row, is_new = incoming.keep(raw, storage, source=source, to=to, is_cut=is_cut)
        number = row.id
    payload = {"incoming_id": number}
    try:
        begin(read_only=True)
        opened = open_one(storage, payload)
        with transaction():
            place(payload, opened)
    except Exception:
        db.session.rollback()
        log.exception("letter %s is kept and will be read again", number)
    begin(read_only=True)
    row = db.session.get_one(Incoming, number, populate_existing=True)
    return row, is_new
