"""The list of cases as the page shows it: tabs with counts, rows, and the addresses of the pages before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from helpdesk.domain import queues, search
from helpdesk.domain.queues import Filters, Page
from helpdesk.i18n import N_, counted
from helpdesk.models import Case
from helpdesk.presentation import filters as show
from helpdesk.presentation.words import case_title, named, status_icon, status_label
from helpdesk.rules.lifecycle import STATES
from helpdesk.rules.policy import Who

# The views that a list offers as tabs: an expert works on a few, the staff looks over all.
EXPERT_VIEWS = ("working", "answered", "waiting", "closed", "followed", "all")
SORTS = (("due", N_("最急在前")), ("new", N_("最新在前")))
BEST = ("best", N_("最相关在前"))
STAFF_VIEWS = ("all", "risk", "new", "triaged", "offered", "working", "answered", "closed", "followed")


@dataclass(frozen=True)
class Row:
    """One case: what counts now is the clock of a live one, the day a finished one ended."""

    number: str
    title: Markup
    url: str
    category: str
    company: Markup
    when: str
    clock: show.ClockWords | None
    status: dict[str, str]
    excerpt: Markup


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
    told: list[str]


def is_expert_only(who: Who) -> bool:
    """Whether the list is the short one of somebody who only helps on cases."""
    return who.expert_id is not None and not who.station_ids


def build(who: Who, filters: Filters, found: Page) -> CaseList:
    """The page of the list. Counts cost two or three statements, whatever the number of rows."""
    expert = is_expert_only(who)
    counts = queues.counts(who)
    names = EXPERT_VIEWS if expert else STAFF_VIEWS
    views = [queues.BY_NAME[name] for name in names]
    words = found.question.words if found.question else ()
    excerpts = search.excerpts(found.cases, found.question) if found.question else {}
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
        sorts=[(name, gettext(label)) for name, label in (((BEST, *SORTS)) if found.question else SORTS)],
        rows=[_row(case, words, excerpts.get(case.id, "")) for case in found.cases],
        newer=address(filters, before=found.before) if found.before else "",
        older=address(filters, after=found.after) if found.after else "",
        is_narrowed=any((filters.q, filters.category, filters.district, filters.status)),
        clear_url=address(filters, q="", category="", district="", status=""),
        told=_told(found, filters),
    )


def address(filters: Filters, **changes: str) -> str:
    """The address of the same list with something changed; a new filter begins at the first page."""
    said = {**asdict(filters), "after": "", "before": "", **changes}
    return url_for("cases.index", **{name: value for name, value in said.items() if value})


def _told(found: Page, filters: Filters) -> list[str]:
    """What there is to say about a question: how many answers, and what was not understood."""
    question = found.question
    if question is None:
        return []
    told = []
    if question.is_empty:
        told.append(gettext("请写要找的字，例如公司名、问题里的词或案件编号"))
    elif found.total is not None:
        more = found.total >= search.CANDIDATES
        told.append(
            gettext("最新的 %(n)s 件里最相关的在前", n=found.total) if more else counted("找到 %(n)s 件", found.total)
        )
    if question.unknown:
        told.append(gettext("没看懂，先略过：%(what)s", what=gettext("、").join(question.unknown)))
    if len(filters.q) >= search.LONGEST_QUESTION:
        told.append(gettext("只看了前 %(n)s 个字", n=search.LONGEST_QUESTION))
    return told


def marked(text: str, words: Iterable[str]) -> Markup:
    """The text with every place of the words marked; everything else is escaped."""
    wanted = [re.escape(word) for word in sorted(words, key=len, reverse=True)]
    if not wanted:
        return Markup.escape(text)
    pieces = re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE)
    return Markup("").join(Markup("<mark>{}</mark>").format(p) if i % 2 else p for i, p in enumerate(pieces))


def _row(case: Case, words: tuple[str, ...] = (), excerpt: str = "") -> Row:
    live = not STATES[case.status].is_end
    return Row(
        number=case.number or "",
        title=marked(case_title(case), words),
        url=url_for("cases.show", number=case.number),
        category=named(case.category, short=True),
        company=marked(case.company.name if case.company else "", words),
        when=show.moment(case.ended_at or case.submitted_at or case.created_at),
        clock=show.clock_of(case) if live else None,
        status={"code": status_icon(case), "label": status_label(case)},
        excerpt=marked(excerpt, words),
    )
