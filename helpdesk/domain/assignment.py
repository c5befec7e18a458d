"""Offers instead of orders: an expert is asked, and may say no without penalty (《志愿服务条例》 art. 25; R08)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines, life, record
from helpdesk.errors import NotAllowed, Refused
from helpdesk.i18n import N_
from helpdesk.models import (
    Case,
    Conflict,
    Expert,
    ExpertStatus,
    Feedback,
    Offer,
    OfferStatus,
    Skill,
    Status,
)
from helpdesk.rules import lifecycle, policy, promises
from helpdesk.rules.policy import SYSTEM, Who


@dataclass(frozen=True)
class Reason:
    """A fact that speaks for an expert, or is worth knowing: words with placeholders, and the facts."""

    text: str
    facts: dict[str, Any] = field(default_factory=dict)
    is_good: bool = True


@dataclass(frozen=True)
class Candidate:
    """An expert who could be asked, with the reasons in words, best first."""

    expert: Expert
    reasons: tuple[Reason, ...]
    points: int


@dataclass(frozen=True)
class Candidates:
    """Who could be asked, and how many were left out for which reason."""

    listed: list[Candidate]
    left_out: dict[str, int]


def candidates(case: Case, *, limit: int = 8) -> Candidates:
    """Experts of the case's field: first the hard filter, then a plain count of reasons. Constant queries."""
    experts = list(
        db.session.scalars(
            select(Expert)
            .where(Expert.id.in_(select(Skill.expert_id).where(Skill.category_code == case.category_code)))
            .where(Expert.status != ExpertStatus.LEFT)
            .order_by(Expert.id)
        )
    )
    facts = _Facts.gather(case, [e.id for e in experts])
    left_out: Counter[str] = Counter()
    listed = []
    for expert in experts:
        code = facts.why_not(expert, case)
        if code is not None:
            left_out[code] += 1
        else:
            listed.append(facts.candidate(expert, case))
    listed.sort(key=lambda c: (-c.points, c.expert.id))
    return Candidates(listed[:limit], dict(left_out))


@dataclass(frozen=True)
class _Facts:
    """What matters of many experts at once, so that a page never asks per row."""

    open_cases: dict[int, int]
    solved: dict[int, int]
    scores: dict[int, float]
    topics: dict[int, set[str | None]]
    conflicted: set[int]
    declined: set[int]

    @classmethod
    def gather(cls, case: Case, ids: list[int]) -> _Facts:
        open_rows = db.session.execute(
            select(Case.expert_id, func.count())
            .where(Case.expert_id.in_(ids), Case.status.in_((Status.ACCEPTED, Status.CONSULTING)))
            .group_by(Case.expert_id)
        )
        solved_rows = db.session.execute(
            select(Case.expert_id, func.count())
            .where(Case.expert_id.in_(ids), Case.status == Status.CLOSED, Case.category_code == case.category_code)
            .group_by(Case.expert_id)
        )
        score_rows = db.session.execute(
            select(Feedback.expert_id, func.avg(Feedback.score))
            .where(Feedback.expert_id.in_(ids), Feedback.score.is_not(None))
            .group_by(Feedback.expert_id)
        )
        topics: dict[int, set[str | None]] = {}
        for expert_id, topic in db.session.execute(
            select(Skill.expert_id, Skill.topic_code).where(Skill.expert_id.in_(ids))
        ):
            topics.setdefault(expert_id, set()).add(topic)
        conflicted = set(db.session.scalars(select(Conflict.expert_id).where(Conflict.company_id == case.company_id)))
        declined = set(
            db.session.scalars(
                select(Offer.expert_id).where(
                    Offer.case_id == case.id, Offer.status.in_((OfferStatus.DECLINED, OfferStatus.EXPIRED))
                )
            )
        )
        return cls(
            {k: n for k, n in open_rows if k},
            {k: n for k, n in solved_rows if k},
            {k: float(v) for k, v in score_rows if k},
            topics,
            conflicted,
            declined,
        )

    def why_not(self, expert: Expert, case: Case) -> str | None:
        """The guard's own first reasons, from the gathered facts; the offer itself asks the guard again."""
        today = clock.today()
        if expert.status is not ExpertStatus.SERVING or (expert.paused_until and expert.paused_until >= today):
            return "expert_paused"
        if case.category is not None and case.category.licence_required:
            if expert.licence_valid_until is None or expert.licence_valid_until < today:
                return "expert_licence"
        if expert.id in self.conflicted or (
            expert.employer_company_id is not None and expert.employer_company_id == case.company_id
        ):
            return "expert_conflict"
        if self.open_cases.get(expert.id, 0) >= expert.max_open_cases:
            return "expert_at_capacity"
        return "expert_declined_before" if expert.id in self.declined else None

    def candidate(self, expert: Expert, case: Case) -> Candidate:
        """The reasons in words and their plain count of points."""
        reasons: list[tuple[int, Reason]] = []
        if case.topic_code and case.topic_code in self.topics.get(expert.id, ()):
            reasons.append((4, Reason(N_("对口：%(topic)s"), {"topic": case.topic_code})))
        solved = self.solved.get(expert.id, 0)
        if solved:
            reasons.append((min(3, solved), Reason(N_("办过 %(n)s 件同类"), {"n": solved})))
        if case.district in expert.districts:
            onsite = "onsite" in expert.modes
            words = N_("%(district)s，可上门") if onsite else N_("服务%(district)s")
            reasons.append((2 + onsite, Reason(words, {"district": case.district})))
        score = self.scores.get(expert.id)
        if score is not None and score >= 4.5:
            reasons.append((1, Reason(N_("评价 %(score)s"), {"score": f"{score:.1f}"})))
        busy = self.open_cases.get(expert.id, 0)
        load = Reason(N_("在手 %(n)s/%(limit)s"), {"n": busy, "limit": expert.max_open_cases}, is_good=busy == 0)
        reasons.append((2 if busy == 0 else 0, load))
        if case.meeting is not None and case.meeting.value not in expert.modes:
            reasons.append((-2, Reason(N_("方式不合企业的意愿"), {}, is_good=False)))
        return Candidate(expert, tuple(r for _, r in reasons), sum(p for p, _ in reasons))


