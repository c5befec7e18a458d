"""A copy of a person's own data to take along (PIPL art. 45): which rows belong to it, and how much is too much.

Everything starts from the policy's own criterion. Internal notes, other people's contacts and whatever opens a tracking
link are never among it. The copy itself is made by `presentation/takeout.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import (
    accounts,
    attachments,
    complaints,
    consultation,
    expert_persons,
    honours,
    hours,
    table_imports,
    trainings,
)
from helpdesk.errors import Refused
from helpdesk.models import (
    Account,
    Answer,
    Attachment,
    Case,
    Certificate,
    Company,
    Complaint,
    Consent,
    Event,
    Expert,
    ExpertPerson,
    Feedback,
    Honour,
    HoursEntry,
    ImportedEntry,
    Message,
    Offer,
    Scan,
    Side,
    Training,
    Visit,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# More than this is not made while somebody waits.
MOST_CASES = 200
MOST_BYTES = 100_000_000
REST = timedelta(minutes=1)
# How the log of looking calls it.
TAKEN = "takeout"


@dataclass(frozen=True)
class CaseParts:
    """One case with all that its company, or its expert, may have of it."""

    case: Case
    events: list[Event]
    messages: list[Message]
    visits: list[Visit]
    answers: list[Answer]
    feedback: list[Feedback]
    consents: list[Consent]
    files: list[Attachment]


@dataclass(frozen=True)
class ExpertParts:
    """What there is of one expert."""

    expert: Expert
    person: ExpertPerson | None
    trainings: list[Training]
    honours: list[Honour]
    # What proves trainings and honours, and past ones from a table that nobody has verified yet.
    proofs: list[Attachment]
    entries: list[ImportedEntry]
    offers: list[Offer]
    cases: list[CaseParts]
    ledger: list[HoursEntry]
    certificates: list[Certificate]


def ask_for_case(case: Case, by: Who, *, with_files: bool) -> None:
    """Wish for a copy of one case. Raises Refused when it is too large, TooMany within a minute of the last."""
    policy.require(by, "case.take_out", case)
    _note(by, case, TAKEN)
    _check(1, _bytes(Case.id == case.id) if with_files else 0, can_choose_year=False)


def ask_for_company(company: Company, by: Who, year: int | None, *, with_files: bool) -> None:
    """Wish for a copy of a company's cases, of one year or all. Raises Refused and TooMany as above."""
    policy.require(by, "company.take_out", company)
    _note(by, None, f"{TAKEN}:company:{company.id}")
    mine = _of_company(company, by, year)
    count = db.session.scalar(select(func.count(Case.id)).where(mine)) or 0
    _check(count, _bytes(mine) if with_files else 0, can_choose_year=year is None)


def ask_for_expert(expert: Expert, by: Who, year: int | None, *, with_files: bool) -> None:
    """Wish for a copy of an expert's own data, of one year or all. Raises Refused and TooMany as above."""
    policy.require(by, "expert.take_out", expert)
    _note(by, None, f"{TAKEN}:expert:{expert.id}")
    count = db.session.scalar(select(func.count(Case.id)).where(_served(expert, by, year))) or 0
    _check(count, _expert_bytes(expert, by, year) if with_files else 0, can_choose_year=year is None)


def _note(by: Who, case: Case | None, what: str) -> None:
    """Once a minute for each account, or link; and a line in the log of looking."""
    key = f"takeout:{by.account_id}" if by.is_signed_in else f"takeout-link:{case.id if case else ''}"
    accounts.count_try(key, window=REST)
    # Counted first: of two at the same time the second waits for the first, and sees it.
    accounts.check_tries(key, limit=2)
    consultation.note_access(case, by, what)


