"""Solved cases like this one: the same words, the same field, one's own rights."""

from __future__ import annotations

from helpdesk.db import db
from helpdesk.domain import similarity
from tests.cast import OTHER

ASKED = "研发费用归集不够，高新复审怎么补台账？"


def test_the_same_words_are_found_and_named(town):
    like = town.case("closed", problem="高新复审前发现研发费用归集少了，台账没有。", phone="13900139001")
    town.case("closed", problem="稳岗返还今年为什么没有到账，窗口说系统里查不到。", phone="13900139002")
    town.case("consulting", problem="高新复审研发费用归集，台账怎么写。", phone="13900139003")
    case = town.case("triaged", problem=ASKED)
    db.session.commit()
    [found] = similarity.solved_like(case, town.cast.wang)
    assert found.case.id == like.id
    assert found.words[0] == "研发费用归集"
    assert found.result == "帮助企业理清研发费用归集口径"
    assert 0.3 < found.share <= 1


def test_another_field_and_another_station_are_not_shown(town):
    town.case("closed", problem=ASKED, category="finance", phone="13900139001")
    town.case("closed", problem=ASKED, company=OTHER, phone="13900139002")
    case = town.case("triaged", problem=ASKED)
    db.session.commit()
    assert similarity.solved_like(case, town.cast.wang) == []
    assert len(similarity.solved_like(case, town.cast.zhou)) == 1, "the corps reads every station's"


def test_shared_words_are_the_longest_stretches():
    assert similarity.shared_words("高新复审的研发费用", "研发费用，高新复审") == ("高新复审", "研发费用")
    assert similarity.shared_words("CE 认证 60 天", "做 ce 要 60 天的认证") == ("ce", "认证")
    assert similarity.shared_words("租金", "税") == ()


def test_the_side_of_a_case_shows_them(browser, make):
    like = make.case("closed", problem=ASKED, phone="13900139001")
    case = make.case("triaged", problem=ASKED)
    asked = f"/cases/{case.number}/similar"
    assert browser.get(f"/cases/{case.number}", as_="wang").says("相似的已办结案件")
    assert browser.get(asked, as_="wang").says(like.number)
    assert browser.get(asked, as_="wang", htmx=True).says(like.number)
    assert browser.get(f"/cases/{like.number}/similar", as_="wang").says("还没有说法相近的办结案件")
    browser.get(asked, as_="zhao", expect=404)
