"""Activities: service that is no case, recorded by the station and verified by somebody else, in the one ledger.

办法67 art. 7 says what is recorded of one (name, day, place, content, time, organiser, who led it), art. 10 and 11
that it is evaluated within ten working days, art. 3 that a record is true, so that nobody vouches for themselves (rule
R05): whoever recorded it, or served at it, does not verify it. Each expert has a visit of their own, under the same
rules about times as a visit of a case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import activity_log, attachments, hours, numbers, visits
from helpdesk.domain.trainings import account_of
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import (
    Activity,
    ActivityAct,
    ActivityKind,
    ActivityState,
    Attachment,
    Category,
    Evaluation,
    Expert,
    ExpertStatus,
    HoursEntry,
    Meeting,
    Station,
    Visit,
    VisitStatus,
)
from helpdesk.rules import given, policy, separation
from helpdesk.rules.identifiers import read_case_number
from helpdesk.rules.policy import Who

MOST_EXPERTS = 30
MOST_REACHED = 100_000
LONGEST = 2000
A_PAGE = 30
# What the recorder may still change.
OPEN = (ActivityState.RECORDED, ActivityState.RETURNED)


@dataclass(frozen=True)
class ActivityFacts:
    """What is said of an activity. Moments are aware, on one day of Shenzhen."""

    kind: ActivityKind
    category_code: str
    title: str
    content: str
    starts_at: datetime
    ends_at: datetime
    mode: Meeting
    place: str
    organiser: str
    leader: str
    companies: int
    people: int


@dataclass(frozen=True)
class Attendance:
    """One expert at it: from, to, and what they did there; all minutes whole."""

    expert_id: int
    starts_at: datetime
    ends_at: datetime
    part: str
    preparation_minutes: int = 0
    travel_minutes: int = 0
    long_day_reason: str = ""


def record(
    station: Station, by: Who, *, facts: ActivityFacts, experts: Sequence[Attendance], form_key: str
) -> Activity:
    """Write down an activity of the station; it counts when somebody else has verified it. The same form sent twice is
    one activity.

    Raises Refused: facts that cannot be, no expert or one twice, oneself among them, times as `visits.check`; the field
    of an expert's fault is `experts-<place>-<name>`.
    """
    policy.require(by, "station.record_activity", station)
    # One at a time at a station, so that the same form twice sees itself; who only refers to the station need not wait.
    db.session.refresh(station, with_for_update={"key_share": True})
    said = db.session.scalar(select(Activity).where(Activity.form_key == form_key))
    if said is not None:
        return said
    assert by.account_id is not None
    row = Activity(
        station_id=station.id,
        state=ActivityState.RECORDED,
        form_key=form_key,
        recorded_at=clock.now(),
        recorded_by_id=by.account_id,
        recorded_by=by.name,
        **_columns(facts),
    )
    row.number = numbers.activity_number()
    db.session.add(row)
    db.session.flush()
    _write_experts(row, by, experts)
    activity_log.note(row, ActivityAct.RECORDED, by, minutes=_minutes(row), experts=len(experts))
    return row


def change(
    activity: Activity, by: Who, *, facts: ActivityFacts, experts: Sequence[Attendance], seen: int | None = None
) -> Activity:
    """Write it anew as long as nobody has verified it. Whoever changes it is its recorder from now on, and like those
    who recorded or changed it before does not verify it (rule R05).

    Raises Refused as `record`, and when it was verified, or changed by somebody else meanwhile.
    """
    _hold(activity, by, "activity.change", seen)
    _still(activity, OPEN)
    assert by.account_id is not None
    for name, value in _columns(facts).items():
        setattr(activity, name, value)
    activity.state, activity.version = ActivityState.RECORDED, activity.version + 1
    activity.recorded_by_id, activity.recorded_by = by.account_id, by.name
    db.session.flush()
    _write_experts(activity, by, experts)
    activity_log.note(activity, ActivityAct.CHANGED, by, minutes=_minutes(activity), experts=len(experts))
    return activity


def withdraw(activity: Activity, by: Who, *, reason: str) -> Activity:
    """It never was, or does not belong here: nothing of it counts, and it stays to be read."""
    _hold(activity, by, "activity.change", None)
    _still(activity, OPEN)
    reason = given.reason(reason, LONGEST)
    for visit in of(activity):
        visits.decide(visit, VisitStatus.VOID, by)
    activity.state, activity.version = ActivityState.WITHDRAWN, activity.version + 1
    db.session.flush()
    activity_log.note(activity, ActivityAct.WITHDRAWN, by, reason=reason)
    return activity


def give_back(activity: Activity, by: Who, *, reason: str, seen: int | None = None) -> Activity:
    """Something in it is not right: the recorder changes it, and it waits again. Pressed twice it is once."""
    _hold(activity, by, "activity.verify", None)
    if activity.state is ActivityState.RETURNED and activity_log.last_by(activity, by, ActivityAct.RETURNED):
        return activity
    _same(activity, seen)
    _still(activity, (ActivityState.RECORDED,))
    reason = given.reason(reason, LONGEST)
    activity.state, activity.version = ActivityState.RETURNED, activity.version + 1
    db.session.flush()
    activity_log.note(activity, ActivityAct.RETURNED, by, reason=reason)
    return activity


def verify(activity: Activity, by: Who, *, score: int | None, note: str = "", seen: int | None = None) -> int:
    """Vouch for it and say how it was (办法67 art. 10): every expert's time goes into the ledger. Returns the minutes.
    Pressed twice it is once.

    Raises Refused: no score, verified or changed meanwhile, one's own (rule R05), time that counts already.
    """
    _hold(activity, by, "activity.verify", None)
    if activity.state is ActivityState.VERIFIED and activity.verified_by_id == by.account_id:
        return _minutes(activity)
    _same(activity, seen)
    _still(activity, (ActivityState.RECORDED,))
    if score is None or not 1 <= score <= 5:
        raise Refused("score_out_of_range", field="score")
    assert by.account_id is not None
    activity.state, activity.version = ActivityState.VERIFIED, activity.version + 1
    activity.verified_at, activity.verified_by_id, activity.verified_by = clock.now(), by.account_id, by.name
    written = 0
    for visit in of(activity):
        separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
        visits.refuse_overlap(visit.starts_at, visit.ends_at, visit.expert_id, besides=visit, field="score")
        visits.decide(visit, VisitStatus.VERIFIED, by)
        db.session.add(
            Evaluation(
                visit_id=visit.id,
                expert_id=visit.expert_id,
                expert_account_id=visit.expert_account_id,
                score=score,
                note=note.strip()[:LONGEST],
                at=clock.now(),
                by_id=by.account_id,
                by_name=by.name,
            )
        )
        db.session.flush()
        written += hours.credit_visit(visit, by).minutes
    activity_log.note(activity, ActivityAct.VERIFIED, by, minutes=written, score=score)
    return written


def reverse(visit: Visit, by: Who, *, reason: str) -> HoursEntry:
    """One expert's time at a verified activity was untrue: it counts no more (办法67 art. 3, 17).

    Raises Refused as `hours.take_off`.
    """
    activity = activity_of(visit)
    _hold(activity, by, "activity.reverse_hours", None)
    entry = hours.take_off(visit, by, reason=reason)
    if not any(hours.minutes_of_visits([one.id for one in settled(activity)]).values()):
        activity.state, activity.reversed_at = ActivityState.REVERSED, clock.now()
        activity.version += 1
        db.session.flush()
    activity_log.note(
        activity,
        ActivityAct.REVERSED,
        by,
        reason=entry.reason,
        about=visit.expert_id,
        expert=visit.expert.name,
        minutes=-entry.minutes,
    )
    return entry


def add_files(activity: Activity, by: Who, *, form_key: str) -> int:
    """Make a form's files part of what shows that it was held: the sign-in list, photos. Returns how many.

    Raises Refused when there are none, or it was withdrawn.
    """
    _hold(activity, by, "activity.change", None)
    if activity.state is ActivityState.WITHDRAWN:
        raise Refused("activity_decided", field="files")
    if not attachments.loose(activity, form_key):
        raise Refused("no_files", field="files")
    count = attachments.bind(activity, form_key)
    activity_log.note(activity, ActivityAct.FILED, by, files=count)
    return count


def find_file(activity: Activity, attachment_id: int) -> Attachment:
    """One of the files that show it was held. Raises NotFound."""
    found = next((row for row in attachments.of_activity(activity) if row.id == attachment_id), None)
    if found is None:
        raise NotFound("attachment")
    return found


def remove_file(activity: Activity, by: Who, row: Attachment) -> None:
    """Take a file away; what somebody has verified by stays. Raises Refused."""
    _hold(activity, by, "activity.change", None)
    _still(activity, OPEN)
    row.removed_at = clock.now()
    db.session.flush()
    activity_log.note(activity, ActivityAct.UNFILED, by, files=1)


def within(activity: Activity, facts: VisitFacts) -> VisitFacts:
    """The facts of a correction as they can be: in the activity's time, held as and where it was. Raises Refused."""
    _check_frame(activity, facts.starts_at, facts.ends_at)
    return replace(facts, mode=activity.mode, place=activity.place)


