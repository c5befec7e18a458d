"""Corrections of settled records: asked by the expert or the company, decided by somebody else (办法67 art. 13).

「志愿者发现记录错误或遗漏的，可以提出，志愿服务组织应当及时核实，确有错误的予以更正」: the ledger is never edited, a
granted correction is a reversal and a new line, and the certificate on the reversed line is superseded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import closure, hours, record, visits
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import Refused
from helpdesk.models import Answer, Case, Correction, CorrectionState, Side, Visit
from helpdesk.rules import policy, separation
from helpdesk.rules.lifecycle import STATES
from helpdesk.rules.policy import Who

LONGEST = 2000


def can_be_corrected(visit: Visit) -> bool:
    """Whether a mistake in it needs a correction: it is in the ledger, or its case has ended. Before that the expert
    changes it, or the company says that its time is wrong."""
    return STATES[visit.case.status].is_end or hours.standing_entry(visit.id) is not None


def ask(visit: Visit, by: Who, *, says: str, wished_minutes: int | None = None, form_key: str) -> Correction:
    """Say what is wrong with a settled visit. The same form sent twice is one request; one may be open for a visit.

    Raises Refused: nothing said, not settled yet, one is open already.
    """
    case = record.hold(visit.case)
    policy.require(by, "case.ask_correction", case)
    said = db.session.scalar(select(Correction).where(Correction.form_key == form_key))
    if said is not None:
        return said
    if not says.strip():
        raise Refused("text_missing", field="says")
    if len(says) > LONGEST:
        raise Refused("text_too_long", field="says", over=len(says) - LONGEST)
    if wished_minutes is not None and not 0 <= wished_minutes <= 24 * 60:
        raise Refused("minutes_out_of_range", field="wished_minutes", most=24 * 60)
    if not can_be_corrected(visit):
        raise Refused("correction_not_settled")
    if open_of(visit.id) is not None:
        raise Refused("correction_open")
    assert case.station_id is not None
    row = Correction(
        case_id=case.id,
        visit_id=visit.id,
        expert_id=visit.expert_id,
        expert_account_id=visit.expert_account_id,
        station_id=case.station_id,
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
    record.event(case, "correction.asked", by, correction_id=row.id, day=_day(row), says=row.says)
    return row


def grant(correction: Correction, by: Who, *, facts: VisitFacts, reason: str, content: str = "") -> Correction:
    """The record was wrong: write what is right, reverse the old line, issue the certificate anew.

    `content` is what the paper says was done, when that was wrong too. Raises Refused as `visits.amend` does, and for
    the expert or whoever asked (rule R05).
    """
    case, visit = _hold(correction, by, reason)
    was = hours.standing_entry(visit.id)
    before, answer = facts_of(visit), closure.latest_answer(case)
    is_reworded = answer is not None and content.strip() not in ("", answer.result)
    visits.amend(visit, by, facts=facts)
    after = facts_of(visit)
    if after == before and was is not None and not is_reworded:
        raise Refused("nothing_changed", field="reason")
    if answer is not None and is_reworded:
        _reword(answer, by, content.strip())
    hours.correct(visit, by, reason=reason.strip())
    correction.after = after
    _decide(correction, CorrectionState.GRANTED, by, reason)
    record.event(
        case,
        "correction.granted",
        by,
        correction_id=correction.id,
        day=_day(correction),
        before=was.minutes if was is not None else 0,
        minutes=visit.counted_minutes,
        reason=reason.strip(),
    )
    return correction


def refuse(correction: Correction, by: Who, *, reason: str) -> Correction:
    """The record stands, and why."""
    case, _ = _hold(correction, by, reason)
    _decide(correction, CorrectionState.REFUSED, by, reason)
    record.event(
        case, "correction.refused", by, correction_id=correction.id, day=_day(correction), reason=reason.strip()
    )
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
        .options(joinedload(Correction.case), joinedload(Correction.visit), joinedload(Correction.expert))
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


def _hold(correction: Correction, by: Who, reason: str) -> tuple[Case, Visit]:
    case = record.hold(correction.case)
    db.session.refresh(correction, with_for_update=True)
    policy.require(by, "correction.decide", correction)
    separation.refuse_self(by, correction.expert_id, correction.expert_account_id)
    if by.account_id is not None and by.account_id == correction.asked_by_id:
        raise Refused("own_correction")
    if correction.state is not CorrectionState.OPEN:
        raise Refused("correction_decided")
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    return case, correction.visit


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
