"""Offers instead of orders: an expert is asked, and may say no without penalty (《志愿服务条例》 art. 25; R08)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.config import setting
from helpdesk.db import db
from helpdesk.domain import deadlines, life, record
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    Case,
    Conflict,
    Expert,
    Offer,
    OfferKind,
    OfferMode,
    OfferStatus,
    Role,
    Status,
)
from helpdesk.rules import guards, lifecycle, matching, policy
from helpdesk.rules.matching import Evidence, Fit, Reason
from helpdesk.rules.policy import SYSTEM, Who

# How many experts a broadcast asks at once, how many a pool may hold, how often a cascade asks of itself.
BROADCAST, POOL, CASCADE = 3, 50, 5


@dataclass(frozen=True)
class Candidate:
    """An expert who could be asked, with points and reasons; `obstacles` are what would have to be argued away."""

    expert: Expert
    fit: Fit
    obstacles: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why, in words."""
        return self.fit.reasons

    @property
    def points(self) -> float:
        """The sum, of at most 100."""
        return self.fit.points


@dataclass(frozen=True)
class Candidates:
    """Who could be asked, best first; how many were left out for which reason; who of them could be argued for."""

    listed: list[Candidate]
    left_out: dict[str, int]
    arguable: list[Candidate]
    total: int


def candidates(case: Case, *, limit: int = 8) -> Candidates:
    """Experts of the case's field: first the hard filter, then the sum of points. Constant queries."""
    experts = list(db.session.scalars(matching.serves(case.category_code)))
    return _ranked(case, experts, matching.gather(case, experts), limit)


def _ranked(case: Case, experts: list[Expert], known: dict[int, Evidence], limit: int) -> Candidates:
    left_out: Counter[str] = Counter()
    listed, arguable = [], []
    for expert in experts:
        codes = matching.obstacles(expert, case, known[expert.id])
        found = Candidate(expert, matching.fit(expert, case, known[expert.id]), tuple(codes))
        if not codes:
            listed.append(found)
            continue
        left_out[codes[0]] += 1
        if not set(codes) & set(matching.ABSOLUTE):
            arguable.append(found)
    for row in (listed, arguable):
        row.sort(key=lambda c: (not c.fit.asked_first, -c.points, c.expert.id))
    return Candidates(listed[:limit], dict(left_out), arguable[:limit], len(listed))


def offer(
    case: Case,
    by: Who,
    *,
    to: Expert | None,
    note: str = "",
    override: str = "",
    seen: int | None = None,
) -> Offer:
    """Ask one expert. The offer keeps why they were asked; a person's leaves after the setting OFFER_UNDO_SECONDS.

    It expires by the promise of rule R09. `override` says why somebody is asked whom the list leaves out.
    Raises Refused when the expert may not be asked, whatever is said.
    """
    if to is not None:
        db.session.refresh(to, with_for_update=True)
    record.hold(case)
    found = candidates(case, limit=POOL)
    leaves = _leaving(by)
    life.take(
        case,
        "offer",
        by,
        seen=seen,
        asked={
            "expert_record": to,
            "override": override.strip(),
            "offered_expert_ids": [to.id] if to else [],
            "tells_at": leaves,
        },
        expert=to.name if to else "",
    )
    assert to is not None
    return _write(case, by, to, found, kind=OfferKind.SINGLE, note=note, override=override, leaves=leaves)


def offer_all_the_same(
    case: Case, by: Who, *, to: Expert | None, override: str, note: str = "", seen: int | None = None
) -> Offer:
    """Ask one whom the list leaves out. Raises Refused("why_them") without a reason, and what `offer` raises."""
    if to is not None and not override.strip():
        raise Refused("why_them", field="override")
    return offer(case, by, to=to, note=note, override=override, seen=seen)


def offer_to_several(
    case: Case, by: Who, *, note: str = "", pool: bool = False, seen: int | None = None
) -> list[Offer]:
    """Ask the best few at once, or everybody who could: the first who accepts has the case (broadcast, open pool).

    Raises Refused("nobody_to_ask") when the list is empty.
    """
    record.hold(case)
    found = candidates(case, limit=POOL)
    asked = found.listed if pool else found.listed[:BROADCAST]
    if not asked:
        raise Refused("nobody_to_ask")
    leaves = _leaving(by)
    life.take(
        case,
        "offer_to_several",
        by,
        seen=seen,
        asked={"offered_expert_ids": [c.expert.id for c in asked], "tells_at": leaves},
        count=len(asked),
    )
    kind = OfferKind.POOL if pool else OfferKind.BROADCAST
    return [_write(case, by, c.expert, found, kind=kind, note=note, override="", leaves=leaves) for c in asked]


def _leaving(by: Who) -> datetime:
    """People get a moment to undo what they pressed; the clock does not press wrong buttons."""
    return clock.now() + timedelta(seconds=0 if by.holds(Role.SYSTEM) else setting("OFFER_UNDO_SECONDS"))


