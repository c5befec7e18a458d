"""What comes again: a station sets up that a case returns every so many weeks or months, and the worker makes it.

A case is made exactly once for a day: the row (series, day) is unique and is written in the transaction that makes
the case. The day is reckoned from the first one, so that the 31st stays the 31st where a month has one; a day that is
no working day moves to the next one, and the row keeps the day as it was planned.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines, intake, links, record
from helpdesk.domain.later import later
from helpdesk.errors import Refused
from helpdesk.models import (
    Account,
    Case,
    Erasure,
    LinkKind,
    Role,
    Series,
    SeriesCase,
    SeriesState,
    SeriesUnit,
    SeriesWhy,
    Station,
    Status,
    Urgency,
)
from helpdesk.rules import given, policy
from helpdesk.rules.policy import SYSTEM, Who

MAKE = "series.make"
LONGEST_TITLE, LONGEST_PROBLEM, LONGEST_REASON = 120, 5000, 200
# How far apart at most: once a year; and how many cases at most one series makes.
FURTHEST = {SeriesUnit.WEEK: 52, SeriesUnit.MONTH: 12}
MOST = 200
# A first day further away than this is a slip of the pen.
AHEAD_DAYS = 731
LISTED = 200
# What did not become a matter of ours comes not again.
NOT_FROM = (Status.DRAFT, Status.REJECTED, Status.REFERRED, Status.WITHDRAWN, Status.MERGED)


@dataclass(frozen=True)
class Plan:
    """How often, from when, until when or how many times, and what the case says. `first_on` is the next day where
    the series runs already."""

    every: int
    unit: SeriesUnit
    first_on: date
    title: str
    problem: str
    urgency: Urgency = Urgency.NORMAL
    last_on: date | None = None
    most: int | None = None


# --- days ---


def day_of(first_on: date, unit: SeriesUnit, every: int, turn: int) -> date:
    """The planned day after so many turns; in a month that is too short its last one."""
    if unit is SeriesUnit.WEEK:
        return first_on + timedelta(weeks=every * turn)
    year, month = divmod(first_on.year * 12 + first_on.month - 1 + every * turn, 12)
    return date(year, month + 1, min(first_on.day, calendar.monthrange(year, month + 1)[1]))


def working_day(row: Series, day: date) -> date:
    """The day on which the case is really made: the planned one, or the first after it that the station works."""
    return deadlines.calendar(row.station_id).next_working(day)


def _set_next(row: Series, after: date) -> bool:
    """Move on to the first planned day later than `after`. False, and nothing moved, when there is none any more."""
    turn = row.turn
    while (day := day_of(row.first_on, row.unit, row.every, turn)) <= after:
        turn += 1
    if (row.most is not None and row.made >= row.most) or (row.last_on is not None and day > row.last_on):
        return False
    row.turn, row.next_on = turn, day
    return True


# --- what people do ---


def begin(case: Case, by: Who, plan: Plan) -> Series:
    """Have this case come again. Raises Refused without a contact or a consent that stands, for a case that was not
    helped with, one that comes again already, and for a plan that cannot be."""
    record.hold(case)
    policy.require(by, "case.begin_series", case)
    if case.anonymised_at is not None:
        raise Refused("anonymised")
    if case.status in NOT_FROM:
        raise Refused("series_wrong_case")
    if not case.contact_name or not case.contact_phone:
        raise Refused("series_no_contact")
    if not intake.consented(case, "handling"):
        raise Refused("series_no_consent")
    if live_of(case) is not None:
        raise Refused("series_exists")
    _check(plan, made=0)
    row = Series(
        company_id=case.company_id,
        station_id=case.station_id,
        first_case_id=case.id,
        last_case_id=case.id,
        state=SeriesState.RUNNING,
        made=0,
        version=0,
    )
    _write(row, by, plan)
    db.session.add(row)
    db.session.flush()
    record.event(case, "series.begun", by, day=_next_text(row))
    return row


def change(row: Series, by: Who, plan: Plan, *, seen: int | None = None) -> None:
    """Another rhythm or other words, from the next case on. Raises Refused for a plan that cannot be, for a series
    that is over, or when somebody else was quicker."""
    _hold(row)
    policy.require(by, "series.edit", row)
    _refuse_ended(row)
    if row.last_case.anonymised_at is not None:
        raise Refused("anonymised")
    if seen is not None and seen != row.version:
        raise Refused("changed_meanwhile", who=row.changed_by)
    _check(plan, made=row.made)
    if db.session.scalar(select(SeriesCase.id).where(SeriesCase.series_id == row.id, SeriesCase.day >= plan.first_on)):
        raise Refused("series_day_taken", field="first_on")
    _write(row, by, plan)
    db.session.flush()
    _tell(row, "series.changed", by, day=_next_text(row))


def pause(row: Series, by: Who) -> None:
    """Make none until somebody says so. Done twice it is done once."""
    _hold(row)
    policy.require(by, "series.edit", row)
    _refuse_ended(row)
    if row.state is SeriesState.PAUSED:
        return
    row.state, row.why = SeriesState.PAUSED, SeriesWhy.STATION
    _touch(row, by)
    _tell(row, "series.paused", by)


def resume(row: Series, by: Who) -> None:
    """Go on with the next planned day; what was missed meanwhile stays missed.

    Raises Refused when what stopped it still holds, and when no day is left."""
    _hold(row)
    policy.require(by, "series.edit", row)
    _refuse_ended(row)
    if row.state is SeriesState.RUNNING:
        return
    hurdle = _hurdle(row)
    if hurdle is not None:
        raise Refused(f"series_{hurdle.value}")
    if not _set_next(row, clock.today() - timedelta(days=1)):
        raise Refused("series_no_day_left")
    row.state, row.why = SeriesState.RUNNING, None
    _touch(row, by)
    _tell(row, "series.resumed", by, day=_next_text(row))


def end(row: Series, by: Who, *, reason: str) -> None:
    """The station ends it, with a reason. Raises Refused without one, and when it is over already."""
    _hold(row)
    policy.require(by, "series.edit", row)
    _refuse_ended(row)
    reason = given.reason(reason)
    _finish(row, by, SeriesWhy.STATION, reason)
    _tell(row, "series.ended", by, reason=row.reason)


def end_as_company(case: Case, by: Who, *, reason: str) -> None:
    """The company wants no more of them; it need not say why. Said twice it is once."""
    policy.require(by, "case.end_series", case)
    row = live_of(case)
    if row is None:
        return
    _hold(row)
    if row.state is SeriesState.ENDED:
        return
    _finish(row, by, SeriesWhy.COMPANY, reason)
    _tell(row, "series.ended", by, reason=row.reason or "-")


# --- what the worker does ---


def ask_for_due() -> int:
    """Have the case made of every series whose day has come, each as a job of its own. Returns how many."""
    today, found = clock.today(), 0
    due = select(Series).where(Series.state == SeriesState.RUNNING, Series.next_on <= today).order_by(Series.id)
    for row in db.session.scalars(due).all():
        if row.next_on is not None and working_day(row, row.next_on) <= today:
            later(MAKE, key=f"{row.id}-v{row.version}-{row.next_on}", series_id=row.id, day=row.next_on.isoformat())
            found += 1
    return found


def make(payload: dict[str, Any]) -> Case | None:
    """Make the case of one day, and move on to the next day. None when it is made already, or does not come any more.

    Where something stands against it the series rests and says why. Days that passed meanwhile, because no worker
    ran, are left out: one case is made, not five.
    """
    row = db.session.get(Series, int(payload["series_id"]))
    if row is None:
        return None
    _hold(row)
    policy.require(SYSTEM, "series.make", row)
    day = date.fromisoformat(payload["day"])
    if row.state is not SeriesState.RUNNING or row.next_on != day:
        return None
    hurdle = _hurdle(row)
    if hurdle is not None:
        _stop(row, hurdle)
        return None
    before = row.last_case
    new = intake.start(row.problem, category=before.category_code, locale=before.locale)
    intake.submit_next(new, before, station=_station(row), title=row.title, urgency=row.urgency)
    links.join(new, before, SYSTEM, LinkKind.FOLLOWS)
    db.session.add(SeriesCase(series_id=row.id, day=day, case_id=new.id, made_at=clock.now()))
    row.last_case_id, row.made = new.id, row.made + 1
    if not _set_next(row, max(day, clock.today())):
        row.state, row.why, row.next_on = SeriesState.ENDED, SeriesWhy.OVER, None
    db.session.flush()
    db.session.refresh(row)
    if row.state is SeriesState.ENDED:
        _tell(row, "series.over", SYSTEM)
    return new


def _hurdle(row: Series) -> SeriesWhy | None:
    """What stands against the next case: nobody to make it for, no consent, or too much open already."""
    before = row.last_case
    if before.anonymised_at is not None:
        return SeriesWhy.ANONYMISED
    asked = select(Erasure.id).where(
        Erasure.company_id == row.company_id,
        or_(Erasure.case_id.is_(None), Erasure.case_id == before.id),
        Erasure.done_at.is_(None),
        Erasure.withdrawn_at.is_(None),
        or_(Erasure.decision.is_(None), Erasure.decision == "granted"),
    )
    if db.session.scalar(asked.limit(1)) is not None:
        return SeriesWhy.ERASURE
    if not intake.consented(before, "handling"):
        return SeriesWhy.NO_CONSENT
    if _has_left(before):
        return SeriesWhy.CONTACT_LEFT
    return SeriesWhy.TOO_MANY if intake.is_at_the_cap(before) else None


def _has_left(case: Case) -> bool:
    """Whether the account that speaks in this case is closed, or was a member of the company and is none any more."""
    if case.contact_account_id is None:
        return False
    account = db.session.get_one(Account, case.contact_account_id)
    places = [grant for grant in account.grants if grant.role is Role.MEMBER and grant.company_id == case.company_id]
    return not account.is_active or (bool(places) and all(grant.ended_at is not None for grant in places))


def _stop(row: Series, why: SeriesWhy) -> None:
    row.state, row.why = SeriesState.PAUSED, why
    _touch(row, SYSTEM)
    _tell(row, "series.stopped", SYSTEM, cause=why.value)


def _station(row: Series) -> Station:
    """The series' station; where that has closed, the one that is accountable for the district now."""
    if row.station.closed_at is None and row.station.takes_cases:
        return row.station
    row.station = intake.station_for(row.last_case.district or "")
    return row.station


