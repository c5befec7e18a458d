"""The coordinator's desk: views with counts, rows, and the pane of one case, as plain values for the macros."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import (
    assignment,
    consultation,
    life,
    mentions,
    queues,
    reference,
    routing,
    similarity,
    suggestion,
    transfers,
    triage,
)
from helpdesk.domain.bulk import ACTS
from helpdesk.domain.life import Possible
from helpdesk.domain.queues import VIEWS, Filters
from helpdesk.domain.workspace import COUNTED, Counted
from helpdesk.errors import Refused
from helpdesk.i18n import N_, counted
from helpdesk.models import BulkAct, Case, Expert, Status, Transfer, Urgency
from helpdesk.presentation import filters as shown
from helpdesk.presentation.case_thread import NoteView, iso, with_mentions
from helpdesk.presentation.words import (
    category_name,
    district_name,
    industry_label,
    left_out_text,
    named,
    reason_text,
    refusal_text,
    status_icon,
    status_label,
    word,
)
from helpdesk.rules import policy
from helpdesk.rules.matching import WEIGHTS
from helpdesk.rules.policy import Who

# G and then a letter goes to a view; the sheet of keys says so.
GO = {"new": "G N", "triaged": "G T", "offered": "G O", "waiting": "G W", "risk": "G L"}
KEYS = {"ask": "R", "request_transfer": "S", "reject": "D", "merge": "M", "offer": "F"}
# Steps that stand in the bar under the pane; the rest is in the menu beside them.
IN_BAR = ("answer", "verify", "recall", "ask", "request_transfer", "reject")
# Views whose cases can be ticked and acted on together, and what can be done in each.
PICKED: dict[str, tuple[BulkAct, ...]] = {
    "new": (BulkAct.TRIAGE, BulkAct.TRANSFER, BulkAct.MERGE, BulkAct.REJECT),
    "triaged": (BulkAct.TRIAGE, BulkAct.TRANSFER, BulkAct.MERGE, BulkAct.REJECT),
    "offered": (BulkAct.TRANSFER, BulkAct.MERGE),
    "waiting": (BulkAct.TRANSFER, BulkAct.MERGE),
    "risk": (BulkAct.TRANSFER,),
    "working": (BulkAct.TRANSFER,),
    "overdue": (BulkAct.TRANSFER,),
    "mine": (),
    "followed": (),
    "live": (BulkAct.TRANSFER,),
    "answered": (),
    "closed": (),
    "all": (),
}
# Missing on purpose from the bar: what the pane itself offers.
IN_PANE = ("triage", "offer", "accept_transfer", "bounce_transfer")
NOT_THERE = {"no_transfer_pending", "no_review", "no_appeal"}


def unknown_years(cases: Iterable[Case]) -> list[int]:
    """Years in which one of these cases falls due and whose holidays nobody has announced yet."""
    years = {clock.local(case.due_at).year for case in cases if case.due_at is not None}
    beyond = years - {clock.today().year}
    return [year for year in reference.unknown_years(min(beyond), max(beyond)) if year in beyond] if beyond else []


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    number: str
    title: str
    url: str
    pane_url: str
    category: str
    company: str
    when: str
    clock: Any
    status: Any
    current: bool
    unread: bool = False
    watching: str = ""
    tags: list[str] = field(default_factory=list)
    pick: bool = False


@dataclass(frozen=True)
class Act:
    """A step as a button."""

    label: str
    url: str
    key: str
    obstacle: str
    danger: bool


@dataclass(frozen=True)
class Suggested:
    """An expert who could be asked."""

    name: str
    org: str
    reasons: list[Any]
    assign_action: str
    fields: dict[str, Any]
    url: str
    points: int
    parts: list[Part]


@dataclass(frozen=True)
class Guessed:
    """A field the case probably belongs to, as a button with its key."""

    value: str
    label: str
    percent: int
    words: str
    key: str


@dataclass(frozen=True)
class Part:
    """One part of the sum of points: its name, what it got, of how much."""

    label: str
    points: float
    of: int


@dataclass(frozen=True)
class Arguable:
    """An expert the list leaves out, and what speaks against asking them."""

    expert_id: int
    name: str
    org: str
    against: str
    points: int


@dataclass(frozen=True)
class Pane:
    """One case, opened beside the list."""

    case: Case
    meta: list[tuple[str, str]]
    status_code: str
    status_text: str
    duplicates: list[Case]
    experts: list[Suggested]
    left_out: str
    bar: list[Act] = field(default_factory=list)
    more: list[Act] = field(default_factory=list)
    steps: set[str] = field(default_factory=set)
    transfer: Transfer | None = None
    may_receive: bool = False
    may_note: bool = False
    guesses: list[Guessed] = field(default_factory=list)
    last_words: list[Any] = field(default_factory=list)
    notes: list[NoteView] = field(default_factory=list)


def query(filters: Filters, **changes: str) -> str:
    """The address of the desk with these filters, as a query string without empty parts."""
    parts = {k: v for k, v in replace(filters, **changes).__dict__.items() if v and (k, v) != ("sort", "due")}
    return urlencode(parts)


def views(filters: Filters, counts: dict[str, int]) -> list[dict[str, Any]]:
    """The views of the side bar with their counts."""
    return [
        {
            "group": gettext(view.group),
            "label": gettext(view.label),
            "url": url_for("queues.index") + "?" + query(Filters(view=view.name)),
            "icon": view.icon,
            "count": counts.get(view.name),
            "current": replace(filters, after="", before="", sort="due") == Filters(view=view.name),
            "attrs": {"data-key": GO[view.name]} if view.name in GO else {},
            "hot": view.name in ("risk", "overdue") and bool(counts.get(view.name)),
        }
        for view in VIEWS
    ]


def parts(filters: Filters, found: queues.Numbers, saved: list[Counted]) -> list[dict[str, Any]]:
    """Below the views: those the reader named, then the live cases by field and by district, biggest first."""
    base = url_for("queues.index")
    lines = [
        {
            "group": gettext("我的视图"),
            "label": row.view.name,
            "url": base + "?" + query(row.filters),
            "icon": "star",
            "count": f"{COUNTED}+" if row.n >= COUNTED else row.n,
            "current": replace(filters, after="", before="") == row.filters,
            "remove": url_for("saved_views.remove", view_id=row.view.id),
        }
        for row in saved
    ]
    for group, key, table, name in (
        (gettext("按类别"), "category", found.categories, category_name),
        (gettext("按区"), "district", found.districts, district_name),
    ):
        for code, n in sorted(table.items(), key=lambda item: (-item[1], item[0])):
            wanted = Filters(view="live", **{key: code})
            lines.append(
                {
                    "group": group,
                    "label": name(code),
                    "url": base + "?" + query(wanted),
                    "icon": "tag" if key == "category" else "pin",
                    "count": n,
                    "current": replace(filters, after="", before="", sort="due") == wanted,
                }
            )
    return lines


def conditions(filters: Filters) -> list[str]:
    """What narrows the list, in words."""
    said = [heading(filters)]
    said += [category_name(filters.category)] if filters.category else []
    said += [district_name(filters.district)] if filters.district else []
    said += [word(Urgency(filters.urgency))] if filters.urgency in set(Urgency) else []
    return [*said, *([f"“{filters.q}”"] if filters.q else [])]


def present(others: list[tuple[str, bool]]) -> list[tuple[str, str, bool]]:
    """Who else has the case open: name, sentence, whether they are writing."""
    return [
        (name, gettext("%(name)s正在写", name=name) if writing else gettext("%(name)s也在看", name=name), writing)
        for name, writing in others
    ]


def rows(cases: list[Case], filters: Filters, current: Case | None, watched: dict[int, str]) -> list[Row]:
    """The list's rows; in a view of several states the state is shown instead of the clock."""
    mixed = filters.view in ("live", "all", "closed", "incoming", "followed")
    tags = routing.tags_of([case.id for case in cases])
    return [
        replace(
            _row(case, filters, mixed, current is not None and case.id == current.id),
            watching=gettext("%(name)s在看", name=watched[case.id]) if case.id in watched else "",
            tags=tags.get(case.id, []),
        )
        for case in cases
    ]


