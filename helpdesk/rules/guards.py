"""What a step needs: one small function per need named in `rules.lifecycle`, each a question to the case.

A guard takes the case and the step's facts and raises Refused(code, field, facts) when the answer is no. The words
for the codes live in `presentation.words`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import Refused
from helpdesk.models import (
    Case,
    ContactAttempt,
    Event,
    Expert,
    Message,
    Offer,
    OfferStatus,
    Review,
    Side,
    Status,
    Transfer,
    TransferStatus,
    Visit,
    VisitStatus,
)
from helpdesk.rules import lifecycle, matching
from helpdesk.rules.credit import GATE, GATE_STATION
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Asked:
    """What a guard may look at: the case, who acts, and what was said with the step."""

    case: Case
    by: Who
    facts: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A fact as stripped text; empty when it was not given."""
        return str(self.facts.get(name) or "").strip()


Guard = Callable[[Asked], None]


def consent_given(asked: Asked) -> None:
    """PIPL art. 13, 17: without the first consent no expert may see the request."""
    if not asked.facts.get("consents", {}).get("handling"):
        raise Refused("consent_missing", field="handling")


def contact_known(asked: Asked) -> None:
    if not asked.case.contact_phone or not asked.case.contact_name:
        raise Refused("contact_missing", field="phone")


def few_open_cases(asked: Asked) -> None:
    """A cap on open cases per phone number keeps one sender from filling the queue; a station may split what came."""
    if asked.facts.get("split_from"):
        return
    is_open = Case.status.notin_([s for s, state in lifecycle.STATES.items() if state.is_end or s is Status.DRAFT])
    count = db.session.scalar(
        select(func.count()).select_from(Case).where(Case.contact_phone == asked.case.contact_phone, is_open)
    )
    if (count or 0) >= lifecycle.MAX_OPEN_CASES:
        raise Refused("too_many_open_cases", limit=lifecycle.MAX_OPEN_CASES)


def category_and_station(asked: Asked) -> None:
    if not asked.facts.get("category_code"):
        raise Refused("category_missing", field="category")


def no_transfer_pending(asked: Asked) -> None:
    if is_transfer_pending(asked.case):
        raise Refused("transfer_pending")


def transfer_pending(asked: Asked) -> None:
    if not is_transfer_pending(asked.case):
        raise Refused("no_transfer_pending")


def one_of_seven_grounds(asked: Asked) -> None:
    """《深圳市企业诉求服务指引（第一版）》: seven grounds, and the company is told where to go (rule R11)."""
    if asked.facts.get("reason_code") not in lifecycle.GROUNDS:
        raise Refused("ground_missing", field="ground")
    if not asked.text("reason"):
        raise Refused("reason_missing", field="reason")


def office_named(asked: Asked) -> None:
    if asked.facts.get("reason_code") not in lifecycle.OFFICES:
        raise Refused("office_missing", field="office")


def same_company_target(asked: Asked) -> None:
    target: Case | None = asked.facts.get("target_case")
    if target is None:
        raise Refused("merge_target_missing", field="target")
    if target.id == asked.case.id:
        raise Refused("merge_into_itself", field="target")
    if target.company_id != asked.case.company_id:
        raise Refused("merge_other_company", field="target")
    if target.status in (Status.MERGED, Status.DRAFT):
        raise Refused("merge_target_ended", field="target")


def no_visits_yet(asked: Asked) -> None:
    if _visits(asked.case, VisitStatus.VOID, without=True):
        raise Refused("visits_exist")


def no_visits_counting(asked: Asked) -> None:
    """Unreachable earns no hours: a case in which somebody was served ends another way."""
    if _visits(asked.case, VisitStatus.VOID, without=True):
        raise Refused("visits_exist")


def within_unmerge_days(asked: Asked) -> None:
    _within(asked.case.ended_at, lifecycle.UNMERGE_DAYS)


def within_resume_days(asked: Asked) -> None:
    _within(asked.case.ended_at, lifecycle.RESUME_DAYS)


def within_reopen_days(asked: Asked) -> None:
    _within(asked.case.ended_at, lifecycle.REOPEN_DAYS)


def within_appeal_days(asked: Asked) -> None:
    _within(asked.case.ended_at, lifecycle.APPEAL_DAYS)


def was_submitted(asked: Asked) -> None:
    if asked.case.submitted_at is None:
        raise Refused("draft_discarded")


def reason_given(asked: Asked) -> None:
    if not asked.text("reason"):
        raise Refused("reason_missing", field="reason")


def appeal_pending(asked: Asked) -> None:
    if not _last_event(asked.case, "case.appealed"):
        raise Refused("no_appeal")


