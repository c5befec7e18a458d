"""Cycles, nominations and awards in words: states, steps, evidence, signals, the public notice and the honour roll."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import awards, commendation_log, cycles, deadlines, evidence, nominations, schemes
from helpdesk.i18n import N_, counted
from helpdesk.models import (
    Activity,
    Assessment,
    Award,
    Case,
    CommendationEvent,
    Cycle,
    CycleState,
    ExpertStatus,
    Feedback,
    Nomination,
    NominationState,
    Objection,
    PaperStatus,
    Publicity,
    Recommendation,
    Subject,
    Visit,
)
from helpdesk.presentation import filters
from helpdesk.presentation.activity_page import service_url
from helpdesk.presentation.scheme_page import (
    Found,
    Told,
    award_title,
    checks_in_words,
    figure_text,
    found,
    level_name,
    nominee,
    thing_name,
    where_from,
)
from helpdesk.presentation.words import CONFLICTS, refusal_text
from helpdesk.rules import commendation, policy
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_name
from helpdesk.rules.policy import Who

CYCLE_STATES = {
    CycleState.OPEN: (N_("推荐中"), "new"),
    CycleState.REVIEW: (N_("评审中"), "work"),
    CycleState.FINISHED: (N_("已结束"), "done"),
    CycleState.CALLED_OFF: (N_("已取消"), "off"),
}
STATES = {
    NominationState.NOMINATED: (N_("已推荐"), "new"),
    NominationState.DISTRICT: (N_("区里评审"), "work"),
    NominationState.CITY: (N_("市里评审"), "work"),
    NominationState.PASSED: (N_("通过，待公示"), "conf"),
    NominationState.NOTICE: (N_("公示中"), "wait"),
    NominationState.AWARDED: (N_("已表彰"), "gold"),
    NominationState.UNQUALIFIED: (N_("不符合条件"), "off"),
    NominationState.DECLINED: (N_("未通过"), "off"),
    NominationState.WITHDRAWN: (N_("已撤回"), "off"),
}
PUBLICITY = {
    Publicity.FULL: N_("公示全名"),
    Publicity.MASKED: N_("只公示姓，名用星号代替"),
    Publicity.NOTHING: N_("不公示"),
}
VERDICTS = {
    "passed": N_("通过"),
    "declined": N_("不通过"),
    "recused": N_("回避"),
    "confirmed": N_("看过变化，仍然成立"),
}
DECISIONS = {"upheld": N_("成立"), "dismissed": N_("不成立")}
# Nobody has to say any more what may be published.
OVER = (NominationState.UNQUALIFIED, NominationState.DECLINED, NominationState.WITHDRAWN)
MOST_ROWS = 60


@dataclass(frozen=True)
class Row:
    """One nomination of a list."""

    id: int
    name: str
    where: str
    level: str
    state: str
    tone: str
    next: str
    score: str
    url: str
    cycle: str
    support: str


@dataclass(frozen=True)
class Happened:
    """One line of the log."""

    text: str
    when: str


@dataclass(frozen=True)
class SignalView:
    """Something to look at twice, with the rows to look at."""

    label: str
    count: int
    rows: list[SignalRow]


@dataclass(frozen=True)
class SignalRow:
    """A visit or a case to look at; `url` is empty where this reader may not open it."""

    number: str
    title: str
    text: str
    url: str


@dataclass(frozen=True)
class Fell:
    """A figure that is lower than a reviewer last saw it."""

    label: str
    before: str
    now: str


@dataclass(frozen=True)
class NominationView:
    """The page of one nomination."""

    nomination: Nomination
    name: str
    where: str
    title: str
    state: str
    tone: str
    checks: list[Told]
    figures: list[tuple[str, str, str]]
    fell: list[Fell]
    signals: list[SignalView]
    recommendations: list[tuple[str, str, str]]
    assessments: list[tuple[str, str, str]]
    objections: list[Objection]
    award: Award | None
    may_open_award: bool
    award_words: str
    obstacle: str
    conflict: str
    left_words: str
    may: frozenset[str]
    may_assess: bool
    log: list[Happened]
    publicity: str


@dataclass(frozen=True)
class NoticeRow:
    """One name of the public notice."""

    id: int
    name: str
    where: str
    title: str
    days: str
    left: str


@dataclass(frozen=True)
class RollRow:
    """One name of the honour roll."""

    name: str
    where: str
    stars: int
    day: str
    revoked: str


def state_of(cycle: Cycle) -> tuple[str, str]:
    """The state of a cycle and its tone."""
    label, tone = CYCLE_STATES[cycle.state]
    return gettext(label), tone


def notice_is_over(n: Nomination) -> bool:
    """Whether the days of this nominee's public notice have passed and somebody has to decide."""
    return n.state is NominationState.NOTICE and n.noticed_until is not None and n.noticed_until < clock.today()


