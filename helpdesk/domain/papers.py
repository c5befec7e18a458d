"""Papers of every kind: drawn and signed by the worker, checked by anybody, revoked by people (rule R07).

What a kind says is its own module's matter (`certificates` for one); what all papers have in common is here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import select, union_all, update
from sqlalchemy.sql import literal

from helpdesk import clock, config
from helpdesk.adapters.pdf import CertificateFacts, Facts, PaperRenderer
from helpdesk.adapters.pdf.award import AwardFacts
from helpdesk.adapters.pdf.statement import StatementFacts
from helpdesk.adapters.signing import Signer, SignerIdentity
from helpdesk.adapters.signing.pades import look
from helpdesk.adapters.storage import Storage
from helpdesk.db import db, only_row
from helpdesk.domain import chance
from helpdesk.domain.later import later
from helpdesk.errors import Refused
from helpdesk.models import Award, Certificate, PaperStatus, SigningCertificate, Statement
from helpdesk.rules import given, identifiers

DRAW = "papers.draw"

AnyPaper = Certificate | Statement | Award
# Every kind of paper: its table, and the facts that the press takes.
KINDS: dict[str, Any] = {"certificate": Certificate, "statement": Statement, "award": Award}
FACTS: dict[str, type[Facts]] = {
    "certificate": CertificateFacts,
    "statement": StatementFacts,
    "award": AwardFacts,
}

LONGEST_REASON = 500


def free_code() -> str:
    """A verification code that no paper of any kind has."""
    while True:
        code = identifiers.verification_code(chance.choice)
        if by_code(code) is None:
            return code


def by_code(code: str) -> AnyPaper | None:
    """The paper with this code, of whatever kind."""
    for model in KINDS.values():
        found = db.session.scalar(select(model).where(model.code == code))
        if found is not None:
            return found
    return None


def verify_url(paper: AnyPaper) -> str:
    """The address in the QR code: anybody who holds the paper may check it."""
    return f"{config.setting('PUBLIC_URL').rstrip('/')}/v/{paper.code}"


def facts_of(paper: AnyPaper) -> Facts:
    """The frozen facts as the renderer takes them: dates as dates, and what belongs to every paper added."""
    kind = FACTS[paper.kind]
    values: dict[str, Any] = dict(paper.facts)
    for field in fields(kind):
        if field.type in ("date", date, "date | None") and isinstance(values.get(field.name), str):
            values[field.name] = date.fromisoformat(values[field.name])
    return kind(
        number=paper.number,
        verification_code=paper.code,
        verify_url=verify_url(paper),
        city=config.setting("CITY_CODE"),
        has_seal=config.setting("SIGNING_IS_SEAL"),
        **values,
    )


def draw_later(paper: AnyPaper) -> None:
    """Have the paper drawn and signed by the worker: a row in the transaction that issued it."""
    later(DRAW, key=f"{paper.kind}-{paper.id}", kind=paper.kind, id=paper.id)


@dataclass(frozen=True)
class Drawn:
    """A PDF that is drawn, signed and kept, not yet marked on its paper."""

    key: str
    sha256: str
    size: int
    signer: SignerIdentity | None = None


def draw(kind: str, paper_id: int, renderer: PaperRenderer, signer: Signer, storage: Storage) -> Drawn | None:
    """Draw the PDF, sign it and keep it; None when it has been drawn. Writes nothing in the database.

    The file's name is the hash of its content, and both steps are repeatable, so what a crash left behind is
    overwritten by the same bytes. Raises RenderingUnavailable, SigningUnavailable, StorageTrouble.
    """
    paper = db.session.get(KINDS[kind], paper_id)
    if paper is None or paper.pdf_key is not None:
        return None
    data = signer.sign(renderer.render(facts_of(paper)), paper.issued_at.replace(microsecond=0))
    sha256 = hashlib.sha256(data).hexdigest()
    drawn = Drawn(f"certificates/{sha256[:2]}/{sha256}.pdf", sha256, len(data), signer.identity)
    storage.put(drawn.key, data)
    return drawn


def mark_drawn(kind: str, paper_id: int, drawn: Drawn | None) -> bool:
    """Note the PDF and its signer on the paper, once; returns whether this call did it."""
    if drawn is None:
        return False
    model = KINDS[kind]
    signer = _known_signer(drawn.signer) if drawn.signer is not None else None
    done = db.session.execute(
        update(model)
        .where(model.id == paper_id, model.pdf_key.is_(None))
        .values(
            pdf_key=drawn.key,
            pdf_sha256=drawn.sha256,
            pdf_bytes=drawn.size,
            rendered_at=clock.now(),
            signer=signer,
        )
        .execution_options(synchronize_session=False)
    )
    return only_row(done)


def _known_signer(identity: SignerIdentity) -> str:
    """Remember whose signature it is before the first paper names it. Two workers at once: the second takes the row
    the first wrote, by trying again (papers are drawn until they are)."""
    if db.session.get(SigningCertificate, identity.fingerprint) is None:
        db.session.add(
            SigningCertificate(
                fingerprint=identity.fingerprint,
                name=identity.name[:120],
                algorithm=identity.algorithm,
                pem=identity.pem,
                is_seal=config.setting("SIGNING_IS_SEAL"),
                valid_from=identity.valid_from,
                valid_until=identity.valid_until,
                first_used_at=clock.now(),
            )
        )
        db.session.flush()
    return identity.fingerprint


def revoke(paper: AnyPaper, reason: str) -> None:
    """Take a paper out of force, with the reason. Who may, and what becomes of its hours, is its kind's to say.

    Raises Refused("reason_missing") and Refused("paper_not_valid").
    """
    reason = given.reason(reason, LONGEST_REASON)
    if paper.status is not PaperStatus.VALID:
        raise Refused("paper_not_valid")
    paper.status, paper.revoked_reason, paper.ended_at = PaperStatus.REVOKED, reason, clock.now()
    db.session.flush()


# --- checking ---


@dataclass(frozen=True)
class Verdict:
    """What the public page says: no more personal data than the paper shows, and less.

    `state`: valid, superseded, revoked, unknown, mistyped; of a file also altered, unregistered (signed by us, whole,
    but no paper on record) and unsigned (no PDF of ours). `by_file`: a file was handed in, so its holder has read it.
    """

    state: str
    kind: str = ""
    number: str = ""
    name: str = ""
    category: str = ""
    category_en: str = ""
    title: str = ""
    title_en: str = ""
    minutes: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    issuer: str = ""
    issued_on: date | None = None
    ended_on: date | None = None
    sha256: str | None = None
    # The newest in the chain, and its code.
    successor: str = ""
    successor_code: str = ""
    signed_by: str = ""
    is_seal: bool = False
    by_file: bool = False


def check(text: str) -> Verdict:
    """Look a code up: genuine, superseded, revoked, unknown, mistyped (its check character does not fit), or that
    it is a paper's number."""
    code = identifiers.read_verification_code(text)
    if code is None:
        # A number is no secret: it opens nothing, not even whether there is such a paper.
        return Verdict("number" if _NUMBER.fullmatch(identifiers.squeeze(text)) else "mistyped")
    found = by_code(code)
    return Verdict("unknown") if found is None else _verdict(found)


