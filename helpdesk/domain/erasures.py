"""Erasing on request (PIPL art. 47): asked by a company's handler or by a case's tracking link, decided by the operator
with a reason, carried out by the worker in portions. The service record stays; papers lose the company's name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import accounts, certificates, complaints, intake, keeping, record, statements
from helpdesk.domain.later import later
from helpdesk.errors import Refused
from helpdesk.models import Account, Case, Company, Erasure, Grant, Invitation, Role, Status
from helpdesk.rules import given, policy
from helpdesk.rules.keeping import GONE
from helpdesk.rules.policy import SYSTEM, Who

CARRY_OUT = "erasures.carry_out"
# So many numbers are named in a refusal.
NAMED = 5
LONGEST_REASON = 500


def ask_for_case(case: Case, by: Who) -> Erasure:
    """Wish to have this one case's data erased. Raises Refused while it is open, and when it was asked already."""
    record.hold(case)
    policy.require(by, "case.ask_erasure", case)
    company = case.company
    if company is None or case.anonymised_at is not None:
        raise Refused("anonymised")
    return _ask(company, case, by)


def ask_for_company(company: Company, by: Who) -> Erasure:
    """Wish to have all of a company's data erased. Raises Refused while a case is open, and when it was asked."""
    db.session.refresh(company, with_for_update=True)
    policy.require(by, "company.ask_erasure", company)
    return _ask(company, None, by)


def _ask(company: Company, case: Case | None, by: Who) -> Erasure:
    row = Erasure(company_id=company.id, case_id=case.id if case else None, asked_by=by.name[:80], asked_at=clock.now())
    if open_of(company, case) is not None:
        raise Refused("erasure_asked")
    _no_open_case(_scope(row))
    db.session.add(row)
    db.session.flush()
    if (about := _about(row)) is not None:
        record.event(about, "case.erasure_asked", by)
    return row


def take_back_for_case(case: Case, by: Who) -> None:
    """The company wishes to keep this case after all. Raises Refused when it was carried out."""
    record.hold(case)
    policy.require(by, "case.ask_erasure", case)
    if case.company is not None:
        _take_back(last_of(case.company, case), by)


def take_back_for_company(company: Company, by: Who) -> None:
    """The company wishes to keep its data after all. Raises Refused when the wish was carried out."""
    policy.require(by, "company.ask_erasure", company)
    _take_back(last_of(company), by)


def _take_back(row: Erasure | None, by: Who) -> None:
    """Also after a yes, until the worker has done it; twice is once. Who did it is told on the case's timeline."""
    if row is None:
        return
    db.session.refresh(row, with_for_update=True)
    if row.done_at is not None:
        raise Refused("erasure_done")
    if row.withdrawn_at is not None or row.decision == "refused":
        return
    row.withdrawn_at, row.asked_by = clock.now(), GONE
    db.session.flush()
    if (about := _about(row)) is not None:
        record.event(about, "case.erasure_withdrawn", by)


def open_of(company: Company, case: Case | None = None) -> Erasure | None:
    """The wish that still waits for an answer."""
    which = Erasure.case_id == case.id if case is not None else Erasure.case_id.is_(None)
    return db.session.scalar(select(Erasure).where(Erasure.company_id == company.id, which, _waits()))


def open_cases(company: Company, case: Case | None = None, limit: int = 20) -> list[Case]:
    """Cases that have to end before anything can be erased: the company's, or the one that is asked about."""
    scope = Case.id == case.id if case is not None else Case.company_id == company.id
    return list(db.session.scalars(select(Case).where(_is_open(scope)).order_by(Case.id).limit(limit)))


def last_of(company: Company, case: Case | None = None) -> Erasure | None:
    """The newest wish, answered or not, so that its page can say where it stands."""
    which = Erasure.case_id == case.id if case is not None else Erasure.case_id.is_(None)
    return db.session.scalar(
        select(Erasure).where(Erasure.company_id == company.id, which).order_by(Erasure.id.desc()).limit(1)
    )


def waiting(by: Who) -> list[Erasure]:
    """Wishes that this person has to answer, oldest first."""
    return list(
        db.session.scalars(
            select(Erasure).where(_waits(), policy.which(by, "erasure.decide")).order_by(Erasure.id).limit(200)
        )
    )


def answered(by: Who, limit: int = 50) -> list[Erasure]:
    """What was answered, newest first."""
    return list(
        db.session.scalars(
            select(Erasure)
            .where(Erasure.decision.is_not(None), policy.which(by, "erasure.decide"))
            .order_by(Erasure.decided_at.desc(), Erasure.id.desc())
            .limit(limit)
        )
    )


