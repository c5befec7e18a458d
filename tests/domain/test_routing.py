"""Routing rules at work: on arrival, in the log, in a dry run that writes nothing; tags; teams asked first."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import assignment, intake, queues, routing, search
from helpdesk.domain.intake import Contact
from helpdesk.domain.queues import Filters
from helpdesk.errors import NotAllowed, NotFound
from helpdesk.models import Case, CaseTag, Event, RoutingEntry, RoutingRule, Station, Urgency
from helpdesk.rules.routing import Acts, Conditions, When
from tests.cast import LONGGANG, SOUTHLIGHT
from tests.domain.test_other_ends import refused


def rule(cast, name="合同", conditions=None, acts=None, **more) -> RoutingRule:
    return routing.write(
        cast.zhou,
        None,
        name=name,
        conditions=conditions or Conditions(keywords=("合同",)),
        acts=acts or Acts(urgency="urgent", tags=("合同",)),
        **more,
    )


def code(cast, slug=None) -> str:
    return cast.station(slug).code if slug else cast.station().code


def log() -> list[tuple[str, dict, list]]:
    return [(r.rule_name, r.did, r.late) for r in db.session.scalars(select(RoutingEntry).order_by(RoutingEntry.id))]


def test_a_request_is_routed_as_it_arrives(make, cast):
    first = rule(cast, acts=Acts(station=code(cast, LONGGANG), urgency="urgent", tags=("合同",)))
    second = rule(cast, name="所有", conditions=Conditions(), acts=Acts(station=code(cast), tags=("合同", "新")))
    case = make.case("submitted", problem="客户不付款，合同上写的是三十天，我们怎么办？")
    assert case.station_id == cast.station(LONGGANG).id
    assert case.urgency is Urgency.URGENT
    assert routing.tags_of([case.id]) == {case.id: ["合同", "新"]}
    assert log() == [
        ("合同", {"station": code(cast, LONGGANG), "urgency": "urgent", "tags": ["合同"]}, []),
        ("所有", {"tags": ["新"]}, ["station"]),
    ]
    told = db.session.scalars(select(Event).where(Event.case_id == case.id, Event.kind == "case.routed")).one()
    assert told.facts["rules"] == "合同、所有"
    assert routing.counts() == {first.id: 1, second.id: 1}
    assert [entry.case_id for entry in routing.log(second)] == [case.id]


def test_without_a_rule_nothing_is_written(make, cast):
    case = make.case("submitted")
    assert log() == [] and case.station_id == cast.station().id
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == "case.routed")) == 0


def test_the_order_is_the_priority(make, cast):
    urgent = rule(cast, "急", Conditions(), Acts(urgency="urgent"))
    rule(cast, "缓", Conditions(), Acts(urgency="normal"))
    assert make.case("submitted").urgency is Urgency.URGENT
    routing.move(cast.zhou, urgent, up=False)
    assert [r.name for r in routing.listed()] == ["缓", "急"]
    assert make.case("submitted", phone="13900139001").urgency is Urgency.NORMAL
    routing.move(cast.zhou, urgent, up=False)
    assert [r.name for r in routing.listed()] == ["缓", "急"], "at the end it stays"
    routing.move(cast.zhou, urgent, up=True)
    assert [r.name for r in routing.listed()] == ["急", "缓"]


def test_a_rule_that_rests_or_went_does_nothing(make, cast):
    row = rule(cast, conditions=Conditions())
    routing.switch(cast.zhou, row, on=False)
    make.case("submitted")
    assert log() == []
    routing.switch(cast.zhou, row, on=True)
    routing.retire(cast.zhou, row)
    make.case("submitted", phone="13900139001")
    assert log() == []
    with pytest.raises(NotFound):
        routing.rule_by_id(cast.zhou, row.id)


def test_a_station_that_takes_no_cases_gets_none(make, cast):
    rule(cast, conditions=Conditions(), acts=Acts(station=code(cast, LONGGANG), tags=("全部",)))
    cast.station(LONGGANG).takes_cases = False
    db.session.flush()
    case = make.case("submitted")
    assert case.station_id == cast.station().id
    assert log() == [("合同", {"tags": ["全部"]}, [])]


def test_a_station_somebody_chose_is_not_overruled(cast):
    rule(cast, conditions=Conditions(), acts=Acts(station=code(cast, LONGGANG)))
    case = intake.start("企业到站里来说的事，想问贷款。", category=None, locale="zh_Hans_CN")
    intake.submit(
        case, intake.requester(case), company=SOUTHLIGHT, contact=Contact("林女士", "13800138000"),
        consents={"handling": True}, station_id=cast.station().id,
    )  # fmt: skip
    assert case.station_id == cast.station().id


def test_when_it_arrives(make, cast):
    rule(cast, "夜间", Conditions(when=When.SHUT), Acts(tags=("夜间",)))
    rule(cast, "休息日", Conditions(when=When.DAY_OFF), Acts(tags=("休息日",)))
    rule(cast, "白天", Conditions(when=When.OPEN), Acts(tags=("白天",)))
    moments = {  # NOW is a Wednesday morning
        timedelta(): ["白天"],
        timedelta(hours=12): ["夜间"],
        timedelta(days=4): ["休息日", "夜间"],
    }
    for n, (later, words) in enumerate(moments.items()):
        with house_clock.at(house_clock.now() + later):
            case = make.case("submitted", phone=f"1390013900{n}")
        assert sorted(routing.tags_of([case.id])[case.id]) == words


@pytest.mark.parametrize(
    ("conditions", "acts", "problem"),
    [
        (Conditions(), Acts(), "rule_does_nothing"),
        (Conditions(categories=("lunch",)), Acts(urgency="urgent"), "target_unknown"),
        (Conditions(districts=("999999",)), Acts(urgency="urgent"), "target_unknown"),
        (Conditions(sizes=("vast",)), Acts(urgency="urgent"), "target_unknown"),
        (Conditions(), Acts(station="nowhere"), "target_unknown"),
        (Conditions(), Acts(team=99), "target_unknown"),
        (Conditions(keywords=("长" * 31,)), Acts(urgency="urgent"), "word_too_long"),
        (Conditions(keywords=tuple(str(n) for n in range(31))), Acts(urgency="urgent"), "too_many_words"),
        (Conditions(), Acts(tags=("长" * 21,)), "word_too_long"),
        (Conditions(), Acts(tags=tuple("一二三四五六")), "too_many_words"),
    ],
)
def test_what_is_no_rule_is_refused(cast, conditions, acts, problem):
    with refused(problem):
        rule(cast, conditions=conditions, acts=acts)
    with refused(problem):
        routing.dry_run(cast.zhou, None, conditions, acts)
    assert routing.listed() == []


def test_two_operators_at_once(cast):
    row = rule(cast)
    seen = row.version
    rest = {"name": "合同", "conditions": Conditions(), "acts": Acts(urgency="urgent")}
    routing.write(cast.zhou, row, seen=seen, **rest)
    with refused("rule_changed_meanwhile"):
        routing.write(cast.zhou, row, seen=seen, **rest)
    with refused("rule_name"):
        routing.write(cast.zhou, None, **(rest | {"name": "  "}))


@pytest.mark.parametrize("who", ["wang", "li", "chen", "feng"])
def test_only_the_operator(cast, who):
    with pytest.raises(NotAllowed):
        routing.write(getattr(cast, who), None, name="x", conditions=Conditions(), acts=Acts(urgency="urgent"))
    with pytest.raises(NotAllowed):
        routing.dry_run(getattr(cast, who), None, Conditions(), Acts(urgency="urgent"))


def test_a_dry_run_changes_nothing_and_says_what_would(make, cast):
    asked = ["合同违约怎么办？对方不付款。", "想贷款，要什么材料？", "合同到期要不要续？"]
    contract, _, other = (make.case("submitted", phone=f"1390013900{n}", problem=text) for n, text in enumerate(asked))
    contract.station_id = cast.station(LONGGANG).id
    db.session.flush()
    before = (log(), db.session.scalar(select(func.count()).select_from(RoutingRule)))
    acts = Acts(station=code(cast, LONGGANG), tags=("合同",))
    trial = routing.dry_run(cast.zhou, None, Conditions(keywords=("合同",)), acts)
    assert (trial.cases, trial.held, trial.agreed) == (3, 2, 1)
    assert {(row.case.number, row.agrees) for row in trial.changed} == {
        (contract.number, True),
        (other.number, False),
    }
    assert {row.after for row in trial.changed} == {acts}
    assert (log(), db.session.scalar(select(func.count()).select_from(RoutingRule))) == before
    assert routing.dry_run(cast.zhou, None, Conditions(), acts, is_active=False).changed == []


def test_a_dry_run_of_a_change_compares_with_the_rule_as_it_is(make, cast):
    row = rule(cast, conditions=Conditions(), acts=Acts(urgency="urgent"))
    make.case("submitted")
    same = routing.dry_run(cast.zhou, row, Conditions(), Acts(urgency="urgent"))
    assert (same.held, same.changed) == (1, [])
    off = routing.dry_run(cast.zhou, row, Conditions(), Acts(urgency="urgent"), is_active=False)
    assert [(c.before, c.after) for c in off.changed] == [(Acts(urgency="urgent"), Acts())]


def test_old_cases_are_not_in_a_dry_run(make, cast):
    make.case("submitted")
    with house_clock.at(house_clock.now() + timedelta(days=31)):
        assert routing.dry_run(cast.zhou, None, Conditions(), Acts(urgency="urgent")).cases == 0


def test_an_urgent_case_has_the_urgent_promises(make, cast):
    from helpdesk.domain import targets
    from helpdesk.rules.promises import Target, Unit

    targets.put(cast.zhou, Target("triage", 1, Unit.WORKING_HOURS, 50, urgency=Urgency.URGENT))
    rule(cast, conditions=Conditions(), acts=Acts(urgency="urgent"))
    case = make.case("submitted")
    assert case.due_kind == "triage" and case.due_at is not None and case.submitted_at is not None
    assert case.due_at - case.submitted_at <= timedelta(hours=3)


# --- tags ---


def test_tags_are_put_on_found_and_taken_off(make, cast):
    case, other = make.case("submitted"), make.case("submitted", phone="13900139001")
    assert routing.tag(case, cast.wang, ["加急贷款", "回访", "回访"]) == ["加急贷款", "回访"]
    with refused("word_missing"):
        routing.tag(case, cast.wang, ["回访", " "])
    with refused("word_too_long"):
        routing.tag(case, cast.wang, ["长" * 21])
    with refused("too_many_words"):
        routing.tag(case, cast.wang, [str(n) for n in range(9)])
    db.session.commit()
    found = queues.page(cast.wang, Filters(q="标签:回访"))
    assert [c.id for c in found.cases] == [case.id]
    assert [c.id for c in queues.page(cast.wang, Filters(q="加急贷款")).cases] == [case.id]
    assert queues.page(cast.zhao, Filters(q="标签:回访")).cases == [], "another station's tags are not found"
    assert search.understand("标签:没有").unknown == ("标签:没有",)
    assert routing.popular_tags(cast.wang) == ["加急贷款", "回访"]
    assert routing.popular_tags(cast.zhao) == []
    routing.untag(case, cast.wang, "回访")
    routing.untag(case, cast.wang, "回访")
    db.session.commit()
    assert queues.page(cast.wang, Filters(q="标签:加急贷款")).cases and other.id != case.id
    with pytest.raises(NotAllowed):
        routing.tag(case, cast.zhao, ["x"])
    assert db.session.scalars(select(CaseTag.word).where(CaseTag.case_id == case.id)).all() == ["加急贷款"]


# --- teams ---


def test_a_team_is_asked_first(make, cast):
    case = make.case("triaged")
    order = [c.expert.id for c in assignment.candidates(case).listed]
    assert len(order) > 1
    last = order[-1]
    team = routing.write_team(cast.zhou, None, name="政策组", expert_ids=[last])
    rule(cast, conditions=Conditions(), acts=Acts(team=team.id))
    case = make.case("triaged", phone="13900139001")
    assert case.team_id == team.id
    listed = assignment.candidates(case).listed
    assert listed[0].expert.id == last
    assert listed[0].reasons[0].text == "这类案件先请的专家组"
    assert listed[0].points <= 100


def test_a_team_in_use_stays(cast):
    team = routing.write_team(cast.zhou, None, name="法律组", expert_ids=[cast.expert("chen").id])
    row = rule(cast, acts=Acts(team=team.id))
    with refused("team_in_use"):
        routing.retire_team(cast.zhou, team)
    routing.retire(cast.zhou, row)
    routing.retire_team(cast.zhou, team)
    assert routing.teams() == []
    for name, members, problem in (
        ("", [1], "team_name"),
        ("法律组", [1], "team_name_taken"),
        ("空", [], "team_members"),
        ("谁", [999999], "team_members"),
    ):
        with refused(problem):
            routing.write_team(cast.zhou, None, name=name, expert_ids=members)


def test_a_case_of_another_district_keeps_its_home_without_rules(make, cast):
    homes = routing.stations_by_district()
    assert all(isinstance(s, Station) and s.district == d for d, s in homes.items())
    case: Case = make.case("submitted")
    assert homes[case.district or ""].id == case.station_id
