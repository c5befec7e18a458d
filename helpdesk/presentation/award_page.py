"""The paper of an award on the screen, in the words of the paper itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext

from helpdesk.adapters.pdf import wording
from helpdesk.domain import papers
from helpdesk.models import Award
from helpdesk.presentation import filters
from helpdesk.presentation.paper_page import PaperPreview, state_of


@dataclass(frozen=True)
class AwardPage:
    """Everything on the page of one award."""

    number: str
    title: str
    state: str
    state_text: str
    preview: PaperPreview
    verify_url: str
    code: str
    sha256: str
    size: str
    given: str
    cycle: str
    pdf_url: str
    reason: str


def page_of(row: Award) -> AwardPage:
    """The page of one award for a reader who may open it."""
    facts = row.facts
    state, state_text = state_of(row)
    period = wording.chinese_period(date.fromisoformat(facts["period_from"]), date.fromisoformat(facts["period_to"]))
    preview = PaperPreview(
        number=row.number,
        title="荣誉证书",
        english="CERTIFICATE OF HONOUR",
        name=f"{facts.get('expert_name') or facts.get('recipient_name')}{'同志' if facts.get('expert_name') else ''}：",
        lines=[
            f"在{period}的中小企业公益服务中，成绩突出。经推荐、评审，决定授予",
            facts["title_zh"],
            "特发此证，以资鼓励。",
        ],
        facts=[("评选", facts["cycle_name"]), ("依据", facts["basis"])],
        issuer=facts["issuer_name"],
        date=wording.chinese_date(row.awarded_on),
        state=state,
        state_text=state_text,
    )
    return AwardPage(
        number=row.number,
        title=facts["title_zh"],
        state=state,
        state_text=state_text,
        preview=preview,
        verify_url=papers.verify_url(row),
        code=row.code,
        sha256=row.pdf_sha256 or "",
        size=gettext("%(n)s KB", n=max(1, (row.pdf_bytes or 0) // 1024)) if row.pdf_bytes else "",
        given=filters.full_day(row.awarded_on),
        cycle=facts["cycle_name"],
        pdf_url=url_for("awards.download", number=row.number) if state == "valid" else "",
        reason=row.revoked_reason or "",
    )