def not_who_rejected(asked: Asked) -> None:
    """The judge of an appeal is not the one who rejected (peers brief, C2: rule 2)."""
    rejected = _last_event(asked.case, "case.rejected")
    if rejected is not None and rejected.actor_id == asked.by.account_id:
        raise Refused("own_rejection")


def eligible_expert(asked: Asked) -> None:
    """The hard filter of `rules.matching`: what can be argued about needs a reason, the rest stands."""
    expert: Expert | None = asked.facts.get("expert_record")
    if expert is None:
        raise Refused("expert_missing", field="expert")
    known = matching.gather(asked.case, [expert])[expert.id]
    codes = matching.obstacles(expert, asked.case, known)
    code = matching.first_obstacle(codes, argued=bool(asked.text("override")))
    if code is not None:
        raise Refused(code, field="override" if code in matching.ARGUABLE else "expert", name=expert.name)


def offer_not_left(asked: Asked) -> None:
    """An offer can be undone without a word only while nobody has been told of it."""
    if any(offer.leaves_at <= clock.now() for offer in asked.facts.get("offers", ())):
        raise Refused("offer_left")


def open_cases_of(expert: Expert) -> int:
    """Cases that wait on this expert now, offers not counted."""
    waiting = select(func.count()).where(
        Case.expert_id == expert.id, Case.status.in_((Status.ACCEPTED, Status.CONSULTING))
    )
    return db.session.scalar(waiting) or 0


def offer_pending(asked: Asked) -> None:
    offer: Offer | None = asked.facts.get("offer")
    if offer is None or offer.status is not OfferStatus.PENDING or offer.case_id != asked.case.id:
        raise Refused("offer_gone")


def no_conflict_declared(asked: Asked) -> None:
    """Rule R12: the expert declares, for this case, that there is no conflict of interest."""
    if not asked.facts.get("no_conflict"):
        raise Refused("conflict_undeclared", field="no_conflict")
    offer: Offer = asked.facts["offer"]
    if matching.gather(asked.case, [offer.expert])[offer.expert_id].has_conflict:
        raise Refused("expert_conflict", name=offer.expert.name)


def capacity_left(asked: Asked) -> None:
    offer: Offer = asked.facts["offer"]
    expert = offer.expert
    # Somebody asked although their hands were full, with a reason, may say yes all the same.
    if not offer.override_reason and open_cases_of(expert) >= expert.max_open_cases:
        raise Refused("expert_at_capacity", name=expert.name, limit=expert.max_open_cases)


def decline_reason(asked: Asked) -> None:
    if asked.facts.get("reason_code") not in lifecycle.DECLINE_REASONS:
        raise Refused("reason_missing", field="reason")


def question_given(asked: Asked) -> None:
    if not asked.text("question"):
        raise Refused("question_missing", field="question")


def not_waiting(asked: Asked) -> None:
    if asked.case.is_paused:
        raise Refused("already_waiting")


def is_waiting(asked: Asked) -> None:
    if not asked.case.is_paused:
        raise Refused("not_waiting")


def served_something(asked: Asked) -> None:
    """A summary needs something behind it: a visit, or at least an answer in writing."""
    if _visits(asked.case, VisitStatus.VOID, without=True):
        return
    answered = db.session.scalar(select(exists().where(Message.case_id == asked.case.id, Message.side != Side.COMPANY)))
    if not answered:
        raise Refused("nothing_served")


def gate_declared(asked: Asked) -> None:
    """办法67 art. 19: only volunteer service earns hours, so the expert declares it; the station for its own."""
    if asked.case.expert_id is None:
        return
    for name in GATE:
        if not asked.facts.get("declared", {}).get(name):
            raise Refused("gate_undeclared", field=name)


def gate_checked(asked: Asked) -> None:
    for name in GATE_STATION:
        if not asked.facts.get("declared", {}).get(name):
            raise Refused("gate_undeclared", field=name)


def said_whether_paid(asked: Asked) -> None:
    """《志愿服务条例》 art. 21, 37: the company says that nothing was paid, or a review begins."""
    if asked.facts.get("paid") is not False:
        raise Refused("paid_unsaid", field="paid")


def no_visit_undecided(asked: Asked) -> None:
    """Rule R04: no minute is settled that the company has not confirmed."""
    if _visits(asked.case, VisitStatus.LOGGED) or _visits(asked.case, VisitStatus.DISPUTED):
        raise Refused("visits_undecided")


def no_open_review(asked: Asked) -> None:
    if _open_review(asked.case):
        raise Refused("review_open")