def of(activity: Activity) -> list[Visit]:
    """The visits of an activity but those struck before it was verified, in the order they were written."""
    rows = select(Visit).where(Visit.activity_id == activity.id, Visit.status != VisitStatus.VOID)
    return list(db.session.scalars(rows.options(joinedload(Visit.expert)).order_by(Visit.id)))


def struck(activity: Activity) -> list[Visit]:
    """The visits of an activity that was withdrawn."""
    rows = select(Visit).where(Visit.activity_id == activity.id).options(joinedload(Visit.expert))
    return list(db.session.scalars(rows.order_by(Visit.id)))


def settled(activity: Activity) -> list[Visit]:
    """The visits that were ever in the ledger, reversed ones too."""
    ever = select(HoursEntry.visit_id).where(HoursEntry.activity_id == activity.id)
    rows = select(Visit).where(Visit.id.in_(ever)).options(joinedload(Visit.expert)).order_by(Visit.id)
    return list(db.session.scalars(rows))


def find_visit(activity: Activity, visit_id: int) -> Visit:
    """The visit, if it is of this activity. Raises NotFound."""
    visit = db.session.get(Visit, visit_id)
    if visit is None or visit.activity_id != activity.id:
        raise NotFound("visit")
    return visit


def activity_of(visit: Visit) -> Activity:
    """The activity of a visit that is at one."""
    assert visit.activity is not None
    return visit.activity


