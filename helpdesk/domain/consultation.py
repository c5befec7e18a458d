"""What is said while a case is worked on: replies, internal notes, questions, tries to reach the company."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import attachments, chance, deadlines, life, mentions, record, unsent
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import Access, Box, Case, ContactAttempt, Message, Note, Role, Side, Station, Status
from helpdesk.rules import given, lifecycle, policy
from helpdesk.rules.policy import Held, Who

LONGEST = 5000


def reply(case: Case, by: Who, *, body: str, form_key: str, draft_seen: str | None = None) -> Message:
    """Say something that company and helpers read. The same form sent twice is one message; other words in a form that
    was sent already, from another window that shows the same draft, are a message of their own. `draft_seen` is the
    mark of the draft that the window knows (`unsent.sent`).

    The company's word ends a pause; the expert's first word begins the service; any helper's first word keeps
    the promise of a first answer.
    """
    record.hold(case)
    text = _text(body)
    side = _side(case, by)
    if not policy.can(by, "case.reply_as_company" if side is Side.COMPANY else "case.reply", case):
        raise NotAllowed("case.reply")
    if lifecycle.STATES[case.status].is_end or case.status is Status.DRAFT:
        raise Refused("case_ended", status=case.status.value)
    said = _already(Message, case, form_key)
    if said is not None and said.body == text:
        found: Message = said
        return found
    message = Message(
        case_id=case.id,
        side=side,
        author_id=by.account_id,
        author_name=by.name,
        body=text,
        form_key=form_key if said is None else chance.token(),
        at=clock.now(),
    )
    db.session.add(message)
    case.message_count += 1
    db.session.flush()
    unsent.sent(case, by, Box.REPLY, body=body, form_key=form_key, seen=draft_seen)
    attachments.bind(case, form_key, message=message)
    record.event(case, "message.posted", by, message_id=message.id, side=side.value)
    _what_it_moves(case, by, side)
    return message


def bring(case: Case, by: Who, *, author: str, body: str, form_key: str) -> Message:
    """Put the company's words on a case that reached us beside it, by mail: somebody at its desk says they belong here.

    They count as the company's: a pause ends. Brought twice they are one message.
    """
    record.hold(case)
    policy.require(by, "case.read", case)
    if lifecycle.STATES[case.status].is_end or case.status is Status.DRAFT:
        raise Refused("case_ended", field="number", status=case.status.value)
    said = _already(Message, case, form_key)
    if said is not None:
        found: Message = said
        return found
    message = Message(
        case_id=case.id,
        side=Side.COMPANY,
        author_name=author[:80],
        body=_text(body),
        form_key=form_key,
        at=clock.now(),
    )
    db.session.add(message)
    case.message_count += 1
    db.session.flush()
    attachments.bind(case, form_key, message=message)
    record.event(case, "message.brought", by, message_id=message.id, author=author[:80])
    if case.is_paused and case.status in lifecycle.ON_ITS_WAY:
        life.take(
            case, "supply", Who(name=author[:80], held=(Held(Role.ANYONE), Held(Role.REQUESTER)), link_case_id=case.id)
        )
        deadlines.go_on(case)
    return message


def _what_it_moves(case: Case, by: Who, side: Side) -> None:
    if side is Side.COMPANY:
        if case.is_paused and case.status in lifecycle.ON_ITS_WAY:
            life.take(case, "supply", by)
            deadlines.go_on(case)
        return
    deadlines.first_answered(case)
    if case.status is Status.ACCEPTED and policy.can(by, "case.consult", case):
        life.take(case, "start", by)


def note(case: Case, by: Who, *, body: str, form_key: str, draft_seen: str | None = None) -> Note:
    """Write down something the company never sees, and tell the colleagues it names. The same form sent twice is one
    note; other words in it are another."""
    record.hold(case)
    text = _text(body)
    policy.require(by, "case.note", case)
    said = _already(Note, case, form_key)
    if said is not None and said.body == text:
        found: Note = said
        return found
    row = Note(
        case_id=case.id,
        station_id=case.station_id,
        side=_side(case, by),
        author_id=by.account_id,
        author_name=by.name,
        body=text,
        form_key=form_key if said is None else chance.token(),
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    unsent.sent(case, by, Box.NOTE, body=body, form_key=form_key, seen=draft_seen)
    attachments.bind(case, form_key, note=row)
    named = mentions.note_down(row, case, by)
    ids = [mention.account_id for mention in named]
    record.event(case, "note.posted", by, spared_ids=ids, note_id=row.id)
    if named:
        names = "、".join(dict.fromkeys(mention.name for mention in named))
        record.event(case, "note.mentioned", by, mentioned_ids=ids, note_id=row.id, names=names)
    return row


def ask(case: Case, by: Who, *, question: str, form_key: str, seen: int | None = None) -> None:
    """Ask the company for something; every promise waits until it answers."""
    if _already(Message, record.hold(case), form_key) is not None:
        return
    life.take(case, "ask", by, seen=seen, asked={"question": question}, question=question.strip())
    message = Message(
        case_id=case.id,
        side=_side(case, by),
        author_id=by.account_id,
        author_name=by.name,
        body=_text(question),
        form_key=form_key,
        at=clock.now(),
    )
    db.session.add(message)
    case.message_count += 1
    deadlines.first_answered(case)
    deadlines.pause(case, question.strip())
    if case.status is Status.ACCEPTED and policy.can(by, "case.consult", case):
        life.take(case, "start", by)


def log_attempt(case: Case, by: Who, *, note: str, form_key: str) -> ContactAttempt:
    """Note a try to reach the company; three on three days allow an end as unreachable (rule R09). The same form sent
    twice is one try."""
    record.hold(case)
    policy.require(by, "attempt.log", case)
    said = _already(ContactAttempt, case, form_key)
    if said is not None:
        return said
    if case.status not in lifecycle.IN_HANDS:
        raise Refused("step_not_possible", step="attempt", status=case.status.value)
    attempt = ContactAttempt(case_id=case.id, at=clock.now(), by_name=by.name, note=_text(note), form_key=form_key)
    db.session.add(attempt)
    db.session.flush()
    record.event(case, "attempt.logged", by, note=attempt.note)
    return attempt


def view_contact(case: Case, by: Who) -> str:
    """The full phone number, and a line in the log of who looked (rule R16)."""
    policy.require(by, "case.read_contact", case)
    note_access(case, by, "contact")
    record.event(case, "contact.viewed", by)
    return case.contact_phone


def note_access(case: Case | None, by: Who, what: str) -> None:
    """A line in the log of unusual reading; for signed-in people only."""
    if by.account_id is not None:
        db.session.add(Access(account_id=by.account_id, case_id=case.id if case else None, what=what, at=clock.now()))
        db.session.flush()


def messages(case: Case) -> list[Message]:
    """All replies in order."""
    return list(db.session.scalars(select(Message).where(Message.case_id == case.id).order_by(Message.id)))


def notes(case: Case, by: Who) -> list[Note]:
    """The notes this person may read: those of the stations they coordinate, the expert those of the case's
    station, the district and the operator all."""
    if not policy.can(by, "case.read_notes", case):
        return []
    query = select(Note).where(Note.case_id == case.id).order_by(Note.id)
    if not (by.holds(Role.DISTRICT) or by.holds(Role.OPERATOR)):
        query = query.where(Note.station_id.in_({*by.station_ids, case.station_id}))
    return list(db.session.scalars(query))


def _side(case: Case, by: Who) -> Side:
    part = record.part_of(by, case)
    if part is Role.EXPERT:
        return Side.EXPERT
    if part in (Role.REQUESTER, Role.MEMBER):
        return Side.COMPANY
    return Side.STATION


def _already(model: Any, case: Case, form_key: str) -> Any:
    return db.session.scalar(select(model).where(model.case_id == case.id, model.form_key == form_key))


def _text(body: str) -> str:
    return given.text(body, "body", LONGEST)


def station_of(case: Case) -> Station:
    """The station that owns the case. Raises NotFound for a draft."""
    station = db.session.get(Station, case.station_id) if case.station_id else None
    if station is None:
        raise NotFound("station")
    return station


def attempts(case: Case) -> list[ContactAttempt]:
    """The tries to reach the company so far, in order."""
    return list(
        db.session.scalars(select(ContactAttempt).where(ContactAttempt.case_id == case.id).order_by(ContactAttempt.id))
    )
