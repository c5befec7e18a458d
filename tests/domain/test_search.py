"""Finding cases by their words: the same on both engines, in step with every change, nothing beyond one's rights."""

from __future__ import annotations

from sqlalchemy import select, text

from helpdesk.adapters.search import parts, tokens
from helpdesk.db import db, transaction
from helpdesk.domain import consultation, queues, search
from helpdesk.domain.queues import Filters
from helpdesk.models import Case
from tests.cast import OTHER
from tests.make import Make

EXPORT = "第一笔德国订单，对方要CE认证，账期60天，怕现金流断了。"
RENT = "厂房下个月到期，房东要涨租金百分之三十五。"


def found(town: Make, q: str, who: str = "wang", **more: str) -> list[str]:
    page = queues.page(getattr(town.cast, who), Filters(q=q, sort=more.pop("sort", "best"), **more))
    return [case.number for case in page.cases]


def test_words_are_cut_into_pairs_and_words():
    assert tokens("贷款利率 ＣＥ认证，SZ-26-00317") == [
        "贷款", "款利", "利率", "率", "ce", "认证", "证", "sz", "26", "00317",
    ]  # fmt: skip
    assert [part.tokens for part in parts("贷款利率 CE")] == [("贷款", "款利", "利率"), ("ce",)]
    assert parts(" ，。！*\"' ") == []
    assert len(parts(" ".join("abcdefghijklmnopqrstuvwxyz"))) == 12


WRITTEN = [
    "德国",
    "订单",
    "德",
    "款",
    "CE认证",
    "ｃｅ 账期",
    "60天",
    "南山光电",
    "现金流断了",
    "SZ-26-00001",
    "00001",
    "林女士",
    "cash流",
    "ce",
]


def test_what_was_written_is_found(town):
    case = town.case(problem=EXPORT.replace("现金流", "cash流 现金流").replace("账期", "账期 款"))
    town.case(problem=RENT, phone="13900139001")
    db.session.commit()
    for q in WRITTEN:
        assert case.number in found(town, q), q


UNWRITTEN = ["法国", "单德", "融资租赁", "SZ-26-00099", "账期的德国"]


def test_what_was_not_written_is_not_found(town):
    town.case(problem=EXPORT)
    db.session.commit()
    for q in UNWRITTEN:
        assert found(town, q) == [], q


ODD = [
    '" * NEAR (',
    "AND OR NOT",
    "贷款 OR 1=1 --",
    "'; DROP TABLE cases; --",
    "a" * 10_000,
    "贷" * 10_000,
    "(((",
    "*",
    "NEAR(贷款 利率)",
    "head:贷款",
    "\0贷款",
    "🙂🙂",
    "^",
    "-贷款",
    "贷款*",
    "!贷款 & | <->",
    "?贷款",
]


def test_no_question_breaks_anything(town):
    case = town.case(problem=EXPORT)
    db.session.commit()
    for q in ODD:
        for sort in ("best", "due", "new"):
            assert set(found(town, q, sort=sort)) <= {case.number}


def test_a_case_is_found_by_what_was_said_since(town):
    case = town.case("consulting", problem=EXPORT)
    db.session.commit()
    assert found(town, "退税") == []
    consultation.reply(case, town.cast.chen, body="出口退税要先备案。", form_key="k")
    db.session.commit()
    assert found(town, "出口退税") == [case.number]
    assert found(town, "陈明远") == [case.number]


def test_a_change_that_did_not_happen_is_not_found(town):
    case = town.case("consulting", problem=EXPORT)
    db.session.commit()
    consultation.reply(case, town.cast.chen, body="出口退税要先备案。", form_key="k")
    db.session.rollback()
    with transaction():
        pass
    assert found(town, "出口退税") == []


def test_nobody_finds_or_counts_what_they_may_not_open(town):
    ours = town.case("consulting", problem=EXPORT)
    theirs = town.case(problem=EXPORT, company=OTHER, phone="13900139001")
    consultation.note(ours, town.cast.wang, body="老板脾气大，先打电话。", form_key="n")
    db.session.commit()
    assert found(town, "德国订单") == [ours.number]
    assert found(town, "德国订单", who="zhao") == [theirs.number]
    assert set(found(town, "德国订单", who="zhou")) == {ours.number, theirs.number}
    assert found(town, "德国订单", who="chen") == [ours.number]
    assert found(town, "德国订单", who="wu") == found(town, "德国订单", who="chu") == []
    assert found(town, "脾气大") == found(town, "脾气大", who="zhao") == []
    assert queues.page(town.cast.zhao, Filters(q="德国订单", sort="best")).total == 1