def offer(
    case: Case,
    by: Who,
    *,
    to: Expert | None,
    note: str = "",
    reasons: tuple[Reason, ...] = (),
    seen: int | None = None,
) -> Offer:
    """Ask an expert. The offer keeps why they were asked; it expires by the promise of rule R09."""
    if to is not None:
        db.session.refresh(to, with_for_update=True)
    record.hold(case)
    life.take(
        case,
        "offer",
        by,
        seen=seen,
        asked={"expert_record": to, "offered_expert_id": to.id if to else None},
        expert=to.name if to else "",
    )
    promise = promises.BY_KIND["offer"]
    row = Offer(
        case_id=case.id,
        expert_id=to.id if to else None,
        note=note.strip(),
        reasons=[{"text": r.text, "facts": r.facts} for r in reasons if r.is_good],
        offered_by_id=by.account_id,
        offered_by_name=by.name,
        offered_at=clock.now(),
        expires_at=promises.due_at(clock.now(), promise.minutes, promise.unit, (), deadlines.calendar()),
    )
    db.session.add(row)
    db.session.flush()
    return row


def pending_offer(case: Case) -> Offer | None:
    """The offer that waits for an answer, if any."""
    return db.session.scalar(
        select(Offer).where(Offer.case_id == case.id, Offer.status == OfferStatus.PENDING).order_by(Offer.id).limit(1)
    )


def accept(offer: Offer, by: Who, *, no_conflict: bool, seen: int | None = None) -> Case:
    """The expert takes the case, declaring no conflict of interest. Two at once: one wins, the other is told."""
    case = record.hold(_case_of(offer))
    db.session.refresh(offer, with_for_update=True)
    db.session.refresh(offer.expert, with_for_update=True)
    _only_the_asked(offer, by)
    life.take(
        case,
        "accept",
        by,
        seen=seen,
        asked={"offer": offer, "no_conflict": no_conflict},
        sets={"expert_id": offer.expert_id, "handler_id": None},
        expert=offer.expert.name,
    )
    _settle(offer, OfferStatus.ACCEPTED)
    return case