def open_review(asked: Asked) -> None:
    if not _open_review(asked.case):
        raise Refused("no_review")


def silent_long_enough(asked: Asked) -> None:
    """Silence alone never confirms; after it the station may verify and sign (rule R04)."""
    answered = _last_event(asked.case, "case.answered")
    if answered is None or answered.at + timedelta(days=lifecycle.SILENCE_DAYS) > clock.now():
        raise Refused("not_silent_yet", days=lifecycle.SILENCE_DAYS)


def not_own_hours(asked: Asked) -> None:
    """Rule R05: nobody certifies their own hours."""
    if any(_visits_by(asked.case, expert_id) for expert_id in asked.by.expert_ids):
        raise Refused("own_hours")


def three_attempts(asked: Asked) -> None:
    """Rule R09, SCORE's own number: at least three tries on three different days."""
    moments = db.session.scalars(select(ContactAttempt.at).where(ContactAttempt.case_id == asked.case.id)).all()
    days = {clock.local(moment).date() for moment in moments}
    if len(days) < lifecycle.CONTACT_ATTEMPTS:
        raise Refused("too_few_attempts", days=len(days), needed=lifecycle.CONTACT_ATTEMPTS)


def other_station(asked: Asked) -> None:
    station = asked.facts.get("station_record")
    if station is None or station.closed_at is not None or not station.takes_cases:
        raise Refused("station_missing", field="station")
    if station.id == asked.case.station_id:
        raise Refused("same_station", field="station")


def few_transfers(asked: Asked) -> None:
    if asked.case.transfer_count >= lifecycle.MAX_TRANSFERS:
        raise Refused("too_many_transfers", limit=lifecycle.MAX_TRANSFERS)


def somebody_to_return_to(asked: Asked) -> None:
    if asked.case.expert_id is None and asked.case.handler_id is None:
        raise Refused("nobody_to_return_to")


GUARDS: dict[str, Guard] = {
    guard.__name__: guard
    for guard in (
        consent_given, contact_known, few_open_cases, category_and_station, no_transfer_pending, transfer_pending,
        one_of_seven_grounds, office_named, same_company_target, no_visits_yet, no_visits_counting,
        within_unmerge_days, within_resume_days, within_reopen_days, within_appeal_days, was_submitted,
        reason_given, appeal_pending, not_who_rejected, eligible_expert, offer_not_left, offer_pending,
        no_conflict_declared, capacity_left, decline_reason, question_given, not_waiting, is_waiting,
        served_something, gate_declared, gate_checked, said_whether_paid, no_visit_undecided, no_open_review,
        open_review, silent_long_enough, not_own_hours, three_attempts, other_station, few_transfers,
        somebody_to_return_to,
    )
}  # fmt: skip

# Needs that the case alone answers, without what a form brings: a button hides when one of them says no.
ABOUT_THE_CASE = frozenset({
    "no_transfer_pending", "transfer_pending", "no_visits_yet", "no_visits_counting", "within_unmerge_days",
    "within_resume_days", "within_reopen_days", "within_appeal_days", "was_submitted", "appeal_pending",
    "not_who_rejected", "not_waiting", "is_waiting", "served_something", "no_open_review", "open_review",
    "silent_long_enough", "not_own_hours", "three_attempts", "few_transfers", "somebody_to_return_to",
})  # fmt: skip


def is_transfer_pending(case: Case) -> bool:
    """Whether another station is asked to take the case over."""
    asked = select(Transfer.id).where(Transfer.case_id == case.id, Transfer.status == TransferStatus.PENDING)
    return db.session.scalar(asked) is not None


def _open_review(case: Case) -> bool:
    return bool(db.session.scalar(select(Review.id).where(Review.case_id == case.id, Review.decision.is_(None))))


def _visits(case: Case, status: VisitStatus, *, without: bool = False) -> bool:
    matches = Visit.status != status if without else Visit.status == status
    return bool(db.session.scalar(select(exists().where(Visit.case_id == case.id, matches))))


def _visits_by(case: Case, expert_id: int) -> bool:
    return bool(db.session.scalar(select(exists().where(Visit.case_id == case.id, Visit.expert_id == expert_id))))


def _last_event(case: Case, kind: str) -> Event | None:
    return db.session.scalar(
        select(Event).where(Event.case_id == case.id, Event.kind == kind).order_by(Event.seq.desc()).limit(1)
    )


def _within(ended_at: datetime | None, days: int) -> None:
    if ended_at is None or ended_at + timedelta(days=days) < clock.now():
        raise Refused("too_late", days=days)
