"""The 服务确认书 of a closed case: issued from the ledger, reissued when a word on it was wrong (R07)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.adapters.pdf import CertificateFacts
from helpdesk.db import db
from helpdesk.domain import numbers, papers, record
from helpdesk.errors import Refused
from helpdesk.models import (
    Answer,
    Case,
    Certificate,
    ConfirmedBy,
    Consent,
    EntryKind,
    Expert,
    Feedback,
    HoursEntry,
    PaperStatus,
)
from helpdesk.rules import credit, given, policy, separation
from helpdesk.rules.policy import Who

LONGEST_REASON = 200


def issue(case: Case, expert_id: int, by: Who, *, reason: str = "") -> Certificate | None:
    """Issue the paper for what the ledger says of this expert on this case, superseding an earlier one.

    Exactly one is valid per case and expert. When the ledger holds no minutes (any more) an earlier paper is revoked
    with the `reason`, and the answer is None. The PDF is drawn later. Raises Refused("own_hours") (rule R05).
    """
    entries = list(
        db.session.scalars(
            select(HoursEntry)
            .where(HoursEntry.case_id == case.id, HoursEntry.expert_id == expert_id)
            .order_by(HoursEntry.id)
        )
    )
    minutes = sum(entry.minutes for entry in entries)
    earlier = valid_of(case, expert_id)
    if minutes <= 0:
        if earlier is not None:
            revoke(earlier, by, reason=reason)
        return None
    account_id = entries[-1].expert_account_id
    separation.refuse_self(by, expert_id, account_id)
    expert = db.session.get_one(Expert, expert_id)
    certificate = Certificate(
        number=numbers.certificate_number(),
        code=papers.free_code(),
        case_id=case.id,
        expert_id=expert_id,
        station_id=case.station_id,
        minutes=minutes,
        facts={},
        issued_at=clock.now(),
        status=PaperStatus.VALID,
        issued_by_id=by.account_id,
        expert_account_id=account_id,
    )
    certificate.facts = _facts(certificate, case, expert, entries, by)
    if earlier is not None:
        _supersede(earlier, certificate)
    else:
        db.session.add(certificate)
    db.session.flush()
    if earlier is not None:
        record.event(
            case, "certificate.superseded", by, number=earlier.number, next=certificate.number, expert=expert.name
        )
    papers.draw_later(certificate)
    record.event(
        case,
        "certificate.issued",
        by,
        number=certificate.number,
        expert=expert.name,
        certificate_id=certificate.id,
    )
    return certificate


def reissue(certificate: Certificate, by: Who, *, reason: str) -> Certificate:
    """The same paper with today's names and words, for example after a name was written wrongly; the ledger decides
    its minutes. The old one is superseded and its page says so (办法67 art. 13).

    Raises NotAllowed, and Refused for one's own paper (rule R05), without a reason, or when it is valid no more.
    """
    policy.require(by, "certificate.reissue", certificate)
    case = record.hold(certificate.case)
    db.session.refresh(certificate, with_for_update=True)
    separation.refuse_self(by, certificate.expert_id, certificate.expert_account_id)
    reason = given.reason(reason)
    if certificate.status is not PaperStatus.VALID:
        raise Refused("paper_not_valid")
    record.event(case, "certificate.reissued", by, number=certificate.number, reason=reason[:LONGEST_REASON])
    successor = issue(case, certificate.expert_id, by, reason=reason)
    if successor is None:
        raise Refused("paper_not_valid")
    return successor


def revoke(certificate: Certificate, by: Who, *, reason: str) -> None:
    """Say of a valid paper that it holds no more, and why; it stays, and its public page says so (办法67 art. 17)."""
    separation.refuse_self(by, certificate.expert_id, certificate.expert_account_id)
    papers.revoke(certificate, reason)
    record.event(
        certificate.case,
        "certificate.revoked",
        by,
        number=certificate.number,
        expert=certificate.expert.name,
        reason=reason.strip(),
    )


def _supersede(earlier: Certificate, successor: Certificate) -> None:
    """Only one paper per case and expert may be valid at any moment, and a superseded one names its successor:
    the successor enters as superseded by its predecessor for the length of three statements."""
    successor.status, successor.superseded_by_id = PaperStatus.SUPERSEDED, earlier.id
    db.session.add(successor)
    db.session.flush()
    earlier.status, earlier.superseded_by_id, earlier.ended_at = PaperStatus.SUPERSEDED, successor.id, clock.now()
    db.session.flush()
    successor.status, successor.superseded_by_id = PaperStatus.VALID, None


def valid_of(case: Case, expert_id: int) -> Certificate | None:
    """The paper in force of this expert on this case."""
    return db.session.scalar(
        select(Certificate).where(
            Certificate.case_id == case.id,
            Certificate.expert_id == expert_id,
            Certificate.status == PaperStatus.VALID,
        )
    )


def _facts(certificate: Certificate, case: Case, expert: Expert, entries: list[HoursEntry], by: Who) -> dict[str, Any]:
    """Everything the paper says, frozen on the day of issue: 办法67 art. 15 asks for time, content, recorder."""
    answer = db.session.scalar(
        select(Answer).where(Answer.case_id == case.id).order_by(Answer.round.desc(), Answer.sequence.desc()).limit(1)
    )
    feedback = db.session.scalar(
        select(Feedback).where(Feedback.case_id == case.id).order_by(Feedback.round.desc()).limit(1)
    )
    may_name = db.session.scalar(
        select(Consent.id).where(
            Consent.case_id == case.id, Consent.purpose == "paper_name", Consent.withdrawn_at.is_(None)
        )
    )
    reversed_ids = {entry.reverses_id for entry in entries}
    credits = [entry for entry in entries if entry.kind is EntryKind.CREDIT and entry.id not in reversed_ids]
    total = db.session.scalar(select(func.sum(HoursEntry.minutes)).where(HoursEntry.expert_id == expert.id))
    by_company = all(entry.confirmed_by is ConfirmedBy.COMPANY for entry in credits)
    station, category = case.station, case.category
    return {
        "expert_name": expert.name,
        "expert_number": expert.volunteer_number,
        "category_zh": category.zh if category else "",
        "category_en": category.en if category else "",
        "company_name": case.company.name if may_name and case.company else None,
        "case_number": case.number,
        "starts_on": min(entry.served_on for entry in credits).isoformat(),
        "ends_on": max(entry.served_on for entry in credits).isoformat(),
        "minutes_total": certificate.minutes,
        "minutes_by_mode": credit.by_mode((str(entry.mode), entry.minutes) for entry in credits),
        "content": (answer.result if answer else case.title),
        "confirmed_by": "company" if by_company else "station",
        "rating": feedback.score if feedback else None,
        "station_name": station.zh if station else "",
        "issuer_name": station.legal_entity if station else "",
        "handler_name": _handler(case, by),
        "cumulative_minutes": int(total or 0),
        "issued_on": clock.today().isoformat(),
        "ledger_digest": entries[-1].hash,
    }


def _handler(case: Case, by: Who) -> str:
    """经办人: the coordinator who triaged the case, by the event log."""
    from_log = record.last_actor(case, "case.triaged")
    return from_log or by.name


def without_company(case: Case, by: Who) -> list[str]:
    """Issue anew, without the company's name, every paper of a case that says it; returns keys of PDFs to delete.

    The earlier papers stay as superseded rows, so that their codes are still answered; their words lose the name.
    """
    company = case.company.name if case.company else ""
    for said in db.session.scalars(select(Answer).where(Answer.case_id == case.id)):
        said.result = _unnamed(said.result, company)
    issued = of_case(case.id)
    naming = [row for row in issued if row.facts.get("company_name") or (company and company in row.facts["content"])]
    keys = []
    for row in naming:
        if row.status is PaperStatus.VALID:
            issue(case, row.expert_id, by)
        row.facts = {**row.facts, "company_name": None, "content": _unnamed(row.facts["content"], company)}
        if row.pdf_key is not None:
            keys.append(row.pdf_key)
            row.pdf_key = row.rendered_at = None
    db.session.flush()
    return keys


def _unnamed(text: str, company: str) -> str:
    return text.replace(company, "企业") if len(company) > 1 else text


def facts_of(certificate: Certificate) -> CertificateFacts:
    """The frozen facts as the renderer takes them."""
    facts = papers.facts_of(certificate)
    assert isinstance(facts, CertificateFacts)
    return facts


def of_expert(expert_id: int) -> list[Certificate]:
    """An expert's papers, newest first."""
    return list(
        db.session.scalars(
            select(Certificate).where(Certificate.expert_id == expert_id).order_by(Certificate.id.desc())
        )
    )


def of_case(case_id: int) -> list[Certificate]:
    """The papers of a case, newest first."""
    return list(
        db.session.scalars(select(Certificate).where(Certificate.case_id == case_id).order_by(Certificate.id.desc()))
    )
