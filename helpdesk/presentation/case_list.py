"""The list of cases as the page shows it: tabs with counts, rows, and the addresses of the pages before and after."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import queues
from helpdesk.domain.queues import Filters, Page
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.presentation import filters as show
from helpdesk.presentation.words import named, status_icon, status_label
from helpdesk.rules.lifecycle import STATES
from helpdesk.rules.policy import Who

# The views that a list offers as tabs: an expert works on a few, the staff looks over all.
EXPERT_VIEWS = ("working", "answered", "waiting", "closed", "all")
SORTS = (("due", N_("最急在前")), ("new", N_("最新在前")))
STAFF_VIEWS = ("all", "risk", "new", "triaged", "offered", "working", "answered", "closed")


@dataclass(frozen=True)
class Row:
    """One case: what counts now is the clock of a live one, the day a finished one ended."""

    number: str
    title: str
    url: str
    category: str
    company: str
    when: str
    clock: show.ClockWords | None
    status: dict[str, str]


@dataclass(frozen=True)
class CaseList:
    """The list, ready to be drawn."""

    title: str
    tabs: list[dict[str, Any]]
    sorts: list[tuple[str, str]]
    rows: list[Row]
    newer: str
    older: str
    is_narrowed: bool
    clear_url: str


def is_expert_only(who: Who) -> bool:
    """Whether the list is the short one of somebody who only helps on cases."""
    return who.expert_id is not None and not who.station_ids


def build(who: Who, filters: Filters, found: Page) -> CaseList:
    """The page of the list. Counts cost two or three statements, whatever the number of rows."""
    expert = is_expert_only(who)
    counts = queues.counts(who)
    names = EXPERT_VIEWS if expert else STAFF_VIEWS
    views = [queues.BY_NAME[name] for name in names]
    return CaseList(
        title=gettext("我的案件") if expert else gettext("案件"),
        tabs=[
            {
                "label": gettext(view.label),
                "url": address(filters, view=view.name, status=""),
                "current": filters.view == view.name,
                "count": counts.get(view.name),
            }
            for view in views
        ],
        sorts=[(name, gettext(label)) for name, label in SORTS],
        rows=[_row(case) for case in found.cases],
        newer=address(filters, before=found.before) if found.before else "",
        older=address(filters, after=found.after) if found.after else "",
        is_narrowed=any((filters.q, filters.category, filters.district, filters.status)),
        clear_url=address(filters, q="", category="", district="", status=""),
    )


def address(filters: Filters, **changes: str) -> str:
    """The address of the same list with something changed; a new filter begins at the first page."""
    said = {**asdict(filters), "after": "", "before": "", **changes}
    return url_for("cases.index", **{name: value for name, value in said.items() if value})


def _row(case: Case) -> Row:
    live = not STATES[case.status].is_end
    return Row(
        number=case.number or "",
        title=case.title,
        url=url_for("cases.show", number=case.number),
        category=named(case.category, short=True),
        company=case.company.name if case.company else "",
        when=show.moment(case.ended_at or case.submitted_at or case.created_at),
        clock=show.clock_of(case) if live else None,
        status={"code": status_icon(case), "label": status_label(case)},
    )
