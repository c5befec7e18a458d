"""Nobody records, confirms, decides or certifies their own hours, whatever other parts they hold (rule R05).

Every verb of these modules that takes an actor is either walked here with an account that is the expert and
coordinator, operator, district reviewer and member of the company at once, or named as touching no hours.
"""

from __future__ import annotations

import inspect
from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import accounts, activities, certificates, closure, corrections, hours, visits
from helpdesk.domain.activities import ActivityFacts, Attendance
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    ActivityKind,
    Certificate,
    Correction,
    HoursEntry,
    Meeting,
    Outcome,
    Role,
    Visit,
    VisitStatus,
)
from helpdesk.rules import policy
from helpdesk.rules.credit import GATE_STATION
from tests.cast import NANSHAN

MODULES: tuple[ModuleType, ...] = (visits, hours, activities, corrections, certificates, closure)

# What the expert may do, or what touches no hours.
ELSEWHERE = {
    "visits.log", "visits.change", "visits.void", "visits.dispute", "corrections.ask", "corrections.listed",
    "corrections.served", "corrections.served_at", "activities.listed", "activities.to_verify",
    "activities.stations_of", "activities.withdraw", "activities.add_files", "activities.by_number",
    "activities.remove_file",
    "closure.answer", "closure.dispute", "closure.report_payment", "closure.close_unreachable", "closure.resume",
    "closure.reopen", "closure.open_reviews", "closure.open_appeals", "certificates.without_company",
}  # fmt: skip


class Scene:
    """Qian: expert of everything here, and everything else that decides about hours."""

    def __init__(self, make, cast) -> None:
        account = cast.account("qian")
        self.make, self.cast = make, cast
        self.answered = make.case("answered", expert="qian")
        self.closed = make.case("closed", expert="qian", phone="13800138001")
        self.consulting = make.case("consulting", expert="qian", phone="13800138002")
        visits.confirm(make.visit(self.consulting, by="qian"), make.link(self.consulting))
        self.answered_visit, self.closed_visit = visits.of(self.answered)[0], visits.of(self.closed)[0]
        self.correction = corrections.ask(self.closed_visit, make.link(self.closed), says="多记了。", form_key="wrong")
        self.paper = certificates.of_case(self.closed.id)[0]
        day = clock.now() - timedelta(days=5)
        self.activity = make.activity("qian", verified_by="li", end=day)
        self.attended = activities.of(self.activity)[0]
        self.waiting = make.activity("chen", end=day - timedelta(hours=4))
        starts, ends = day - timedelta(days=2, hours=1), day - timedelta(days=2)
        self.activity_facts = ActivityFacts(
            ActivityKind.TALK, "policy", "讲座", "讲了", starts, ends, Meeting.ONSITE, "报告厅", "南山站", "某某", 3, 9
        )
        self.me = [Attendance(cast.expert("qian").id, starts, ends, "主讲")]
        accounts.grant(account, Role.OPERATOR)
        accounts.grant(account, Role.DISTRICT, district=NANSHAN)
        # Matching keeps a member from the company's cases, so that this part comes last.
        accounts.grant(account, Role.MEMBER, company_id=cast.company().id)
        db.session.refresh(account)
        self.qian = policy.who_is(account)
        self.facts = VisitFacts(
            starts_at=self.closed_visit.starts_at, ends_at=self.closed_visit.ends_at, mode=self.closed_visit.mode,
            place="", summary="改", contact_minutes=59,
        )  # fmt: skip


def withdrawn(s: Scene) -> None:
    """Withdrawing settles what was confirmed before."""
    closure.withdraw(s.consulting, s.qian, reason="other")


def confirmed_before(s: Scene) -> None:
    visits.confirm(s.answered_visit, s.make.link(s.answered))
    closure.confirm(s.answered, s.qian, outcome=Outcome.SOLVED, score=5, comment="", paid=False)


def reviewed(s: Scene) -> None:
    closure.report_payment(s.answered, s.make.link(s.answered))
    closure.decide_review(s.answered, s.qian, upheld=False, reason="没有")


def settled_by_hand(s: Scene) -> None:
    visits.confirm(s.answered_visit, s.make.link(s.answered))
    hours.settle(s.answered, s.qian)