def _check(cases: int, size: int, *, can_choose_year: bool) -> None:
    if cases > MOST_CASES:
        code = "takeout_too_many" if can_choose_year else "takeout_too_many_in_a_year"
        raise Refused(code, field="year", count=cases, limit=MOST_CASES)
    if size > MOST_BYTES:
        code = "takeout_too_large" if can_choose_year else "takeout_files_too_large"
        field = "year" if can_choose_year else "files"
        raise Refused(code, field=field, size=size // 1_000_000, limit=MOST_BYTES // 1_000_000)


def of_case(case: Case, by: Who) -> list[CaseParts]:
    """The one case."""
    policy.require(by, "case.take_out", case)
    return _parts([case])


def of_company(company: Company, by: Who, year: int | None) -> list[CaseParts]:
    """The company's cases that were sent and that this person may read, oldest first. A constant number of queries."""
    policy.require(by, "company.take_out", company)
    return _parts(_cases(_of_company(company, by, year)))


def of_expert(expert: Expert, by: Who, year: int | None) -> ExpertParts:
    """The expert's own data. A constant number of queries."""
    policy.require(by, "expert.take_out", expert)
    offers = (
        select(Offer)
        .where(Offer.expert_id == expert.id, policy.which(by, "offer.read"), _within(Offer.offered_at, year))
        .options(joinedload(Offer.case).joinedload(Case.company), joinedload(Offer.case).joinedload(Case.category))
        .order_by(Offer.id)
    )
    papers = (
        select(Certificate)
        .where(_papers(expert, by, year))
        .options(joinedload(Certificate.case))
        .order_by(Certificate.id)
    )
    ledger = [row for row in reversed(hours.entries_of(expert.id)) if year in (None, row.served_on.year)]
    return ExpertParts(
        expert=expert,
        person=expert_persons.of(expert),
        trainings=trainings.of_expert(expert.id),
        honours=honours.of_expert(expert.id),
        proofs=attachments.of_dossier(expert) if policy.can(by, "expert.read_proof", expert) else [],
        entries=table_imports.waiting_of(expert.id, most=None),
        offers=list(db.session.scalars(offers)),
        cases=_parts(_cases(_served(expert, by, year))),
        ledger=ledger,
        certificates=list(db.session.scalars(papers)),
    )


def complaints_in_case(case: Case, by: Who) -> list[Complaint]:
    """What the company complained of in a case, as whoever takes the copy may read it; oldest first."""
    return _complaints(by, None, Complaint.case_id == case.id, _by_company())


def complaints_of_company(company: Company, by: Who, year: int | None) -> list[Complaint]:
    """The same of all its cases, and what this account complained of without naming a case."""
    ours = Complaint.case_id.in_(select(Case.id).where(Case.company_id == company.id))
    mine = and_(Complaint.case_id.is_(None), Complaint.account_id == by.account_id)
    return _complaints(by, year, or_(ours, mine), _by_company())


def complaints_of_account(by: Who, year: int | None) -> list[Complaint]:
    """Everything this account complained of, oldest first."""
    return _complaints(by, year, Complaint.account_id == by.account_id)


def _complaints(by: Who, year: int | None, *which: ColumnElement[bool]) -> list[Complaint]:
    # Taking one further is the right of whoever complained: nobody has it who reads complaints for the desk.
    own = policy.which(by, "complaint.take_further")
    rows = select(Complaint).where(own, *which, _within(Complaint.received_at, year))
    return list(db.session.scalars(rows.options(complaints.WITH_STEPS).order_by(Complaint.id)))


def _by_company() -> ColumnElement[bool]:
    """Not what somebody said as an expert who is in a company too."""
    return or_(Complaint.side.is_(None), Complaint.side == Side.COMPANY)


def years_of_company(company: Company, by: Who) -> list[int]:
    """The years in which the company sent something, newest first."""
    mine = _of_company(company, by, None)
    first, last = db.session.execute(select(func.min(Case.submitted_at), func.max(Case.submitted_at)).where(mine)).one()
    if first is None or last is None:
        return []
    return list(range(clock.local(last).year, clock.local(first).year - 1, -1))


def years_of_expert(expert: Expert) -> list[int]:
    """The years since the expert registered, newest first."""
    return list(range(clock.today().year, expert.registered_on.year - 1, -1))


def account_of(by: Who) -> Account | None:
    """The account of whoever takes the copy; None by a tracking link."""
    return db.session.get(Account, by.account_id) if by.account_id is not None else None


def _of_company(company: Company, by: Who, year: int | None) -> ColumnElement[bool]:
    # What was never sent has no number, and belongs to whoever writes it.
    return and_(
        Case.company_id == company.id,
        Case.number.is_not(None),
        policy.which(by, "case.take_out"),
        _within(Case.submitted_at, year),
    )


def _served(expert: Expert, by: Who, year: int | None) -> ColumnElement[bool]:
    visited = exists().where(Visit.case_id == Case.id, Visit.expert_id == expert.id)
    return and_(
        policy.which(by, "case.read"), or_(Case.expert_id == expert.id, visited), _within(Case.submitted_at, year)
    )


def _papers(expert: Expert, by: Who, year: int | None) -> ColumnElement[bool]:
    mine = and_(Certificate.expert_id == expert.id, policy.which(by, "certificate.download"))
    return and_(mine, _within(Certificate.issued_at, year))


def _within(moment: Any, year: int | None) -> ColumnElement[bool]:
    """A year as Shenzhen counts it."""
    if year is None:
        return true()
    return and_(moment >= clock.from_local(date(year, 1, 1)), moment < clock.from_local(date(year + 1, 1, 1)))


def _bytes(which: ColumnElement[bool]) -> int:
    """What the files of these cases weigh together."""
    files = select(func.sum(Attachment.size)).join(Case, Case.id == Attachment.case_id)
    return db.session.scalar(files.where(which, _taken_along())) or 0


def _expert_bytes(expert: Expert, by: Who, year: int | None) -> int:
    """What an expert's papers weigh together with what proves the dossier."""
    papers = db.session.scalar(select(func.sum(Certificate.pdf_bytes)).where(_papers(expert, by, year)))
    proofs = db.session.scalar(
        select(func.sum(Attachment.size)).where(Attachment.expert_id == expert.id, _taken_along())
    )
    return (papers or 0) + (proofs or 0)


def _taken_along() -> ColumnElement[bool]:
    """Files that are still there and harmless as far as anybody knows; a note's never."""
    return and_(
        Attachment.linked_at.is_not(None),
        Attachment.note_id.is_(None),
        Attachment.removed_at.is_(None),
        Attachment.scan != Scan.INFECTED,
    )


def _cases(which: ColumnElement[bool]) -> list[Case]:
    shown = [joinedload(x) for x in (Case.company, Case.category, Case.topic, Case.station, Case.expert)]
    return list(db.session.scalars(select(Case).where(which).options(*shown).order_by(Case.submitted_at, Case.id)))


def _parts(cases: Sequence[Case]) -> list[CaseParts]:
    ids = [case.id for case in cases]
    events = _rows(Event, ids, Event.seq)
    messages = _rows(Message, ids, Message.id)
    held = _rows(Visit, ids, Visit.starts_at, load=joinedload(Visit.expert))
    answers = _rows(Answer, ids, Answer.id)
    feedback = _rows(Feedback, ids, Feedback.id)
    consents = _rows(Consent, ids, Consent.id)
    files = _rows(Attachment, ids, Attachment.id, Attachment.linked_at.is_not(None), Attachment.note_id.is_(None))
    return [
        CaseParts(
            case,
            *(rows.get(case.id, []) for rows in (events, messages, held, answers, feedback, consents, files)),
        )
        for case in cases
    ]


def _rows(
    model: Any, ids: list[int], order: Any, *where: ColumnElement[bool], load: Any = None
) -> dict[int, list[Any]]:
    """A table's rows of these cases by case, in order, in one query."""
    query = select(model).where(model.case_id.in_(ids), *where).order_by(order, model.id)
    found: dict[int, list[Any]] = {}
    for row in db.session.scalars(query.options(load) if load is not None else query):
        found.setdefault(row.case_id, []).append(row)
    return found