def _row(case: Case, filters: Filters, mixed: bool, current: bool) -> Row:
    url = url_for("queues.show", number=case.number) + "?" + query(filters)
    clock = shown.clock_of(case)
    state = {"code": status_icon(case), "label": status_label(case)} if mixed or clock is None else None
    return Row(
        number=case.number or "",
        title=case.title,
        url=url,
        pane_url=url,
        category=named(case.category, short=True),
        company=case.company.name if case.company else "",
        when=shown.moment(case.submitted_at) if case.submitted_at else "",
        clock=clock,
        status=state,
        current=current,
        unread=case.status is Status.SUBMITTED,
        pick=filters.view in PICKED,
    )


def pane(case: Case, who: Who, filters: Filters) -> Pane:
    """Everything of one case that triage needs, and the ways on."""
    possible = [p for p in life.steps_for(case, who) if p.obstacle is None or p.obstacle.code not in NOT_THERE]
    steps = {p.step.name for p in possible if p.obstacle is None}
    here = url_for("queues.index") + "?" + query(filters)
    found = assignment.candidates(case, limit=3) if "offer" in steps else None
    may = policy.allowed(who, case, ["case.receive", "case.note"])
    acts = {p.step.name: _act(p, case, here) for p in possible if p.step.page and p.step.name not in IN_PANE}
    return Pane(
        case=case,
        meta=_meta(case),
        status_code=status_icon(case),
        status_text=status_label(case),
        duplicates=triage.possible_duplicates(case, who, least=similarity.SAME_MATTER)[:2]
        if case.status is Status.SUBMITTED
        else [],
        experts=[suggested(c, case, here) for c in found.listed] if found else [],
        left_out=left_out_text(found.left_out) if found else "",
        bar=[acts[name] for name in IN_BAR if name in acts],
        more=[act for name, act in acts.items() if name not in IN_BAR],
        steps=steps,
        transfer=transfers.pending(case),
        may_receive="case.receive" in may,
        may_note="case.note" in may,
        guesses=_guesses(case) if "triage" in steps and case.status is Status.SUBMITTED else [],
        last_words=consultation.messages(case)[-3:],
        notes=_notes(case, who),
    )


