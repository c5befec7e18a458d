"""The 服务确认书 of a closed case: issued from the ledger, rendered by the worker, checked by anybody (R07)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, update

from helpdesk import clock, config
from helpdesk.adapters.pdf import CertificateFacts, CertificateRenderer
from helpdesk.adapters.storage import Storage
from helpdesk.db import db, only_row
from helpdesk.domain import chance, numbers, record
from helpdesk.domain.later import later
from helpdesk.models import (
    Answer,
    Case,
    Certificate,
    CertificateStatus,
    ConfirmedBy,
    Consent,
    Expert,
    Feedback,
    HoursEntry,
)
from helpdesk.rules import credit, identifiers
from helpdesk.rules.policy import Who

RENDER = "certificates.render"


def issue(case: Case, expert_id: int, by: Who) -> Certificate | None:
    """Issue the paper for what the ledger says of this expert on this case, superseding an earlier one.

    Exactly one is valid per case and expert. None when the ledger holds no minutes. The PDF is drawn later.
    """
    entries = list(
        db.session.scalars(
            select(HoursEntry)
            .where(HoursEntry.case_id == case.id, HoursEntry.expert_id == expert_id)
            .order_by(HoursEntry.id)
        )
    )
    minutes = sum(entry.minutes for entry in entries)
    if minutes <= 0:
        return None
    expert = db.session.get_one(Expert, expert_id)
    earlier = _valid(case, expert_id)
    certificate = Certificate(
        number=numbers.certificate_number(),
        code=_free_code(),
        case_id=case.id,
        expert_id=expert_id,
        station_id=case.station_id,
        minutes=minutes,
        facts={},
        issued_at=clock.now(),
        status=CertificateStatus.VALID,
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
    later(RENDER, key=str(certificate.id), certificate_id=certificate.id)
    record.event(
        case,
        "certificate.issued",
        by,
        number=certificate.number,
        expert=expert.name,
        certificate_id=certificate.id,
    )
    return certificate


def _supersede(earlier: Certificate, successor: Certificate) -> None:
    """Only one paper per case and expert may be valid at any moment, and a superseded one names its successor:
    the successor enters as superseded by its predecessor for the length of three statements."""
    successor.status, successor.superseded_by_id = CertificateStatus.SUPERSEDED, earlier.id
    db.session.add(successor)
    db.session.flush()
    earlier.status, earlier.superseded_by_id = CertificateStatus.SUPERSEDED, successor.id
    db.session.flush()
    successor.status, successor.superseded_by_id = CertificateStatus.VALID, None


def _valid(case: Case, expert_id: int) -> Certificate | None:
    return db.session.scalar(
        select(Certificate).where(
            Certificate.case_id == case.id,
            Certificate.expert_id == expert_id,
            Certificate.status == CertificateStatus.VALID,
        )
    )


def _free_code() -> str:
    while True:
        code = identifiers.verification_code(chance.choice)
        if not db.session.scalar(select(Certificate.id).where(Certificate.code == code)):
            return code


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
    credits = [entry for entry in entries if entry.minutes > 0]
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
        "minutes_by_mode": credit.by_mode((str(entry.mode), entry.minutes) for entry in entries),
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


def facts_of(certificate: Certificate) -> CertificateFacts:
    """The frozen facts as the renderer takes them."""
    facts = dict(certificate.facts)
    for name in ("starts_on", "ends_on", "issued_on"):
        facts[name] = date.fromisoformat(facts[name])
    return CertificateFacts(
        number=certificate.number,
        verification_code=certificate.code,
        verify_url=verify_url(certificate),
        city=config.setting("CITY_CODE"),
        salutation="同志",
        **facts,
    )


def verify_url(certificate: Certificate) -> str:
    """The address in the QR code: anybody who holds the paper may check it."""
    return f"{config.setting('PUBLIC_URL').rstrip('/')}/v/{certificate.code}"


@dataclass(frozen=True)
class Drawn:
    """A PDF that is drawn and kept, not yet marked on its certificate."""

    key: str
    sha256: str
    size: int


def draw(certificate_id: int, renderer: CertificateRenderer, storage: Storage) -> Drawn | None:
    """Draw the PDF and keep it; None when it has been drawn. Writes nothing in the database.

    The file's name is the hash of its content, so what a crash left behind is overwritten by the same bytes.
    """
    certificate = db.session.get(Certificate, certificate_id)
    if certificate is None or certificate.pdf_key is not None:
        return None
    data = renderer.render(facts_of(certificate))
    sha256 = hashlib.sha256(data).hexdigest()
    drawn = Drawn(f"certificates/{sha256[:2]}/{sha256}.pdf", sha256, len(data))
    storage.put(drawn.key, data)
    return drawn


def mark_drawn(certificate_id: int, drawn: Drawn | None) -> bool:
    """Note the PDF on its certificate, once; returns whether this call did it."""
    if drawn is None:
        return False
    done = db.session.execute(
        update(Certificate)
        .where(Certificate.id == certificate_id, Certificate.pdf_key.is_(None))
        .values(pdf_key=drawn.key, pdf_sha256=drawn.sha256, pdf_bytes=drawn.size, rendered_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return only_row(done)


@dataclass(frozen=True)
class Verdict:
    """What the public page says of a code: no more personal data than the paper shows, and less."""

    state: str
    number: str = ""
    name: str = ""
    category: str = ""
    category_en: str = ""
    minutes: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    issuer: str = ""
    issued_on: date | None = None
    sha256: str | None = None
    successor: str = ""


def check(text: str) -> Verdict:
    """Look a code up: genuine, superseded, revoked, unknown, or mistyped (its check character does not fit)."""
    code = identifiers.read_verification_code(text)
    if code is None:
        return Verdict("mistyped")
    found = db.session.scalar(select(Certificate).where(Certificate.code == code))
    if found is None:
        return Verdict("unknown")
    successor = db.session.get(Certificate, found.superseded_by_id) if found.superseded_by_id else None
    facts = found.facts
    return Verdict(
        state=found.status.value,
        number=found.number,
        name=identifiers.mask_name(facts["expert_name"]),
        category=facts["category_zh"],
        category_en=facts["category_en"],
        minutes=found.minutes,
        starts_on=date.fromisoformat(facts["starts_on"]),
        ends_on=date.fromisoformat(facts["ends_on"]),
        issuer=facts["issuer_name"],
        issued_on=date.fromisoformat(facts["issued_on"]),
        sha256=found.pdf_sha256,
        successor=successor.number if successor else "",
    )


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