def decide(row: Erasure, by: Who, *, granted: bool, reason: str) -> None:
    """Say yes or no, with a reason. Yes is carried out by the worker.

    Raises Refused without a reason, when it was answered or taken back, while a case is open, kept for a reason or in
    dispute.
    """
    db.session.refresh(row, with_for_update=True)
    policy.require(by, "erasure.decide", row)
    if row.withdrawn_at is not None:
        raise Refused("erasure_withdrawn")
    if row.decision is not None:
        raise Refused("erasure_decided")
    reason = given.reason(reason)
    if granted:
        _no_open_case(_scope(row))
        _no_held_case(_scope(row))
    row.decision, row.reason = ("granted" if granted else "refused"), reason[:LONGEST_REASON]
    row.decided_by_id, row.decided_by, row.decided_at = by.account_id, by.name, clock.now()
    db.session.flush()
    if granted:
        later(CARRY_OUT, key=f"{row.id}-0", erasure_id=row.id, portion=0)
    elif (about := _about(row)) is not None:
        record.event(about, "case.erasure_refused", by, reason=row.reason)


def carry_out(payload: dict[str, Any]) -> int:
    """One portion of what was granted; the next one is asked for in the same transaction. Returns how many cases."""
    row = db.session.get_one(Erasure, int(payload["erasure_id"]), with_for_update=True)
    if row.decision != "granted" or row.done_at is not None or row.withdrawn_at is not None:
        return 0
    ids = db.session.scalars(
        select(Case.id).where(_scope(row), keeping.may_go()).order_by(Case.id).limit(keeping.PORTION)
    ).all()
    for case_id in ids:
        _erase(db.session.get_one(Case, case_id))
    if len(ids) == keeping.PORTION:
        portion = int(payload["portion"]) + 1
        later(CARRY_OUT, key=f"{row.id}-{portion}", erasure_id=row.id, portion=portion)
    else:
        _finish(row)
    return len(ids)


def _erase(case: Case) -> None:
    """Papers first: they are drawn from what is about to go."""
    intake.withdraw_consent(case, "paper_name")
    keys = [*certificates.without_company(case, SYSTEM), *statements.without_company(case)]
    keeping.forget_bytes(keys, f"papers-{case.id}")
    keeping.anonymise(case, SYSTEM, asked_for=True)


def _finish(row: Erasure) -> None:
    row.done_at, row.asked_by = clock.now(), GONE
    db.session.flush()
    if row.case_id is None and _is_empty(row.company_id):
        _forget_company(db.session.get_one(Company, row.company_id))


def _is_empty(company_id: int) -> bool:
    """Whether nothing of the company is left with a name; a case that came in meanwhile keeps it."""
    return not db.session.scalar(select(exists().where(Case.company_id == company_id, Case.anonymised_at.is_(None))))


def _forget_company(company: Company) -> None:
    """Its name and code; trade, district and size stay for statistics. Its members' places end, and the accounts of
    those who have no other part here."""
    company.name, company.credit_code = GONE, None
    for wish in db.session.scalars(select(Erasure).where(Erasure.company_id == company.id)).all():
        wish.asked_by = GONE
    db.session.execute(delete(Invitation).where(Invitation.company_id == company.id))
    places = db.session.scalars(
        select(Grant).where(Grant.company_id == company.id, Grant.role == Role.MEMBER, Grant.ended_at.is_(None))
    ).all()
    for place in places:
        accounts.end_grant(place)
        if not any(grant.ended_at is None for grant in place.account.grants):
            _forget_account(place.account)
    db.session.flush()


def _forget_account(account: Account) -> None:
    drafts = select(Case).where(Case.contact_account_id == account.id, Case.status == Status.DRAFT)
    for draft in db.session.scalars(drafts).all():
        draft.contact_account_id = None
    account.login, account.name, account.is_active = f"gone-{account.id}", GONE, False
    account.phone = account.email = None
    complaints.forget_of_account(account)


def _scope(row: Erasure) -> ColumnElement[bool]:
    return Case.id == row.case_id if row.case_id is not None else Case.company_id == row.company_id


def _about(row: Erasure) -> Case | None:
    """The case on whose timeline the wish is told: its own, or the company's newest."""
    return db.session.scalar(
        select(Case).where(_scope(row), Case.anonymised_at.is_(None)).order_by(Case.id.desc()).limit(1)
    )


def _waits() -> ColumnElement[bool]:
    return and_(Erasure.decision.is_(None), Erasure.withdrawn_at.is_(None))


def _is_open(scope: ColumnElement[bool]) -> ColumnElement[bool]:
    return and_(scope, Case.ended_at.is_(None), Case.status != Status.DRAFT)


def _no_open_case(scope: ColumnElement[bool]) -> None:
    _refuse_for(_is_open(scope), "open_cases_first")


def _no_held_case(scope: ColumnElement[bool]) -> None:
    _refuse_for(and_(scope, Case.anonymised_at.is_(None), ~keeping.may_go()), "cases_held")


def _refuse_for(criterion: ColumnElement[bool], code: str) -> None:
    count = db.session.scalar(select(func.count()).select_from(Case).where(criterion)) or 0
    if count:
        numbers = db.session.scalars(select(Case.number).where(criterion).order_by(Case.id).limit(NAMED)).all()
        named = "、".join(number or "" for number in numbers) + ("…" if count > NAMED else "")
        if code == "open_cases_first":
            raise Refused(code, count=count, numbers=named)
        raise Refused(code, numbers=named)