# --- reading ---


def listed(by: Who) -> Sequence[Series]:
    """Those this person may read: running first, by their next day, what is over last. One query."""
    order = {SeriesState.PAUSED: 0, SeriesState.RUNNING: 1, SeriesState.ENDED: 2}
    rows = db.session.scalars(
        select(Series)
        .where(policy.which(by, "series.read"))
        .options(joinedload(Series.company), joinedload(Series.station), joinedload(Series.last_case))
        .order_by(Series.next_on.is_(None), Series.next_on, Series.id.desc())
        .limit(LISTED)
    ).all()
    return sorted(rows, key=lambda row: order[row.state])


def live_of(case: Case) -> Series | None:
    """The series that this case began or came from, unless it is over."""
    made = select(SeriesCase.series_id).where(SeriesCase.case_id == case.id)
    return db.session.scalar(
        select(Series)
        .where(or_(Series.first_case_id == case.id, Series.id.in_(made)), Series.state != SeriesState.ENDED)
        .order_by(Series.id.desc())
        .limit(1)
    )


def cases_of(row: Series, by: Who, limit: int = 50) -> Sequence[SeriesCase]:
    """What it has made so far, newest first, of what the person may read."""
    return db.session.scalars(
        select(SeriesCase)
        .join(Case, Case.id == SeriesCase.case_id)
        .where(SeriesCase.series_id == row.id, policy.which(by, "case.read"))
        .options(joinedload(SeriesCase.case))
        .order_by(SeriesCase.day.desc())
        .limit(limit)
    ).all()


