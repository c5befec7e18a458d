"""Cycles of commendation: opened with the rules of that day, frozen at the cut-off, published, finished.

What a rule edited meanwhile does to a running cycle is decided here: nothing. The cycle keeps the version it was
opened with, so that everybody was nominated and reviewed by what was published beforehand (plan 四（一）).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db, only_row
from helpdesk.domain import commendation_log, deadlines, evidence, schemes
from helpdesk.errors import Refused, Stale
from helpdesk.models import (
    Cycle,
    CycleState,
    Expert,
    ExpertStatus,
    Nomination,
    NominationState,
    Publicity,
    Scheme,
    SchemeKind,
    Subject,
)
from helpdesk.rules import commendation, given, policy
from helpdesk.rules.commendation import Criteria
from helpdesk.rules.policy import Who

# Stages and the state of who waits there.
WAITS_AT = {"district": NominationState.DISTRICT, "city": NominationState.CITY}
UNDECIDED = (NominationState.DISTRICT, NominationState.CITY, NominationState.NOTICE)
DECIDED = (NominationState.UNQUALIFIED, NominationState.DECLINED, NominationState.WITHDRAWN, NominationState.AWARDED)
LONGEST_NAME = 80


def listed() -> list[Cycle]:
    """All cycles, the newest first."""
    return list(
        db.session.scalars(
            select(Cycle).options(joinedload(Cycle.scheme), joinedload(Cycle.version)).order_by(Cycle.id.desc())
        )
    )


def by_id(cycle_id: int) -> Cycle:
    """The cycle; Refused for an unknown one."""
    cycle = db.session.get(Cycle, cycle_id) if cycle_id < 2**31 else None
    if cycle is None:
        raise Refused("cycle_unknown")
    return cycle


def open_now() -> list[Cycle]:
    """Cycles that take nominations today, the one that ends first in front."""
    rows = select(Cycle).where(Cycle.state == CycleState.OPEN, Cycle.nominations_until >= clock.today())
    return list(
        db.session.scalars(
            rows.options(joinedload(Cycle.scheme), joinedload(Cycle.version)).order_by(
                Cycle.nominations_until, Cycle.id
            )
        )
    )


def criteria_of(cycle: Cycle) -> Criteria:
    """The rules this cycle is run by."""
    return commendation.read(cycle.version.criteria)


def tally(cycles: Iterable[Cycle]) -> dict[int, dict[NominationState, int]]:
    """How many nominees are in which state, by cycle: one statement."""
    rows = db.session.execute(
        select(Nomination.cycle_id, Nomination.state, func.count())
        .where(Nomination.cycle_id.in_([c.id for c in cycles]))
        .group_by(Nomination.cycle_id, Nomination.state)
    )
    found: dict[int, dict[NominationState, int]] = {}
    for cycle_id, state, count in rows:
        found.setdefault(cycle_id, {})[state] = int(count)
    return found


def open_(by: Who, scheme: Scheme, *, name: str, period_from: date, period_to: date, nominations_until: date) -> Cycle:
    """Begin a cycle with the rules in force today.

    Raises Refused when none are, or for days in the wrong order.
    """
    policy.require(by, "cycles.run")
    version = schemes.in_force(scheme)
    if version is None:
        raise Refused("cycle_no_rules", field="scheme")
    if not name.strip():
        raise Refused("cycle_name", field="name")
    if period_to < period_from:
        raise Refused("cycle_period", field="period_to")
    if nominations_until < clock.today() or nominations_until < period_to:
        raise Refused("cycle_until", field="nominations_until")
    cycle = Cycle(
        scheme_id=scheme.id,
        version_id=version.id,
        name=name.strip()[:LONGEST_NAME],
        period_from=period_from,
        period_to=period_to,
        nominations_until=nominations_until,
        opened_at=clock.now(),
        opened_by=by.name,
    )
    db.session.add(cycle)
    db.session.flush()
    commendation_log.note("cycle.opened", by, cycle, number=version.number)
    return cycle


def freeze(by: Who, cycle: Cycle) -> Cycle:
    """Close nominations and freeze everybody's figures: who meets the rules goes to review, the others stay with what
    they lacked. From then on the evidence is what it was; what is reversed later is shown beside it."""
    policy.require(by, "cycles.run")
    if clock.today() <= cycle.nominations_until:
        raise Refused("cycle_too_early", day=cycle.nominations_until)
    _move(cycle, CycleState.OPEN, CycleState.REVIEW, frozen_at=clock.now())
    criteria, stages = criteria_of(cycle), list(cycle.version.stages)
    rows = list(
        db.session.scalars(
            select(Nomination)
            .where(Nomination.cycle_id == cycle.id, Nomination.state == NominationState.NOMINATED)
            .with_for_update()
        )
    )
    subject = cycle.scheme.subject
    figures = evidence.facts(subject, cycle.period_from, cycle.period_to, [row.subject[1] for row in rows])
    held, gone = schemes.held_levels(cycle.scheme), _gone(rows)
    qualified = 0
    for row in rows:
        facts = figures[row.subject[1]]
        finding = commendation.judge(criteria, facts)
        row.level = finding.level or row.level
        row.facts, row.checked = dict(facts), dict(facts)
        row.score_hundredths = round(finding.score * 100)
        has = held.get(row.subject[1], 0)
        has_it = has >= row.level and (cycle.version.once_only or cycle.scheme.kind is SchemeKind.STARS)
        if finding.level == 0 or row.expert_id in gone or has_it:
            row.state = NominationState.UNQUALIFIED
            commendation_log.note("nomination.unqualified", by, row)
        else:
            # A team has no district of its own: only the city reviews it.
            own = [stage for stage in stages if stage != "district" or row.district] or ["city"]
            row.state = WAITS_AT[own[0]]
            qualified += 1
    db.session.flush()
    commendation_log.note("cycle.frozen", by, cycle, qualified=qualified, others=len(rows) - qualified)
    return cycle


def _gone(rows: list[Nomination]) -> set[int]:
    ids = [row.expert_id for row in rows if row.expert_id is not None]
    return set(db.session.scalars(select(Expert.id).where(Expert.id.in_(ids), Expert.status == ExpertStatus.LEFT)))


def publish(by: Who, cycle: Cycle) -> int:
    """Put everybody who passed and agreed to be named into public notice, for the working days the rules ask for.

    Returns how many; who has not agreed yet can follow with another publication, with days of their own. Raises
    Refused when there is nobody.
    """
    policy.require(by, "cycles.run")
    if cycle.state is not CycleState.REVIEW:
        raise Refused("cycle_not_in_review")
    start = clock.today()
    until = commendation.workdays_later(start, cycle.version.notice_days, deadlines.calendar())
    rows = db.session.scalars(
        select(Nomination)
        .where(Nomination.cycle_id == cycle.id, Nomination.state == NominationState.PASSED)
        .with_for_update()
    )
    published = 0
    for row in rows:
        if not may_be_named(row):
            continue
        row.state, row.noticed_from, row.noticed_until = NominationState.NOTICE, start, until
        commendation_log.note("nomination.noticed", by, row, from_=start.isoformat(), until=until.isoformat())
        published += 1
    if not published:
        raise Refused("notice_nobody")
    db.session.flush()
    return published


def may_be_named(row: Nomination) -> bool:
    """Whether the nominee agreed to be named, in full or masked. Organisations are no persons (PIPL art. 4, 25)."""
    return row.subject[0] is not Subject.EXPERT or row.publicity in (Publicity.FULL, Publicity.MASKED)


def finish(by: Who, cycle: Cycle) -> Cycle:
    """End a cycle in which everybody has been decided on."""
    policy.require(by, "cycles.run")
    open_rows = select(func.count()).select_from(Nomination).where(Nomination.cycle_id == cycle.id)
    waiting = db.session.scalar(open_rows.where(Nomination.state.in_(UNDECIDED)))
    if waiting:
        raise Refused("cycle_unfinished", count=int(waiting))
    _move(cycle, CycleState.REVIEW, CycleState.FINISHED, ended_at=clock.now())
    left = select(Nomination).where(Nomination.cycle_id == cycle.id, Nomination.state == NominationState.PASSED)
    for row in db.session.scalars(left.order_by(Nomination.id)).all():
        commendation_log.note("nomination.passed_over", by, row)
    commendation_log.note("cycle.finished", by, cycle)
    return cycle


def call_off(by: Who, cycle: Cycle, *, reason: str) -> Cycle:
    """Stop a cycle before anything was awarded; what was frozen stays to be read."""
    policy.require(by, "cycles.run")
    reason = given.reason(reason)
    awarded = select(func.count()).select_from(Nomination).where(Nomination.cycle_id == cycle.id)
    if db.session.scalar(awarded.where(Nomination.state == NominationState.AWARDED)):
        raise Refused("cycle_has_awards")
    before = CycleState.OPEN if cycle.state is CycleState.OPEN else CycleState.REVIEW
    _move(cycle, before, CycleState.CALLED_OFF, ended_at=clock.now())
    going = select(Nomination).where(Nomination.cycle_id == cycle.id, Nomination.state.not_in(DECIDED))
    for row in db.session.scalars(going.order_by(Nomination.id)).all():
        commendation_log.note("nomination.called_off", by, row, reason=reason)
    db.session.execute(
        update(Nomination)
        .where(Nomination.cycle_id == cycle.id, Nomination.state == NominationState.NOTICE)
        .values(state=NominationState.PASSED, noticed_from=None, noticed_until=None)
    )
    commendation_log.note("cycle.called_off", by, cycle, reason=reason)
    return cycle


def _move(cycle: Cycle, left: CycleState, to: CycleState, **sets: object) -> None:
    """From one state to another, once: who comes second is told who was first."""
    moved = db.session.execute(
        update(Cycle)
        .where(Cycle.id == cycle.id, Cycle.state == left)
        .values(state=to, **sets)
        .execution_options(synchronize_session=False)
    )
    if not only_row(moved):
        last = commendation_log.of_cycle(cycle, most=1)
        raise Stale("commendation_stale", who=last[0].actor if last else "")
    db.session.refresh(cycle)