def check_file(pdf: bytes) -> Verdict:
    """Compare a file with what was issued: by its hash first, which no single changed byte survives.

    A file that is not on record is `altered` when it carries one of our signatures or one of our numbers.
    """
    sha256 = hashlib.sha256(pdf).hexdigest()
    for model in KINDS.values():
        found = db.session.scalar(select(model).where(model.pdf_sha256 == sha256))
        if found is not None:
            return _verdict(found, by_file=True)
    if pdf.lstrip()[:5] != b"%PDF-":
        return Verdict("unsigned", by_file=True)
    report = look(pdf)
    ours = bool(report.fingerprint) and db.session.get(SigningCertificate, report.fingerprint) is not None
    named = _named_in(pdf)
    if named is not None:
        return Verdict("altered", kind=named.kind, number=named.number, by_file=True)
    if ours:
        return Verdict("unregistered" if report.holds else "altered", by_file=True)
    return Verdict("unsigned", by_file=True)


# A paper's number as somebody types it (`domain.numbers`).
_NUMBER = re.compile(r"WQ[MR]?[0-9]{11}")
# The code as it stands, unpacked, in the metadata of every paper.
_CODE = re.compile(rb"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}-[0-9A-Z]")
_MOST_CODES = 20


def _named_in(pdf: bytes) -> AnyPaper | None:
    """The paper whose code stands in the file's metadata, if any."""
    for found in list(dict.fromkeys(_CODE.findall(pdf)))[:_MOST_CODES]:
        code = identifiers.read_verification_code(found.decode("ascii"))
        paper = by_code(code) if code else None
        if paper is not None:
            return paper
    return None