def listed(
    who: Who, *, state: ActivityState | None = None, before: int | None = None, limit: int = A_PAGE
) -> list[Activity]:
    """Activities this person may read, newest first; one query."""
    rows = select(Activity).where(policy.which(who, "activity.read")).options(joinedload(Activity.station))
    if state is not None:
        rows = rows.where(Activity.state == state)
    if before is not None:
        rows = rows.where(Activity.id < before)
    return list(db.session.scalars(rows.order_by(Activity.id.desc()).limit(limit)))


def by_number(who: Who, typed: str) -> Activity | None:
    """The activity somebody typed the number of, where they may read it. No statement for anything else."""
    number = read_case_number(typed) or ""  # of the same shape
    if not number.startswith(f"{numbers.ACTIVITY}-"):
        return None
    return db.session.scalar(select(Activity).where(Activity.number == number, policy.which(who, "activity.read")))


def to_verify(who: Who) -> int:
    """How many wait for this person's word."""
    waits = select(func.count()).select_from(Activity).where(Activity.state == ActivityState.RECORDED)
    return db.session.scalar(waits.where(policy.which(who, "activity.verify"))) or 0


def expert_by(words: str) -> Expert:
    """Whom a coordinator means: by volunteer number, by name, or by "name (number)", which then belong together.

    Raises Refused: nobody named, nobody so called, several, or a name and a number of two people.
    """
    typed = words.strip()
    if not typed:
        raise Refused("expert_unnamed")
    found = re.fullmatch(r"(.*?)\s*[（(]\s*([^（()）]+?)\s*[)）]", typed)
    name, number = (found[1].strip(), found[2]) if found is not None else ("", typed)
    served = Expert.status.in_((ExpertStatus.SERVING, ExpertStatus.PAUSED))
    rows = db.session.scalars(select(Expert).where(Expert.volunteer_number == number, served)).all()
    if not rows and not name:
        rows = db.session.scalars(select(Expert).where(Expert.name == typed, served).limit(2)).all()
    if len(rows) > 1:
        raise Refused("expert_of_several")
    if not rows:
        raise Refused("expert_not_found")
    if name and rows[0].name != name:
        raise Refused("expert_name_differs", number=number)
    return rows[0]


def stations_of(who: Who) -> list[Station]:
    """The stations whose activities this person may record. Raises NotAllowed when there is none."""
    rows = select(Station).where(policy.which(who, "station.record_activity"), Station.closed_at.is_(None))
    found = list(db.session.scalars(rows.order_by(Station.id)))
    if not found:
        raise NotAllowed("station.record_activity")
    return found


def roster_of(station: Station) -> list[Expert]:
    """The experts to choose from first: the station's own, by name."""
    rows = select(Expert).where(
        Expert.station_id == station.id, Expert.status.in_((ExpertStatus.SERVING, ExpertStatus.PAUSED))
    )
    return list(db.session.scalars(rows.order_by(Expert.name, Expert.id).limit(300)))


# --- inside ---


