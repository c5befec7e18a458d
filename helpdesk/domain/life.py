"""The one door through which a case passes from state to state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.db import db, only_row
from helpdesk.domain import deadlines, record
from helpdesk.errors import NotAllowed, Refused, Stale
from helpdesk.models import Case, Event, Status
from helpdesk.rules import guards, lifecycle, policy
from helpdesk.rules.guards import Asked
from helpdesk.rules.lifecycle import Step
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Possible:
    """A step this person can take now, for a button: the row, and why it is greyed out if it is."""

    step: Step
    obstacle: Refused | None = None


def take(
    case: Case,
    name: str,
    by: Who,
    *,
    seen: int | None = None,
    asked: dict[str, Any] | None = None,
    sets: dict[str, Any] | None = None,
    **facts: Any,
) -> Event:
    """Take one step: right, needs, state, clocks and event, in one transaction.

    `seen` is the version of the case the person was looking at; `asked` is what the guards need to know; `sets`
    are columns that change in the very statement that changes the state; `facts` are the event's.
    Raises NotAllowed, Refused (a need is not met, or the step is not possible from this state), Stale (somebody
    else was first).
    """
    step = lifecycle.BY_NAME[name]
    record.hold(case)
    check_version(case, seen)
    if case.status not in step.frm:
        raise Refused("step_not_possible", step=step.name, status=case.status.value)
    if case.anonymised_at is not None:
        raise Refused("anonymised")
    if not policy.can(by, step.may, case):
        raise NotAllowed(step.may)
    question = Asked(case, by, asked or {})
    for need in step.needs:
        guards.GUARDS[need](question)
    left, to = case.status, step.to or case.status
    _write(case, left, to, sets or {})
    if step.to is not None:
        deadlines.entered(case, left, to)
    tells = {key: value for key, value in (asked or {}).items() if key in record.TELLING}
    return record.event(case, step.event, by, step=name, frm=left.value, to=to.value, **tells, **facts)


def check_version(case: Case, seen: int | None) -> None:
    """Raise Stale, with who did what, when the case has moved on since version `seen`; None checks nothing."""
    if seen is not None and seen != case.version:
        last = db.session.scalar(
            select(Event).where(Event.case_id == case.id, Event.step.is_not(None)).order_by(Event.seq.desc()).limit(1)
        )
        raise Stale(who=last.actor_name if last else "", event=last.kind if last else "", status=case.status.value)


def _write(case: Case, left: Status, to: Status, sets: dict[str, Any]) -> None:
    """The only statement that writes a status: it succeeds only from the state and version that were read."""
    ending = lifecycle.STATES[to].is_end
    if to != left:
        sets = {
            "ended_at": clock.now() if ending else None,
            "closed_at": clock.now() if to is Status.CLOSED else None,
            **sets,
        }
    done = db.session.execute(
        update(Case)
        .where(Case.id == case.id, Case.version == case.version, Case.status == left)
        .values(status=to, version=Case.version + 1, **sets)
        .execution_options(synchronize_session=False)
    )
    if not only_row(done):
        raise Stale(who=case.last_actor or "", event="", status=left.value)
    db.session.refresh(case)


def steps_for(case: Case, who: Who) -> list[Possible]:
    """What this person can do with the case now, from the table, the policy and the guards about the case."""
    if case.anonymised_at is not None:
        return []
    rows = [row for row in lifecycle.steps_from(case.status) if row.look]
    may = policy.allowed(who, case, [row.may for row in rows])
    return [Possible(row, _obstacle(case, who, row)) for row in rows if row.may in may]


def _obstacle(case: Case, who: Who, step: Step) -> Refused | None:
    question = Asked(case, who)
    for need in step.needs:
        if need in guards.ABOUT_THE_CASE:
            try:
                guards.GUARDS[need](question)
            except Refused as refusal:
                return refusal
    return None


def replay(events: list[Event]) -> Status:
    """The state a case must be in after these events: `flask helpdesk doctor` and the tests compare."""
    status = Status.DRAFT
    for row in sorted(events, key=lambda e: e.seq):
        if row.step is None:
            continue
        step = lifecycle.BY_NAME[row.step]
        if status not in step.frm or row.from_status != status.value:
            raise ValueError(f"event {row.seq} of case {row.case_id}: {row.step} from {status.value}")
        status = step.to or status
        if row.to_status != status.value:
            raise ValueError(f"event {row.seq} of case {row.case_id}: went to {row.to_status}, not {status.value}")
    return status
