"""An expert who was registered twice becomes one; the ledger's total stays, nothing counts twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import certificates, expert_merges, hours, ledger_checks, papers, statements, visits
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Expert, ExpertStatus, HoursEntry, PaperStatus, Skill
from tests.domain.test_corrections import the_ledger_and_the_papers_agree


@pytest.fixture
def twice(town):
    """Chen and Wu each served a case; let Wu be Chen, registered a second time."""
    make, cast = town, town.cast
    make.case("closed")
    with clock.at(clock.now() + timedelta(days=1)):
        yield make, cast, make.case("closed", expert="wu", phone="13800138055")


def ledger() -> int:
    return int(db.session.scalar(select(func.sum(HoursEntry.minutes))) or 0)


def merge(cast, **changed):
    said = {"survivor": cast.expert("chen"), "named": "陈明远", "reason": "身份证明一致", **changed}
    return expert_merges.merge(cast.expert("wu"), cast.zhou, **said)


def test_hours_move_by_two_lines_each_and_the_total_stays(twice):
    _, cast, theirs = twice
    wu = cast.expert("wu")
    before, old = ledger(), certificates.of_case(theirs.id)[0]
    statement = statements.draw_up(cast.wu, starts_on=clock.today(), ends_on=clock.today(), form_key="a")
    moved = merge(cast)
    assert moved == old.minutes
    assert ledger() == before
    assert hours.totals(wu.id).minutes == 0
    assert hours.totals(cast.expert("chen").id).minutes == before
    new = certificates.of_case(theirs.id)[0]
    assert (new.expert_id, new.minutes, new.facts["expert_name"]) == (cast.expert("chen").id, old.minutes, "陈明远")
    assert (old.status, old.superseded_by_id) == (PaperStatus.SUPERSEDED, new.id)
    assert papers.check(old.code).successor == new.number
    db.session.refresh(statement)
    assert statement.status is PaperStatus.SUPERSEDED
    the_ledger_and_the_papers_agree()
    assert ledger_checks.look().troubles == []


def test_the_other_record_ends_and_points_to_where_it_goes_on(twice):
    make, cast, _ = twice
    wu, chen = cast.expert("wu"), cast.expert("chen")
    db.session.add(Skill(expert_id=wu.id, category_code="space", topic_code=None))
    open_case = make.case("consulting", expert="wu", phone="13800138056")
    merge(cast)
    db.session.refresh(wu)
    assert (wu.status, wu.merged_into_id) == (ExpertStatus.LEFT, chen.id)
    newest = select(Skill.expert_id).where(Skill.category_code == "space").order_by(Skill.id.desc()).limit(1)
    assert db.session.scalar(newest) == chen.id
    db.session.refresh(open_case)
    assert open_case.expert_id == chen.id
    with pytest.raises(Refused, match="merge_with_itself"):
        expert_merges.merge(wu, cast.zhou, survivor=chen, named="陈明远", reason="再来一次")


def test_two_services_at_one_moment_are_no_one_person(town):
    make, cast = town, town.cast
    make.case("closed")
    make.case("closed", expert="wu", phone="13800138055")
    before = ledger()
    with pytest.raises(Refused, match="merge_overlaps"):
        merge(cast)
    assert ledger() == before
    assert db.session.get_one(Expert, cast.expert("wu").id).merged_into_id is None


def test_who_may_and_what_is_asked_for(twice):
    _, cast, _ = twice
    for who in (cast.wang, cast.chen, cast.li):
        with pytest.raises(NotAllowed):
            expert_merges.merge(cast.expert("wu"), who, survivor=cast.expert("chen"), named="陈明远", reason="同一人")
    for changed, code in (
        ({"survivor": None}, "expert_unknown"),
        ({"survivor": cast.expert("wu")}, "merge_with_itself"),
        ({"named": "陈明"}, "merge_name_differs"),
        ({"reason": " "}, "reason_missing"),
        ({"reason": "长" * 501}, "text_too_long"),
    ):
        with pytest.raises(Refused, match=code):
            merge(cast, **changed)


def test_whoever_confirmed_hours_does_not_become_their_expert(twice):
    _, cast, theirs = twice
    visit = visits.of(theirs)[0]
    visit.decided_by_id = cast.chen.account_id
    db.session.flush()
    with pytest.raises(Refused, match="own_hours"):
        merge(cast)


def test_nor_does_one_who_confirmed_the_hours_of_whom_they_become(town):
    make, cast = town, town.cast
    case = make.case("closed")
    said = {"survivor": cast.expert("chen"), "named": "陈明远", "reason": "登记了两次"}
    visits.of(case)[0].decided_by_id = cast.qian.account_id
    db.session.flush()
    with pytest.raises(Refused, match="own_hours"):
        expert_merges.merge(cast.expert("qian"), cast.zhou, **said)


def test_in_the_browser_the_operator_sees_what_moves_and_is_asked_why(browser, make, cast):
    make.case("closed", expert="wu", phone="13800138055")
    db.session.commit()
    url = f"/experts/{cast.expert('wu').id}/merge"
    number = cast.expert("chen").volunteer_number
    page = browser.get(url, as_="zhou")
    assert page.says("1.0 小时、1 件、0 场活动、1 张有效证书")
    refused = browser.post(
        url, {"volunteer_number": "no such", "survivor_name": "某", "reason": "同一人"}, as_="zhou", expect=422
    )
    assert refused.says("没有这个志愿者编号") and "no such" in refused.text
    browser.post(
        url, {"volunteer_number": number, "survivor_name": "陈明远", "reason": "同一人"}, as_="zhou", expect=303
    )
    assert hours.totals(cast.expert("chen").id).minutes == 60
    browser.get(url, as_="wang", expect=403)