def test_the_title_weighs_more_than_the_conversation(town):
    said = town.case(problem="租金要涨。" + "想请人看看合同怎么谈，" * 6)
    named = town.case(problem="合同怎么改才不吃亏", phone="13900139001")
    db.session.commit()
    assert found(town, "合同")[0] == named.number
    assert set(found(town, "合同")) == {said.number, named.number}


TYPED = [
    ("状态:待派单", ["triaged"]),
    ("status:triaged 德国", ["triaged"]),
    ("状态：待受理", ["submitted"]),
    ("类别:政策", ["triaged", "consulting"]),
    ("field:policy", ["triaged", "consulting"]),
    ("区:南山", ["submitted", "triaged", "consulting"]),
    ("district:nanshan 德国", ["submitted", "triaged", "consulting"]),
    ("专家:陈明", ["consulting"]),
    ("expert:陈明远 状态:服务中", ["consulting"]),
    ("专家:陈明远 状态:待派单", []),
    ("企业:光电", ["submitted", "triaged", "consulting"]),
    ("since:2026-11-18", ["submitted", "triaged", "consulting"]),
    ("until:2026-11-17", []),
    ("urgency:urgent", []),
    ("缓急:加急", []),
    ("状态:待分诊", ["submitted"]),
    ('status:"To triage"', ["submitted"]),
    ("status:to-be-offered", ["triaged"]),
    ("状态:待企业补充", []),
    ("district:Nan'shan 德国", ["submitted", "triaged", "consulting"]),
]


def test_typed_filters_in_both_languages(town):
    numbers = {}
    for i, state in enumerate(("submitted", "triaged", "consulting")):
        numbers[state] = town.case(state, problem=EXPORT, phone=f"1390013900{i}").number
    db.session.commit()
    for q, hits in TYPED:
        assert set(found(town, q)) == {numbers[state] for state in hits}, q


def test_a_filter_knows_the_words_of_the_pages_in_both_languages(town):
    for said in (
        "状态:待企业补充",
        "status:waiting",
        'status:"Being helped"',
        "缓急:加急",
        "district:baoan",
        "站点:福永",
    ):
        assert search.understand(said).unknown == (), said
    assert search.understand("district:'").unknown == ("district:'",)


def test_a_filter_that_means_nothing_is_named_and_left_out(town):
    case = town.case(problem=EXPORT)
    db.session.commit()
    question = search.understand("德国 状态:胡说 since:yesterday")
    assert question.unknown == ("状态:胡说", "since:yesterday")
    assert found(town, "德国 状态:胡说") == [case.number]


def test_written_anew_it_is_the_same(town):
    town.case("closed", problem=EXPORT)
    town.case(problem=RENT, phone="13900139001")
    db.session.commit()
    before = [found(town, q) for q in ("德国", "租金", "归集")]
    told = []
    assert search.reindex(lambda done, all_: told.append((done, all_))) == 2
    db.session.commit()
    assert told == [(2, 2)]
    assert [found(town, q) for q in ("德国", "租金", "归集")] == before
    assert db.session.scalar(text("SELECT count(*) FROM case_search")) == len(db.session.scalars(select(Case)).all())


def test_a_number_is_found_however_it_is_typed(make, cast):
    case, other = make.case("submitted"), make.case("submitted", phone="13800000077")
    case.number, other.number = "SZ-26-00254", "SZ-26-25400"
    db.session.flush()
    search.write([case.id, other.id])
    for said in (
        "SZ-26-00254",
        "sz-26-00254",
        "sz-26-254",
        "SZ 26 254",
        "ｓｚ－２６－２５４",
        "编号:sz-26-254",
        "sz-26-254 区:南山",
    ):
        found = search.narrow(select(Case.id), search.understand(said))
        assert case.id in set(db.session.scalars(found)), said
    assert list(db.session.scalars(search.narrow(select(Case.id), search.understand("sz-26-99")))) == []
