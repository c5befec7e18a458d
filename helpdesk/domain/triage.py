"""Sorting the queue: category and station, refusal on one of seven grounds, referral, duplicates, appeals."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import assignment, deadlines, life, similarity, transfers
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import Case, Category, Event, Station, Topic, Urgency
from helpdesk.rules import lifecycle, policy, promises
from helpdesk.rules.identifiers import read_case_number
from helpdesk.rules.policy import Who


def triage(
    case: Case,
    by: Who,
    *,
    category_code: str,
    topic_code: str | None = None,
    urgency: Urgency = Urgency.NORMAL,
    title: str | None = None,
    seen: int | None = None,
) -> None:
    """Accept the request: field, topic, urgency. The station stays: another one is asked by a transfer."""
    category = db.session.get(Category, category_code) if category_code else None
    topic = db.session.get(Topic, topic_code) if topic_code else None
    if topic is not None and (category is None or topic.category_code != category.code):
        raise Refused("topic_other_category", field="topic")
    changes = {
        "category_code": category.code if category else None,
        "topic_code": topic.code if topic else None,
        "urgency": urgency,
    }
    if title and title.strip():
        changes["title"] = title.strip()[:120]
    life.take(
        case,
        "triage",
        by,
        seen=seen,
        asked={"category_code": category.code if category else None},
        sets=changes,
        category=category.code if category else "",
        topic=topic.code if topic else "",
        urgency=urgency.value,
        station=_station(case).code,
    )
    deadlines.retarget(case)


def reject(case: Case, by: Who, *, ground: str, reason: str, seen: int | None = None) -> None:
    """Refuse on one of the seven grounds, saying why and where to go instead (rule R11)."""
    life.take(
        case,
        "reject",
        by,
        seen=seen,
        asked={"reason_code": ground, "reason": reason},
        sets={"reason_code": ground, "reason_text": reason.strip()},
        ground=ground,
        reason=reason.strip(),
        instead=lifecycle.GROUNDS[ground][1] if ground in lifecycle.GROUNDS else "",
    )


def refer(case: Case, by: Who, *, office: str, reason: str = "", seen: int | None = None) -> None:
    """Hand a government matter to the office in charge; it is no volunteer's case."""
    name, phone = lifecycle.OFFICES.get(office, ("", ""))
    life.take(
        case,
        "refer",
        by,
        seen=seen,
        asked={"reason_code": office},
        sets={"reason_code": office, "reason_text": reason.strip(), "referred_to": name},
        office=office,
        phone=phone,
        reason=reason.strip(),
    )


def appeal(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """The company objects to a refusal; the district decides."""
    life.take(case, "appeal", by, seen=seen, asked={"reason": reason}, reason=reason.strip())


def uphold_appeal(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """The appeal is right: the case is back at the station's door."""
    life.take(
        case,
        "uphold_appeal",
        by,
        seen=seen,
        asked={"reason": reason},
        sets={"reason_code": None, "reason_text": None},
        reason=reason.strip(),
    )


def merge(case: Case, by: Who, *, into: Case | None, seen: int | None = None) -> None:
    """Link a duplicate to the case it repeats; nothing is moved, so it can be undone for seven days."""
    if into is not None and not policy.can(by, "case.merge", into):
        into = None
    life.take(
        case,
        "merge",
        by,
        seen=seen,
        asked={"target_case": into},
        sets={"merged_into_id": into.id if into else None, "expert_id": None, "handler_id": None},
        target=into.number if into else "",
    )
    assignment.rescind_all(case)
    transfers.drop_pending(case, by)


def unmerge(case: Case, by: Who, *, seen: int | None = None) -> None:
    """Undo a merge: the case stands on its own again, at the start of the queue.

    What was promised runs on from its first start: else a late case would be in time again by being merged and undone.
    """
    left = db.session.scalar(
        select(Event.from_status)
        .where(Event.case_id == case.id, Event.kind == "case.merged")
        .order_by(Event.seq.desc())
        .limit(1)
    )
    life.take(case, "unmerge", by, seen=seen, sets={"merged_into_id": None})
    kinds = {promises.FIRST_ANSWER.kind}
    if left == case.status.value:
        kinds |= {promise.kind for promise in [promises.promise_for(case.status)] if promise is not None}
    deadlines.runs_on(case, kinds=kinds)


def by_number(by: Who, number: str) -> Case | None:
    """The case with this number that the person may merge into; None when there is none."""
    try:
        case: Case = policy.find(
            by, "case.merge", Case, Case.number == (read_case_number(number) or ""), seen_by="case.read"
        )
    except (NotFound, NotAllowed):
        return None
    return case


def possible_duplicates(case: Case, by: Who, *, least: float = 0.0) -> list[Case]:
    """Other live cases of the same company that this person may read: the likest in words first, at most five.

    `least`: the share of the wording they have to have in common.
    """
    ends = [s for s, state in lifecycle.STATES.items() if state.is_end]
    rows = db.session.scalars(
        select(Case)
        .where(Case.company_id == case.company_id, Case.id != case.id, Case.status.notin_(ends))
        .where(policy.which(by, "case.read"))
        .order_by(Case.submitted_at.desc())
        .limit(20)
    )
    scored = [(similarity.likeness(case, other), other) for other in rows]
    return [other for share, other in sorted(scored, key=lambda row: -row[0]) if share >= least][:5]


def _station(case: Case) -> Station:
    station = db.session.get(Station, case.station_id)
    if station is None:
        raise NotFound("station")
    return station