def _notes(case: Case, who: Who) -> list[NoteView]:
    """The newest two notes, with whom they name."""
    rows = consultation.notes(case, who)[-2:]
    named = mentions.of_notes(rows)
    return [
        NoteView(f"n{n.id}", n.author_name, shown.moment(n.at), iso(n.at), with_mentions(n.body, named.get(n.id, [])))
        for n in rows
    ]


def _guesses(case: Case) -> list[Guessed]:
    """The likeliest fields, on the keys Q, W, E; very unlikely ones are not offered."""
    return [
        Guessed(g.code, category_name(g.code), round(g.share * 100), gettext("、").join(g.words), key)
        for g, key in zip(suggestion.for_case(case), "QWE", strict=False)
        if g.share >= 0.03
    ]


def suggested(candidate: assignment.Candidate, case: Case, goes_to: str) -> Suggested:
    """A candidate as a row with its reasons in words and the button that asks them."""
    expert: Expert = candidate.expert
    reasons = [
        {"text": reason_text({"text": r.text, "facts": r.facts}), "tone": "good" if r.is_good else "plain"}
        for r in candidate.reasons
    ]
    return Suggested(
        name=expert.name,
        org=f"{expert.employer} {expert.title}",
        reasons=reasons,
        assign_action=url_for("offers.new", number=case.number),
        fields={"expert_id": expert.id, "version": case.version, "next": goes_to},
        url=url_for("experts.show", expert_id=expert.id),
        points=round(candidate.points),
        parts=[Part(gettext(PART_LABELS[n]), p, WEIGHTS[n]) for n, p in candidate.fit.parts.items()],
    )


# What the parts of the sum are called.
PART_LABELS = {
    "skill": N_("对口"),
    "capacity": N_("空档"),
    "fairness": N_("轮到"),
    "results": N_("口碑"),
    "place": N_("就近"),
    "earlier": N_("熟悉"),
}


def arguable(candidate: assignment.Candidate) -> Arguable:
    """An expert who may be asked only with a reason, with what stands against it."""
    expert = candidate.expert
    return Arguable(
        expert.id,
        expert.name,
        f"{expert.employer} {expert.title}",
        gettext("；").join(refusal_text(Refused(code, name=expert.name)) for code in candidate.obstacles),
        round(candidate.points),
    )


def _act(possible: Possible, case: Case, here: str) -> Act:
    step = possible.step
    return Act(
        gettext(step.label),
        url_for(step.page, number=case.number, next=here),
        KEYS.get(step.name, ""),
        refusal_text(possible.obstacle) if possible.obstacle else "",
        step.look == "danger",
    )


def _meta(case: Case) -> list[tuple[str, str]]:
    """Icon and words: company, size, industry, place, wish."""
    found: list[tuple[str, str]] = []
    if case.company is not None:
        people = counted("%(n)s 人", case.company.employees) if case.company.employees else ""
        parts = [case.company.name, word(case.company.size), people, industry_label(case.company.industry)]
        found.append(("org", " · ".join(part for part in parts if part)))
    found.append(("pin", named(case.station)))
    if case.meeting is not None:
        found.append(("chat", gettext("想%(how)s谈", how=word(case.meeting))))
    if case.expert is not None:
        found.append(("user", case.expert.name))
    return found


def bulk_acts(filters: Filters) -> list[tuple[str, str]]:
    """What can be done to the ticked cases of this view; a table of them always."""
    acts = [(act.value, gettext(ACTS[act].label)) for act in PICKED.get(filters.view, ())]
    return [*acts, ("export", gettext("导出表格"))]


def heading(filters: Filters) -> str:
    """The name of the view."""
    return gettext(queues.BY_NAME[filters.view].label)
