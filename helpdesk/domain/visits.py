"""Visits of cases: claimed by the expert, confirmed by the company or verified by the station, never by oneself (R05).

What is asked about times and minutes (`check`, `counted`) is asked of visits at activities too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import attachments, hours, life, record
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Activity, Case, Expert, Meeting, Role, Station, Status, Visit, VisitStatus
from helpdesk.rules import credit, lifecycle, policy, separation
from helpdesk.rules.policy import Who

DECIDABLE = (VisitStatus.LOGGED, VisitStatus.DISPUTED)
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class VisitFacts:
    """What the expert says of a visit. Moments are aware; `contact_minutes` None means from start to end."""

    starts_at: datetime
    ends_at: datetime
    mode: Meeting
    place: str
    summary: str
    contact_minutes: int | None = None
    preparation_minutes: int = 0
    travel_minutes: int = 0
    long_day_reason: str = ""


def log(case: Case, by: Who, *, facts: VisitFacts, form_key: str) -> Visit:
    """Claim a visit; it counts only when somebody else has confirmed it. The same form sent twice is one visit.

    Raises Refused: in the future, before the case, too long, overlapping another counted visit of this expert
    (rule R03), a day over ten hours without a reason.
    """
    record.hold(case)
    policy.require(by, "visit.log", case)
    said = db.session.scalar(select(Visit).where(Visit.case_id == case.id, Visit.form_key == form_key))
    if said is not None:
        return said
    if case.status not in (Status.ACCEPTED, Status.CONSULTING):
        raise Refused("step_not_possible", step="visit", status=case.status.value)
    expert = hold_expert(case.expert_id or 0)
    visit = Visit(
        case_id=case.id,
        expert_id=expert.id,
        expert_account_id=by.account_id,
        station_id=case.station_id,
        form_key=form_key,
        logged_at=clock.now(),
        **columns(case, expert, facts),
    )
    db.session.add(visit)
    case.visit_count += 1
    db.session.flush()
    attachments.bind(case, form_key, visit=visit)
    if case.status is Status.ACCEPTED:
        life.take(case, "start", by)
    record.event(case, "visit.logged", by, visit_id=visit.id, minutes=visit.counted_minutes)
    return visit


def change(visit: Visit, by: Who, *, facts: VisitFacts, seen: int | None = None, form_key: str = "") -> Visit:
    """Correct a claim that nobody has confirmed yet; a disputed one is up for confirmation again.

    Files that came with the form are added to those the visit has.
    """
    case = record.hold(case_of(visit))
    _hold(visit, seen)
    if by.expert_id != visit.expert_id or not policy.can(by, "visit.log", case):
        raise NotAllowed("visit.log")
    if visit.status not in DECIDABLE or case.status not in (Status.ACCEPTED, Status.CONSULTING, Status.ANSWERED):
        raise Refused("visit_decided")
    write(visit, facts)
    visit.status, visit.dispute_reason = VisitStatus.LOGGED, None
    visit.version += 1
    db.session.flush()
    if form_key:
        attachments.bind(case, form_key, visit=visit)
    record.event(case, "visit.changed", by, visit_id=visit.id, minutes=visit.counted_minutes)
    return visit


def confirm(visit: Visit, by: Who, *, seen: int | None = None) -> Visit:
    """The company says: it happened, and the minutes are right (rule R04). Said twice it is once."""
    case = record.hold(case_of(visit))
    _hold(visit, seen)
    _company_only(case, visit, by)
    if visit.status is VisitStatus.CONFIRMED:
        return visit
    if visit.status not in DECIDABLE:
        raise Refused("visit_decided")
    decide(visit, VisitStatus.CONFIRMED, by)
    record.event(case, "visit.confirmed", by, visit_id=visit.id, minutes=visit.counted_minutes)
    _settle_if_withdrawn(case, by)
    return visit


def dispute(visit: Visit, by: Who, *, reason: str, seen: int | None = None) -> Visit:
    """The company says the time is wrong, and what it was; the expert corrects it."""
    case = record.hold(case_of(visit))
    _hold(visit, seen)
    _company_only(case, visit, by)
    if visit.status not in DECIDABLE:
        raise Refused("visit_decided")
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    visit.status, visit.dispute_reason = VisitStatus.DISPUTED, reason.strip()[:LONGEST_TEXT]
    visit.version += 1
    db.session.flush()
    record.event(case, "visit.disputed", by, visit_id=visit.id, reason=visit.dispute_reason)
    return visit


def verify(visit: Visit, by: Who) -> Visit:
    """The station vouches for a visit in the company's silence (rule R04); its coordinator, never the expert."""
    case = record.hold(case_of(visit))
    _hold(visit, None)
    _station_only(case, visit, by)
    if visit.status not in DECIDABLE:
        raise Refused("visit_decided")
    if not was_silent(visit):
        raise Refused("not_silent_yet", days=lifecycle.SILENCE_DAYS)
    decide(visit, VisitStatus.VERIFIED, by)
    record.event(case, "visit.verified", by, visit_id=visit.id, minutes=visit.counted_minutes)
    _settle_if_withdrawn(case, by)
    return visit


