"""Who could be asked, and who suits best: first a hard filter, then a transparent sum of points.

Both are pure functions of `Evidence`, the few facts about an expert that matter for one case; `gather` reads them for
many experts at once. The weights are those of the peers brief, C4; each part of the sum is told in words and kept with
the offer, so that "why was I asked" has an answer later (R08).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case as when
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.i18n import N_
from helpdesk.models import (
    Case,
    Company,
    Conflict,
    Expert,
    ExpertStatus,
    Feedback,
    Grant,
    Meeting,
    Offer,
    OfferStatus,
    Skill,
    Status,
    TeamMember,
    Visit,
    VisitStatus,
)

# What each part of the sum is worth at the most; together 100.
WEIGHTS: dict[str, int] = {"skill": 40, "capacity": 20, "fairness": 15, "results": 10, "place": 10, "earlier": 5}

# What being asked first is worth in points when a whole queue is given out at once.
FIRST = 20

# How many offers may wait for one expert at once (peers brief, C3: Catchafire's three).
OPEN_OFFERS = 3
# After so many days without an offer nobody can wait longer.
PATIENT_DAYS = 30
# A mean of few scores is pulled towards the mean of all: as if this many scores of that height were there already.
PRIOR_SCORES, PRIOR_SCORE = 3, 4.2
PRIOR_ANSWERS, PRIOR_ANSWERED = 3, 0.8

# Reasons not to ask that no word of a coordinator can undo: law, the expert's own leave, and the field itself.
ABSOLUTE = ("expert_not_serving", "expert_paused", "expert_other_field", "expert_licence", "expert_conflict")
# Reasons a coordinator may set aside with a reason that is kept with the offer.
ARGUABLE = (
    "expert_at_capacity", "expert_week_full", "expert_offers_full", "expert_declined_before", "expert_language",
    "expert_mode", "expert_far", "expert_other_station",
)  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """A fact that speaks for an expert, or is worth knowing: words with placeholders, and the facts."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    is_good: bool = True


@dataclass(frozen=True)
class Fit:
    """How well an expert suits a case: points by part, their sum of at most 100, and the reasons in words."""

    parts: dict[str, float]
    reasons: tuple[Reason, ...]
    # A routing rule named the expert's team for this case: asked before everybody else, whatever the points.
    asked_first: bool = False

    @property
    def weight(self) -> float:
        """The points, with what being asked first is worth where whole queues are weighed against each other."""
        return self.points + (FIRST if self.asked_first else 0)

    @property
    def points(self) -> float:
        """The sum of the parts."""
        return round(sum(self.parts.values()), 1)


@dataclass
class Evidence:
    """What matters about one expert for one case. Minutes are of the running week, from Monday in Shenzhen."""

    open_cases: int = 0
    open_offers: int = 0
    week_minutes: int = 0
    topics: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    solved: int = 0
    solved_topic: int = 0
    solved_industry: int = 0
    scores: int = 0
    score_sum: int = 0
    asked: int = 0
    answered: int = 0
    last_asked: datetime | None = None
    worked_here: int = 0
    has_conflict: bool = False
    declined: bool = False
    in_team: bool = False


def gather(case: Case, experts: Sequence[Expert]) -> dict[int, Evidence]:
    """The evidence about these experts for this case: eight queries, however many experts there are."""
    return gather_many([case], experts)[case.id]


def gather_many(cases: Sequence[Case], experts: Sequence[Expert]) -> dict[int, dict[int, Evidence]]:
    """The same for several cases at once, by case and expert; the queries are as many as for one."""
    common = _common(experts)
    ids = [e.id for e in experts]
    of_case = _of_cases(cases, ids)
    companies = select(Company.id, Company.industry).where(Company.id.in_({c.company_id for c in cases}))
    industries = {row.id: row.industry for row in db.session.execute(companies)}
    record = _record(ids)
    return {
        case.id: {
            e.id: _evidence(case, e, common, of_case, record, _sector(industries.get(case.company_id or 0)))
            for e in experts
        }
        for case in cases
    }


def _sector(industry: str | None) -> str:
    """Industries are alike when their first letter and two digits are (GB/T 4754 divisions)."""
    return (industry or "")[:3]


@dataclass(frozen=True)
class _Common:
    """Facts about experts that no case changes."""

    open_cases: dict[int, int]
    open_offers: dict[int, int]
    week: dict[int, int]
    scores: dict[int, tuple[int, int]]
    offers: dict[int, tuple[int, int, datetime | None]]
    skills: dict[int, tuple[set[str], set[str]]]


