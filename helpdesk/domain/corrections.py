"""Corrections of settled records: asked by the expert or the company, decided by somebody else (办法67 art. 13).

「志愿者发现记录错误或遗漏的，可以提出，志愿服务组织应当及时核实，确有错误的予以更正」: the ledger is never edited, a
granted correction is a reversal and a new line, and the certificate on the reversed line is superseded. A visit at an
activity is corrected in the same way; it has no certificate, and its activity keeps what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import activities, activity_log, closure, hours, record, visits
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import Refused
from helpdesk.models import (
    Activity,
    ActivityAct,
    Answer,
    Case,
    Correction,
    CorrectionState,
    Side,
    Visit,
)
from helpdesk.rules import given, policy, separation
from helpdesk.rules.lifecycle import STATES
from helpdesk.rules.policy import Who

LONGEST = 2000


def can_be_corrected(visit: Visit) -> bool:
    """Whether a mistake in it needs a correction: it is in the ledger, or its case has ended. Before that the expert
    changes it, or the company says that its time is wrong."""
    has_ended = visit.case is not None and STATES[visit.case.status].is_end
    return hours.standing_entry(visit.id) is not None or (has_ended and not hours.was_reversed(visit.id))


def ask(visit: Visit, by: Who, *, says: str, wished_minutes: int | None = None, form_key: str) -> Correction:
    """Say what is wrong with a settled visit. The same form sent twice is one request; one may be open for a visit.

    Raises Refused: nothing said, not settled yet, one is open already.
    """
    service = _hold_service(visit)
    hours.reread(visit)
    policy.require(by, "case.ask_correction" if isinstance(service, Case) else "activity.ask_correction", service)
    said = db.session.scalar(select(Correction).where(Correction.form_key == form_key))
    if said is not None:
        return said
    if not says.strip():
        raise Refused("text_missing", field="says")
    if len(says) > LONGEST:
        raise Refused("text_too_long", field="says", over=len(says) - LONGEST)
    if wished_minutes is not None and not 0 <= wished_minutes <= 24 * 60:
        raise Refused("minutes_out_of_range", field="wished_minutes", most=24 * 60)
    if hours.was_reversed(visit.id):
        raise Refused("correction_reversed")
    if not can_be_corrected(visit):
        raise Refused("correction_not_settled")
    if open_of(visit.id) is not None:
        raise Refused("correction_open")
    assert service.station_id is not None
    row = Correction(
        case_id=visit.case_id,
        visit_id=visit.id,
        expert_id=visit.expert_id,
        expert_account_id=visit.expert_account_id,
        station_id=service.station_id,
        side=Side.EXPERT if separation.is_self(by, visit.expert_id, visit.expert_account_id) else Side.COMPANY,
        says=says.strip(),
        wished_minutes=wished_minutes,
        asked_at=clock.now(),
        asked_by_id=by.account_id,
        asked_by=by.name,
        form_key=form_key,
        before=facts_of(visit),
        state=CorrectionState.OPEN,
    )
    db.session.add(row)
    db.session.flush()
    if isinstance(service, Case):
        record.event(service, "correction.asked", by, correction_id=row.id, day=_day(row), says=row.says)
    else:
        activity_log.note(
            service,
            ActivityAct.ASKED,
            by,
            reason=row.says,
            about=visit.expert_id,
            expert=visit.expert.name,
            correction_id=row.id,
        )
    return row


def grant(correction: Correction, by: Who, *, facts: VisitFacts, reason: str, content: str = "") -> Correction:
    """The record was wrong: write what is right, reverse the old line, issue the certificate anew.

    `content` is what the paper says was done, when that was wrong too. Raises Refused as `visits.amend` does, and for
    the expert or whoever asked (rule R05).
    """
    service, visit = _hold(correction, by, reason)
    was = hours.standing_entry(visit.id)
    if hours.was_reversed(visit.id):
        # Somebody above the station found it untrue: the station does not put it back.
        raise Refused("correction_reversed", field="reason")
    before, answer = facts_of(visit), closure.latest_answer(service) if isinstance(service, Case) else None
    is_reworded = answer is not None and content.strip() not in ("", answer.result)
    if isinstance(service, Activity):
        facts = activities.within(service, facts)
    visits.amend(visit, by, facts=facts)
    after = facts_of(visit)
    if after == before and was is not None and not is_reworded:
        raise Refused("nothing_changed", field="reason")
    if answer is not None and is_reworded:
        _reword(answer, by, content.strip())
    hours.correct(visit, by, reason=reason.strip())
    correction.after = after
    _decide(correction, CorrectionState.GRANTED, by, reason)
    _note(
        correction,
        service,
        by,
        "correction.granted",
        before=was.minutes if was is not None else 0,
        minutes=visit.counted_minutes,
    )
    return correction


def refuse(correction: Correction, by: Who, *, reason: str) -> Correction:
    """The record stands, and why."""
    service, _ = _hold(correction, by, reason)
    _decide(correction, CorrectionState.REFUSED, by, reason)
    _note(correction, service, by, "correction.refused")
    return correction


def facts_of(visit: Visit) -> dict[str, Any]:
    """What a record says, as it is kept with a correction: moments in UTC, minutes, words."""
    return {
        "starts_at": visit.starts_at.isoformat(),
        "ends_at": visit.ends_at.isoformat(),
        "mode": visit.mode.value,
        "place": visit.place,
        "contact_minutes": visit.contact_minutes,
        "preparation_minutes": visit.preparation_minutes,
        "travel_minutes": visit.travel_minutes,
        "counted_minutes": visit.counted_minutes,
        "summary": visit.summary,
    }


def open_of(visit_id: int) -> Correction | None:
    """The correction of a visit that nobody has decided yet."""
    return db.session.scalar(
        select(Correction).where(Correction.visit_id == visit_id, Correction.state == CorrectionState.OPEN)
    )


def of_case(case: Case) -> list[Correction]:
    """What was said of the records of a case, newest first."""
    rows = select(Correction).where(Correction.case_id == case.id).options(joinedload(Correction.visit))
    return list(db.session.scalars(rows.order_by(Correction.id.desc())))


@dataclass(frozen=True)
class Listed:
    """What waits for a decision of this person, oldest first, and what was decided lately."""

    open: list[Correction]
    decided: list[Correction]


def listed(who: Who) -> Listed:
    """The corrections this person may read; two queries."""
    rows = (
        select(Correction)
        .where(policy.which(who, "correction.read"))
        .options(
            joinedload(Correction.case),
            joinedload(Correction.visit).joinedload(Visit.activity),
            joinedload(Correction.expert),
        )
    )
    waiting = db.session.scalars(
        rows.where(Correction.state == CorrectionState.OPEN).order_by(Correction.id).limit(200)
    )
    done = db.session.scalars(
        rows.where(Correction.state != CorrectionState.OPEN).order_by(Correction.id.desc()).limit(50)
    )
    return Listed(list(waiting), list(done))


def served(case: Case, who: Who) -> list[Visit]:
    """The visits of a case whose record this person may say is wrong: the expert of their own, the company of all."""
    company = policy.can(who, "visit.confirm", case)
    return [visit for visit in visits.of(case) if company or visit.expert_id in who.expert_ids]


def served_at(activity: Activity, who: Who) -> list[Visit]:
    """This expert's own visits at an activity, once they are in the ledger."""
    mine = [visit for visit in activities.settled(activity) if visit.expert_id in who.expert_ids]
    return [visit for visit in mine if not hours.was_reversed(visit.id)]


