"""Series over HTTP: set up from a case, listed, changed, paused, ended by the station or by the company."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import series
from helpdesk.models import Series, SeriesState, SeriesUnit, SeriesWhy, Urgency
from tests.routes.test_desk import statements


def only() -> Series:
    db.session.expire_all()
    return db.session.scalars(select(Series)).one()


def begun(make, case, **more) -> Series:
    values = {"every": 3, "unit": SeriesUnit.MONTH, "title": "季度报税", "problem": "请帮着看报表。"} | more
    row = series.begin(case, make.cast.wang, series.Plan(first_on=clock.today() + timedelta(days=5), **values))
    db.session.commit()
    return row


def test_a_coordinator_sets_one_up_from_the_case(browser, make):
    case = make.case("closed")
    db.session.commit()
    page = browser.get(f"/cases/{case.number}", as_="wang")
    url = f"/cases/{case.number}/series"
    assert url in page.text
    form = browser.get(url, as_="wang").form("/series")
    assert form["title"] == case.title and form["problem"] == case.problem
    browser.post(url, form | {"first_on": "2026-12-01", "most": "4"}, as_="wang", page=url)
    row = only()
    assert (row.every, row.unit, row.most, row.first_on.isoformat()) == (3, SeriesUnit.MONTH, 4, "2026-12-01")
    again = browser.get(url, as_="wang")
    assert again.says("已经有定期回访") and f"/series/{row.id}" in again.text
    listed = browser.get("/series", as_="wang")
    assert listed.says(case.title) and listed.says("南山光电有限公司")
    assert not browser.get("/series", as_="zhao").says(case.title)
    assert browser.get("/series", as_="zhou").says(case.title)


def test_an_urgent_case_does_not_make_what_comes_again_urgent(browser, make):
    case = make.case("closed")
    case.urgency = Urgency.URGENT
    db.session.commit()
    url = f"/cases/{case.number}/series"
    assert browser.get(url, as_="wang").form("/series")["urgency"] == "normal"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"every": ""}, "请填一个整数"),
        ({"every": "两"}, "请填一个整数"),
        ({"every": "1.5"}, "请填一个整数"),
        ({"every": "0"}, "至少填 1"),
        ({"every": "-" + "9" * 40}, "至少填 1"),
        ({"every": "99"}, "按月最多填 12"),
        ({"every": "9" * 40}, "按月最多填 12"),
        ({"every": "53", "unit": "week"}, "按周最多填 52"),
        ({"most": "0"}, "至少做 1 次"),
        ({"most": "201"}, "最多 200 次"),
        ({"most": "9" * 40}, "最多 200 次"),
        ({"unit": "day"}, ""),
        ({"first_on": "明天"}, "请选一个日期"),
        ({"first_on": "2026-01-01"}, "今天或以后"),
        ({"last_on": "随便"}, "请选一个日期"),
        ({"last_on": "2027-12-01", "most": "3"}, "只填一个"),
        ({"most": "许多"}, "请填一个整数"),
        ({"title": ""}, "请写一个标题"),
        ({"problem": ""}, "请写几个字"),
        ({"urgency": "now"}, ""),
    ],
    ids=str,
)
def test_a_form_that_cannot_be_is_given_back_with_what_was_typed(browser, make, changes, words):
    case = make.case("closed")
    db.session.commit()
    url = f"/cases/{case.number}/series"
    typed = {"every": "2", "first_on": "2026-12-01", "problem": "我写的内容"} | changes
    page = browser.post(url, browser.get(url, as_="wang").form("/series") | typed, as_="wang", page=url, expect=422)
    assert page.says(words) if words else True
    if "problem" not in changes:
        assert page.form("/series")["problem"].strip() == "我写的内容"
    assert db.session.scalars(select(Series)).all() == []


def test_it_is_changed_paused_resumed_and_ended(browser, make):
    row_id = begun(make, make.case("closed")).id
    url = f"/series/{row_id}"
    form = browser.get(url, as_="wang").form(url)
    browser.post(url, form | {"every": "2", "unit": "week", "title": "双周回访"}, as_="wang", page=url)
    assert (only().title, only().unit) == ("双周回访", SeriesUnit.WEEK)
    stale = browser.post(url, form | {"title": "别的"}, as_="wang", page=url, expect=422)
    assert stale.says("刚刚改过") and stale.form(url)["title"] == "别的"
    browser.post(f"{url}/pause", {}, as_="wang", page=url)
    assert only().state is SeriesState.PAUSED
    assert browser.get(url, as_="wang").says("王岚停的")
    browser.post(f"{url}/resumption", {}, as_="wang", page=url)
    assert only().state is SeriesState.RUNNING
    ending = f"{url}/end"
    browser.post(ending, browser.get(ending, as_="wang").form(ending), as_="wang", page=ending, expect=422)
    browser.post(ending, browser.get(ending, as_="wang").form(ending) | {"reason": "做完了"}, as_="wang", page=ending)
    assert (only().state, only().reason) == (SeriesState.ENDED, "做完了")
    assert browser.get(url, as_="wang").says("做完了")
    assert browser.get(ending, as_="wang").says("已经结束")
    for other in ("zhao", "lin", "chen", "sun", "li"):
        browser.get(url, as_=other, expect=404)


def test_the_company_ends_it_from_its_tracking_page(browser, make):
    case = make.case("consulting")
    begun(make, case)
    url = f"/t/{case.tracking_token}"
    page = browser.get(url)
    assert page.says("定期回访") and f"{url}/series-end" in page.text
    ending = browser.get(f"{url}/series-end")
    assert only().state is SeriesState.RUNNING, "looking ends nothing"
    browser.post(f"{url}/series-end", ending.form("/series-end"), page=f"{url}/series-end")
    assert (only().state, only().why) == (SeriesState.ENDED, SeriesWhy.COMPANY)
    assert f"{url}/series-end" not in browser.get(url).text
    assert browser.get(f"{url}/series-end").says("没有定期回访")


def test_what_the_station_wrote_is_not_put_into_the_companys_mouth(browser, make):
    row = begun(make, make.case("closed"), problem="请帮着看报表。")
    with clock.at(clock.now() + timedelta(days=6)):
        case = series.make({"series_id": row.id, "day": row.next_on.isoformat()})
        number, token = case.number, case.tracking_token
        db.session.commit()
        for page in (browser.get(f"/cases/{number}", as_="wang"), browser.get(f"/t/{token}")):
            bubble = next(e for e in page.all("li") + page.all("article") + page.all("div") if e.get("id") == "m-0")
            said = "".join(bubble.itertext())
            assert "请帮着看报表" in said and "工作站" in said and "林女士" not in said


def test_a_viewer_reads_of_it_and_cannot_end_it(browser, make):
    case = make.case("consulting")
    begun(make, case)
    url = f"/me/requests/{case.number}"
    page = browser.get(url, as_="jiang")
    assert page.says("定期回访") and "series-end" not in page.text
    browser.get(f"{url}/series-end", as_="jiang", expect=403)
    browser.post(f"{url}/series-end", {}, as_="jiang", page=url, expect=403)
    assert only().state is SeriesState.RUNNING
    browser.get(f"{url}/series-end", as_="bai", expect=404)
    form = browser.get(f"{url}/series-end", as_="lin").form("/series-end")
    browser.post(f"{url}/series-end", form | {"reason": "自己会了"}, as_="lin", page=f"{url}/series-end")
    assert only().reason == "自己会了"


def test_a_list_of_many_costs_what_one_costs(browser, make):
    begun(make, make.case("closed", phone="13800000091"))
    browser.get("/series", as_="wang")
    one = statements(lambda: browser.get("/series", as_="wang"))
    for n in range(4):
        begun(make, make.case("closed", phone=f"1380000008{n}"))
    assert statements(lambda: browser.get("/series", as_="wang")) == one
