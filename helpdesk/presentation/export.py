"""Cases as lines of a table that a spreadsheet opens."""

from __future__ import annotations

from datetime import datetime

from flask_babel import gettext

from helpdesk import clock
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.presentation.words import district_name, named, status_label

# A cell that begins so would be read as a formula (OWASP, CSV injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r")


HEADINGS = (
    N_("案件编号"), N_("标题"), N_("状态"), N_("类别"), N_("主题"), N_("企业"), N_("区"), N_("站点"), N_("专家"),
    N_("提交时间"), N_("截止时间"),
)  # fmt: skip


def headings() -> list[str]:
    """The first line."""
    return [gettext(word) for word in HEADINGS]


def row(case: Case) -> list[str]:
    """One case; no contact data: that is shown case by case, and each look is noted."""
    return [
        safe(cell)
        for cell in (
            case.number or "",
            case.title,
            status_label(case),
            named(case.category, short=True),
            named(case.topic),
            case.company.name if case.company else "",
            district_name(case.district or ""),
            named(case.station),
            case.expert.name if case.expert else "",
            _stamp(case.submitted_at),
            _stamp(case.due_at),
        )
    ]


def _stamp(moment: datetime | None) -> str:
    """A moment as a spreadsheet sorts it: whole, with its year, never "yesterday"."""
    return f"{clock.local(moment):%Y-%m-%d %H:%M}" if moment else ""


def safe(cell: str) -> str:
    """The cell as text, never as a formula."""
    return "'" + cell if cell.startswith(FORMULA) else cell
