"""An expert's statements on the screen: which there are, quick periods, and one with its state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import papers
from helpdesk.models import Statement
from helpdesk.presentation import filters
from helpdesk.presentation.paper_page import PaperRow, state_of
from helpdesk.rules.credit import hours_text


@dataclass(frozen=True)
class Period:
    """A period to choose with one press."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True)
class StatementPage:
    """Everything on the page of one statement."""

    row: PaperRow
    facts: list[tuple[str, str]]
    recorders: list[tuple[str, str, str]]
    fields: list[tuple[str, str, str]]
    verify_url: str
    code: str
    sha256: str
    again_url: str


def row_of(row: Statement) -> PaperRow:
    """One line of the list."""
    state, state_text = state_of(row)
    return PaperRow(
        number=row.number,
        title=_span(row.starts_on, row.ends_on),
        hours=gettext("%(hours)s 小时", hours=hours_text(row.minutes)),
        date=filters.full_day(row.issued_at),
        url=url_for("statements.show", number=row.number),
        pdf_url=url_for("statements.download", number=row.number) if state == "valid" else "",
        state=state,
        state_text=gettext("记录有变动") if state == "replaced" else state_text,
    )


def page_of(row: Statement) -> StatementPage:
    """The page of one statement."""
    facts, made = row.facts, row_of(row)
    hours = gettext("%(hours)s 小时", hours=hours_text(row.minutes))
    return StatementPage(
        row=made,
        facts=[
            (gettext("编号"), row.number),
            (gettext("期间"), made.title),
            (gettext("时长"), hours),
            (gettext("企业确认"), gettext("%(hours)s 小时", hours=hours_text(facts["minutes_by_company"]))),
            (gettext("站点核定"), gettext("%(hours)s 小时", hours=hours_text(facts["minutes_by_station"]))),
            (gettext("出具日期"), made.date),
        ],
        recorders=[
            (one["name"], gettext("%(hours)s 小时", hours=hours_text(one["minutes"])), one["contact"])
            for one in facts["recorders"]
        ],
        fields=[(one["zh"], one["en"], hours_text(one["minutes"])) for one in facts["groups"]],
        verify_url=papers.verify_url(row),
        code=row.code,
        sha256=row.pdf_sha256 or "",
        again_url=_form_url(row.starts_on, row.ends_on),
    )


def periods(whole: tuple[date, date] | None, chosen: tuple[date | None, date | None]) -> list[Period]:
    """This year, last year, all of it: what people mostly want."""
    today = clock.today()
    spans = [
        (gettext("今年"), date(today.year, 1, 1), today),
        (gettext("去年"), date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    ]
    if whole is not None:
        spans.append((gettext("全部"), whole[0], today))
    return [Period(label, _form_url(first, last), (first, last) == chosen) for label, first, last in spans]


def _form_url(first: date, last: date) -> str:
    return url_for("statements.index", starts_on=first.isoformat(), ends_on=last.isoformat())


def _span(first: date, last: date) -> str:
    return filters.full_day(first) if first == last else f"{filters.full_day(first)} – {filters.full_day(last)}"