def state_words(n: Nomination) -> tuple[str, str]:
    """The state of a nomination and its tone."""
    if notice_is_over(n):
        return gettext("公示已结束，待颁发"), "conf"
    label, tone = STATES[n.state]
    return gettext(label), tone


def row(n: Nomination) -> Row:
    """A line of a list of nominations."""
    thing = nominee(n)
    state, tone = state_words(n)
    companies = sum(r.case_id is not None for r in n.recommendations)
    return Row(
        id=n.id,
        name=thing_name(thing),
        where=where_from(thing),
        level=level_words(n),
        state=state,
        tone=tone,
        next=gettext("下一步：总队决定表彰") if notice_is_over(n) else "",
        score=f"{n.score_hundredths / 100:g}" if n.score_hundredths else "",
        url=url_for("nominations.show", nomination_id=n.id),
        cycle=n.cycle.name,
        support=counted("%(n)s 家企业推荐", companies) if companies else "",
    )


def level_words(n: Nomination) -> str:
    """The level that is at stake, in the reader's language."""
    level = cycles.criteria_of(n.cycle).level(n.level)
    return level_name(level) if level else ""


def cycle_candidates(cycle: Cycle, by: Who) -> list[Found]:
    """Who would qualify by the cycle's rules today and is not nominated yet, and whom this person may put forward."""
    allowed, known = nominations.nominees(by, cycle), {n.subject[1] for n in nominations.of_cycle(cycle)}
    criteria = cycles.criteria_of(cycle)
    rows = schemes.candidates(
        cycle.scheme, criteria, cycle.period_from, cycle.period_to, once_only=cycle.version.once_only
    )
    return found([r for r in rows if r.thing.id in allowed and r.thing.id not in known], criteria)


def happened(events: Iterable[CommendationEvent], *, named: bool = False) -> list[Happened]:
    """The log in sentences; `named` says of whom each is."""
    return [Happened(_event_text(e, named=named), filters.moment(e.at)) for e in events]


def _event_text(event: CommendationEvent, *, named: bool) -> str:
    if named and event.nomination is not None:
        name = thing_name(nominee(event.nomination))
        return gettext("%(who)s：%(why)s", who=name, why=_event_text(event, named=False))
    facts: dict[str, Any] = {"actor": event.actor or gettext("有人"), **event.facts}
    for name, table in (("publicity", {p.value: w for p, w in PUBLICITY.items()}), ("verdict", VERDICTS),
                        ("decision", DECISIONS)):  # fmt: skip
        if name in facts:
            facts[name] = gettext(table[str(facts[name])])
    return gettext(commendation.EVENTS[event.kind]) % facts


