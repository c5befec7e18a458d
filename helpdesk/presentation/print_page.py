"""A case on paper: head, facts, conversation in order, visits, summary, certificates; notes only when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import certificates, closure, visits
from helpdesk.models import Answer, Case, Feedback, PaperStatus, Visit, VisitStatus
from helpdesk.presentation import case_page, case_thread, filters, own_page
from helpdesk.presentation.case_thread import VISIT_TITLES, Entry
from helpdesk.presentation.words import VISIT_STATES, case_title, district_name, kept, listed, named, status_label
from helpdesk.rules.credit import hours_text
from helpdesk.rules.policy import Who

Line = tuple[str, str]


@dataclass(frozen=True)
class VisitLine:
    """A visit as a row of the table."""

    day: str
    time: str
    how: str
    what: str
    hours: str
    state: str


@dataclass(frozen=True)
class Paper:
    """Everything templates/cases/print.html shows."""

    case: Case
    title: str
    removed: str
    state: str
    facts: list[Line]
    thread: list[Entry]
    visits: list[VisitLine]
    total: str
    answer: Answer | None
    feedback: Feedback | None
    papers: list[str]
    printed: str
    by: str
    # For the desk: whether there are notes this reader may read, and whether they stand here.
    has_notes: bool = False
    with_notes: bool = False


def for_staff(case: Case, who: Who, *, with_notes: bool) -> Paper:
    """The desk's copy. The phone number is masked as on every page; notes only when they were asked for."""
    view = case_page.build(case, who)
    has_notes = any(entry.kind == "note" for entry in view.thread)
    company = view.company_card
    facts = [
        (gettext("企业"), view.company),
        (gettext("联系人"), company.contact if company else ""),
        (gettext("电话"), company.phone if company else ""),
        (gettext("标签"), gettext("、").join(view.tags)),
    ]
    return _paper(
        case,
        who,
        view.state_label,
        facts,
        [entry for entry in view.thread if entry.kind != "visit" and (with_notes or entry.kind != "note")],
        view.answer,
        view.feedback,
        has_notes=has_notes,
        with_notes=with_notes and has_notes,
    )


def for_company(case: Case, who: Who) -> Paper:
    """The company's copy: what its own page shows, and nothing of the desk."""
    view = own_page.build(case, who)
    thread = [entry for entry in view.thread if entry.kind != "visit"]
    state = status_label(case, for_company=True)
    return _paper(case, who, state, view.told, thread, view.answer, closure.latest_feedback(case))


def _paper(
    case: Case,
    who: Who,
    state: str,
    facts: list[Line],
    thread: list[Entry],
    answer: Answer | None,
    feedback: Feedback | None,
    *,
    has_notes: bool = False,
    with_notes: bool = False,
) -> Paper:
    held = [row for row in visits.of(case) if row.status is not VisitStatus.VOID]
    return Paper(
        case=case,
        title=case_title(case),
        removed=case_thread.removed_words(case),
        state=state,
        facts=[line for line in (*_common(case), *facts) if kept(line[1])],
        thread=list(_dated(thread)),
        visits=[_visit(row) for row in held],
        total=hours_text(sum(row.counted_minutes for row in held)) if held else "",
        answer=answer,
        feedback=feedback,
        papers=[row.number for row in certificates.of_case(case.id) if row.status is PaperStatus.VALID],
        printed=f"{filters.day(clock.now())} {filters.hour(clock.now())}",
        by=kept(who.name),
        has_notes=has_notes,
        with_notes=with_notes,
    )


def _dated(entries: list[Entry]) -> Iterator[Entry]:
    """The first of each day carries its date: on paper there is no today."""
    last = None
    for entry in entries:
        here = clock.local(entry.at).date()
        yield replace(entry, day=filters.day(here) if here != last else "")
        last = here


def _common(case: Case) -> list[Line]:
    expert = case.expert if case.status not in own_page.LOOKING else None
    return [
        (gettext("类别"), named(case.category)),
        (gettext("提交时间"), _moment(case.submitted_at)),
        (gettext("办结时间"), _moment(case.closed_at)),
        (gettext("工作站"), named(case.station)),
        (gettext("专家"), f"{expert.name} · {expert.title}" if expert else ""),
        (gettext("区"), district_name(case.district)),
    ]


def _moment(moment: datetime | None) -> str:
    return f"{filters.day(moment)} {filters.hour(moment)}" if moment is not None else ""


def _visit(row: Visit) -> VisitLine:
    return VisitLine(
        day=filters.day(row.starts_at),
        time=f"{filters.hour(row.starts_at)}–{filters.hour(row.ends_at)}",
        how=listed(gettext(VISIT_TITLES[row.mode]), row.place),
        what=kept(row.summary),
        hours=hours_text(row.counted_minutes),
        state=gettext(VISIT_STATES[row.status][0]),
    )