def void(visit: Visit, by: Who, *, reason: str) -> Visit:
    """The station strikes a claim that the company disputes or never answered; it counts for nothing."""
    case = record.hold(case_of(visit))
    _hold(visit, None)
    _station_only(case, visit, by)
    if visit.status not in DECIDABLE:
        raise Refused("visit_decided")
    if not is_for_the_station(visit):
        raise Refused("not_silent_yet", days=lifecycle.SILENCE_DAYS)
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    decide(visit, VisitStatus.VOID, by)
    record.event(case, "visit.voided", by, visit_id=visit.id, reason=reason.strip())
    return visit


def amend(visit: Visit, by: Who, *, facts: VisitFacts) -> Visit:
    """Write into a visit what a granted correction says; whoever decides vouches for it (办法67 art. 13).

    The same rules about times hold as for the expert. Raises Refused as `log` does, and for the expert's own (R05).
    """
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    write(visit, facts)
    decide(visit, VisitStatus.VERIFIED, by)
    return visit


def of(case: Case) -> list[Visit]:
    """The visits of a case, earliest first."""
    return list(db.session.scalars(select(Visit).where(Visit.case_id == case.id).order_by(Visit.starts_at, Visit.id)))


def undecided(case: Case) -> list[Visit]:
    """Visits that neither company nor station has decided on."""
    return [visit for visit in of(case) if visit.status in DECIDABLE]


def was_silent(visit: Visit) -> bool:
    """Whether the company had its days to answer; before them the station does not speak for it (rule R04)."""
    return clock.now() >= visit.logged_at + timedelta(days=lifecycle.SILENCE_DAYS)


def is_for_the_station(visit: Visit) -> bool:
    """Whether the station may look into this claim: the company disputes it, or said nothing."""
    return visit.status is VisitStatus.DISPUTED or (visit.status is VisitStatus.LOGGED and was_silent(visit))


def case_of(visit: Visit) -> Case:
    """The case of a visit that is of one."""
    assert visit.case is not None
    return visit.case