def _newest(paper: AnyPaper) -> AnyPaper | None:
    """What took this paper's place, and that one's, to the end; None for one that was not replaced."""
    seen, row = {paper.id}, paper
    while (after := getattr(row, "superseded_by_id", None)) is not None and after not in seen:
        seen.add(after)
        row = db.session.get_one(KINDS[paper.kind], after)
    return row if row.id != paper.id else None


def _verdict(paper: AnyPaper, *, by_file: bool = False) -> Verdict:
    facts = paper.facts
    name = facts.get("expert_name", "")
    successor = _newest(paper)
    signer = db.session.get(SigningCertificate, paper.signer) if paper.signer else None
    return Verdict(
        state=paper.status.value,
        kind=paper.kind,
        number=paper.number,
        # Whoever hands the file in has read the name on it; whoever typed a code need not have.
        name=(name if by_file else identifiers.mask_name(name)) or facts.get("recipient_name", ""),
        category=facts.get("category_zh", ""),
        category_en=facts.get("category_en", ""),
        title=facts.get("title_zh", ""),
        title_en=facts.get("title_en", ""),
        minutes=getattr(paper, "minutes", 0) or 0,
        starts_on=_day(facts.get("starts_on")),
        ends_on=_day(facts.get("ends_on")),
        issuer=facts.get("issuer_name", ""),
        issued_on=_day(facts.get("issued_on")) or clock.local(paper.issued_at).date(),
        ended_on=clock.local(paper.ended_at).date() if paper.ended_at else None,
        sha256=paper.pdf_sha256,
        successor=successor.number if successor else "",
        successor_code=successor.code if successor else "",
        signed_by=signer.name if signer else "",
        is_seal=signer.is_seal if signer else False,
        by_file=by_file,
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Ended:
    """One line of the revocation list: no name, no reason, nothing but what a holder's paper says itself."""

    number: str
    kind: str
    state: str
    on: date


MOST_ENDED = 500


def ended(*, most: int | None = MOST_ENDED) -> list[Ended]:
    """Papers that were revoked or superseded, newest first; `most` None is all of them."""
    parts = [
        select(model.number, literal(kind).label("kind"), model.status, model.ended_at, model.issued_at).where(
            model.status != PaperStatus.VALID
        )
        for kind, model in KINDS.items()
    ]
    together = union_all(*parts).subquery()
    query = select(together).order_by(together.c.ended_at.desc(), together.c.number)
    rows = db.session.execute(query.limit(most) if most else query)
    return [
        Ended(row.number, row.kind, PaperStatus(row.status).value, clock.local(row.ended_at or row.issued_at).date())
        for row in rows
    ]


def signing_certificates() -> list[SigningCertificate]:
    """Every key that has signed papers, newest first."""
    return list(db.session.scalars(select(SigningCertificate).order_by(SigningCertificate.first_used_at.desc())))