def build(n: Nomination, by: Who) -> NominationView:
    """Evidence, what changed since, signals, who said what, and what this person may do now."""
    thing = nominee(n)
    state, tone = state_words(n)
    frozen = bool(n.facts)
    now = nominations.facts_now(n)
    facts = n.facts if frozen else now
    criteria = cycles.criteria_of(n.cycle)
    finding = commendation.judge(criteria, facts, wanted=n.level)
    fell = nominations.fallen(n, now)
    given = awards.of_nomination(n)
    may = policy.allowed(by, n, ("nomination.award", "nomination.confirm", "nomination.withdraw", "nomination.assess"))
    may |= {a for a in ("objection.decide", "award.revoke") if policy.scopes_for(by, a)}
    sees_evidence = policy.can(by, "nomination.read_evidence", n)
    conflict = nominations.conflict_of(n, by) if may - {"nomination.withdraw"} else None
    trouble = awards.obstacle(n) if "nomination.award" in may and given is None else None
    return NominationView(
        nomination=n,
        name=thing_name(thing),
        where=where_from(thing),
        title=level_words(n),
        state=state,
        tone=tone,
        checks=checks_in_words(finding.checks),
        figures=_figures(n, facts, now if frozen else None),
        fell=[
            Fell(gettext(commendation.BY_CODE[m].label), figure_text(m, n.checked.get(m)), figure_text(m, now.get(m)))
            for m in fell
        ],
        signals=signal_views(n, by) if sees_evidence else [],
        recommendations=[_recommended(r) for r in n.recommendations],
        assessments=[_assessed(a) for a in n.assessments] if sees_evidence else [],
        objections=awards.objections_of(n) if "objection.decide" in may else [],
        award=given,
        may_open_award=given is not None and policy.can(by, "award.read", given),
        award_words=award_title(given) if given else "",
        obstacle=refusal_text(trouble) if trouble else "",
        conflict=gettext(CONFLICTS[conflict]) if conflict else "",
        left_words=_left(n),
        may=may,
        may_assess="nomination.assess" in may and nominations.may_assess(n, by) and conflict is None,
        log=happened(commendation_log.of_nomination(n)) if sees_evidence else [],
        publicity=gettext(PUBLICITY[n.publicity]) if n.publicity else gettext("还没有答复"),
    )


def _left(n: Nomination) -> str:
    if n.expert is None or n.expert.status is ExpertStatus.SERVING:
        return ""
    return gettext("这位专家已经退出") if n.expert.status is ExpertStatus.LEFT else gettext("这位专家在休假")


def _figures(n: Nomination, facts: Any, now: Any) -> list[tuple[str, str, str]]:
    """Every figure as it was frozen, and what it is now where that differs."""
    subject = n.subject[0]
    rows = []
    for measure in commendation.MEASURES:
        if subject not in measure.subjects:
            continue
        old = facts.get(measure.code)
        new = now.get(measure.code) if now is not None else old
        rows.append(
            (
                gettext(measure.label),
                figure_text(measure.code, old),
                figure_text(measure.code, new) if new != old else "",
            )
        )
    return rows


def _recommended(r: Recommendation) -> tuple[str, str, str]:
    return f"{r.by_name} · {gettext(commendation.ROUTES[r.route])}", filters.moment(r.at), r.reason


def _assessed(a: Assessment) -> tuple[str, str, str]:
    return f"{a.by_name} · {gettext(VERDICTS[a.verdict])}", filters.moment(a.at), a.reason