def _common(experts: Sequence[Expert]) -> _Common:
    ids = [e.id for e in experts]
    today = clock.today()
    monday = clock.from_local(today - timedelta(days=today.weekday()))
    open_cases = _counts(
        select(Case.expert_id, func.count())
        .where(Case.expert_id.in_(ids), Case.status.in_((Status.ACCEPTED, Status.CONSULTING)))
        .group_by(Case.expert_id)
    )
    week = _counts(
        select(Visit.expert_id, func.sum(Visit.contact_minutes + Visit.preparation_minutes + Visit.travel_minutes))
        .where(Visit.expert_id.in_(ids), Visit.starts_at >= monday, Visit.status != VisitStatus.VOID)
        .group_by(Visit.expert_id)
    )
    scores = {
        expert_id or 0: (int(n), int(total or 0))
        for expert_id, n, total in db.session.execute(
            select(Feedback.expert_id, func.count(), func.sum(Feedback.score))
            .where(Feedback.expert_id.in_(ids), Feedback.score.is_not(None))
            .group_by(Feedback.expert_id)
        )
    }
    counted = func.coalesce(func.sum(when((Offer.status == OfferStatus.PENDING, 1), else_=0)), 0)
    settled = (OfferStatus.ACCEPTED, OfferStatus.DECLINED)
    answered = func.coalesce(func.sum(when((Offer.status.in_(settled), 1), else_=0)), 0)
    silent = func.coalesce(func.sum(when((Offer.status == OfferStatus.EXPIRED, 1), else_=0)), 0)
    open_offers, offers = {}, {}
    for expert_id, pending, good, bad, last in db.session.execute(
        select(Offer.expert_id, counted, answered, silent, func.max(Offer.offered_at))
        .where(Offer.expert_id.in_(ids))
        .group_by(Offer.expert_id)
    ):
        open_offers[expert_id] = int(pending)
        offers[expert_id] = (int(good + bad), int(good), last)
    skills: dict[int, tuple[set[str], set[str]]] = {}
    for expert_id, code, topic in db.session.execute(
        select(Skill.expert_id, Skill.category_code, Skill.topic_code).where(Skill.expert_id.in_(ids))
    ):
        fields, topics = skills.setdefault(expert_id, (set(), set()))
        fields.add(code)
        topics.update([topic] if topic else [])
    return _Common(open_cases, open_offers, week, scores, offers, skills)


def _counts(query: Any) -> dict[int, int]:
    return {key: int(n) for key, n in db.session.execute(query) if key is not None}


@dataclass(frozen=True)
class _OfCases:
    """Pairs of company and expert, or of case and expert, that a fact joins."""

    conflicts: set[tuple[int, int]]
    declined: set[tuple[int, int]]
    teams: set[tuple[int, int]]


def _of_cases(cases: Sequence[Case], ids: list[int]) -> _OfCases:
    companies = {c.company_id for c in cases if c.company_id is not None}
    declared = select(Conflict.company_id, Conflict.expert_id).where(Conflict.company_id.in_(companies))
    conflicts = {(company, expert) for company, expert in db.session.execute(declared)}
    # An account that is the expert's and works for the company, too, or that sent the request itself.
    of_expert = select(Grant.account_id, Grant.expert_id).where(Grant.expert_id.in_(ids), Grant.ended_at.is_(None))
    accounts: dict[int, int] = {a: e for a, e in db.session.execute(of_expert) if e is not None}
    works = select(Grant.account_id, Grant.company_id).where(
        Grant.account_id.in_(accounts), Grant.company_id.in_(companies), Grant.ended_at.is_(None)
    )
    conflicts |= {(company, accounts[account]) for account, company in db.session.execute(works) if company}
    conflicts |= {
        (c.company_id, accounts[c.contact_account_id])
        for c in cases
        if c.company_id is not None and c.contact_account_id in accounts
    }
    said_no = select(Offer.case_id, Offer.expert_id).where(
        Offer.case_id.in_([c.id for c in cases]), Offer.status.in_((OfferStatus.DECLINED, OfferStatus.EXPIRED))
    )
    wanted = {c.team_id for c in cases if c.team_id is not None}
    members = select(TeamMember.team_id, TeamMember.expert_id).where(TeamMember.team_id.in_(wanted))
    return _OfCases(
        conflicts,
        {(case_id, expert_id) for case_id, expert_id in db.session.execute(said_no)},
        {(team, expert) for team, expert in db.session.execute(members)} if wanted else set(),
    )


@dataclass(frozen=True)
class _Record:
    """Closed cases of each expert, by field, by topic, by sector and by company."""

    fields: dict[tuple[int, Any], int]
    topics: dict[tuple[int, Any], int]
    sectors: dict[tuple[int, Any], int]
    companies: dict[tuple[int, Any], int]


