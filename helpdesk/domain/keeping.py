"""Keeping personal data no longer than said, and making a case anonymous: words and names go, the record stays.

Counts, field, district, trade, size, times, ratings and the service record stay for statistics and by law. The night's
round goes in portions, each a transaction of its own; killed anywhere, the next one carries on.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, delete, exists, func, or_, select, update

from helpdesk import clock
from helpdesk.adapters.storage import Storage
from helpdesk.db import db
from helpdesk.domain import attachments, chance, complaints, dated_terms, incoming, record
from helpdesk.domain.later import later
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import (
    Account,
    ActLink,
    Address,
    Answer,
    Attachment,
    BulkRun,
    Case,
    CaseTag,
    ContactAttempt,
    Correction,
    CorrectionState,
    Erasure,
    Evaluation,
    Event,
    Feedback,
    Follow,
    Incoming,
    KeepingRule,
    Mail,
    MailKind,
    MailStatus,
    Mention,
    Message,
    News,
    Note,
    Offer,
    Recommendation,
    Review,
    Role,
    SendStatus,
    Series,
    SeriesCase,
    SeriesState,
    SeriesWhy,
    Side,
    Status,
    Transfer,
    Unsent,
    Visit,
    VisitStatus,
)
from helpdesk.rules import given, identifiers, keeping, lifecycle, policy
from helpdesk.rules.keeping import GONE
from helpdesk.rules.mailing import Part
from helpdesk.rules.policy import SYSTEM, Who

ROUND, DELETE_BYTES = "keeping.round", "keeping.delete_bytes"
PORTION = 100
LONGEST_REASON = 200

ENDS = tuple(status for status, state in lifecycle.STATES.items() if state.is_end)
CODES = frozenset(
    {*lifecycle.DECLINE_REASONS, *lifecycle.HAND_BACK_REASONS, *lifecycle.WITHDRAW_REASONS, *lifecycle.GROUNDS}
)
COMPANY_ROLES = (Role.REQUESTER, Role.MEMBER, Role.ANYONE)


# --- how long ---


@dataclass(frozen=True)
class Term:
    """What holds: so many months, from a day on; `row` is None for what the house began with."""

    months: int
    row: KeepingRule | None = None


def in_force(day: date | None = None) -> Term:
    """The term that holds on a day, today when none is given."""
    row = dated_terms.in_force(KeepingRule, day, KeepingRule.withdrawn_at.is_(None))
    return Term(row.months, row) if row is not None else Term(keeping.PERSONAL_MONTHS)


def rules() -> list[KeepingRule]:
    """Every term that was ever set, newest first."""
    return dated_terms.every(KeepingRule)


def rule(rule_id: int) -> KeepingRule:
    """One of them. Raises NotFound."""
    row = db.session.get(KeepingRule, rule_id)
    if row is None:
        raise NotFound("keeping_rule")
    return row


def set_term(by: Who, *, months: int, from_on: date, reason: str) -> KeepingRule:
    """The operator sets how long, from a day on, with a reason. Raises Refused for a bad term, a past day or one that
    is too far away to be meant."""
    if not policy.can(by, "keeping.edit"):
        raise NotAllowed("keeping.edit")
    if not keeping.SHORTEST_MONTHS <= months <= keeping.LONGEST_MONTHS:
        raise Refused("months_out_of_range", field="months", least=keeping.SHORTEST_MONTHS, most=keeping.LONGEST_MONTHS)
    return dated_terms.begin(KeepingRule(months=months), by, from_on=from_on, reason=reason, latest=latest_day())


def latest_day() -> date:
    """The last day from which a new term may hold: further ahead it is a slip of the pen."""
    today = clock.today()
    return date(today.year + keeping.YEARS_AHEAD, today.month, min(today.day, 28))


def take_back(row: KeepingRule, by: Who) -> None:
    """The operator takes back a term that has not begun; it stays in the list with who did it and when.

    Raises Refused once it has begun: what it made due is gone, so that only a newer term changes anything.
    """
    if not policy.can(by, "keeping.edit"):
        raise NotAllowed("keeping.edit")
    db.session.refresh(row, with_for_update=True)
    if row.withdrawn_at is not None:
        return
    if row.from_on <= clock.today():
        raise Refused("term_has_begun")
    row.withdrawn_by_id, row.withdrawn_by, row.withdrawn_at = by.account_id, by.name, clock.now()
    db.session.flush()


def edge(moment: datetime | None = None) -> datetime:
    """What ended before this moment is due: so many months ago."""
    moment = moment or clock.now()
    here = clock.local(moment)
    month = here.year * 12 + here.month - 1 - in_force(here.date()).months
    year, month = divmod(month, 12)
    day = min(here.day, calendar.monthrange(year, month + 1)[1])
    return clock.from_local(date(year, month + 1, day), 0)


# --- a case that is needed longer ---


def hold(case: Case, by: Who, *, reason: str) -> None:
    """Keep a case's data until somebody says otherwise, for a quarrel or an audit. Raises Refused without a reason."""
    record.hold(case)
    policy.require(by, "case.hold_data", case)
    reason = given.reason(reason)
    if case.anonymised_at is not None:
        raise Refused("anonymised")
    case.held_reason = reason[:LONGEST_REASON]
    db.session.flush()
    record.event(case, "case.data_held", by, reason=case.held_reason)


