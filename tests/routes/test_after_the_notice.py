"""Words that follow the days: a notice that is over, whose line of a log it is, the newest of replaced papers."""

from __future__ import annotations

from helpdesk.db import db
from helpdesk.domain import certificates
from tests import commending
from tests.commending import later


def test_a_notice_whose_days_are_over_says_what_comes_next(browser, make):
    make.case("closed")
    row = commending.to_notice(make)
    number, cycle = row.id, row.cycle_id
    with later(days=17):
        assert browser.get(f"/nominations/{number}", as_="zhou").says("公示中")
    with later(days=40):
        page = browser.get(f"/nominations/{number}", as_="zhou")
        assert page.says("公示已结束，待颁发") and not page.says("公示中") and page.says("决定表彰")
        page = browser.get(f"/cycles/{cycle}", as_="zhou")
        assert page.says("1 位公示期满，等您决定表彰") and page.says("下一步：总队决定表彰")
        assert browser.get("/me/commendations", as_="chen").says("公示已结束，待颁发")


def test_the_log_of_a_cycle_says_of_whom_each_line_is(browser, make):
    make.case("closed")
    row = commending.to_notice(make)
    page = browser.get(f"/cycles/{row.cycle_id}", as_="zhou")
    assert page.says("陈明远：王岚推荐") and page.says("陈明远：周总发布公示") and page.says("周总截止推荐并封存材料")


def test_an_old_code_leads_to_the_newest_paper_of_the_chain(browser, make, cast):
    case = make.case("closed")
    first = certificates.of_case(case.id)[0]
    second = certificates.reissue(first, cast.zhou, reason="名字写错了")
    third = certificates.reissue(second, cast.zhou, reason="又错了")
    codes, number = (first.code, third.code), third.number
    db.session.commit()
    page = browser.get(f"/v/{codes[0]}")
    assert page.says(f"这张证书已被 {number} 代替") and [
        a for a in page.all("a") if (a.get("href") or "").endswith(codes[1])
    ]
    assert browser.get(f"/v/{codes[1]}").says("有效")


def test_a_number_typed_as_a_code_is_said_to_be_one_and_opens_nothing(browser, make):
    number = certificates.of_case(make.case("closed").id)[0].number
    for typed in (number, number.lower().replace("-", " "), "WQM-2026-0000009", "WQR20260000001"):
        page = browser.get(f"/verify?code={typed}")
        assert page.says("这是证书编号，不是核验码") and page.says("印在证书的二维码旁边")
        assert not page.says("陈")
    assert browser.get("/verify?code=B5S8").says("核验码抄错了")


def test_small_words(browser, make):
    make.case("closed")
    assert browser.get("/monthly/2026-11", as_="zhou").says("小时每一行各自只舍不入到 0.1")
    page = browser.get("/me/hours", as_="chen")
    steady = next(li for li in page.all("li") if "一直在服务" in "".join(li.itertext()))
    assert steady.get("class") == "do", "one month of twelve is not always"
