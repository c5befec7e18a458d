"""What was done about an activity: one line an act, in its transaction, never changed; and who hears of it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import (
    RECORDING,
    Account,
    Activity,
    ActivityAct,
    ActivityStep,
    Grant,
    Notice,
    Role,
    Station,
    Visit,
    VisitStatus,
)
from helpdesk.rules.policy import Who

# What the experts who served hear of, and what whoever recorded it does.
EXPERTS = (ActivityAct.VERIFIED,)
RECORDER = (ActivityAct.RETURNED, ActivityAct.VERIFIED, ActivityAct.WARNED)
VERIFIERS = (ActivityAct.RECORDED, ActivityAct.CHANGED, ActivityAct.WARNED)
ONE_EXPERT = (ActivityAct.CORRECTED, ActivityAct.KEPT, ActivityAct.REVERSED)
DECIDING = (*RECORDING, ActivityAct.VERIFIED, *ONE_EXPERT)


def note(
    activity: Activity, act: ActivityAct, by: Who, *, reason: str = "", about: int | None = None, **facts: object
) -> ActivityStep:
    """Write the line and tell whoever has to know but did not do it. `about` is the one expert it is about."""
    row = ActivityStep(
        activity_id=activity.id,
        act=act,
        at=clock.now(),
        by_id=by.account_id,
        by_name=by.name[:80],
        reason=reason,
        facts=facts if about is None else {**facts, "about": about},
    )
    db.session.add(row)
    db.session.flush()
    hear: set[int] = set()
    if act in EXPERTS:
        hear |= _experts(activity)
    if act in ONE_EXPERT and about is not None:
        hear |= _accounts(Grant.role == Role.EXPERT, Grant.expert_id == about)
    if act in RECORDER:
        hear.add(activity.recorded_by_id)
    if act in VERIFIERS:
        hear |= verifiers(activity)
    if act is ActivityAct.ASKED:
        hear |= _accounts(Grant.role == Role.COORDINATOR, Grant.station_id == activity.station_id)
    for account_id in sorted(hear - {by.account_id or 0}):
        db.session.add(Notice(account_id=account_id, activity_step_id=row.id, shown_from=row.at))
    db.session.flush()
    return row


def warn_once(activity: Activity, by: Who, *, level: int, days: int) -> bool:
    """Tell that its ten working days are running out, once for each level, however many experts served at it."""
    rows = select(ActivityStep).where(ActivityStep.activity_id == activity.id, ActivityStep.act == ActivityAct.WARNED)
    if any(int(row.facts.get("level", 0)) >= level for row in db.session.scalars(rows)):
        return False
    note(activity, ActivityAct.WARNED, by, level=level, days=days)
    return True


def verifiers(activity: Activity) -> set[int]:
    """Who is asked to verify: the station's other coordinators; where there is none, the district; then the corps."""
    station = db.session.get_one(Station, activity.station_id)
    wrote = select(ActivityStep.by_id).where(
        ActivityStep.activity_id == activity.id, ActivityStep.act.in_(RECORDING), ActivityStep.by_id.is_not(None)
    )
    not_they = _experts(activity) | {activity.recorded_by_id} | {int(one or 0) for one in db.session.scalars(wrote)}
    asked: tuple[tuple[ColumnElement[bool], ...], ...] = (
        (Grant.role == Role.COORDINATOR, Grant.station_id == station.id),
        (Grant.role == Role.DISTRICT, Grant.district == station.district),
        (Grant.role == Role.OPERATOR,),
    )
    for where in asked:
        found = _accounts(*where) - not_they
        if found:
            return found
    return set()


def _experts(activity: Activity) -> set[int]:
    served = select(Visit.expert_id).where(Visit.activity_id == activity.id, Visit.status != VisitStatus.VOID)
    return _accounts(Grant.role == Role.EXPERT, Grant.expert_id.in_(served))


def last_by(activity: Activity, by: Who, act: ActivityAct) -> bool:
    """Whether the last thing done was this, by this person."""
    rows = select(ActivityStep).where(ActivityStep.activity_id == activity.id).order_by(ActivityStep.id.desc()).limit(1)
    last = db.session.scalar(rows)
    return last is not None and last.act is act and last.by_id == by.account_id


def last_decider(activity: Activity) -> int | None:
    """Who decided last about it for the desk."""
    rows = select(ActivityStep.by_id).where(ActivityStep.activity_id == activity.id, ActivityStep.act.in_(DECIDING))
    return db.session.scalar(rows.order_by(ActivityStep.id.desc()).limit(1))


def _accounts(*where: ColumnElement[bool]) -> set[int]:
    rows = select(Grant.account_id).join(Account).where(Grant.ended_at.is_(None), Account.is_active, *where)
    return set(db.session.scalars(rows))
