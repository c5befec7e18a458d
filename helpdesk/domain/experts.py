"""The roster: who serves in what, how busy; leave and return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Case, Expert, ExpertStatus, Feedback, HoursEntry, Offer, OfferStatus, Skill, Status
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Standing:
    """One line of the roster."""

    expert: Expert
    open_cases: int
    minutes: int
    score: float | None
    scores: int


def serving() -> list[Expert]:
    """Everybody who has not left, by name."""
    rows = select(Expert).where(Expert.status.in_((ExpertStatus.SERVING, ExpertStatus.PAUSED)))
    return list(db.session.scalars(rows.order_by(Expert.name, Expert.id)))


def roster(who: Who, *, category: str = "", district: str = "", q: str = "") -> list[Standing]:
    """The experts this person may see, filtered, by name; five queries however many there are."""
    query = select(Expert).where(policy.which(who, "expert.read")).options(selectinload(Expert.skills))
    if category:
        query = query.where(Expert.id.in_(select(Skill.expert_id).where(Skill.category_code == category)))
    if q.strip():
        query = query.where(Expert.name.contains(q.strip()[:40], autoescape=True))
    experts = [e for e in db.session.scalars(query.order_by(Expert.name)) if not district or district in e.districts]
    ids = [e.id for e in experts]
    busy = _sums(
        select(Case.expert_id, func.count())
        .where(Case.expert_id.in_(ids), Case.status.in_((Status.ACCEPTED, Status.CONSULTING)))
        .group_by(Case.expert_id)
    )
    minutes = _sums(
        select(HoursEntry.expert_id, func.sum(HoursEntry.minutes))
        .where(HoursEntry.expert_id.in_(ids))
        .group_by(HoursEntry.expert_id)
    )
    scores = {
        expert_id: (float(mean), int(n))
        for expert_id, mean, n in db.session.execute(
            select(Feedback.expert_id, func.avg(Feedback.score), func.count(Feedback.score))
            .where(Feedback.expert_id.in_(ids), Feedback.score.is_not(None))
            .group_by(Feedback.expert_id)
        )
    }
    return [Standing(e, busy.get(e.id, 0), minutes.get(e.id, 0), *(scores.get(e.id) or (None, 0))) for e in experts]


def standing(expert: Expert) -> Standing:
    """One expert's line of the roster."""
    busy = db.session.scalar(
        select(func.count()).where(Case.expert_id == expert.id, Case.status.in_((Status.ACCEPTED, Status.CONSULTING)))
    )
    minutes = db.session.scalar(select(func.sum(HoursEntry.minutes)).where(HoursEntry.expert_id == expert.id))
    mean, count = db.session.execute(
        select(func.avg(Feedback.score), func.count(Feedback.score)).where(Feedback.expert_id == expert.id)
    ).one()
    return Standing(expert, busy or 0, int(minutes or 0), float(mean) if mean is not None else None, int(count))


def _sums(query) -> dict[int, int]:  # type: ignore[no-untyped-def]
    return {key: int(value) for key, value in db.session.execute(query)}


def expert_of(who: Who) -> Expert:
    """The expert this person is. Raises NotFound for somebody who is none."""
    found = db.session.get(Expert, who.expert_id) if who.expert_id is not None else None
    if found is None:
        raise NotFound("expert")
    return found


def set_leave(expert: Expert, by: Who, *, until: date | None, max_open_cases: int) -> None:
    """Go on leave until a day, or come back; set how many cases at once are fine."""
    policy.require(by, "expert.pause", expert)
    if not 0 <= max_open_cases <= 20:
        raise Refused("capacity_out_of_range", field="max_open_cases")
    expert.paused_until, expert.max_open_cases = until, max_open_cases
    db.session.flush()


# How long an offer that was taken back or ran out stays in the inbox.
GONE_HOURS = 24
_AROUND = (joinedload(Case.company), joinedload(Case.category), joinedload(Case.station))


@dataclass(frozen=True)
class Inbox:
    """What waits for an expert: offers with time left, cases in which the next word is theirs, and the offers of the
    last day that were taken back or ran out, so that nobody wonders where they went."""

    offers: list[Offer]
    cases: list[Case]
    gone: list[Offer]


def inbox(expert_id: int) -> Inbox:
    """Pending offers, soonest to expire first, and the open cases, soonest due first. Three queries."""
    mine = select(Offer).where(Offer.expert_id == expert_id).options(joinedload(Offer.case).options(*_AROUND))
    # What has not left yet may still be undone: the expert knows nothing of it.
    mine = mine.where(Offer.leaves_at <= clock.now())
    offers = db.session.scalars(mine.where(Offer.status == OfferStatus.PENDING).order_by(Offer.expires_at))
    cases = db.session.scalars(
        select(Case)
        .where(Case.expert_id == expert_id)
        .where(Case.status.in_((Status.ACCEPTED, Status.CONSULTING, Status.ANSWERED)))
        .options(*_AROUND)
        .order_by(Case.due_order, Case.id)
        .limit(100)
    )
    gone = db.session.scalars(
        mine.where(Offer.status.in_((OfferStatus.RESCINDED, OfferStatus.EXPIRED)))
        .where(Offer.answered_at >= clock.now() - timedelta(hours=GONE_HOURS), Offer.answered_at >= Offer.leaves_at)
        .order_by(Offer.id.desc())
    )
    return Inbox(list(offers), list(cases), list(gone))
