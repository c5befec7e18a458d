"""How a case ends: summary, confirmation, dispute, verification, and the other ways out and back."""

from __future__ import annotations

from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import assignment, deadlines, hours, life, record, transfers, visits
from helpdesk.domain.intake import give_consent
from helpdesk.errors import Refused
from helpdesk.models import (
    Answer,
    Case,
    ContactAttempt,
    Event,
    Feedback,
    Outcome,
    Review,
    Status,
    Visit,
    VisitStatus,
)
from helpdesk.rules import lifecycle, policy, separation
from helpdesk.rules.policy import Who

LONGEST = 2000


def answer(
    case: Case,
    by: Who,
    *,
    problem: str,
    advice: str,
    result: str,
    declared: dict[str, bool],
    seen: int | None = None,
) -> Answer:
    """The summary in three short boxes, and the expert's part of the gate (办法67 art. 19); the company decides."""
    for name, text in (("problem", problem), ("advice", advice), ("result", result)):
        if not text.strip():
            raise Refused("text_missing", field=name)
        if len(text) > LONGEST:
            raise Refused("text_too_long", field=name, over=len(text) - LONGEST)
    minutes = db.session.scalar(
        select(func.coalesce(func.sum(Visit.counted_minutes), 0)).where(
            Visit.case_id == case.id, Visit.status != VisitStatus.VOID
        )
    )
    life.take(case, "answer", by, seen=seen, asked={"declared": declared}, minutes=int(minutes or 0))
    written = db.session.scalar(
        select(func.count()).select_from(Answer).where(Answer.case_id == case.id, Answer.round == case.round)
    )
    row = Answer(
        case_id=case.id,
        round=case.round,
        sequence=int(written or 0) + 1,
        expert_id=case.expert_id,
        by_name=by.name,
        problem=problem.strip(),
        advice=advice.strip(),
        result=result.strip(),
        declared={name: bool(value) for name, value in declared.items()},
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def confirm(
    case: Case,
    by: Who,
    *,
    outcome: Outcome,
    score: int | None,
    comment: str,
    paid: bool | None,
    name_on_paper: bool = False,
    seen: int | None = None,
) -> None:
    """The company says it is done, that nothing was paid, and how it was: hours are settled, papers issued.

    When it says that something was paid, the case stays open and a review begins (《志愿服务条例》 art. 21).
    """
    record.hold(case)
    life.check_version(case, seen)
    if paid:
        report_payment(case, by, note=comment)
        return
    feedback = _feedback(case, by, outcome=outcome, score=score, comment=comment, paid=False)
    life.take(
        case,
        "confirm",
        by,
        asked={"paid": paid},
        sets={"outcome": outcome},
        outcome=outcome.value,
        score=score,
        minutes=_counting_minutes(case),
    )
    db.session.add(feedback)
    if name_on_paper:
        give_consent(case, "paper_name")
    db.session.flush()
    hours.settle(case, by)


def answer_back(
    case: Case,
    by: Who,
    *,
    outcome: Outcome | None,
    score: int | None,
    comment: str,
    paid: bool,
    wrong_visits: dict[int, str],
    name_on_paper: bool = False,
    seen: int | None = None,
) -> bool:
    """Everything the company says on one page: visits right or wrong, paid or not, solved (an outcome) or not (None).

    Whatever else is said, a payment is reported; a wrong time goes back to the expert with its reason. Returns whether
    the case has ended. Raises Refused as the single verbs do, and then nothing at all has happened.
    """
    record.hold(case)
    life.check_version(case, seen)
    for visit in visits.undecided(case):
        if visit.id in wrong_visits:
            visits.dispute(visit, by, reason=wrong_visits[visit.id])
        elif outcome is not None:
            visits.confirm(visit, by)
    if outcome is None:
        dispute(case, by, reason=comment)
    # After the dispute: an open review would stop it.
    if paid:
        report_payment(case, by, note=comment)
    if outcome is None or paid or wrong_visits:
        return False
    confirm(case, by, outcome=outcome, score=score, comment=comment, paid=False, name_on_paper=name_on_paper)
    return True


def dispute(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """Not solved: back to the expert with the company's words, no second form."""
    before = db.session.scalar(
        select(func.count()).select_from(Event).where(Event.case_id == case.id, Event.kind == "case.disputed")
    )
    life.take(
        case,
        "dispute",
        by,
        seen=seen,
        asked={"reason": reason},
        reason=reason.strip(),
        count=int(before or 0) + 1,
    )


def report_payment(case: Case, by: Who, *, note: str = "") -> Review:
    """Somebody says money changed hands: no hour is settled until a person outside the station has decided."""
    life.take(case, "report_payment", by, note=note.strip())
    review = Review(case_id=case.id, said_by=by.name, note=note.strip(), opened_at=clock.now())
    db.session.add(review)
    db.session.flush()
    return review


def decide_review(case: Case, by: Who, *, upheld: bool, reason: str, seen: int | None = None) -> Review:
    """The district or the corps decides. Upheld, every unsettled visit is void and nothing is earned."""
    record.hold(case)
    review = db.session.scalar(select(Review).where(Review.case_id == case.id, Review.decision.is_(None)))
    for visit in visits.of(case):
        separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    decision = "upheld" if upheld else "cleared"
    life.take(
        case,
        "decide_review",
        by,
        seen=seen,
        asked={"reason": reason},
        decision=decision,
        reason=reason.strip(),
    )
    assert review is not None
    review.decision, review.reason = decision, reason.strip()
    review.decided_by_id, review.decided_by, review.decided_at = by.account_id, by.name, clock.now()
    if upheld:
        for visit in visits.of(case):
            if visit.status is not VisitStatus.VOID and hours.minutes_of_visit(visit.id) == 0:
                visit.status, visit.version = VisitStatus.VOID, visit.version + 1
                visit.decided_at, visit.decided_by, visit.decided_by_id = clock.now(), by.name, by.account_id
    db.session.flush()
    return review


def verify(
    case: Case,
    by: Who,
    *,
    decisions: dict[int, bool],
    declared: dict[str, bool],
    reason: str = "",
    seen: int | None = None,
) -> None:
    """The company stayed silent: the station looks at each undecided visit, vouches or strikes it, and signs.

    `decisions` says for each undecided visit whether it stands. The score stays empty (rule R04).
    """
    record.hold(case)
    life.check_version(case, seen)
    open_visits = visits.undecided(case)
    if any(visit.id not in decisions for visit in open_visits):
        raise Refused("visits_undecided")
    savepoint = db.session.begin_nested()
    try:
        for visit in open_visits:
            if decisions[visit.id]:
                visits.verify(visit, by)
            else:
                visits.void(visit, by, reason=reason)
        minutes = _counting_minutes(case)
        life.take(
            case,
            "verify",
            by,
            asked={"declared": declared},
            sets={"outcome": Outcome.UNCONFIRMED},
            outcome=Outcome.UNCONFIRMED.value,
            minutes=minutes,
        )
        hours.settle(case, by)
    except BaseException:
        savepoint.rollback()
        raise
    savepoint.commit()


def close_unreachable(case: Case, by: Who, *, seen: int | None = None) -> None:
    """Three tries on three days and nobody there: closed without hours or paper, reopenable."""
    tries = db.session.scalar(select(func.count()).select_from(ContactAttempt).where(ContactAttempt.case_id == case.id))
    life.take(
        case,
        "close_unreachable",
        by,
        seen=seen,
        sets={"outcome": Outcome.UNREACHABLE},
        attempts=int(tries or 0),
    )
    _leave_nothing_pending(case, by)


def withdraw(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """The company takes its request back. Visits it has confirmed were served, so they are settled."""
    code = reason if reason in lifecycle.WITHDRAW_REASONS else "other"
    life.take(case, "withdraw", by, seen=seen, sets={"reason_code": code}, reason=code)
    _leave_nothing_pending(case, by)
    if case.category_code is not None:
        hours.settle(case, by)


def resume(case: Case, by: Who, *, seen: int | None = None) -> None:
    """The company wants its request back on the way: it starts at the station's door."""
    life.take(case, "resume", by, seen=seen, sets={"reason_code": None, "expert_id": None, "handler_id": None})


def reopen(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """Back to the same expert within thirty days. What was settled stays; a new end adds to it."""
    life.take(
        case,
        "reopen",
        by,
        seen=seen,
        asked={"reason": reason},
        sets={"round": Case.round + 1, "outcome": None},
        reason=reason.strip(),
    )


def latest_answer(case: Case) -> Answer | None:
    """The newest summary of the case."""
    return db.session.scalar(
        select(Answer).where(Answer.case_id == case.id).order_by(Answer.round.desc(), Answer.sequence.desc()).limit(1)
    )


def latest_feedback(case: Case) -> Feedback | None:
    """The newest feedback of the company."""
    return db.session.scalar(
        select(Feedback).where(Feedback.case_id == case.id).order_by(Feedback.round.desc()).limit(1)
    )


def _feedback(case: Case, by: Who, *, outcome: Outcome, score: int | None, comment: str, paid: bool) -> Feedback:
    if outcome not in (Outcome.SOLVED, Outcome.PARTLY):
        raise Refused("outcome_missing", field="outcome")
    if score is not None and not 1 <= score <= 5:
        raise Refused("score_out_of_range", field="score")
    return Feedback(
        case_id=case.id,
        expert_id=case.expert_id,
        round=case.round,
        outcome=outcome,
        score=score,
        comment=comment.strip()[:LONGEST],
        paid=paid,
        by_name=by.name,
        at=clock.now(),
    )


def _counting_minutes(case: Case) -> int:
    total = db.session.scalar(
        select(func.coalesce(func.sum(Visit.counted_minutes), 0)).where(
            Visit.case_id == case.id, Visit.status.in_((VisitStatus.CONFIRMED, VisitStatus.VERIFIED))
        )
    )
    return int(total or 0)


def _leave_nothing_pending(case: Case, by: Who) -> None:
    assignment.rescind_all(case)
    transfers.drop_pending(case, by)
    deadlines.refresh(case)


def open_reviews(by: Who) -> list[Review]:
    """Reported payments that wait for a decision of this person, oldest first."""
    return list(
        db.session.scalars(
            select(Review)
            .join(Case, Case.id == Review.case_id)
            .where(Review.decision.is_(None), policy.which(by, "case.judge_review"))
            .order_by(Review.opened_at)
            .limit(200)
        )
    )


def open_appeals(by: Who) -> list[tuple[Case, Event]]:
    """Rejected cases whose company appealed and nobody has judged yet, oldest first."""
    rows = db.session.execute(
        select(Case, Event)
        .join(Event, (Event.case_id == Case.id) & (Event.kind == "case.appealed"))
        .where(Case.status == Status.REJECTED, policy.which(by, "case.judge_appeal"))
        .order_by(Event.at)
        .limit(200)
    )
    return [(case, event) for case, event in rows]