def _record(ids: list[int]) -> _Record:
    found = _Record({}, {}, {}, {})
    # Counted from the index alone; industries are looked up for the few companies that come out.
    key = (Case.expert_id, Case.category_code, Case.topic_code, Case.company_id)
    solved = (
        select(*key, func.count().label("n"))
        .where(Case.expert_id.in_(ids), Case.status == Status.CLOSED)
        .group_by(*key)
        .subquery()
    )
    parts = (solved.c.expert_id, solved.c.category_code, solved.c.topic_code, Company.industry, solved.c.company_id)
    rows = db.session.execute(select(*parts, solved.c.n).join(Company, Company.id == solved.c.company_id))
    for expert_id, category, topic, industry, company, n in rows:
        assert expert_id is not None
        for table, part in (
            (found.fields, category),
            (found.topics, topic),
            (found.sectors, _sector(industry)),
            (found.companies, company),
        ):
            if part:
                table[expert_id, part] = table.get((expert_id, part), 0) + int(n)
    return found


def _evidence(case: Case, expert: Expert, common: _Common, of_case: _OfCases, record: _Record, sector: str) -> Evidence:
    fields, topics = common.skills.get(expert.id, (set(), set()))
    n, total = common.scores.get(expert.id, (0, 0))
    asked, answered, last = common.offers.get(expert.id, (0, 0, None))
    company = case.company_id or 0
    return Evidence(
        open_cases=common.open_cases.get(expert.id, 0),
        open_offers=common.open_offers.get(expert.id, 0),
        week_minutes=common.week.get(expert.id, 0),
        topics=topics,
        fields=fields,
        solved=record.fields.get((expert.id, case.category_code or ""), 0),
        solved_topic=record.topics.get((expert.id, case.topic_code or ""), 0),
        solved_industry=record.sectors.get((expert.id, sector), 0) if sector else 0,
        scores=n,
        score_sum=total,
        asked=asked,
        answered=answered,
        last_asked=last,
        worked_here=record.companies.get((expert.id, company), 0),
        has_conflict=(company, expert.id) in of_case.conflicts
        or (expert.employer_company_id is not None and expert.employer_company_id == case.company_id),
        declined=(case.id, expert.id) in of_case.declined,
        in_team=(case.team_id or 0, expert.id) in of_case.teams,
    )


def obstacles(expert: Expert, case: Case, known: Evidence) -> list[str]:
    """Every reason why this expert should not be asked about this case, the absolute ones first. Pure."""
    today = clock.today()
    said: list[tuple[str, bool]] = [
        ("expert_not_serving", expert.status is not ExpertStatus.SERVING),
        ("expert_paused", expert.paused_until is not None and expert.paused_until >= today),
        ("expert_other_field", case.category_code not in known.fields),
        ("expert_licence", _needs_licence(case) and not _licence_holds(expert)),
        ("expert_conflict", known.has_conflict),
        ("expert_at_capacity", known.open_cases >= expert.max_open_cases),
        ("expert_week_full", expert.weekly_minutes > 0 and known.week_minutes >= expert.weekly_minutes),
        ("expert_offers_full", known.open_offers >= OPEN_OFFERS),
        ("expert_declined_before", known.declined),
        ("expert_language", language_of(case) not in expert.languages),
        ("expert_mode", case.meeting is not None and case.meeting.value not in expert.modes),
        ("expert_other_station", _keeps_to_its_own(case) and expert.station_id != case.station_id),
        (
            "expert_far",
            case.meeting is Meeting.ONSITE and bool(case.district) and case.district not in expert.districts,
        ),
    ]
    return [code for code, is_so in said if is_so]


def _needs_licence(case: Case) -> bool:
    return case.category is not None and case.category.licence_required


def _licence_holds(expert: Expert) -> bool:
    return expert.licence_valid_until is not None and expert.licence_valid_until >= clock.today()


def _keeps_to_its_own(case: Case) -> bool:
    return case.station is not None and case.station.own_experts_only


def language_of(case: Case) -> str:
    """The language the company writes in, as experts' languages are named."""
    return "en" if case.locale.startswith("en") else "zh"


def fit(expert: Expert, case: Case, known: Evidence) -> Fit:
    """The sum of points and its reasons. Pure: the same evidence gives the same points."""
    parts: dict[str, float] = {}
    reasons: list[Reason] = []
    if known.in_team:
        reasons.append(Reason(N_("这类案件先请的专家组")))
    parts["skill"] = _skill(case, known, reasons)
    parts["place"] = _place(expert, case, reasons)
    parts["earlier"] = float(WEIGHTS["earlier"]) if known.worked_here else 0.0
    if known.worked_here:
        reasons.append(Reason(N_("帮过这家企业")))
    parts["results"] = _results(known, reasons)
    parts["fairness"] = _fairness(known, reasons)
    parts["capacity"] = _capacity(expert, known, reasons)
    if language_of(case) != "zh" and language_of(case) in expert.languages:
        reasons.append(Reason(N_("可以说英语")))
    return Fit({name: round(parts[name], 1) for name in WEIGHTS}, tuple(reasons), known.in_team)