def decline(offer: Offer, by: Who, *, reason: str, note: str = "", seen: int | None = None) -> Case:
    """The expert says no; the case is back in the queue with the reason. A conflict is remembered for good."""
    case = record.hold(_case_of(offer))
    db.session.refresh(offer, with_for_update=True)
    _only_the_asked(offer, by)
    life.take(
        case,
        "decline",
        by,
        seen=seen,
        asked={"offer": offer, "reason_code": reason},
        expert=offer.expert.name,
        reason=reason,
        note=note.strip(),
    )
    offer.reason_code, offer.reason_text = reason, note.strip()
    _settle(offer, OfferStatus.DECLINED)
    if reason == "conflict":
        remember_conflict(offer.expert_id, case)
    return case


def recall(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """The coordinator takes a pending offer back."""
    pending = pending_offer(case)
    life.take(
        case,
        "recall",
        by,
        seen=seen,
        asked={"reason": reason},
        reason=reason.strip(),
        expert=pending.expert.name if pending else "",
    )
    if pending is not None:
        _settle(pending, OfferStatus.RESCINDED)


def expire_due() -> int:
    """Take back offers nobody answered in time; returns how many. Run by the clock, harmless when run twice."""
    overdue = db.session.scalars(
        select(Offer).where(Offer.status == OfferStatus.PENDING, Offer.expires_at <= clock.now()).order_by(Offer.id)
    ).all()
    for row in overdue:
        case = record.hold(_case_of(row))
        db.session.refresh(row, with_for_update=True)
        if row.status is OfferStatus.PENDING and case.status is Status.OFFERED:
            life.take(case, "expire", SYSTEM, expert=row.expert.name)
            _settle(row, OfferStatus.EXPIRED)
    return len(overdue)


def take_for_station(case: Case, by: Who, *, seen: int | None = None) -> None:
    """The coordinator answers a small question for the station itself; such a case earns nobody hours."""
    life.take(
        case,
        "take",
        by,
        seen=seen,
        sets={"handler_id": by.account_id, "expert_id": None},
        station=case.station.code if case.station else "",
    )


def hand_back(case: Case, by: Who, *, reason: str, note: str = "", seen: int | None = None) -> None:
    """Give a case back for another expert; logged visits stay with the one who made them."""
    expert_id, name = case.expert_id, case.expert.name if case.expert else by.name
    known = reason in lifecycle.HAND_BACK_REASONS
    life.take(
        case,
        "hand_back",
        by,
        seen=seen,
        asked={"reason": reason if known else ""},
        sets={"expert_id": None, "handler_id": None},
        reason=reason,
        note=note.strip(),
        expert=name,
    )
    if reason == "conflict" and expert_id is not None:
        remember_conflict(expert_id, case)


def return_uncontacted() -> int:
    """Cases accepted but not contacted for five working days go back to the queue (rule R09); returns how many."""
    waiting = db.session.scalars(
        select(Case).where(Case.status == Status.ACCEPTED, Case.expert_id.is_not(None), Case.due_at < clock.now())
    ).all()
    done = 0
    for case in waiting:
        limit = promises.due_at(
            case.due_at or clock.now(), 3 * promises.WORKDAY, promises.WORKING, (), deadlines.calendar()
        )
        if limit is not None and limit <= clock.now():
            hand_back(case, SYSTEM, reason="no_contact")
            done += 1
    return done


def remember_conflict(expert_id: int, case: Case) -> None:
    """Note a declared conflict of interest between expert and company; said twice it is one."""
    if case.company_id is None:
        return
    known = select(Conflict.id).where(Conflict.expert_id == expert_id, Conflict.company_id == case.company_id)
    if not db.session.scalar(known):
        db.session.add(Conflict(expert_id=expert_id, company_id=case.company_id, declared_at=clock.now()))
        db.session.flush()


def rescind_all(case: Case) -> None:
    """Take back what is still pending when a case leaves the station or ends."""
    for row in db.session.scalars(select(Offer).where(Offer.case_id == case.id, Offer.status == OfferStatus.PENDING)):
        _settle(row, OfferStatus.RESCINDED)


def _case_of(offer: Offer) -> Case:
    case = db.session.get(Case, offer.case_id)
    assert case is not None
    return case


def _only_the_asked(offer: Offer, by: Who) -> None:
    if offer.status is not OfferStatus.PENDING:
        raise Refused("offer_gone")
    if by.expert_id != offer.expert_id or not policy.can(by, "offer.read", offer):
        raise NotAllowed("offer.answer")


def _settle(offer: Offer, status: OfferStatus) -> None:
    offer.status, offer.answered_at = status, clock.now()
    db.session.flush()
