"""Promises of a case: start, stop, pause, go on; and the due date that lists are sorted by."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import CalendarDay, CalendarYear, Case, Clock, Pause, Status, WaitingOn
from helpdesk.rules import promises
from helpdesk.rules.lifecycle import STATES
from helpdesk.rules.promises import Calendar, Promise, Stretch


def calendar() -> Calendar:
    """The working calendar as loaded, read once per session."""
    info = db.session().info
    if "calendar" not in info:
        days = db.session.scalars(select(CalendarDay)).all()
        info["calendar"] = Calendar(
            holidays=frozenset(d.day for d in days if not d.is_working),
            make_up=frozenset(d.day for d in days if d.is_working),
            known_years=frozenset(db.session.scalars(select(CalendarYear.year))),
        )
    found: Calendar = info["calendar"]
    return found


def entered(case: Case, left: Status | None, to: Status) -> None:
    """A case moved from one state to another: its promises follow. The end of a case stops them all."""
    if STATES[to].is_end:
        _end_pause(case)
        _stop(case, [row.kind for row in promises.BY_KIND.values()])
    elif left is None or left != to:
        _stop(case, [row.kind for row in promises.PROMISES])
        promise = promises.promise_for(to)
        if promise is not None:
            _start(case, promise)
        # Back from an end (resumed, appeal upheld, unmerged): the company is owed its first answer anew.
        if left is not None and STATES[left].is_end and case.first_answer_at is None:
            begin_first_answer(case)
    refresh(case)


def begin_first_answer(case: Case) -> None:
    """The promise to the company begins with its submission; policy questions have the short one."""
    quick = case.category.quick_answer if case.category is not None else case.wished_category == "policy"
    _start(case, promises.FIRST_ANSWER_QUICK if quick else promises.FIRST_ANSWER)
    refresh(case)


def retarget_first_answer(case: Case) -> None:
    """Triage knows the field: a running promise takes the target of that field, from its old start."""
    running = _running(case).get("first_answer")
    if running is not None and case.category is not None:
        promise = promises.FIRST_ANSWER_QUICK if case.category.quick_answer else promises.FIRST_ANSWER
        running.target_minutes, running.unit = promise.minutes, promise.unit
        refresh(case)


def first_answered(case: Case) -> None:
    """Somebody answered the company for the first time; later answers change nothing."""
    if case.first_answer_at is None:
        case.first_answer_at = clock.now()
    _stop(case, ["first_answer"])
    refresh(case)


def pause(case: Case, question: str) -> None:
    """The company has to answer: no promise runs until it does."""
    case.waiting_on = WaitingOn.COMPANY
    db.session.add(Pause(case_id=case.id, started_at=clock.now(), question=question))
    refresh(case)


def go_on(case: Case) -> None:
    """The company answered: promises run again, later by as long as it took."""
    _end_pause(case)
    refresh(case)


def refresh(case: Case) -> None:
    """Recompute the case's due date, the earliest of its running promises; None while paused or at rest."""
    db.session.flush()
    pauses = [
        Stretch(p.started_at, p.ended_at)
        for p in db.session.scalars(select(Pause).where(Pause.case_id == case.id).order_by(Pause.started_at))
    ]
    nearest: tuple[object, Clock, Promise] | None = None
    case.due_at = case.due_kind = case.warn_at = None
    for row in _running(case).values():
        promise = promises.BY_KIND[row.kind]
        stretches = pauses if promise.pauses else []
        due = promises.due_at(row.started_at, row.target_minutes, row.unit, stretches, calendar())
        if due is not None and (case.due_at is None or due < case.due_at):
            case.due_at, case.due_kind, nearest = due, row.kind, (stretches, row, promise)
    if nearest is not None:
        _, row, promise = nearest
        stretches = pauses if promise.pauses else []
        case.warn_at = promises.due_at(
            row.started_at, row.target_minutes * promise.warn_at, row.unit, stretches, calendar()
        )


def _running(case: Case) -> dict[str, Clock]:
    rows = db.session.scalars(select(Clock).where(Clock.case_id == case.id, Clock.stopped_at.is_(None)))
    return {row.kind: row for row in rows}


def _start(case: Case, promise: Promise) -> None:
    db.session.add(
        Clock(
            case_id=case.id,
            kind=promise.kind,
            target_minutes=promise.minutes,
            unit=promise.unit,
            started_at=clock.now(),
        )
    )


def _stop(case: Case, kinds: list[str]) -> None:
    pauses = [
        Stretch(p.started_at, p.ended_at) for p in db.session.scalars(select(Pause).where(Pause.case_id == case.id))
    ]
    for row in _running(case).values():
        if row.kind in kinds:
            row.due_at = promises.due_at(row.started_at, row.target_minutes, row.unit, pauses, calendar())
            row.stopped_at = clock.now()
    db.session.flush()


def _end_pause(case: Case) -> None:
    open_pause = db.session.scalar(select(Pause).where(Pause.case_id == case.id, Pause.ended_at.is_(None)))
    if open_pause is not None:
        open_pause.ended_at = clock.now()
    case.waiting_on = WaitingOn.NOBODY
    db.session.flush()
