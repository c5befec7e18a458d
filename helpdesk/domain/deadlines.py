"""Promises of a case: start, stop, pause, go on; and the due date that lists are sorted by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain.later import later
from helpdesk.models import (
    CalendarDay,
    CalendarYear,
    Case,
    Clock,
    Pause,
    PromiseTarget,
    StationHours,
    Status,
    TargetVersion,
    Urgency,
    WaitingOn,
)
from helpdesk.models.case import NEVER
from helpdesk.rules import promises
from helpdesk.rules.lifecycle import STATES
from helpdesk.rules.promises import ORDINARY_WEEK, Calendar, Promise, Stretch, Target, Unit

# The job that reckons running due dates anew, and how many cases it takes in one transaction.
RECKON, AT_ONCE = "deadlines.reckon", 200


def calendar(station_id: int | None = None) -> Calendar:
    """The working calendar as loaded, with a station's hours or ordinary ones; read once per session."""
    known: dict[int | None, Calendar] = db.session().info.setdefault("calendars", {})
    if not known:
        days = db.session.scalars(select(CalendarDay)).all()
        holidays = frozenset(d.day for d in days if not d.is_working)
        make_up = frozenset(d.day for d in days if d.is_working)
        years = frozenset(db.session.scalars(select(CalendarYear.year)))
        known[None] = Calendar(holidays, make_up, years)
        for station, week in weeks().items():
            known[station] = Calendar(holidays, make_up, years, week)
    return known.get(station_id, known[None])


def weeks() -> dict[int, tuple[promises.Hours, ...]]:
    """When the stations that set their hours are open, Monday to Sunday."""
    found: dict[int, list[promises.Hours]] = {}
    rows = select(StationHours).order_by(StationHours.station_id, StationHours.weekday, StationHours.opens_at)
    for row in db.session.scalars(rows):
        week = found.setdefault(row.station_id, [()] * 7)
        week[row.weekday] = (*week[row.weekday], (row.opens_at, row.shuts_at))
    return {station: tuple(week) for station, week in found.items()}


def week_of(station_id: int) -> tuple[promises.Hours, ...]:
    """When a station is open, Monday to Sunday; ordinary office hours when it set none."""
    return weeks().get(station_id, ORDINARY_WEEK)


def forget_calendar() -> None:
    """The calendar or somebody's hours changed: read them again."""
    db.session().info.pop("calendars", None)


def newest_version() -> int | None:
    """The targets in force now; None before the first were stored, when the standard ones hold."""
    return db.session.scalar(select(func.max(TargetVersion.id)))


def targets(version_id: int | None) -> tuple[Target, ...]:
    """The targets of a version, which never changes; the standard ones for none."""
    if version_id is None:
        return promises.TARGETS
    known: dict[int, tuple[Target, ...]] = db.session().info.setdefault("targets", {})
    if version_id not in known:
        rows = select(PromiseTarget).where(PromiseTarget.version_id == version_id).order_by(PromiseTarget.id)
        known[version_id] = tuple(
            Target(row.kind, row.amount, Unit(row.unit), row.warn_percent, row.category, row.urgency)
            for row in db.session.scalars(rows)
        )
    return known[version_id]


def target_of(case: Case, kind: str) -> Target:
    """What is promised to this case: by its version of the targets, its field (or the wished one) and urgency."""
    category = case.category_code or case.wished_category
    return promises.target_for(targets(case.target_version_id), kind, category, case.urgency or Urgency.NORMAL)


def target_for_new(kind: str, category: str | None) -> Target:
    """What `target_of` will say of a request that is sent now: what pages promise before it is."""
    return promises.target_for(targets(newest_version()), kind, category, Urgency.NORMAL)


def due_after(case: Case, kind: str, start: datetime) -> datetime:
    """When a promise that begins at `start` falls due if nothing pauses it."""
    here = calendar(case.station_id)
    minutes, unit = target_of(case, kind).length(here)
    return promises.due_at(start, minutes, unit, (), here) or start


def in_workdays(case: Case, start: datetime, days: int) -> datetime:
    """So many of the station's working days after `start`."""
    here = calendar(case.station_id)
    return promises.add_working(start, days * here.workday, here)


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
    """The promise to the company begins with its submission; a field may have its own, as policy questions do."""
    _start(case, promises.FIRST_ANSWER)
    refresh(case)


def retarget(case: Case) -> None:
    """Field, urgency, version or station changed: what runs takes the target that fits now, from its old start."""
    here = calendar(case.station_id)
    for row in _running(case).values():
        target = target_of(case, row.kind)
        row.target_minutes, row.unit = target.length(here)
        row.warn_percent = target.warn_percent
    refresh(case)