def release(case: Case, by: Who) -> None:
    """The term holds again."""
    record.hold(case)
    policy.require(by, "case.hold_data", case)
    if case.held_reason is None:
        return
    case.held_reason = None
    db.session.flush()
    record.event(case, "case.data_released", by)


def held(by: Who) -> list[Case]:
    """Cases that are kept for a reason, newest first."""
    return list(
        db.session.scalars(
            select(Case)
            .where(Case.held_reason.is_not(None), policy.which(by, "case.hold_data"))
            .order_by(Case.id.desc())
            .limit(200)
        )
    )


# --- what may go ---


def may_go() -> ColumnElement[bool]:
    """Cases that are over for good: ended, not kept for a reason, nothing under review, disputed or to be corrected,
    no appeal and no complaint open."""
    reviewed = exists().where(Review.case_id == Case.id, Review.decision.is_(None))
    disputed = exists().where(Visit.case_id == Case.id, Visit.status == VisitStatus.DISPUTED)
    wrong = exists().where(Correction.case_id == Case.id, Correction.state == CorrectionState.OPEN)
    moment = clock.now()
    appealed = exists().where(
        Case.status == Status.REJECTED,
        Event.case_id == Case.id,
        Event.kind == "case.appealed",
        # An appeal that nobody decided in a year is no longer one.
        Event.at > moment.replace(year=moment.year - 1, day=min(moment.day, 28)),
    )
    return and_(
        Case.anonymised_at.is_(None),
        Case.ended_at.is_not(None),
        Case.status.in_(ENDS),
        Case.held_reason.is_(None),
        ~reviewed,
        ~disputed,
        ~wrong,
        ~appealed,
        ~complaints.is_open_of(Case.id),
    )


def due() -> ColumnElement[bool]:
    """Those of them whose term is over."""
    return and_(may_go(), Case.ended_at < edge())


def count_due() -> int:
    """How many cases the next round makes anonymous."""
    return db.session.scalar(select(func.count()).select_from(Case).where(due())) or 0


def numbers_due(limit: int = 1000) -> list[str]:
    """Their numbers, oldest first; of a draft that was dropped, its row."""
    rows = db.session.execute(select(Case.id, Case.number).where(due()).order_by(Case.ended_at, Case.id).limit(limit))
    return [row.number or f"#{row.id}" for row in rows]


def next_portion(limit: int = PORTION) -> int:
    """Make the next cases anonymous whose term is over; returns how many. One transaction; the caller commits."""
    ids = db.session.scalars(select(Case.id).where(due()).order_by(Case.ended_at, Case.id).limit(limit)).all()
    return sum(anonymise(db.session.get_one(Case, case_id), SYSTEM) for case_id in ids)


def ask_for_round() -> None:
    """Once a night, by the worker, when something is due."""
    for contact in complaints.forget_old(edge()):
        if contact:
            _forget_address(contact)
    if db.session.scalar(select(Case.id).where(due()).limit(1)) is not None:
        later(ROUND, key=f"{clock.today().isoformat()}-0", portion=0)


def go_round(payload: dict[str, Any]) -> int:
    """One portion of the night's round; the next one is asked for in the same transaction."""
    done, portion = next_portion(), int(payload.get("portion", 0)) + 1
    if done == PORTION:
        later(ROUND, key=f"{clock.today().isoformat()}-{portion}", portion=portion)
    return done


# --- the act ---


