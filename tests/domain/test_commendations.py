"""From the rules to the honour roll: a cycle with people in it, on either engine."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import (
    awards,
    commendation_log,
    cycles,
    evidence,
    hours,
    nominations,
    routing,
    schemes,
)
from helpdesk.domain.schemes import Draft
from helpdesk.errors import NotAllowed, NotFound, Refused, Stale
from helpdesk.models import (
    CommendationEvent,
    Company,
    CycleState,
    ExpertStatus,
    NominationState,
    PaperStatus,
    Publicity,
    Recommendation,
    Route,
    Scheme,
    Subject,
)
from helpdesk.rules.commendation import AT_LEAST, Condition, Criteria, Level
from tests.cast import OTHER
from tests.commending import YEAR, criteria, ladder, later, open_cycle, reverse, title, to_award, to_city, to_notice


def scheme_of(code: str) -> Scheme:
    return db.session.scalars(select(Scheme).where(Scheme.code == code)).one()


# --- schemes and dry run ---


def test_the_shipped_schemes_are_loaded_once(make):
    schemes.seed()
    schemes.seed()
    assert db.session.scalar(select(func.count()).select_from(Scheme)) == len(schemes.SHIPPED)
    shenzhen = schemes.in_force(scheme_of("shenzhen-2020"))
    assert (shenzhen.once_only, shenzhen.routes, shenzhen.notice_days) == (True, ["organisation"], 5)
    assert schemes.in_force(scheme_of("longgang-2023")).stages == ["district"]


def test_the_experts_progress_is_read_from_the_default_ladder(make):
    make.case("closed")
    chen = make.cast.expert("chen")
    assert next((r.star, r.minutes, r.months) for r in schemes.rungs()) == (1, 6000, 0)
    assert hours.progress(chen).missing_minutes == 5940
    national = scheme_of("national-2012")
    schemes.write(make.cast.zhou, national, Draft(criteria(1, months=1), date(2026, 1, 1), basis="b", approver="a"))
    assert hours.progress(chen).star == 1
    assert schemes.rungs(date(2025, 6, 1))[0].minutes == 6000, "what held then still holds for then"


def test_a_version_holds_from_its_day_to_its_day(make):
    scheme = title(make, criteria(1), effective_from=date(2026, 1, 1), effective_to=date(2026, 6, 30))
    assert schemes.in_force(scheme, date(2026, 6, 30)).number == 1
    assert schemes.in_force(scheme, date(2026, 7, 1)) is None
    schemes.write(make.cast.zhou, scheme, Draft(criteria(2), date(2026, 6, 1), basis="b", approver="a"))
    assert schemes.in_force(scheme, date(2026, 5, 31)).number == 1
    assert schemes.in_force(scheme, date(2026, 6, 1)).number == 2


def test_who_writes_on_an_old_version_is_told(make):
    scheme = title(make, criteria(1))
    draft = Draft(criteria(2), date(2026, 1, 1), basis="b", approver="a")
    schemes.write(make.cast.zhou, scheme, draft, seen=1)
    with pytest.raises(Refused, match="scheme_changed_meanwhile"):
        schemes.write(make.cast.zhou, scheme, draft, seen=1)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("scheme_routes", {"routes": ()}),
        ("scheme_stages", {"stages": ("moon",)}),
        ("scheme_notice_days", {"notice_days": 31}),
        ("scheme_dates", {"effective_to": date(2019, 1, 1)}),
        ("scheme_no_level", {"criteria": Criteria(())}),
    ],
)
def test_a_version_that_cannot_be(make, code, changes):
    scheme = title(make, criteria(1))
    draft = Draft(**{"criteria": criteria(1), "effective_from": date(2026, 1, 1), **changes})
    with pytest.raises(Refused, match=code):
        schemes.write(make.cast.zhou, scheme, draft)


def test_only_experts_nominate_themselves(make):
    draft = Draft(criteria(1), date(2026, 1, 1), routes=(Route.SELF,))
    with pytest.raises(Refused, match="scheme_self"):
        schemes.write(make.cast.zhou, scheme_of("station-of-the-year"), draft)


@pytest.mark.parametrize("login", ["wang", "li", "chen", "lin", "feng", "sun"])
def test_only_the_operator_writes_rules_and_runs_cycles(make, login):
    scheme, who = title(make, criteria(1)), getattr(make.cast, login)
    with pytest.raises(NotAllowed):
        schemes.write(who, scheme, Draft(criteria(2), date(2026, 1, 1)))
    with pytest.raises(NotAllowed):
        schemes.dry_run(who, scheme, criteria(1), *YEAR)
    with pytest.raises(NotAllowed):
        cycles.open_(who, scheme, name="x", period_from=YEAR[0], period_to=YEAR[1], nominations_until=YEAR[1])


def test_a_version_is_never_changed(town):
    scheme = title(town, criteria(1))
    db.session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text(f"UPDATE scheme_versions SET notice_days = 0 WHERE scheme_id = {scheme.id}"))
    db.session.rollback()
    with pytest.raises(DBAPIError, match="append-only"):
        db.session.execute(text("DELETE FROM commendation_events"))
    db.session.rollback()


def test_a_dry_run_says_who_and_why_and_writes_nothing(make):
    make.case("closed")
    make.case("closed", expert="wu", phone="13800000001")
    before = db.session.scalar(select(func.count()).select_from(CommendationEvent))
    needs = (Condition("minutes", AT_LEAST, 60), Condition("rating", AT_LEAST, 400))
    rows = schemes.dry_run(
        make.cast.zhou, scheme_of("expert-of-the-year"), Criteria((Level(1, "一", "1"),), needs), *YEAR
    )
    assert {r.thing.name for r in rows} == {"陈明远", "吴刚"}
    checks = [(c.condition.measure, c.figure, c.holds) for c in rows[0].finding.checks]
    assert checks == [("minutes", 60, True), ("rating", 500, True)]
    assert db.session.scalar(select(func.count()).select_from(CommendationEvent)) == before


def test_every_measure_is_reckoned(town):
    """Two cases of two companies in two districts; one rated 5, one 4; one visit recorded late."""
    with clock.at(clock.now() - timedelta(days=40)):
        first = town.case("closed")
    second = town.case("consulting", company=OTHER, phone="13900000001")
    visit = town.visit(second, start=clock.now() - timedelta(minutes=60))
    visit.starts_at -= timedelta(days=40, hours=3)
    visit.ends_at -= timedelta(days=40, hours=3)
    town.answer(second)
    town._closed(second)
    chen = town.cast.expert("chen").id
    figures = evidence.facts(Subject.EXPERT, *YEAR, [chen])[chen]
    assert figures == {
        "total_minutes": 120, "minutes": 120, "company_minutes": 120, "months": 34,
        "idle_months": figures["idle_months"],
        "cases": 2, "activities": 0, "companies": 2, "first_companies": 2, "districts": 2, "industries": 1,
        "experts": 1, "rating": 500, "ratings": 2, "timely": 50, "upheld": 0,
    }  # fmt: skip
    assert figures["idle_months"] > 0
    nanshan = town.cast.station().id
    assert evidence.facts(Subject.STATION, *YEAR, [nanshan])[nanshan]["cases"] == 1
    assert first.company_id != second.company_id


def test_employers_and_teams_have_the_hours_of_their_people(town):
    town.case("closed")
    chen = town.cast.expert("chen")
    chen.employer_company_id = db.session.scalars(select(Company).where(Company.name == OTHER.name)).one().id
    team = routing.write_team(town.cast.zhou, None, name="法律组", expert_ids=[chen.id])
    db.session.flush()
    assert evidence.facts(Subject.COMPANY, *YEAR)[chen.employer_company_id]["minutes"] == 60
    assert evidence.facts(Subject.TEAM, *YEAR)[team.id]["minutes"] == 60
    assert evidence.facts(Subject.COMPANY, *YEAR)[chen.employer_company_id]["rating"] == 500


def test_what_was_reversed_counts_nowhere(town):
    case = town.case("closed")
    reverse(case)
    chen = town.cast.expert("chen").id
    figures = evidence.facts(Subject.EXPERT, *YEAR, [chen])[chen]
    assert [figures[m] for m in ("total_minutes", "minutes", "cases", "companies", "districts")] == [0] * 5


def test_the_evidence_takes_as_many_statements_for_one_as_for_all(make):
    make.case("closed")
    for n, login in enumerate(("wu", "qian", "zheng")):
        field = "legal" if login == "zheng" else "policy"
        if login != "zheng":
            make.case("closed", expert=login, phone=f"1380000001{n}", category=field)
    counts = []
    for ids in ([make.cast.expert("chen").id], None):
        statements = []

        def listen(*args, into=statements):
            into.append(args[2])

        event.listen(db.engine, "before_cursor_execute", listen)
        evidence.facts(Subject.EXPERT, *YEAR, ids)
        event.remove(db.engine, "before_cursor_execute", listen)
        counts.append(len(statements))
    assert counts[0] - counts[1] in (0, 1, 2), "the working calendar is read once"
    assert counts[1] <= 9


# --- nominations ---


def test_a_station_puts_its_own_people_forward_and_nobody_elses(make):
    cycle = open_cycle(make)
    row = nominations.nominate(make.cast.wang, cycle, make.cast.expert("chen").id, reason="帮得好")
    assert (row.state, row.district, row.level) == (NominationState.NOMINATED, "440305", 1)
    with pytest.raises(Refused, match="nominee_unknown"):
        nominations.nominate(make.cast.zhao, cycle, make.cast.expert("chen").id, reason="帮得好")
    with pytest.raises(Refused, match="nominated_already"):
        nominations.nominate(make.cast.wang, cycle, make.cast.expert("chen").id, reason="再推荐一次")
    with pytest.raises(Refused, match="reason_missing"):
        nominations.nominate(make.cast.wang, cycle, make.cast.expert("wu").id, reason=" ")
    with pytest.raises(Refused, match="nominee_oneself"):
        nominations.nominate(make.cast.qian, cycle, make.cast.expert("qian").id, reason="我自己")


def test_several_who_put_the_same_one_forward_are_one_nomination(make):
    cycle = open_cycle(make)
    chen = make.cast.expert("chen").id
    row = nominations.nominate(make.cast.wang, cycle, chen, reason="帮得好")
    assert nominations.nominate(make.cast.zhou, cycle, chen, reason="全市都说好").id == row.id
    assert nominations.nominate_oneself(make.cast.chen, cycle, reason="我做了很多").id == row.id
    assert [r.route for r in row.recommendations] == [Route.ORGANISATION, Route.ORGANISATION, Route.SELF]


def test_the_route_says_who_may(make):
    cycle = open_cycle(make, routes=(Route.ORGANISATION,))
    case = make.case("closed")
    with pytest.raises(Refused, match="route_closed"):
        nominations.nominate_oneself(make.cast.chen, cycle, reason="我做了很多")
    assert nominations.cycle_for(case) is None
    with pytest.raises(Refused, match="commend_not_now"):
        nominations.commend(case, make.link(case))


def test_a_company_puts_its_expert_forward_in_one_press_once_a_case(town):
    cycle = open_cycle(town)
    case = town.case("closed")
    row = nominations.commend(case, town.link(case))
    assert (row.cycle_id, row.expert_id, nominations.commended(case)) == (cycle.id, case.expert_id, True)
    with pytest.raises(Refused, match="nominated_already"):
        nominations.commend(case, town.cast.lin)
    another = town.case("closed", phone="13800000009")
    assert nominations.commend(another, town.cast.lin).id == row.id
    assert db.session.scalar(select(func.count()).select_from(Recommendation)) == 2
    with pytest.raises(NotAllowed):
        nominations.commend(another, town.cast.bai)
    with pytest.raises(NotAllowed):
        nominations.commend(another, town.cast.chen)


@pytest.mark.parametrize("state", ["submitted", "consulting", "answered"])
def test_nobody_is_put_forward_for_a_case_that_is_not_closed(make, state):
    open_cycle(make)
    case = make.case(state)
    with pytest.raises(Refused, match="commend_not_now"):
        nominations.commend(case, make.link(case))


def test_after_the_cut_off_nothing_is_added(make):
    cycle = open_cycle(make)
    with later(days=15), pytest.raises(Refused, match="nominations_closed"):
        nominations.nominate(make.cast.wang, cycle, make.cast.expert("chen").id, reason="迟了")


def test_a_nomination_is_taken_back_before_the_cut_off(make):
    cycle = open_cycle(make)
    chen = make.cast.expert("chen").id
    row = nominations.nominate(make.cast.wang, cycle, chen, reason="帮得好")
    with pytest.raises(NotAllowed):
        nominations.withdraw(row, make.cast.zhao, reason="不是我的")
    nominations.withdraw(row, make.cast.wang, reason="推荐错了")
    assert row.state is NominationState.WITHDRAWN
    assert nominations.nominate(make.cast.zhou, cycle, chen, reason="还是推荐").state is NominationState.NOMINATED


# --- the freeze, and a rule edited in mid-review ---


def test_the_freeze_sorts_by_the_rules(make):
    make.case("closed")
    cycle = open_cycle(make, criteria(1))
    for login in ("chen", "wu"):
        nominations.nominate(make.cast.wang, cycle, make.cast.expert(login).id, reason="帮得好")
    with pytest.raises(Refused, match="cycle_too_early"):
        cycles.freeze(make.cast.zhou, cycle)
    with later(days=15):
        cycles.freeze(make.cast.zhou, cycle)
    states = {n.expert.name: n.state for n in nominations.of_cycle(cycle)}
    assert states == {"陈明远": NominationState.DISTRICT, "吴刚": NominationState.UNQUALIFIED}
    with later(days=15), pytest.raises(Stale):
        cycles.freeze(make.cast.zhou, cycle)


def test_a_rule_edited_in_mid_review_leaves_the_running_cycle_alone(make):
    """The cycle was opened with version 1 and ends with it; the next one is opened with version 2."""
    make.case("closed")
    row = to_city(make)
    frozen, score = dict(row.facts), row.score_hundredths
    schemes.write(
        make.cast.zhou, row.cycle.scheme, Draft(criteria(9999), date(2026, 1, 1), basis="b", approver="a", note="更严")
    )
    assert row.cycle.version.number == 1
    assert (row.facts, row.score_hundredths) == (frozen, score)
    assert cycles.criteria_of(row.cycle) == criteria(1)
    with later(days=16):
        nominations.assess(row, make.cast.zhou, passed=True)
    assert row.state is NominationState.PASSED, "it was judged by what was published when it began"
    new = cycles.open_(
        make.cast.zhou, row.cycle.scheme, name="下一次", period_from=YEAR[0], period_to=date(2026, 11, 18),
        nominations_until=date(2026, 12, 1),
    )  # fmt: skip
    assert new.version.number == 2


def test_a_rule_edited_while_nominations_run_changes_nothing_either(make):
    make.case("closed")
    cycle = open_cycle(make, criteria(1))
    row = nominations.nominate(make.cast.wang, cycle, make.cast.expert("chen").id, reason="帮得好")
    schemes.write(make.cast.zhou, cycle.scheme, Draft(criteria(9999), date(2026, 1, 1), basis="b", approver="a"))
    with later(days=15):
        cycles.freeze(make.cast.zhou, cycle)
    assert row.state is NominationState.DISTRICT


def test_a_ladder_gives_the_star_that_was_reached_and_none_that_is_held(make):
    make.case("closed")
    row = to_award(make, scheme=ladder(make))
    with later(days=40):
        assert awards.award(row, make.cast.zhou).level == 1
    cycle = cycles.open_(
        make.cast.zhou, row.cycle.scheme, name="再来", period_from=YEAR[0], period_to=date(2026, 11, 18),
        nominations_until=date(2026, 11, 20),
    )  # fmt: skip
    again = nominations.nominate(make.cast.wang, cycle, row.expert_id, reason="又一次")
    assert again.level == 2, "the next one above what is held"
    with later(days=15):
        cycles.freeze(make.cast.zhou, cycle)
    assert again.state is NominationState.UNQUALIFIED


# --- review ---


def test_district_then_city_then_passed(make):
    make.case("closed")
    row = to_city(make)
    assert row.state is NominationState.CITY
    with later(days=16):
        with pytest.raises(NotAllowed):
            nominations.assess(row, make.cast.li, passed=True)
        nominations.assess(row, make.cast.zhou, passed=True)
    assert row.state is NominationState.PASSED
    assert [(a.stage, a.verdict) for a in row.assessments] == [("district", "passed"), ("city", "passed")]


@pytest.mark.parametrize("login", ["wang", "zhou", "chen", "sun", "feng", "lin"])
def test_nobody_but_the_district_reviews_at_the_district(make, login):
    make.case("closed")
    row = to_city(make, stop_at_district=True)
    with later(days=16), pytest.raises((NotAllowed, Refused)):
        nominations.assess(row, getattr(make.cast, login), passed=True)
    assert row.state is NominationState.DISTRICT


def test_a_no_needs_a_reason(make):
    make.case("closed")
    row = to_city(make)
    with later(days=16):
        with pytest.raises(Refused, match="reason_missing"):
            nominations.assess(row, make.cast.zhou, passed=False)
        nominations.assess(row, make.cast.zhou, passed=False, reason="材料对不上")
    assert row.state is NominationState.DECLINED
    with later(days=17), pytest.raises(Stale):
        nominations.assess(row, make.cast.zhou, passed=True)


def _as(town, login, **part):
    """The operator, who is also something else."""
    from helpdesk.domain import accounts
    from helpdesk.models import Role

    role = part.pop("role")
    accounts.grant(town.cast.account("zhou"), Role(role), **part)
    db.session.flush()
    db.session.expire(town.cast.account("zhou"))
    return town.cast.zhou


def test_a_reviewer_of_the_same_employer_is_excluded(make):
    make.case("closed")
    row = to_city(make)
    operator = _as(make, "zhou", role="expert", expert_id=make.cast.expert("zheng").id)
    with later(days=16):
        assert nominations.conflict_of(row, operator) == "employer"
        with pytest.raises(Refused, match="reviewer_conflict"):
            nominations.assess(row, operator, passed=True)
        make.cast.expert("zheng").employer = "别的单位"
        assert nominations.conflict_of(row, operator) is None


def test_a_reviewer_of_the_nominees_own_station_is_excluded(make):
    make.case("closed")
    row = to_city(make)
    operator = _as(make, "zhou", role="coordinator", station_id=make.cast.station().id)
    assert nominations.conflict_of(row, operator) == "station"


def test_nobody_reviews_themselves(make):
    make.case("closed")
    row = to_city(make)
    operator = _as(make, "zhou", role="expert", expert_id=row.expert_id)
    assert nominations.conflict_of(row, operator) == "oneself"
    with later(days=16), pytest.raises(Refused, match="reviewer_conflict"):
        nominations.assess(row, operator, passed=True)


def test_who_put_somebody_forward_does_not_review_them(make):
    make.case("closed")
    row = to_city(make, by="zhou")
    with later(days=16), pytest.raises(Refused, match="reviewer_conflict"):
        nominations.assess(row, make.cast.zhou, passed=True)


def test_who_stepped_back_stays_out(make):
    make.case("closed")
    row = to_city(make)
    with later(days=16):
        with pytest.raises(Refused, match="reason_missing"):
            nominations.recuse(row, make.cast.zhou, reason="")
        nominations.recuse(row, make.cast.zhou, reason="他是我同学")
        with pytest.raises(Refused, match="reviewer_conflict"):
            nominations.assess(row, make.cast.zhou, passed=True)
    assert row.state is NominationState.CITY, "it waits for somebody else"


# --- notice, consent, objections ---


def test_the_notice_lasts_whole_working_days_after_the_day_it_began(make):
    make.case("closed")
    row = to_notice(make)
    # Friday 4 December 2026 and five working days: until Friday the 11th.
    assert (row.noticed_from, row.noticed_until) == (date(2026, 12, 4), date(2026, 12, 11))
    with later(days=23), pytest.raises(Refused, match="award_notice_runs"):
        awards.award(row, make.cast.zhou)
    with later(days=24):
        assert awards.award(row, make.cast.zhou).level == 1


def test_nobody_is_named_who_did_not_agree(make):
    make.case("closed")
    row = to_city(make)
    with later(days=16):
        nominations.assess(row, make.cast.zhou, passed=True)
        with pytest.raises(Refused, match="notice_nobody"):
            cycles.publish(make.cast.zhou, row.cycle)
        nominations.set_publicity(row, make.cast.chen, Publicity.NOTHING)
        with pytest.raises(Refused, match="notice_nobody"):
            cycles.publish(make.cast.zhou, row.cycle)
        with pytest.raises(Refused, match="award_no_consent"):
            awards.award(row, make.cast.zhou)
        nominations.set_publicity(row, make.cast.chen, Publicity.MASKED)
        assert cycles.publish(make.cast.zhou, row.cycle) == 1


@pytest.mark.parametrize("login", ["zhou", "wang", "li", "wu", "lin"])
def test_only_the_nominee_agrees(make, login):
    make.case("closed")
    row = to_city(make)
    with pytest.raises(NotAllowed):
        nominations.set_publicity(row, getattr(make.cast, login), Publicity.FULL)


def test_consent_taken_back_ends_the_notice_at_once(make):
    make.case("closed")
    row = to_notice(make)
    with later(days=17):
        assert awards.notices() == [row]
        nominations.set_publicity(row, make.cast.chen, Publicity.NOTHING)
        assert (row.state, row.noticed_until) == (NominationState.PASSED, None)
        assert awards.notices() == []
        with pytest.raises(NotFound):
            awards.notice(row.id)
    with later(days=40), pytest.raises(Refused, match="award_no_consent"):
        awards.award(row, make.cast.zhou)
    with later(days=40):
        nominations.set_publicity(row, make.cast.chen, Publicity.FULL)
        with pytest.raises(Refused, match="award_no_notice"):
            awards.award(row, make.cast.zhou)
        cycles.publish(make.cast.zhou, row.cycle)
        assert row.noticed_from == clock.today(), "a notice of its own begins"


def objection(row, town, *, key="k", contact="13700000000", text="他没有来过", who=None):
    from helpdesk.rules.policy import ANYBODY

    return awards.object_(row, who or ANYBODY, name="邻居", contact=contact, text=text, form_key=key)


def test_nothing_is_awarded_before_every_objection_is_answered(make):
    make.case("closed")
    row = to_notice(make)
    with later(days=17):
        said = objection(row, make)
        assert objection(row, make).id == said.id, "sent twice is one"
    with later(days=30):
        with pytest.raises(Refused, match="award_objection_open"):
            awards.award(row, make.cast.zhou)
        with pytest.raises(NotAllowed):
            awards.decide(said, make.cast.li, upheld=False, reply="不成立")
        with pytest.raises(Refused, match="reply_missing"):
            awards.decide(said, make.cast.zhou, upheld=False, reply="")
        awards.decide(said, make.cast.zhou, upheld=False, reply="核对了签到表，来过。")
        with pytest.raises(Stale):
            awards.decide(said, make.cast.zhou, upheld=True, reply="改主意")
        assert awards.award(row, make.cast.zhou)


def test_an_objection_that_holds_ends_the_nomination(make):
    make.case("closed")
    row = to_notice(make)
    with later(days=17):
        said = objection(row, make)
        awards.decide(said, make.cast.zhou, upheld=True, reply="核实属实")
    assert row.state is NominationState.DECLINED
    with later(days=40), pytest.raises(Refused, match="award_not_passed"):
        awards.award(row, make.cast.zhou)


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"contact": " "}, "objector_contact"), ({"text": ""}, "text_missing")],
)
def test_an_objection_says_what_and_how_to_answer(make, changes, code):
    make.case("closed")
    row = to_notice(make)
    with later(days=17), pytest.raises(Refused, match=code):
        objection(row, make, **changes)


def test_objections_end_with_the_notice_and_are_few(make):
    make.case("closed")
    row = to_notice(make)
    with later(days=17):
        for n in range(3):
            objection(row, make, key=f"k{n}")
        with pytest.raises(Refused, match="objections_enough"):
            objection(row, make, key="k3")
    with later(days=25), pytest.raises(Refused, match="notice_over"):
        objection(row, make, key="k9", contact="13700000001")


# --- award and afterwards ---


def test_who_leaves_in_mid_cycle_is_not_awarded_and_who_rests_is(make):
    make.case("closed")
    row = to_award(make)
    chen = make.cast.expert("chen")
    with later(days=30):
        chen.status = ExpertStatus.LEFT
        with pytest.raises(Refused, match="nominee_left"):
            awards.award(row, make.cast.zhou)
        chen.status = ExpertStatus.PAUSED
        assert awards.award(row, make.cast.zhou)


def test_who_left_before_the_freeze_does_not_qualify(make):
    make.case("closed")
    cycle = open_cycle(make)
    row = nominations.nominate(make.cast.wang, cycle, make.cast.expert("chen").id, reason="帮得好")
    make.cast.expert("chen").status = ExpertStatus.LEFT
    with later(days=15):
        cycles.freeze(make.cast.zhou, cycle)
    assert row.state is NominationState.UNQUALIFIED


def test_hours_reversed_after_the_freeze_block_the_award_until_somebody_looked(town):
    case = town.case("closed")
    town.case("closed", phone="13800000002")
    row = to_award(town)
    with later(days=30):
        reverse(case)
        now = nominations.facts_now(row)
        assert (row.facts["total_minutes"], now["total_minutes"]) == (120, 60)
        assert "total_minutes" in nominations.fallen(row, now)
        with pytest.raises(Refused, match="award_evidence_fell"):
            awards.award(row, town.cast.zhou)
        with pytest.raises(Refused, match="reason_missing"):
            nominations.confirm(row, town.cast.zhou, reason="")
        with pytest.raises(NotAllowed):
            nominations.confirm(row, town.cast.li, reason="区里说行")
        nominations.confirm(row, town.cast.zhou, reason="少一件仍然符合")
        assert row.facts["total_minutes"] == 120, "what was frozen stays as it was"
        with pytest.raises(Refused, match="nothing_fell"):
            nominations.confirm(row, town.cast.zhou, reason="再看一次")
        assert awards.award(row, town.cast.zhou)
    assert row.assessments[-1].verdict == "confirmed"


def test_more_hours_after_the_freeze_change_nothing(make):
    make.case("closed")
    row = to_award(make)
    with later(days=30):
        more = make.case("consulting", phone="13800000003")
        make.visit(more, start=clock.now() - timedelta(minutes=60))
        make.answer(more)
        make._closed(more)
        assert awards.obstacle(row) is None


@pytest.mark.parametrize("login", ["li", "wang", "chen", "lin", "sun", "feng"])
def test_nobody_but_the_operator_awards_or_revokes(make, login):
    make.case("closed")
    row = to_award(make)
    who = getattr(make.cast, login)
    with later(days=30):
        with pytest.raises(NotAllowed):
            awards.award(row, who)
        given = awards.award(row, make.cast.zhou)
        with pytest.raises(NotAllowed):
            awards.revoke(given, who, reason="不喜欢")


def test_a_revocation_needs_a_reason_and_the_roll_says_so(make):
    make.case("closed")
    row = to_award(make)
    with later(days=30):
        given = awards.award(row, make.cast.zhou)
        with pytest.raises(Refused, match="reason_missing"):
            awards.revoke(given, make.cast.zhou, reason=" ")
        awards.revoke(given, make.cast.zhou, reason="虚报时长")
        with pytest.raises(Stale):
            awards.revoke(given, make.cast.zhou, reason="再撤一次")
    assert given.status is PaperStatus.REVOKED
    assert [a.status for a in awards.roll(2026)] == [PaperStatus.REVOKED]
    assert schemes.held_levels(row.cycle.scheme) == {}


def test_a_cycle_ends_when_all_is_decided(make):
    make.case("closed")
    row = to_award(make)
    with later(days=30):
        with pytest.raises(Refused, match="cycle_unfinished"):
            cycles.finish(make.cast.zhou, row.cycle)
        awards.award(row, make.cast.zhou)
        with pytest.raises(Refused, match="cycle_has_awards"):
            cycles.call_off(make.cast.zhou, row.cycle, reason="不办了")
        cycles.finish(make.cast.zhou, row.cycle)
    assert row.cycle.state is CycleState.FINISHED


def test_a_cycle_called_off_takes_its_notice_down(make):
    make.case("closed")
    row = to_notice(make)
    with later(days=17):
        cycles.call_off(make.cast.zhou, row.cycle, reason="办法要改")
        assert awards.notices() == []
        db.session.refresh(row)
        with pytest.raises(Refused, match="cycle_not_in_review"):
            awards.award(row, make.cast.zhou)


def test_every_step_is_in_the_log(town):
    town.case("closed")
    row = to_notice(town)
    with later(days=17):
        said = objection(row, town)
        awards.decide(said, town.cast.zhou, upheld=False, reply="核对过了")
    with later(days=30):
        given = awards.award(row, town.cast.zhou)
        awards.revoke(given, town.cast.zhou, reason="虚报时长")
    kinds = [e.kind for e in commendation_log.of_nomination(row)]
    assert kinds == [
        "nomination.made", "nomination.publicity", "nomination.assessed", "nomination.assessed", "nomination.noticed",
        "objection.made", "objection.decided", "award.given", "award.revoked",
    ]  # fmt: skip
    whole = db.session.scalars(select(CommendationEvent.kind).where(CommendationEvent.nomination_id.is_(None))).all()
    assert whole == ["scheme.written", "cycle.opened", "cycle.frozen"]


def test_a_team_is_reviewed_by_the_city_alone(make):
    make.case("closed")
    team = routing.write_team(make.cast.zhou, None, name="政策组", expert_ids=[make.cast.expert("chen").id])
    scheme = title(make, criteria(1), subject=Subject.TEAM, routes=(Route.ORGANISATION,))
    cycle = open_cycle(make, scheme=scheme)
    row = nominations.nominate(make.cast.wang, cycle, team.id, reason="一起办成了")
    with later(days=15):
        cycles.freeze(make.cast.zhou, cycle)
    assert (row.state, cycles.may_be_named(row)) == (NominationState.CITY, True)