def _write(
    case: Case, by: Who, to: Expert, found: Candidates, *, kind: OfferKind, note: str, override: str, leaves: datetime
) -> Offer:
    place, chosen = next(
        ((n, c) for n, c in enumerate(found.listed, 1) if c.expert.id == to.id),
        (None, next((c for c in found.arguable if c.expert.id == to.id), None)),
    )
    row = Offer(
        case_id=case.id,
        expert_id=to.id,
        kind=kind,
        note=note.strip(),
        reasons=[{"text": r.text, "facts": r.facts} for r in chosen.reasons if r.is_good] if chosen else [],
        ranked={
            "parts": chosen.fit.parts if chosen else {},
            "points": chosen.points if chosen else None,
            "place": place,
            "of": found.total,
            "left_out": found.left_out,
            "obstacles": list(chosen.obstacles) if chosen else [],
        },
        override_reason=override.strip() if place is None else "",
        offered_by_id=by.account_id,
        offered_by_name=by.name,
        # Never after it left: the moment of leaving was taken a little earlier.
        offered_at=min(clock.now(), leaves),
        leaves_at=leaves,
        expires_at=deadlines.due_after(case, "offer", leaves),
    )
    db.session.add(row)
    db.session.flush()
    return row


def pending_offers(case: Case) -> list[Offer]:
    """The offers that wait for an answer, oldest first."""
    return list(
        db.session.scalars(
            select(Offer).where(Offer.case_id == case.id, Offer.status == OfferStatus.PENDING).order_by(Offer.id)
        )
    )


def pending_offer(case: Case) -> Offer | None:
    """The first offer that waits for an answer, if any."""
    return next(iter(pending_offers(case)), None)


def undo(case: Case, by: Who, *, seen: int | None = None) -> None:
    """Take back an offer before it left: nobody was told. Raises Refused("offer_left") after that."""
    record.hold(case)
    rows = pending_offers(case)
    life.take(case, "undo_offer", by, seen=seen, asked={"offers": rows}, expert="、".join(r.expert.name for r in rows))
    record.untell(case)
    # Else a late case would be in time again by being offered and taken back.
    deadlines.runs_on(case)
    for row in rows:
        _settle(row, OfferStatus.RESCINDED)


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
    rescind_all(case)
    return case


def decline(offer: Offer, by: Who, *, reason: str, note: str = "", seen: int | None = None) -> Case:
    """The expert says no. While others are still asked the case waits for them; else it is back in the queue with
    the reason, or, where the station cascades, with the next expert. A conflict is remembered for good."""
    case = record.hold(_case_of(offer))
    db.session.refresh(offer, with_for_update=True)
    _only_the_asked(offer, by)
    others = len(pending_offers(case)) > 1
    life.take(
        case,
        "pass" if others else "decline",
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
    if not others and case.station is not None and case.station.offer_mode is OfferMode.CASCADE:
        ask_next(case)
    return case


def recall(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """The coordinator takes the pending offers back."""
    rows = pending_offers(case)
    life.take(
        case,
        "recall",
        by,
        seen=seen,
        asked={"reason": reason},
        reason=reason.strip(),
        expert="、".join(row.expert.name for row in rows),
    )
    for row in rows:
        _settle(row, OfferStatus.RESCINDED)


def expire_due() -> int:
    """Take back offers nobody answered in time and ask the next expert; returns how many expired.

    Run by the clock, harmless when run twice: an offer is looked at again under the lock of its case.
    """
    overdue = db.session.scalars(
        select(Offer).where(Offer.status == OfferStatus.PENDING, Offer.expires_at <= clock.now()).order_by(Offer.id)
    ).all()
    done = 0
    for row in overdue:
        case = record.hold(_case_of(row))
        db.session.refresh(row, with_for_update=True)
        if row.status is OfferStatus.PENDING and case.status is Status.OFFERED:
            others = len(pending_offers(case)) > 1
            life.take(case, "expire_one" if others else "expire", SYSTEM, expert=row.expert.name)
            _settle(row, OfferStatus.EXPIRED)
            done += 1
            if not others:
                ask_next(case)
    return done


def ask_next(case: Case) -> Offer | None:
    """Ask the best expert who was not asked yet, in the station's name; None when there is nobody, or after five.

    What a decline (where the station cascades) or a silence frees is filled in the same transaction.
    """
    rounds = db.session.scalar(
        select(func.count())
        .select_from(Offer)
        .where(Offer.case_id == case.id, Offer.status.in_((OfferStatus.DECLINED, OfferStatus.EXPIRED)))
    )
    if case.status is not Status.TRIAGED or case.is_paused or (rounds or 0) >= CASCADE:
        return None
    if guards.is_transfer_pending(case):
        # Whose expert would be asked is not settled; the station that has the case in the end asks its own.
        return None
    found = candidates(case, limit=1)
    return offer(case, SYSTEM, to=found.listed[0].expert) if found.listed else None


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
        select(Case).where(Case.status == Status.ACCEPTED, Case.expert_id.is_not(None), Case.due_order < clock.now())
    ).all()
    done = 0
    for case in waiting:
        if deadlines.in_workdays(case, case.due_at or clock.now(), 3) <= clock.now():
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