def first_answered(case: Case) -> None:
    """Somebody answered the company for the first time; later answers change nothing."""
    if case.first_answer_at is None:
        case.first_answer_at = clock.now()
    _stop(case, ["first_answer"])
    refresh(case)


def runs_on(case: Case, *, kinds: Collection[str] | None = None) -> None:
    """A step was undone as if it had never been: these promises run on from their first start, not anew.

    `kinds` are those of promises; without any it is the promise of the case's state.
    """
    if kinds is None:
        promise = promises.promise_for(case.status)
        kinds = [promise.kind] if promise else []
    for kind, fresh in _running(case).items():
        before = db.session.scalar(
            select(Clock)
            .where(Clock.case_id == case.id, Clock.kind == kind, Clock.stopped_at.is_not(None))
            .order_by(Clock.id.desc())
            .limit(1)
        )
        if kind in kinds and before is not None:
            db.session.delete(fresh)
            db.session.flush()
            before.stopped_at = before.due_at = None
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
    here = calendar(case.station_id)
    nearest: tuple[list[Stretch], Clock] | None = None
    case.due_at = case.due_kind = case.warn_at = None
    for row in _running(case).values():
        stretches = pauses if promises.BY_KIND[row.kind].pauses else []
        due = promises.due_at(row.started_at, row.target_minutes, row.unit, stretches, here)
        if due is not None and (case.due_at is None or due < case.due_at):
            case.due_at, case.due_kind, nearest = due, row.kind, (stretches, row)
    case.due_order = case.due_at or NEVER
    if nearest is not None:
        stretches, row = nearest
        share = row.target_minutes * row.warn_percent / 100
        case.warn_at = promises.due_at(row.started_at, share, row.unit, stretches, here)


def reckon_later(station_ids: Iterable[int] | None = None, *, key: str, version_id: int | None = None) -> None:
    """Have the running due dates of these stations, or of all, reckoned anew after this transaction.

    With `version_id` the cases take those targets, whatever version they began with.
    """
    wanted = sorted(station_ids) if station_ids is not None else None
    later(RECKON, key=key, stations=wanted, after=0, version_id=version_id, cause=key)


def reckon(payload: dict[str, object]) -> int:
    """Some of the cases of `reckon_later`, in one short transaction; asks for the rest as further work."""
    after, stations, version = int(str(payload["after"])), payload["stations"], payload["version_id"]
    running = select(Clock.case_id).where(Clock.stopped_at.is_(None))
    rows = select(Case).where(Case.id > after, Case.id.in_(running))
    if stations is not None:
        assert isinstance(stations, list)
        rows = rows.where(Case.station_id.in_(stations))
    cases = db.session.scalars(rows.order_by(Case.id).limit(AT_ONCE)).all()
    for case in cases:
        if version is not None:
            case.target_version_id = int(str(version))
        retarget(case)
    if len(cases) == AT_ONCE:
        last = cases[-1].id
        cause = str(payload["cause"])
        later(RECKON, key=f"{cause}:{last}", stations=stations, after=last, version_id=version, cause=cause)
    return len(cases)


def unknown_year(moment: datetime | None) -> int | None:
    """The year of a due date whose holidays are not loaded, so that it is said beside it; None when they are."""
    if moment is None:
        return None
    day: date = clock.local(moment).date()
    return None if calendar().is_known(day) else day.year


def _running(case: Case) -> dict[str, Clock]:
    rows = db.session.scalars(select(Clock).where(Clock.case_id == case.id, Clock.stopped_at.is_(None)))
    return {row.kind: row for row in rows}


def _start(case: Case, promise: Promise) -> None:
    target = target_of(case, promise.kind)
    minutes, unit = target.length(calendar(case.station_id))
    db.session.add(
        Clock(
            case_id=case.id,
            kind=promise.kind,
            target_minutes=minutes,
            unit=unit,
            warn_percent=target.warn_percent,
            started_at=clock.now(),
        )
    )


def _stop(case: Case, kinds: list[str]) -> None:
    pauses = [
        Stretch(p.started_at, p.ended_at) for p in db.session.scalars(select(Pause).where(Pause.case_id == case.id))
    ]
    here = calendar(case.station_id)
    for row in _running(case).values():
        if row.kind in kinds:
            row.due_at = promises.due_at(row.started_at, row.target_minutes, row.unit, pauses, here)
            row.stopped_at = clock.now()
    db.session.flush()


def _end_pause(case: Case) -> None:
    open_pause = db.session.scalar(select(Pause).where(Pause.case_id == case.id, Pause.ended_at.is_(None)))
    if open_pause is not None:
        open_pause.ended_at = clock.now()
    case.waiting_on = WaitingOn.NOBODY
    db.session.flush()