# --- parts ---


def _hold(row: Series) -> None:
    """Lock case and series for this transaction, always in this order, and read both afresh."""
    record.hold(row.last_case)
    db.session.refresh(row, with_for_update=True)


def _refuse_ended(row: Series) -> None:
    if row.state is SeriesState.ENDED:
        raise Refused("series_ended")


def _check(plan: Plan, *, made: int) -> None:
    if plan.every < 1:
        raise Refused("series_every_small", field="every")
    if plan.every > FURTHEST[plan.unit]:
        raise Refused(f"series_every_{plan.unit.value}s", field="every", limit=FURTHEST[plan.unit])
    if plan.first_on < clock.today():
        raise Refused("day_is_past", field="first_on")
    if plan.first_on > clock.today() + timedelta(days=AHEAD_DAYS):
        raise Refused("series_too_far", field="first_on")
    if plan.last_on is not None and plan.most is not None:
        raise Refused("series_two_ends", field="most")
    if plan.last_on is not None and plan.last_on < plan.first_on:
        raise Refused("series_last_before_first", field="last_on")
    if plan.most is not None and plan.most <= made:
        raise Refused("series_most_made" if made else "series_most_small", field="most", made=made, least=made + 1)
    if plan.most is not None and plan.most > MOST:
        raise Refused("series_most_large", field="most", limit=MOST)
    for field, text, longest in (("title", plan.title, LONGEST_TITLE), ("problem", plan.problem, LONGEST_PROBLEM)):
        if not text.strip():
            raise Refused("text_missing", field=field)
        if len(text) > longest:
            raise Refused("text_too_long", field=field, over=len(text) - longest)


def _write(row: Series, by: Who, plan: Plan) -> None:
    row.every, row.unit, row.first_on = plan.every, plan.unit, plan.first_on
    row.turn, row.next_on = 0, plan.first_on
    row.last_on, row.most = plan.last_on, plan.most
    row.title, row.problem, row.urgency = plan.title.strip(), plan.problem.strip(), plan.urgency
    row.version += 1
    row.changed_by, row.changed_at = by.name, clock.now()


def _touch(row: Series, by: Who) -> None:
    row.version += 1
    row.changed_by, row.changed_at = by.name, clock.now()
    db.session.flush()


def _finish(row: Series, by: Who, why: SeriesWhy, reason: str) -> None:
    row.state, row.why, row.next_on = SeriesState.ENDED, why, None
    row.reason = reason.strip()[:LONGEST_REASON]
    _touch(row, by)


def _next_text(row: Series) -> str:
    return working_day(row, row.next_on).isoformat() if row.next_on is not None else ""


def _tell(row: Series, kind: str, by: Who, **facts: Any) -> None:
    """On the newest case, where the people concerned read it; not on one that is anonymous."""
    if row.last_case.anonymised_at is None:
        record.event(row.last_case, kind, by, **facts)
