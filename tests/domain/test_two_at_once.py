"""Two people acting at once: one wins, the other is told, nothing is lost; numbers have no gaps. On both engines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk import create_app
from helpdesk.db import begin, db, transaction
from helpdesk.domain import (
    accounts,
    activities,
    assignment,
    closure,
    corrections,
    expert_merges,
    intake,
    ledger_checks,
    triage,
    visits,
)
from helpdesk.domain.activities import ActivityFacts, Attendance
from helpdesk.domain.intake import Contact
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import HelpdeskError, NotAllowed, Refused, Stale
from helpdesk.models import Activity, Case, Certificate, Correction, HoursEntry, Offer, Status
from tests import conftest
from tests.cast import SOUTHLIGHT, Cast
from tests.make import Make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[Flask]:
    """An application on a database of its own; its threads each have their own connection."""
    if request.param == "sqlite":
        app: Flask = request.getfixturevalue("app")
        yield app
        return
    app = create_app(conftest.settings(tmp_path, request.getfixturevalue("postgres_copy")))
    with app.app_context(), house_clock.at(conftest.NOW):
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run each act in its own thread, transaction and connection, all starting together; results or refusals."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(n: int, act: Callable[[], Any]) -> None:
        with app.app_context(), house_clock.at(conftest.NOW):
            gate.wait()
            try:
                with transaction():
                    results[n] = act()
            except HelpdeskError as refusal:
                results[n] = refusal
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def ready(office: Flask, to: str) -> int:
    """A case in this state, committed; its id."""
    begin(read_only=False)
    case = Make(Cast()).case(to)
    db.session.commit()
    case_id = case.id
    db.session.remove()
    return case_id


def test_twelve_requests_at_once_get_numbers_without_gaps(office):
    def send(n: int) -> Callable[[], str | None]:
        def act() -> str | None:
            case = intake.start("我们的设备贷要到期了，银行说要降额，怎么办", category=None, locale="zh_Hans_CN")
            case.contact_name = "某女士"
            intake.submit(
                case,
                intake.requester(case),
                company=SOUTHLIGHT,
                contact=Contact("某女士", f"1380000{n:04d}"),
                consents={"handling": True},
            )
            if n % 4 == 3:
                raise Refused("text_missing")
            return case.number

        return act

    results = at_once(office, *(send(n) for n in range(12)))
    numbers = sorted(r for r in results if isinstance(r, str))
    assert numbers == [f"SZ-26-{n:05d}" for n in range(1, 10)]


def test_the_same_draft_sent_twice_is_one_case(office):
    with transaction():
        case = intake.start("我们的设备贷要到期了，银行说要降额", category=None, locale="zh_Hans_CN")
        case.contact_name, token = "某女士", case.tracking_token
    db.session.remove()

    def send() -> str | None:
        draft = intake.draft_by_token(token)
        contact = Contact("某女士", "13800138000")
        return intake.submit(
            draft, intake.requester(draft), company=SOUTHLIGHT, contact=contact, consents={"handling": True}
        ).number

    results = at_once(office, send, send, send)
    assert {r for r in results if isinstance(r, str)} == {"SZ-26-00001"}
    assert db.session.scalar(select(func.count()).select_from(Case).where(Case.number.is_not(None))) == 1


def test_one_accepts_while_the_coordinator_recalls(office):
    case_id = ready(office, "offered")

    def accept() -> str:
        offer = db.session.scalars(select(Offer).where(Offer.case_id == case_id)).one()
        assignment.accept(offer, Cast().chen, no_conflict=True)
        return "accepted"

    def recall() -> str:
        assignment.recall(db.session.get_one(Case, case_id), Cast().wang, reason="换人")
        return "recalled"

    results = at_once(office, accept, recall)
    winners = [r for r in results if isinstance(r, str)]
    assert len(winners) == 1, results
    assert all(isinstance(r, Refused) for r in results if not isinstance(r, str))
    case = db.session.get_one(Case, case_id)
    assert case.status is (Status.ACCEPTED if winners == ["accepted"] else Status.TRIAGED)


def test_two_coordinators_triage_and_the_second_is_told_who_was_first(office):
    case_id = ready(office, "submitted")
    version = db.session.get_one(Case, case_id).version
    db.session.remove()

    def sort(who: str, category: str) -> Callable[[], str]:
        def act() -> str:
            person = getattr(Cast(), who)
            triage.triage(db.session.get_one(Case, case_id), person, category_code=category, seen=version)
            return category

        return act

    results = at_once(office, sort("wang", "policy"), sort("qian", "finance"))
    told = [r for r in results if isinstance(r, Stale)]
    assert len(told) == 1
    assert told[0].facts["who"] in ("王岚", "钱进")


def test_confirming_twice_at_once_settles_once(office):
    case_id = ready(office, "answered")

    def confirm() -> str:
        case = db.session.get_one(Case, case_id)
        make = Make(Cast())
        for visit in visits.undecided(case):
            visits.confirm(visit, make.link(case))
        make.confirm(case)
        return "closed"

    def verify() -> str:
        case = db.session.get_one(Case, case_id)
        closure.verify(case, Cast().wang, decisions={}, declared={})
        return "verified"

    results = at_once(office, confirm, confirm, verify)
    assert results.count("closed") == 1, results
    assert db.session.scalar(select(func.sum(HoursEntry.minutes))) == 60
    assert db.session.scalar(select(func.count()).select_from(Certificate)) == 1


def test_one_expert_cannot_log_overlapping_visits_at_once(office):
    first, second = ready(office, "consulting"), None
    begin(read_only=False)
    second_case = Make(Cast()).case("consulting", phone="13700137000")
    db.session.commit()
    second = second_case.id
    db.session.remove()

    def log(case_id: int) -> Callable[[], str]:
        def act() -> str:
            start = house_clock.now() - timedelta(minutes=60)
            Make(Cast()).visit(db.session.get_one(Case, case_id), start=start)
            return "logged"

        return act

    results = at_once(office, log(first), log(second))
    assert results.count("logged") == 1, results
    assert next(r for r in results if r != "logged").code == "visit_overlaps"


def test_of_several_asked_two_accept_at_once_and_one_has_it(office):
    """Broadcast: the first comer has the case, the other is told that it is gone."""
    with transaction():
        case = Make(Cast()).case("triaged")
        offers = {o.expert_id: o.id for o in assignment.offer_to_several(case, Cast().wang)}
        case_id = case.id
    db.session.remove()

    def accept(login: str) -> Callable[[], Any]:
        def act() -> Any:
            who = getattr(Cast(), login)
            return assignment.accept(db.session.get_one(Offer, offers[who.expert_id]), who, no_conflict=True)

        return act

    results = at_once(office, accept("chen"), accept("wu"), accept("qian"))
    won = [r for r in results if isinstance(r, Case)]
    lost = [r for r in results if isinstance(r, (Refused, Stale, NotAllowed))]
    assert (len(won), len(lost)) == (1, 2)
    begin(read_only=True)
    case = db.session.get_one(Case, case_id, populate_existing=True)
    assert case.status is Status.ACCEPTED
    states = sorted(o.status for o in db.session.scalars(select(Offer).where(Offer.case_id == case_id)))
    assert states == ["accepted", "rescinded", "rescinded"]


def test_two_operators_award_at_once_and_one_has_done_it(office):
    """Exactly one award; the other is told who was first."""
    from helpdesk.domain import awards
    from helpdesk.errors import Stale as Told
    from helpdesk.models import Award, CommendationEvent, Nomination, Role
    from tests import commending

    begin(read_only=False)
    make = Make(Cast())
    make.case("closed")
    accounts.grant(make.cast.account("chu"), Role.OPERATOR)
    row_id = commending.to_notice(make).id
    db.session.commit()
    db.session.remove()

    def award(login: str) -> Callable[[], Any]:
        def act() -> Any:
            with commending.later(days=30):
                return awards.award(db.session.get_one(Nomination, row_id), getattr(Cast(), login))

        return act

    results = at_once(office, award("zhou"), award("chu"))
    [given] = [r for r in results if isinstance(r, Award)]
    [told] = [r for r in results if isinstance(r, Told)]
    assert (told.code, told.facts["who"]) == ("award_given_already", given.awarded_by)
    begin(read_only=True)
    assert db.session.scalar(select(func.count()).select_from(Award)) == 1
    events = select(func.count()).select_from(CommendationEvent).where(CommendationEvent.kind == "award.given")
    assert db.session.scalar(events) == 1


def test_the_freeze_and_a_nomination_at_once_lose_nobody(office):
    """Either the nomination was in time and was frozen with the others, or its maker is told that it was not."""
    from helpdesk.domain import cycles, nominations
    from helpdesk.models import Cycle, Nomination, NominationState
    from tests import commending

    begin(read_only=False)
    make = Make(Cast())
    cycle = commending.open_cycle(make)
    cycle.nominations_until = house_clock.today()
    cycle_id, chen = cycle.id, make.cast.expert("chen").id
    db.session.commit()
    db.session.remove()

    def freeze() -> Any:
        with commending.later(days=1):
            return cycles.freeze(Cast().zhou, db.session.get_one(Cycle, cycle_id)).state.value

    def nominate() -> Any:
        return nominations.nominate(Cast().wang, db.session.get_one(Cycle, cycle_id), chen, reason="好").id

    frozen, made = at_once(office, freeze, nominate)
    assert frozen == "review"
    begin(read_only=True)
    states = list(db.session.scalars(select(Nomination.state)))
    assert states == ([] if isinstance(made, Refused) else [NominationState.UNQUALIFIED]), (made, states)


def activity(office: Flask, to: str = "recorded") -> int:
    """An activity of Chen and Wu, committed; its id."""
    begin(read_only=False)
    row = Make(Cast()).activity("chen", "wu", verified_by="li" if to == "verified" else "")
    db.session.commit()
    row_id = row.id
    db.session.remove()
    return row_id


def held(row: Activity) -> tuple[ActivityFacts, list[Attendance]]:
    facts = ActivityFacts(
        row.kind, row.category_code, row.title, row.content, row.starts_at, row.ends_at, row.mode, row.place,
        row.organiser, row.leader, row.companies, row.people,
    )  # fmt: skip
    return facts, [Attendance(v.expert_id, v.starts_at, v.ends_at, "主讲") for v in activities.of(row)]


def test_two_who_verify_one_activity_at_once_credit_it_once(office):
    row_id = activity(office)

    def verify(login: str) -> Callable[[], int]:
        return lambda: activities.verify(db.session.get_one(Activity, row_id), getattr(Cast(), login), score=5)

    results = at_once(office, verify("li"), verify("zhou"), verify("qian"))
    assert sorted(type(r).__name__ for r in results) == ["Refused", "Refused", "int"], results
    begin(read_only=True)
    assert db.session.scalar(select(func.sum(HoursEntry.minutes))) == 240
    assert ledger_checks.look().troubles == []


def test_the_same_new_activity_sent_twice_at_once_is_one(office):
    row_id = activity(office)

    def send() -> int:
        row, cast = db.session.get_one(Activity, row_id), Cast()
        facts, there = held(row)
        day = timedelta(days=1)
        facts = replace(facts, starts_at=facts.starts_at - day, ends_at=facts.ends_at - day)
        there = [replace(one, starts_at=one.starts_at - day, ends_at=one.ends_at - day) for one in there]
        return activities.record(cast.station(), cast.wang, facts=facts, experts=there, form_key="twice").id

    results = at_once(office, send, send)
    assert results[0] == results[1], results
    begin(read_only=True)
    assert db.session.scalar(select(func.count()).select_from(Activity)) == 2


def test_two_who_change_it_with_the_experts_in_other_orders_do_not_lock_each_other(office):
    row_id = activity(office)

    def change(login: str, *, turned: bool) -> Callable[[], int]:
        def act() -> int:
            row = db.session.get_one(Activity, row_id)
            facts, there = held(row)
            who = getattr(Cast(), login)
            return activities.change(row, who, facts=facts, experts=there[::-1] if turned else there).version

        return act

    results = at_once(office, change("wang", turned=False), change("qian", turned=True))
    assert sorted(results) == [2, 3], results


def test_a_merge_and_a_correction_at_once_leave_a_ledger_that_holds(office):
    row_id = activity(office, "verified")
    with transaction():
        cast = Cast()
        row = db.session.get_one(Activity, row_id)
        wrong = next(v for v in activities.settled(row) if v.expert_id == cast.expert("wu").id)
        asked_id = corrections.ask(wrong, cast.wu, says="少了", form_key="k").id
    db.session.remove()

    def merge() -> int:
        cast = Cast()
        wu, zheng = cast.expert("wu"), cast.expert("zheng")
        return expert_merges.merge(wu, cast.zhou, survivor=zheng, named=zheng.name, reason="登记了两次")

    def grant() -> str:
        asked = db.session.get_one(Correction, asked_id)
        visit = asked.visit
        facts = VisitFacts(visit.starts_at + timedelta(minutes=30), visit.ends_at, visit.mode, visit.place, "主讲")
        return corrections.grant(asked, Cast().qian, facts=facts, reason="看了签到表").state.value

    results = at_once(office, merge, grant)
    assert not [r for r in results if r is None], results
    begin(read_only=True)
    assert ledger_checks.look().troubles == []
    zheng = Cast().expert("zheng").id
    assert db.session.scalar(select(func.sum(HoursEntry.minutes)).where(HoursEntry.expert_id == zheng)) == 90