def anonymise(case: Case, by: Who, *, asked_for: bool = False) -> bool:
    """Take names, contacts, words, files and letters of a case away, for good. Returns False when it must not be.

    Done twice it is done once. `asked_for`: the company wished it, so that its term need not be over.
    """
    record.hold(case)
    policy.require(by, "case.anonymise", case)
    if db.session.scalar(select(Case.id).where(Case.id == case.id, may_go())) is None:
        return False
    attachments.forget(case, by)
    complaints.forget_of_case(case)
    old_email, contact = case.contact_email, case.contact_name
    _empty_case(case)
    _empty_talk(case)
    _empty_service(case, contact)
    _forget_letters(case)
    _forget_incoming(case)
    _empty_series(case, asked_for=asked_for)
    record.event(case, "case.erased" if asked_for else "case.anonymised", by)
    _empty_events(case)
    if old_email:
        _forget_address(old_email)
    return True


def _empty_case(case: Case) -> None:
    case.anonymised_at = clock.now()
    # Whoever kept the tracking link opens nothing with it any more.
    case.tracking_token, case.tracking_code = chance.token(), _free_code()
    case.draft = {}
    case.title = case.problem = GONE
    case.contact_name, case.contact_phone = GONE, ""
    case.contact_email = case.contact_times = case.contact_account_id = None
    case.reason_text = GONE if case.reason_text else None
    case.last_actor = None
    case.version += 1
    for model in (CaseTag, Unsent, Follow):
        _run(delete(model).where(model.case_id == case.id))
    db.session.flush()


def _free_code() -> str:
    while True:
        code = identifiers.tracking_code(chance.choice)
        if db.session.scalar(select(Case.id).where(Case.tracking_code == code)) is None:
            return code


def _empty_talk(case: Case) -> None:
    """What was said on it, by anybody: words of others speak of the company, too."""
    of_case = select(Note.id).where(Note.case_id == case.id)
    _run(delete(Mention).where(Mention.note_id.in_(of_case)))
    _run(update(Note).where(Note.case_id == case.id).values(body=GONE))
    _run(update(Message).where(Message.case_id == case.id).values(body=GONE))
    theirs = (Message, Attachment)
    for model in theirs:
        _run(update(model).where(model.case_id == case.id, model.side == Side.COMPANY).values(author_name=GONE))
    _run(update(ContactAttempt).where(ContactAttempt.case_id == case.id).values(note=GONE))
    _run(update(Feedback).where(Feedback.case_id == case.id).values(comment="", by_name=GONE))
    _run(update(Erasure).where(Erasure.case_id == case.id).values(asked_by=GONE))
    _run(update(Review).where(Review.case_id == case.id).values(note="", said_by=GONE, reason=GONE))
    _run(update(Transfer).where(Transfer.case_id == case.id).values(reason=GONE, answer=""))
    _run(update(Offer).where(Offer.case_id == case.id).values(note="", reason_text=""))
    _run(update(Offer).where(Offer.case_id == case.id, Offer.override_reason != "").values(override_reason=GONE))


def _empty_service(case: Case, contact: str) -> None:
    """The summary's result is the content of the service that the record must keep; what led there is not."""
    _run(update(Answer).where(Answer.case_id == case.id).values(problem=GONE, advice=GONE))
    _run(update(Visit).where(Visit.case_id == case.id).values(place="", summary=GONE))
    _run(update(Visit).where(Visit.case_id == case.id, Visit.dispute_reason.is_not(None)).values(dispute_reason=GONE))
    # Who of the company confirmed it; that it was the company stays in the ledger.
    _empty_records(case)
    by_company = and_(Visit.case_id == case.id, Visit.status == VisitStatus.CONFIRMED)
    _run(update(Visit).where(or_(by_company, and_(Visit.case_id == case.id, Visit.decided_by == contact)))
         .values(decided_by=GONE, decided_by_id=None))  # fmt: skip
    chosen = select(BulkRun).where(BulkRun.items.cast(String).like(f'%"case": {case.id},%'))
    for run in db.session.scalars(chosen).all():
        run.items = [{**item, "title": GONE} if item.get("case") == case.id else item for item in run.items]
    db.session.flush()


def _empty_records(case: Case) -> None:
    """What was said of its service records afterwards: the decision and the minutes stay, the words go."""
    for row in db.session.scalars(select(Correction).where(Correction.case_id == case.id)).all():
        row.says = GONE
        row.reason = GONE if row.reason else ""
        row.before = {**row.before, "place": "", "summary": GONE}
        row.after = {**row.after, "place": "", "summary": GONE} if row.after else None
        if row.side is Side.COMPANY:
            row.asked_by, row.asked_by_id = GONE, None
    of_case = select(Visit.id).where(Visit.case_id == case.id)
    _run(update(Evaluation).where(Evaluation.visit_id.in_(of_case)).values(note=""))
    _run(
        update(Recommendation).where(Recommendation.case_id == case.id).values(by_name=GONE, account_id=None, reason="")
    )
    db.session.flush()