def check(
    facts: VisitFacts, expert: Expert, *, not_before: datetime | None = None, besides: Visit | None = None
) -> int:
    """The contact minutes, after every rule about times has been asked. Raises Refused (rules R02, R03)."""
    span = int((facts.ends_at - facts.starts_at).total_seconds() // 60)
    contact = span if facts.contact_minutes is None else facts.contact_minutes
    if span <= 0:
        raise Refused("visit_ends_before_start", field="ends")
    if facts.ends_at > clock.now():
        raise Refused("visit_in_future", field="day")
    if not_before is not None and facts.starts_at < _start_of_day(not_before):
        raise Refused("visit_before_case", field="day")
    if span > credit.LONGEST_VISIT_MINUTES:
        raise Refused("visit_too_long", field="ends", hours=credit.LONGEST_VISIT_MINUTES // 60)
    if contact <= 0:
        raise Refused("minutes_not_positive", field="contact_minutes")
    if contact > span:
        raise Refused("contact_longer_than_visit", field="contact_minutes", minutes=span)
    for field in ("preparation_minutes", "travel_minutes"):
        if not 0 <= getattr(facts, field) <= credit.DAY_MINUTES:
            raise Refused("minutes_out_of_range", field=field, most=credit.DAY_MINUTES)
    if not facts.summary.strip():
        raise Refused("summary_missing", field="summary")
    refuse_overlap(facts.starts_at, facts.ends_at, expert.id, besides=besides)
    _check_long_day(facts, expert, contact, besides)
    return contact


def refuse_overlap(
    starts_at: datetime, ends_at: datetime, expert_id: int, *, besides: Visit | None, field: str = "starts"
) -> None:
    """Raise Refused when another visit of this expert, decided or not, shares a moment with this time (rule R03)."""
    other = db.session.scalar(
        select(Visit)
        .where(
            Visit.expert_id == expert_id,
            Visit.status != VisitStatus.VOID,
            Visit.id != (besides.id if besides else 0),
            Visit.starts_at < ends_at,
            Visit.ends_at > starts_at,
        )
        .limit(1)
    )
    if other is not None:
        raise Refused("visit_overlaps", field=field, start=other.starts_at, end=other.ends_at)


def _check_long_day(facts: VisitFacts, expert: Expert, contact: int, besides: Visit | None) -> None:
    day_start = _start_of_day(facts.starts_at)
    that_day = db.session.scalar(
        select(func.coalesce(func.sum(Visit.contact_minutes), 0)).where(
            Visit.expert_id == expert.id,
            Visit.status != VisitStatus.VOID,
            Visit.id != (besides.id if besides else 0),
            Visit.starts_at >= day_start,
            Visit.starts_at < day_start + timedelta(days=1),
        )
    )
    if int(that_day or 0) + contact > credit.LONG_DAY_MINUTES and not facts.long_day_reason.strip():
        raise Refused("long_day_needs_reason", field="long_day_reason", hours=credit.LONG_DAY_MINUTES // 60)


def counted(
    service: Case | Activity, expert: Expert, facts: VisitFacts, contact: int, *, besides: Visit | None = None
) -> int:
    """Minutes that will earn hours by the station's written policy; preparation is capped for each case or activity."""
    station = db.session.get_one(Station, service.station_id)
    of_it = Visit.case_id == service.id if isinstance(service, Case) else Visit.activity_id == service.id
    used = db.session.scalar(
        select(func.coalesce(func.sum(Visit.counted_minutes - Visit.contact_minutes), 0)).where(
            of_it,
            Visit.expert_id == expert.id,
            Visit.status != VisitStatus.VOID,
            Visit.id != (besides.id if besides else 0),
        )
    )
    return credit.counted_minutes(
        contact,
        facts.preparation_minutes,
        counts_preparation=station.counts_preparation,
        preparation_cap=station.preparation_cap_minutes,
        already_prepared=int(used or 0),
    )


def hold_expert(expert_id: int) -> Expert:
    """The expert, locked, so that two visits at the same time see each other. Raises Refused when there is none."""
    expert = db.session.scalar(select(Expert).where(Expert.id == expert_id).with_for_update())
    if expert is None:
        raise Refused("nobody_to_return_to")
    return expert


def columns(
    service: Case | Activity, expert: Expert, facts: VisitFacts, *, besides: Visit | None = None
) -> dict[str, Any]:
    """What is stored of these facts, after every rule about times has been asked. Raises Refused as `check`."""
    not_before = service.submitted_at if isinstance(service, Case) else None
    contact = check(facts, expert, not_before=not_before, besides=besides)
    return {
        "starts_at": facts.starts_at,
        "ends_at": facts.ends_at,
        "mode": facts.mode,
        "place": facts.place.strip(),
        "contact_minutes": contact,
        "preparation_minutes": facts.preparation_minutes,
        "travel_minutes": facts.travel_minutes,
        "counted_minutes": counted(service, expert, facts, contact, besides=besides),
        "summary": facts.summary.strip(),
        "long_day_reason": facts.long_day_reason.strip(),
    }


def write(visit: Visit, facts: VisitFacts) -> None:
    """Put other facts into a visit. Raises Refused as `check`."""
    for name, value in columns(visit.service, hold_expert(visit.expert_id), facts, besides=visit).items():
        setattr(visit, name, value)


def _settle_if_withdrawn(case: Case, by: Who) -> None:
    """A withdrawn case has no closing any more, so what is confirmed afterwards is settled at once."""
    if case.status is Status.WITHDRAWN:
        hours.settle(case, by)


def _hold(visit: Visit, seen: int | None) -> None:
    db.session.refresh(visit, with_for_update=True)
    if seen is not None and seen != visit.version:
        raise Refused("visit_changed_meanwhile")


def _company_only(case: Case, visit: Visit, by: Who) -> None:
    if not policy.can(by, "visit.confirm", case):
        raise NotAllowed("visit.confirm")
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)


def _station_only(case: Case, visit: Visit, by: Who) -> None:
    if not policy.can(by, "visit.verify", case):
        raise NotAllowed("visit.verify")
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    if not by.holds(Role.COORDINATOR):
        raise Refused("own_hours")


def decide(visit: Visit, status: VisitStatus, by: Who) -> None:
    """Write down who decided, and what; the caller has asked the policy. Raises Refused("own_hours") (rule R05)."""
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    visit.status, visit.dispute_reason = status, None
    visit.decided_at, visit.decided_by, visit.decided_by_id = clock.now(), by.name, by.account_id
    visit.version += 1
    db.session.flush()


def _start_of_day(moment: datetime) -> datetime:
    here = clock.local(moment)
    return datetime.combine(here.date(), time.min, clock.SHENZHEN).astimezone(UTC)