def _skill(case: Case, known: Evidence, reasons: list[Reason]) -> float:
    """The field 14, the topic 12 (half of it while the case names none), experience in it 9, in the industry 5."""
    points = 14.0 if case.category_code in known.fields else 0.0
    if case.topic_code is None:
        points += 6
    elif case.topic_code in known.topics:
        points += 12
        reasons.append(Reason(N_("对口：%(topic)s"), {"topic": case.topic_code}))
    points += 9 * (1 - 0.6 ** (known.solved + known.solved_topic))
    if known.solved:
        reasons.append(Reason(N_("办过 %(n)s 件同类"), {"n": known.solved}))
    points += 5 * (1 - 0.5**known.solved_industry)
    if known.solved_industry:
        reasons.append(Reason(N_("同行业 %(n)s 件"), {"n": known.solved_industry}))
    return points


def _place(expert: Expert, case: Case, reasons: list[Reason]) -> float:
    """The company's district 7, the same station 3."""
    points = 3.0 if expert.station_id == case.station_id else 0.0
    if case.district in expert.districts:
        words = N_("%(district)s，可上门") if "onsite" in expert.modes else N_("服务%(district)s")
        reasons.append(Reason(words, {"district": case.district}))
        points += 7
    return points


def _results(known: Evidence, reasons: list[Reason]) -> float:
    """Mean score, pulled towards the mean of all, up to 7; share of offers answered in time, whatever the answer, 3."""
    mean = (known.score_sum + PRIOR_SCORES * PRIOR_SCORE) / (known.scores + PRIOR_SCORES)
    if known.scores and known.score_sum / known.scores >= 4.5:
        reasons.append(Reason(N_("评价 %(score)s"), {"score": f"{known.score_sum / known.scores:.1f}"}))
    share = (known.answered + PRIOR_ANSWERS * PRIOR_ANSWERED) / (known.asked + PRIOR_ANSWERS)
    if known.asked > known.answered:
        silent = {"n": known.asked - known.answered}
        reasons.append(Reason(N_("%(n)s 次邀请没有答复"), silent, is_good=False))
    return 7 * max(0.0, (mean - 3) / 2) + 3 * share


def _fairness(known: Evidence, reasons: list[Reason]) -> float:
    """Whoever waited longest for an offer comes first: full after thirty days, or when never asked."""
    weight = float(WEIGHTS["fairness"])
    if known.last_asked is None:
        reasons.append(Reason(N_("还没有请过")))
        return weight
    days = (clock.now() - known.last_asked) / timedelta(days=1)
    if days >= PATIENT_DAYS / 2:
        reasons.append(Reason(N_("%(n)s 天没有请过"), {"n": int(days)}))
    return weight * min(1.0, max(0.0, days) / PATIENT_DAYS)


def _capacity(expert: Expert, known: Evidence, reasons: list[Reason]) -> float:
    """The smaller of the free share of cases (offers on their way counted) and of the week's minutes."""
    taken = known.open_cases + known.open_offers
    cases = max(0.0, 1 - taken / expert.max_open_cases) if expert.max_open_cases else 0.0
    week = max(0.0, 1 - known.week_minutes / expert.weekly_minutes) if expert.weekly_minutes else 1.0
    facts = {"n": known.open_cases, "limit": expert.max_open_cases}
    reasons.append(Reason(N_("在手 %(n)s/%(limit)s"), facts, is_good=taken == 0))
    if known.open_offers:
        reasons.append(Reason(N_("另有 %(n)s 件待他答复"), {"n": known.open_offers}, is_good=False))
    return WEIGHTS["capacity"] * min(cases, week)


def serves(category_code: str | None) -> Any:
    """SQL: experts who serve a field and have not left, in a fixed order."""
    in_field = select(Skill.expert_id).where(Skill.category_code == category_code)
    return select(Expert).where(Expert.id.in_(in_field), Expert.status != ExpertStatus.LEFT).order_by(Expert.id)


def first_obstacle(codes: Iterable[str], *, argued: bool) -> str | None:
    """What stands in the way of an offer: an absolute reason always, an arguable one unless it was argued away."""
    return next((code for code in codes if code in ABSOLUTE or not argued), None)
