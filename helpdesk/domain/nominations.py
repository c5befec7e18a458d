"""Nominations: who is put forward by whom, what they let be published, what reviewers decide, who may not decide."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import commendation_log, cycles, evidence, schemes
from helpdesk.errors import NotAllowed, Refused, Stale
from helpdesk.models import (
    Assessment,
    Case,
    Company,
    Cycle,
    CycleState,
    Expert,
    ExpertStatus,
    ExpertTeam,
    Nomination,
    NominationState,
    Publicity,
    Recommendation,
    Role,
    Route,
    SchemeKind,
    Station,
    Status,
    Subject,
)
from helpdesk.rules import commendation, given, policy
from helpdesk.rules.commendation import Facts
from helpdesk.rules.policy import Who

LONGEST_REASON = 1000
# A company may say thanks this long after its case was closed.
COMMEND_DAYS = 365


def listed(by: Who, *states: NominationState) -> list[Nomination]:
    """The nominations this person may read, in these states or all, the best score of each cycle first."""
    rows = select(Nomination).where(policy.which(by, "nomination.read"))
    if states:
        rows = rows.where(Nomination.state.in_(states))
    return list(
        db.session.scalars(
            rows.options(*whole()).order_by(
                Nomination.cycle_id.desc(), Nomination.score_hundredths.desc(), Nomination.id
            )
        )
    )


def of_cycle(cycle: Cycle) -> list[Nomination]:
    """All of a cycle, with names, who put them forward and what was decided: a fixed number of statements."""
    rows = select(Nomination).where(Nomination.cycle_id == cycle.id).options(*whole())
    return list(db.session.scalars(rows.order_by(Nomination.score_hundredths.desc(), Nomination.id)))


def whole() -> tuple[Any, ...]:
    return (
        joinedload(Nomination.cycle).joinedload(Cycle.scheme),
        joinedload(Nomination.cycle).joinedload(Cycle.version),
        joinedload(Nomination.expert),
        joinedload(Nomination.station),
        joinedload(Nomination.company),
        joinedload(Nomination.team),
        selectinload(Nomination.recommendations),
        selectinload(Nomination.assessments),
    )


def nominate(by: Who, cycle: Cycle, subject_id: int, *, reason: str) -> Nomination:
    """A station or the corps puts somebody forward. Raises Refused when the rules, the day or the list say no."""
    policy.require(by, "nominations.make")
    thing = nominees(by, cycle).get(subject_id)
    if thing is None:
        raise Refused("nominee_unknown", field="nominee")
    reason = given.reason(reason)
    if by.expert_id is not None and (cycle.scheme.subject, subject_id) == (Subject.EXPERT, by.expert_id):
        raise Refused("nominee_oneself", field="nominee")
    return _put_forward(by, cycle, thing, Route.ORGANISATION, reason)


def nominate_oneself(by: Who, cycle: Cycle, *, reason: str) -> Nomination:
    """An expert asks to be looked at, where the route allows it."""
    policy.require(by, "commendations.read")
    if cycle.scheme.subject is not Subject.EXPERT:
        raise Refused("route_closed")
    reason = given.reason(reason)
    expert = db.session.get_one(Expert, by.expert_id)
    return _put_forward(by, cycle, expert, Route.SELF, reason)


def commend(case: Case, by: Who) -> Nomination:
    """The company that was helped puts its expert forward, in one press after its case was closed; once a case."""
    policy.require(by, "case.commend", case)
    cycle = cycle_for(case)
    if cycle is None:
        raise Refused("commend_not_now")
    expert = db.session.get_one(Expert, case.expert_id)
    return _put_forward(by, cycle, expert, Route.COMPANY, "", case=case)


def cycle_for(case: Case) -> Cycle | None:
    """The open title for which the company of this case can put its expert forward; None when there is none, when the
    case is not closed with an expert, or is too old."""
    if case.status is not Status.CLOSED or case.expert_id is None or case.closed_at is None:
        return None
    if (clock.now() - case.closed_at).days > COMMEND_DAYS:
        return None
    for cycle in cycles.open_now():
        if cycle.scheme.subject is Subject.EXPERT and Route.COMPANY in cycle.version.routes:
            return cycle
    return None


def commended(case: Case) -> bool:
    """Whether the company of this case has put its expert forward already."""
    found = select(Recommendation.id).where(Recommendation.case_id == case.id).limit(1)
    return db.session.scalar(found) is not None


def nominees(by: Who, cycle: Cycle) -> dict[int, Any]:
    """Whom this person may put forward, by number: a station its experts, teams with one of them, and itself; the
    corps anybody."""
    subject, stations = cycle.scheme.subject, by.station_ids
    whole_city = by.holds(Role.OPERATOR)
    rows: Any
    if subject is Subject.EXPERT:
        rows = select(Expert).where(Expert.status.in_((ExpertStatus.SERVING, ExpertStatus.PAUSED)))
        rows = rows if whole_city else rows.where(Expert.station_id.in_(stations))
        rows = rows.order_by(Expert.id)
    elif subject is Subject.STATION:
        rows = select(Station).where(Station.closed_at.is_(None)).order_by(Station.id)
        rows = rows if whole_city else rows.where(Station.id.in_(stations))
    elif subject is Subject.COMPANY:
        employers = select(Expert.employer_company_id).where(Expert.employer_company_id.is_not(None))
        if not whole_city:
            employers = employers.where(Expert.station_id.in_(stations))
        rows = select(Company).where(Company.id.in_(employers)).order_by(Company.id)
    else:
        rows = select(ExpertTeam).where(ExpertTeam.retired_at.is_(None)).order_by(ExpertTeam.id)
        if not whole_city:
            rows = rows.where(ExpertTeam.members.any(Expert.station_id.in_(stations)))
    return {row.id: row for row in db.session.scalars(rows)}


def _put_forward(
    by: Who, cycle: Cycle, thing: Any, route: Route, reason: str, *, case: Case | None = None
) -> Nomination:
    # The cycle's row is held: the freeze takes it too, so nothing slips in after it.
    db.session.refresh(cycle, with_for_update=True)
    if cycle.state is not CycleState.OPEN or clock.today() > cycle.nominations_until:
        raise Refused("nominations_closed")
    if route not in cycle.version.routes:
        raise Refused("route_closed")
    if isinstance(thing, Expert) and thing.status is ExpertStatus.LEFT:
        raise Refused("nominee_left", name=thing.name)
    row = _find(cycle, thing)
    if row is None:
        row = Nomination(
            cycle_id=cycle.id,
            district=_district(thing),
            level=_level_for(cycle, thing),
            created_at=clock.now(),
            **{_column(thing): thing.id},
        )
        db.session.add(row)
    elif row.state is NominationState.WITHDRAWN:
        row.state = NominationState.NOMINATED
    db.session.flush()
    same = [
        r
        for r in row.recommendations
        if r.route is route and (route is not Route.COMPANY or r.case_id == case_id(case))
    ]
    if any(r.account_id == by.account_id or route is Route.COMPANY for r in same):
        raise Refused("nominated_already")
    db.session.add(
        Recommendation(
            nomination_id=row.id,
            route=route,
            case_id=case_id(case),
            account_id=by.account_id,
            by_name=by.name[:80],
            reason=reason.strip()[:LONGEST_REASON],
            at=clock.now(),
        )
    )
    db.session.flush()
    db.session.expire(row, ["recommendations"])
    commendation_log.note("nomination.made", by, row, route=route.value)
    return row


def case_id(case: Case | None) -> int | None:
    """The number of a case, if there is one."""
    return case.id if case is not None else None


def _column(thing: Any) -> str:
    return {Expert: "expert_id", Station: "station_id", Company: "company_id", ExpertTeam: "team_id"}[type(thing)]


def _district(thing: Any) -> str | None:
    if isinstance(thing, Expert):
        return thing.station.district
    return None if isinstance(thing, ExpertTeam) else str(thing.district)


def _find(cycle: Cycle, thing: Any) -> Nomination | None:
    column = getattr(Nomination, _column(thing))
    return db.session.scalar(select(Nomination).where(Nomination.cycle_id == cycle.id, column == thing.id))


def _level_for(cycle: Cycle, thing: Any) -> int:
    """The next level above what they hold; the freeze says which they reached."""
    numbers = sorted(level.number for level in cycles.criteria_of(cycle).levels)
    if cycle.scheme.kind is not SchemeKind.STARS:
        return numbers[0]
    has = schemes.held_levels(cycle.scheme).get(thing.id, 0)
    return next((n for n in numbers if n > has), numbers[-1])


def withdraw(nomination: Nomination, by: Who, *, reason: str) -> Nomination:
    """Take a nomination back before the cut-off."""
    policy.require(by, "nomination.withdraw", nomination)
    reason = given.reason(reason)
    _hold(nomination)
    if nomination.state is not NominationState.NOMINATED:
        raise Refused("nominations_closed")
    nomination.state = NominationState.WITHDRAWN
    db.session.flush()
    commendation_log.note("nomination.withdrawn", by, nomination, reason=reason)
    return nomination


def set_publicity(nomination: Nomination, by: Who, publicity: Publicity) -> Nomination:
    """The nominee says what may be published, and may say otherwise at any time (PIPL art. 15, 25). Taken back during
    the notice, the name is gone at once and nothing is awarded; a later yes begins a notice of its own."""
    policy.require(by, "nomination.consent", nomination)
    _hold(nomination)
    nomination.publicity, nomination.publicity_at = publicity, clock.now()
    commendation_log.note("nomination.publicity", by, nomination, publicity=publicity.value)
    if nomination.state is NominationState.NOTICE and publicity is Publicity.NOTHING:
        nomination.state, nomination.noticed_from, nomination.noticed_until = NominationState.PASSED, None, None
        commendation_log.note("nomination.notice_ended", by, nomination)
    db.session.flush()
    return nomination


# --- review ---


def conflict_of(nomination: Nomination, by: Who) -> str | None:
    """Why this person may not decide on this nominee: a code, or None. Same employer, own station, oneself, who put
    them forward, who stepped back (rule R12; plan T2a: nobody approves their own)."""
    own = db.session.get(Expert, by.expert_id) if by.expert_id is not None else None
    subject, number = nomination.subject
    if own is not None and subject is Subject.EXPERT and own.id == number:
        return "oneself"
    if own is not None and subject is Subject.TEAM and nomination.team and own in nomination.team.members:
        return "oneself"
    if own is not None and subject is Subject.COMPANY and own.employer_company_id == number:
        return "employer"
    if own is not None and nomination.expert is not None and _same_employer(own, nomination.expert):
        return "employer"
    if subject is Subject.COMPANY and any(h.role is Role.MEMBER and h.company_id == number for h in by.held):
        return "employer"
    theirs = nomination.expert.station_id if nomination.expert is not None else nomination.station_id
    if theirs is not None and (
        theirs in by.station_ids or (own is not None and subject is Subject.STATION and own.station_id == theirs)
    ):
        return "station"
    if by.account_id is not None and any(r.account_id == by.account_id for r in nomination.recommendations):
        return "nominator"
    if any(a.verdict == "recused" and a.account_id == by.account_id for a in nomination.assessments):
        return "declared"
    return None


def _same_employer(one: Expert, other: Expert) -> bool:
    if one.employer_company_id is not None and one.employer_company_id == other.employer_company_id:
        return True
    return bool(one.employer.strip()) and one.employer.strip() == other.employer.strip()


def require_no_conflict(nomination: Nomination, by: Who) -> None:
    """Raise Refused("reviewer_conflict") for who may not decide."""
    why = conflict_of(nomination, by)
    if why is not None:
        raise Refused("reviewer_conflict", why=why)


def may_assess(nomination: Nomination, by: Who) -> bool:
    """Whether it is this person's turn: the district's reviewer at the district, the operator at the city."""
    if nomination.cycle.state is not CycleState.REVIEW:
        return False
    if nomination.state is NominationState.DISTRICT:
        return any(h.role is Role.DISTRICT and h.district == nomination.district for h in by.held)
    return nomination.state is NominationState.CITY and by.holds(Role.OPERATOR)


def assess(nomination: Nomination, by: Who, *, passed: bool, reason: str = "") -> Nomination:
    """A reviewer decides, with a reason when it is no. Raises Refused for a conflict of interest, or for whoever
    decided at the stage before; Stale when somebody was quicker."""
    policy.require(by, "nomination.assess", nomination)
    before = nomination.state
    _hold(nomination)
    if nomination.state is not before or nomination.state not in (NominationState.DISTRICT, NominationState.CITY):
        last = nomination.assessments[-1] if nomination.assessments else None
        raise Stale("commendation_stale", who=last.by_name if last else "")
    if not may_assess(nomination, by):
        raise NotAllowed("nomination.assess")
    require_no_conflict(nomination, by)
    if any(a.verdict == "passed" and a.account_id == by.account_id for a in nomination.assessments):
        raise Refused("reviewer_twice")
    if not passed:
        given.reason(reason)
    stage = "district" if before is NominationState.DISTRICT else "city"
    _note(nomination, by, stage, "passed" if passed else "declined", reason)
    stages = list(nomination.cycle.version.stages)
    if not passed:
        nomination.state = NominationState.DECLINED
    elif stage == "district" and "city" in stages:
        nomination.state = NominationState.CITY
    else:
        nomination.state = NominationState.PASSED
    db.session.flush()
    if (
        nomination.state is NominationState.PASSED
        and nomination.cycle.version.notice_days
        and not cycles.may_be_named(nomination)
    ):
        commendation_log.note("nomination.consent_asked", by, nomination)
    return nomination


def recuse(nomination: Nomination, by: Who, *, reason: str) -> None:
    """Step back from this nominee for good."""
    policy.require(by, "nomination.assess", nomination)
    reason = given.reason(reason)
    stage = "district" if nomination.state is NominationState.DISTRICT else "city"
    _note(nomination, by, stage, "recused", reason)


def _note(nomination: Nomination, by: Who, stage: str, verdict: str, reason: str) -> None:
    db.session.add(
        Assessment(
            nomination_id=nomination.id,
            stage=stage,
            verdict=verdict,
            reason=reason.strip()[:LONGEST_REASON],
            account_id=by.account_id,
            by_name=by.name,
            at=clock.now(),
        )
    )
    db.session.flush()
    db.session.expire(nomination, ["assessments"])
    commendation_log.note(
        "nomination.assessed", by, nomination, verdict=verdict, stage=stage,
        **({"reason": reason.strip()[:LONGEST_REASON]} if verdict == "declined" else {}),
    )  # fmt: skip


# --- what changed since the freeze ---


def facts_now(nomination: Nomination) -> Facts:
    """The same figures as those frozen, as they stand now: the same days of service, reversals since included."""
    subject, number = nomination.subject
    cycle = nomination.cycle
    return evidence.facts(subject, cycle.period_from, cycle.period_to, [number])[number]


def fallen(nomination: Nomination, now: Facts) -> tuple[str, ...]:
    """Measures that speak less well of the nominee than what a reviewer last accepted."""
    if not nomination.checked:
        return ()
    return commendation.fell(nomination.checked, now, cycles.criteria_of(nomination.cycle), nomination.level)


def confirm(nomination: Nomination, by: Who, *, reason: str) -> Nomination:
    """Somebody of the city looked at what fell since the freeze and lets the nomination stand, with a reason."""
    policy.require(by, "nomination.confirm", nomination)
    require_no_conflict(nomination, by)
    reason = given.reason(reason)
    _hold(nomination)
    now = facts_now(nomination)
    if not fallen(nomination, now):
        raise Refused("nothing_fell")
    _note(nomination, by, "city", "confirmed", reason)
    nomination.checked = dict(now)
    db.session.flush()
    return nomination


def _hold(nomination: Nomination) -> None:
    """The row's lock: who decides, publishes or awards comes one after the other."""
    db.session.refresh(nomination, with_for_update={"of": Nomination})