def _columns(facts: ActivityFacts) -> dict[str, Any]:
    """What is stored, after every fact has been asked whether it can be."""
    for name in ("title", "content", "leader", "organiser"):
        given.text(getattr(facts, name), name)
    if facts.mode is Meeting.ONSITE and not facts.place.strip():
        raise Refused("place_missing", field="place")
    if facts.ends_at <= facts.starts_at:
        raise Refused("visit_ends_before_start", field="ends")
    if facts.ends_at > clock.now():
        raise Refused("visit_in_future", field="day")
    for name in ("companies", "people"):
        if not 0 <= getattr(facts, name) <= MOST_REACHED:
            raise Refused("number_out_of_range", field=name, least=0, most=MOST_REACHED)
    if db.session.get(Category, facts.category_code) is None:
        raise Refused("category_unknown", field="category")
    return {
        "kind": facts.kind,
        "category_code": facts.category_code,
        "title": facts.title.strip()[:80],
        "content": facts.content.strip()[:LONGEST],
        "starts_at": facts.starts_at,
        "ends_at": facts.ends_at,
        "mode": facts.mode,
        "place": facts.place.strip()[:120],
        "organiser": facts.organiser.strip()[:120],
        "leader": facts.leader.strip()[:80],
        "companies": facts.companies,
        "people": facts.people,
    }


def _write_experts(activity: Activity, by: Who, experts: Sequence[Attendance]) -> None:
    """Make the visits what the form says: new ones, changed ones, struck ones; a visit is never deleted."""
    if not experts:
        raise Refused("activity_without_experts", field="experts-0-expert")
    if len(experts) > MOST_EXPERTS:
        raise Refused("too_many_experts", field="experts-0-expert", most=MOST_EXPERTS)
    known: dict[int, Visit] = {}
    wanted = {one.expert_id for one in experts}
    for visit in db.session.scalars(select(Visit).where(Visit.activity_id == activity.id).order_by(Visit.id)):
        # Two of one expert there are only where two records of a person were merged.
        is_second = known.setdefault(visit.expert_id, visit) is not visit
        if (is_second or visit.expert_id not in wanted) and visit.status is not VisitStatus.VOID:
            visits.decide(visit, VisitStatus.VOID, by)
    for expert_id in sorted(wanted | set(known)):
        visits.hold_expert(expert_id)  # in one order, whatever that of the form
    seen: set[int] = set()
    for place, one in enumerate(experts):
        try:
            if one.expert_id in seen:
                raise Refused("expert_twice", field="expert")
            seen.add(one.expert_id)
            _attend(activity, by, one, known.get(one.expert_id))
        except Refused as refusal:
            field = FIELDS.get(refusal.field or "", refusal.field or "expert")
            raise Refused(refusal.code, field=f"experts-{place}-{field}", **refusal.facts) from None


# What the rules about times call a field, and what it is called in the row of an expert.
FIELDS = {"day": "starts", "summary": "part", "contact_minutes": "ends"}


def _attend(activity: Activity, by: Who, one: Attendance, visit: Visit | None) -> None:
    expert = visits.hold_expert(one.expert_id)
    account_id = account_of(expert)
    if separation.is_self(by, expert.id, account_id):
        raise Refused("own_activity", field="expert")
    facts = VisitFacts(
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        mode=activity.mode,
        place=activity.place,
        summary=one.part[:LONGEST],
        preparation_minutes=one.preparation_minutes,
        travel_minutes=one.travel_minutes,
        long_day_reason=one.long_day_reason[:500],
    )
    if expert.registered_on > clock.local(facts.starts_at).date():
        raise Refused("before_registered", field="expert", day=expert.registered_on)
    _check_frame(activity, facts.starts_at, facts.ends_at)
    if visit is not None:
        visits.write(visit, facts)
        visit.status, visit.version = VisitStatus.LOGGED, visit.version + 1
        visit.decided_at = visit.decided_by = visit.decided_by_id = None
    else:
        db.session.add(
            Visit(
                activity_id=activity.id,
                expert_id=expert.id,
                expert_account_id=account_id,
                station_id=activity.station_id,
                form_key=f"expert-{expert.id}",
                logged_at=clock.now(),
                **visits.columns(activity, expert, facts),
            )
        )
    db.session.flush()


def _check_frame(activity: Activity, starts_at: datetime, ends_at: datetime) -> None:
    if starts_at < activity.starts_at or ends_at > activity.ends_at:
        raise Refused("attendance_outside", field="starts" if starts_at < activity.starts_at else "ends")


def _hold(activity: Activity, by: Who, action: str, seen: int | None) -> None:
    db.session.refresh(activity, with_for_update=True)
    policy.require(by, action, activity)
    _same(activity, seen)


def _same(activity: Activity, seen: int | None) -> None:
    if seen is not None and seen != activity.version:
        raise Refused("activity_changed")


def _still(activity: Activity, states: Iterable[ActivityState]) -> None:
    if activity.state not in states:
        raise Refused("activity_decided")


def _minutes(activity: Activity) -> int:
    return sum(visit.counted_minutes for visit in of(activity))