def signal_views(n: Nomination, by: Who) -> list[SignalView]:
    """What is worth looking at twice in the visits and ratings behind this nominee's figures: a fixed number of
    statements."""
    subject, number = n.subject
    cycle = n.cycle
    visits = evidence.visits_of(subject, number, cycle.period_from, cycle.period_to)
    ratings = evidence.ratings_of(subject, number, cycle.period_from, cycle.period_to)
    rows = commendation.signals([v[0] for v in visits], [r[0] for r in ratings], deadlines.calendar())
    by_visit = {served.visit_id: visit for served, visit in visits}
    cases = {visit.case.id: visit.case for _, visit in visits if visit.case is not None}
    cases |= {case.id: case for _, _, case in ratings}
    rated = {case.id: said for _, said, case in ratings}
    shown = {by_visit[i].case_id for s in rows for i in s.visits} | {i for s in rows for i in s.cases}
    shown.discard(None)
    held = {by_visit[i].activity_id for s in rows for i in s.visits} - {None}
    readable = set(
        db.session.scalars(select(Case.id).where(Case.id.in_(shown), policy.which(by, "case.read"))) if shown else ()
    )

    attended = set(
        db.session.scalars(select(Activity.id).where(Activity.id.in_(held), policy.which(by, "activity.read")))
        if held
        else ()
    )

    def line(service: Case | Activity, text: str) -> SignalRow:
        may_read = service.id in (readable if isinstance(service, Case) else attended)
        url = service_url(service) if may_read else ""
        return SignalRow(service.number or "", service.title, text, url)

    return [
        SignalView(
            gettext(commendation.SIGNALS[s.kind]),
            s.count,
            [line(by_visit[i].service, _visit_text(by_visit[i])) for i in s.visits[:MOST_ROWS]]
            + [
                line(cases[i], _rating_text(rated[i]) if s.kind == "ratings_at_once" else "")
                for i in s.cases[:MOST_ROWS]
            ],
        )
        for s in rows
    ]


def _visit_text(visit: Visit) -> str:
    starts, ends = clock.local(visit.starts_at), clock.local(visit.ends_at)
    when = f"{filters.full_day(starts)} {starts:%H:%M}–{ends:%H:%M}"
    return gettext(
        "%(when)s，计 %(hours)s 小时，%(logged)s 记录",
        when=when,
        hours=hours_text(visit.counted_minutes),
        logged=filters.full_day(visit.logged_at),
    )


def _rating_text(said: Feedback) -> str:
    return gettext("%(who)s %(when)s评 %(n)s 分", who=said.by_name, when=filters.moment(said.at), n=said.score)


# --- what the public sees ---


def public_name(n: Nomination) -> str | None:
    """The name as the nominee lets it be published; None when not at all. An organisation's name is no person's."""
    thing = nominee(n)
    if n.subject[0] is not Subject.EXPERT or n.publicity is Publicity.FULL:
        return thing_name(thing)
    return mask_name(thing.name) if n.publicity is Publicity.MASKED else None


def _public_where(n: Nomination) -> str:
    if n.expert is not None:
        return n.expert.employer if n.publicity is Publicity.FULL else ""
    return ""


def notices() -> dict[str, list[NoticeRow]]:
    """Running notices, by cycle."""
    found: dict[str, list[NoticeRow]] = {}
    for n in awards.notices():
        name = public_name(n)
        if name is not None:
            found.setdefault(n.cycle.name, []).append(notice_row(n, name))
    return found


def notice_row(n: Nomination, name: str) -> NoticeRow:
    """One name with its days."""
    assert n.noticed_from is not None and n.noticed_until is not None
    return NoticeRow(
        id=n.id,
        name=name,
        where=_public_where(n),
        title=level_words(n),
        days=f"{filters.full_day(n.noticed_from)} – {filters.full_day(n.noticed_until)}",
        left=counted("还有 %(n)s 天", (n.noticed_until - clock.today()).days + 1),
    )


def roll(year: int) -> tuple[dict[str, list[RollRow]], int]:
    """The names of a year by award, and how many did not want to be named."""
    found: dict[str, list[RollRow]] = {}
    unnamed = 0
    for award in awards.roll(year):
        name = public_name(award.nomination)
        if name is None:
            unnamed += award.status is PaperStatus.VALID
            continue
        gone = award.ended_at
        found.setdefault(award_title(award), []).append(
            RollRow(
                name=name,
                where=_public_where(award.nomination),
                stars=award.level if award.scheme.kind.value == "stars" else 0,
                day=filters.full_day(award.awarded_on),
                revoked=gettext("%(day)s 已撤销", day=filters.full_day(gone)) if gone else "",
            )
        )
    return found, unnamed