def _forget_letters(case: Case) -> None:
    """Letters that went out: to the company without address and name, to everybody without subject."""
    waits = Mail.status.in_((MailStatus.WAITING, MailStatus.DAILY, MailStatus.UNPROVED, MailStatus.FAILED))
    _run(update(Mail).where(Mail.case_id == case.id, waits).values(status=MailStatus.DROPPED, error="anonymised"))
    _run(update(Mail).where(Mail.case_id == case.id).values(subject=""))
    theirs = and_(Mail.case_id == case.id, or_(Mail.part == Part.COMPANY, Mail.kind == MailKind.PROOF))
    ids = db.session.scalars(select(Mail.id).where(theirs)).all()
    _run(delete(ActLink).where(ActLink.mail_id.in_(ids)))
    for mail_id in ids:
        # An address of its own: one event writes to an address once.
        gone = f"gone-{mail_id}@invalid"
        _run(update(Mail).where(Mail.id == mail_id).values(address=gone, name="", account_id=None, error=None))
    texts = select(News.id).where(News.case_id == case.id, News.phone.is_not(None))
    for news_id in db.session.scalars(texts).all():
        _run(update(News).where(News.id == news_id).values(phone=f"gone-{news_id}"))
    _run(
        update(News).where(News.case_id == case.id, News.status == SendStatus.WAITING).values(status=SendStatus.DROPPED)
    )


def _forget_incoming(case: Case) -> None:
    """Letters that came in: the words and the raw bytes. The row, with its hash, keeps the same letter out."""
    rows = db.session.scalars(
        select(Incoming).where(or_(Incoming.case_id == case.id, Incoming.maybe_case_id == case.id))
    ).all()
    keys = []
    for row in rows:
        if row.case_id not in (None, case.id):
            row.maybe_case_id = None
            continue
        row.address = row.name = row.subject = row.text = row.quoted = row.envelope_to = ""
        row.files = []
        keys.append(incoming.key_of(row))
    db.session.flush()
    forget_bytes(keys, f"letters-{case.id}")


def _empty_series(case: Case, *, asked_for: bool) -> None:
    """The words of a series go with its newest case, whose contact the next one would take over; when the company
    wished it, with any of its cases. It rests then: there is nobody it could make a case for."""
    about = Series.last_case_id == case.id
    if asked_for:
        made = select(SeriesCase.series_id).where(SeriesCase.case_id == case.id)
        about = or_(about, Series.first_case_id == case.id, Series.id.in_(made))
    _run(
        update(Series)
        .where(about, Series.state != SeriesState.ENDED)
        .values(state=SeriesState.PAUSED, why=SeriesWhy.ANONYMISED)
    )
    _run(update(Series).where(about).values(title=GONE, problem=GONE))
    _run(update(Series).where(about, Series.reason != "").values(reason=GONE))
    _run(update(Series).where(about, Series.why == SeriesWhy.COMPANY).values(changed_by=GONE))


def forget_bytes(keys: Iterable[str], name: str) -> None:
    """Have bytes deleted from the store after this transaction, again until it is done."""
    listed = list(keys)
    if listed:
        later(DELETE_BYTES, key=name, keys=listed)


def delete_bytes(payload: dict[str, Any], storage: Storage) -> None:
    """Delete what was asked for; what is not there is deleted."""
    for key in payload["keys"]:
        storage.delete(key)


def _empty_events(case: Case) -> None:
    """The log stays, in order, with who did what in which part; names of the company and typed words go.

    The database lets these two columns be written for an anonymous case and for no other.
    """
    for row in db.session.scalars(select(Event).where(Event.case_id == case.id)).all():
        facts = keeping.without_words(row.facts, CODES)
        name = "" if row.actor_role in COMPANY_ROLES else row.actor_name
        if facts != row.facts or name != row.actor_name:
            row.facts, row.actor_name = facts, name
    db.session.flush()


def _forget_address(address: str) -> None:
    """What we know of a mail address, unless somebody else uses it or its owner wants no mail."""
    tidy = address.strip().lower()
    used = or_(
        exists().where(func.lower(Case.contact_email) == tidy),
        exists().where(func.lower(Account.email) == tidy),
    )
    if not db.session.scalar(select(used)):
        _run(delete(Address).where(Address.address == tidy, Address.stopped_at.is_(None)))


def _run(statement: Any) -> None:
    db.session.execute(statement.execution_options(synchronize_session=False))