VERBS = {
    "visits.confirm": lambda s: visits.confirm(s.answered_visit, s.qian),
    "visits.verify": lambda s: visits.verify(s.answered_visit, s.qian),
    "visits.decide": lambda s: visits.decide(s.answered_visit, VisitStatus.VERIFIED, s.qian),
    "visits.amend": lambda s: visits.amend(s.closed_visit, s.qian, facts=s.facts),
    "hours.settle": settled_by_hand,
    "hours.correct": lambda s: hours.correct(s.closed_visit, s.qian, reason="x"),
    "hours.credit_visit": lambda s: hours.credit_visit(s.attended, s.qian),
    "hours.take_off": lambda s: hours.take_off(s.attended, s.qian, reason="x"),
    "activities.record": lambda s: activities.record(
        s.make.cast.station(), s.qian, facts=s.activity_facts, experts=s.me, form_key="mine"
    ),
    "activities.change": lambda s: activities.change(s.waiting, s.qian, facts=s.activity_facts, experts=s.me),
    "activities.give_back": lambda s: activities.give_back(s.activity, s.qian, reason="x"),
    "activities.verify": lambda s: activities.verify(s.activity, s.qian, score=5),
    "activities.reverse": lambda s: activities.reverse(s.attended, s.qian, reason="x"),
    "hours.reverse": lambda s: hours.reverse(s.closed_visit, s.qian, reason="x"),
    "hours.move": lambda s: hours.move(s.closed_visit, s.make.cast.expert("wu"), None, s.qian, reason="x"),
    "corrections.grant": lambda s: corrections.grant(s.correction, s.qian, facts=s.facts, reason="x"),
    "corrections.refuse": lambda s: corrections.refuse(s.correction, s.qian, reason="x"),
    "certificates.issue": lambda s: certificates.issue(s.closed, s.closed_visit.expert_id, s.qian),
    "certificates.revoke": lambda s: certificates.revoke(s.paper, s.qian, reason="x"),
    "certificates.reissue": lambda s: certificates.reissue(s.paper, s.qian, reason="x"),
    "closure.confirm": confirmed_before,
    "closure.answer_back": lambda s: closure.answer_back(
        s.answered, s.qian, outcome=Outcome.SOLVED, score=5, comment="", paid=False, wrong_visits={}
    ),
    "closure.verify": lambda s: closure.verify(
        s.answered, s.qian, decisions={s.answered_visit.id: True}, declared=dict.fromkeys(GATE_STATION, True)
    ),
    "closure.decide_review": reviewed,
    "closure.withdraw": withdrawn,
}


def test_every_verb_is_walked_or_named():
    found = {
        f"{module.__name__.rsplit('.', 1)[1]}.{name}"
        for module in MODULES
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and {"by", "who"} & set(inspect.signature(function).parameters)
    }
    assert found == set(VERBS) | ELSEWHERE


@pytest.mark.parametrize("verb", VERBS)
def test_the_verb_refuses(make, cast, verb):
    scene = Scene(make, cast)
    before = (_minutes(), _papers())
    with clock.at(clock.now().replace(day=28)), pytest.raises((Refused, NotAllowed)) as refusal:
        savepoint = db.session.begin_nested()
        try:
            VERBS[verb](scene)
        finally:
            savepoint.rollback()
    is_own = getattr(refusal.value, "code", "") in ("own_hours", "own_activity")
    assert is_own or str(refusal.value) in policy.ACTIONS, refusal.value
    assert (_minutes(), _papers()) == before


def _minutes() -> int:
    return db.session.scalar(db.select(db.func.sum(HoursEntry.minutes))) or 0


def _papers() -> list[tuple[str, str]]:
    return [(p.number, p.status) for p in db.session.scalars(db.select(Certificate).order_by(Certificate.id))]


def test_the_policy_gives_none_of_these_rights(make, cast):
    scene = Scene(make, cast)
    for case in (scene.answered, scene.closed):
        may = policy.allowed(
            scene.qian, case, ["visit.verify", "case.verify", "case.judge_review", "case.reverse_hours"]
        )
        assert may == frozenset(), may
    assert policy.allowed(scene.qian, scene.correction, ["correction.read", "correction.decide"]) == {"correction.read"}


def test_a_part_that_ended_is_still_oneself(make, cast):
    """Who logged the visit with this account stays its expert when the expert's part is taken away."""
    scene = Scene(make, cast)
    account = cast.account("qian")
    accounts.end_grant(next(g for g in account.grants if g.role is Role.EXPERT))
    former = policy.who_is(account)
    assert former.expert_ids == ()
    with pytest.raises((Refused, NotAllowed)):
        corrections.refuse(scene.correction, former, reason="x")
    with pytest.raises(Refused, match="own_hours"):
        hours.reverse(scene.closed_visit, former, reason="x")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE visits SET decided_by_id = expert_account_id",
        "UPDATE certificates SET issued_by_id = expert_account_id",
        "UPDATE corrections SET decided_by_id = expert_account_id, decided_by = 'x', decided_at = asked_at,"
        " state = 'refused', reason = 'x'",
        "UPDATE corrections SET asked_by_id = 1, decided_by_id = 1, decided_by = 'x', decided_at = asked_at,"
        " state = 'refused', reason = 'x'",
        "INSERT INTO hours_entries (kind, minutes, expert_id, expert_account_id, case_id, visit_id, revision,"
        " station_id, category_code, mode, served_on, confirmed_by, reason, recorded_at, recorded_by_id, recorded_by,"
        " previous_hash, hash) SELECT kind, minutes, expert_id, expert_account_id, case_id, visit_id, 9, station_id,"
        " category_code, mode, served_on, confirmed_by, reason, recorded_at, expert_account_id, recorded_by, 'p', 'h'"
        " FROM hours_entries",
    ],
)
def test_the_database_refuses_too(town, statement):
    Scene(town, town.cast)
    assert db.session.scalar(db.select(Visit.id).where(Visit.expert_account_id.is_not(None)))
    assert db.session.scalar(db.select(Correction.id).where(Correction.expert_account_id.is_not(None)))
    with pytest.raises(IntegrityError):
        db.session.execute(text(statement))
