"""Certificates on the screen: what the paper says, drawn from its frozen facts, and the state it is in."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk.adapters.pdf import RenderingUnavailable, wording
from helpdesk.db import db
from helpdesk.domain import certificates, papers
from helpdesk.models import Certificate, PaperStatus, SigningCertificate
from helpdesk.presentation import filters
from helpdesk.presentation.language import is_english
from helpdesk.presentation.words import word
from helpdesk.rules.credit import hours_text

LOOKS = {
    PaperStatus.VALID: "valid",
    PaperStatus.SUPERSEDED: "replaced",
    PaperStatus.REVOKED: "revoked",
}


@dataclass(frozen=True)
class PaperRow:
    """A certificate in a list, as the macro `certificate_row` takes it."""

    number: str
    title: str
    hours: str
    date: str
    url: str
    pdf_url: str
    state: str
    state_text: str


@dataclass(frozen=True)
class PaperPreview:
    """The paper in small. Its words are the paper's own, so they stay Chinese in every language."""

    number: str
    title: str
    english: str
    name: str
    lines: list[str]
    facts: list[tuple[str, str]]
    issuer: str
    date: str
    state: str
    state_text: str


@dataclass(frozen=True)
class PaperPage:
    """Everything on the page of one certificate."""

    row: PaperRow
    preview: PaperPreview
    case_number: str
    verify_url: str
    code: str
    sha256: str
    size: str
    issued: str
    reason: str
    successor: str
    signed_by: str
    is_seal: bool


def state_of(row: papers.AnyPaper) -> tuple[str, str]:
    """Look and word: a valid paper whose PDF is not drawn yet is still being made."""
    if row.status is PaperStatus.VALID and row.pdf_key is None:
        return "pending", gettext("正在生成")
    return LOOKS[row.status], word(row.status)


def row_of(row: Certificate) -> PaperRow:
    """One line of the list."""
    state, state_text = state_of(row)
    facts = row.facts
    field = facts["category_en"] if is_english() else facts["category_zh"]
    return PaperRow(
        number=row.number,
        title=gettext("%(field)s · 案件 %(number)s", field=field, number=facts["case_number"]),
        hours=gettext("%(hours)s 小时", hours=hours_text(row.minutes)),
        date=filters.full_day(row.issued_at),
        url=url_for("certificates.show", number=row.number),
        # A paper that was replaced or revoked is not handed out any more from here; its page says why.
        pdf_url=url_for("certificates.download", number=row.number) if state == "valid" else "",
        state=state,
        state_text=state_text,
    )


def page_of(row: Certificate, *, may_download: bool) -> PaperPage:
    """The page of one certificate for a reader who may open it."""
    made = row_of(row)
    if not may_download:
        made = PaperRow(**{**made.__dict__, "pdf_url": ""})
    successor = db.session.get(Certificate, row.superseded_by_id) if row.superseded_by_id else None
    signer = db.session.get(SigningCertificate, row.signer) if row.signer else None
    return PaperPage(
        row=made,
        preview=_preview(row),
        case_number=row.facts["case_number"],
        verify_url=papers.verify_url(row),
        code=row.code,
        sha256=row.pdf_sha256 or "",
        size=gettext("%(n)s KB", n=max(1, (row.pdf_bytes or 0) // 1024)) if row.pdf_bytes else "",
        issued=filters.full_day(row.issued_at),
        reason=row.revoked_reason or "",
        successor=successor.number if successor else "",
        signed_by=signer.name if signer else "",
        is_seal=signer.is_seal if signer else False,
    )


def _preview(row: Certificate) -> PaperPreview:
    """The very words of the PDF, so that screen and paper cannot drift apart."""
    facts = certificates.facts_of(row)
    state, state_text = state_of(row)
    try:
        paper = wording.paper(facts, range(sys.maxunicode + 1))
    except RenderingUnavailable:
        # The page of a paper that cannot be drawn still opens; the worker's log says what stands in the way.
        lines, strip = [str(facts.content)], []
    else:
        body = f"您于{paper.period}，以志愿专家身份为{paper.company}提供{paper.category}公益服务，累计{paper.hours}小时"
        told = f"{body}{paper.modes}。服务内容：{paper.content}服务时长已经{paper.confirmation}。"
        lines, strip = [told, "特发此证，谨致谢忱。"], [(fact.label, fact.value) for fact in paper.facts]
    return PaperPreview(
        number=row.number,
        title=wording.TITLE,
        english=wording.TITLE_EN,
        name=f"{facts.expert_name}{facts.salutation}：",
        lines=lines,
        facts=strip,
        issuer=facts.issuer_name,
        date=wording.chinese_date(facts.issued_on),
        state=state,
        state_text=state_text,
    )