def of_visits(rows: list[Visit]) -> list[Correction]:
    """What was said of these visits, newest first."""
    found = select(Correction).where(Correction.visit_id.in_([visit.id for visit in rows]))
    return list(db.session.scalars(found.options(joinedload(Correction.visit)).order_by(Correction.id.desc())))


def _hold_service(visit: Visit) -> Case | Activity:
    """The case or the activity, locked: everything about it queues there."""
    if visit.case is not None:
        return record.hold(visit.case)
    activity = activities.activity_of(visit)
    db.session.refresh(activity, with_for_update=True)
    return activity


def _note(correction: Correction, service: Case | Activity, by: Who, kind: str, **facts: Any) -> None:
    """A line in the log of the case, or of the activity."""
    if isinstance(service, Case):
        record.event(
            service, kind, by, correction_id=correction.id, day=_day(correction), reason=correction.reason, **facts
        )
        return
    act = ActivityAct.CORRECTED if kind == "correction.granted" else ActivityAct.KEPT
    name = correction.expert.name
    activity_log.note(service, act, by, reason=correction.reason, about=correction.expert_id, expert=name, **facts)


def _hold(correction: Correction, by: Who, reason: str) -> tuple[Case | Activity, Visit]:
    service = _hold_service(correction.visit)
    hours.reread(correction.visit)
    db.session.refresh(correction, with_for_update=True)
    policy.require(by, "correction.decide", correction)
    separation.refuse_self(by, correction.expert_id, correction.expert_account_id)
    if by.account_id is not None and by.account_id == correction.asked_by_id:
        raise Refused("own_correction")
    if correction.state is not CorrectionState.OPEN:
        raise Refused("correction_decided")
    given.reason(reason)
    return service, correction.visit


def _decide(correction: Correction, state: CorrectionState, by: Who, reason: str) -> None:
    correction.state, correction.reason = state, reason.strip()
    correction.decided_at, correction.decided_by, correction.decided_by_id = clock.now(), by.name, by.account_id
    db.session.flush()


def _reword(answer: Answer, by: Who, content: str) -> None:
    """What was done, in other words: a further summary, so that the first one stays to be read."""
    db.session.add(
        Answer(
            case_id=answer.case_id,
            round=answer.round,
            sequence=answer.sequence + 1,
            expert_id=answer.expert_id,
            by_name=by.name,
            problem=answer.problem,
            advice=answer.advice,
            result=content[:LONGEST],
            declared=answer.declared,
            at=clock.now(),
        )
    )
    db.session.flush()


def _day(correction: Correction) -> str:
    return clock.local(correction.visit.starts_at).date().isoformat()
