"""Canned replies: written once, filled with the case's facts, each station its own."""

from __future__ import annotations

import pytest

from helpdesk.db import db
from helpdesk.domain import canned_replies
from helpdesk.errors import Refused
from helpdesk.models import CannedReply

TEXT = "{称呼}，您好。{ 编号 }由{station}的{我}跟进，电话{电话}。"


def test_it_is_written_chosen_and_filled(browser, make):
    case = make.case("triaged")
    number, phone, station = case.number, case.station.phone, case.station.zh
    page = browser.get("/canned-replies/new", as_="wang")
    facts = {**page.form("/new"), "title": "收到", "body": TEXT, "category": ""}
    browser.post("/canned-replies/new", facts, as_="wang")
    assert browser.get("/canned-replies", as_="wang").says("收到")
    assert not browser.get("/canned-replies", as_="zhao").says(TEXT)
    row = db.session.query(CannedReply).one()
    url = f"/cases/{number}"
    assert browser.get(url, as_="wang").says("收到")
    for htmx in (False, True):
        filled = browser.get(f"{url}?canned={row.id}", as_="wang", htmx=htmx)
        assert filled.says(f"林女士，您好。{number}由{station}的王岚跟进，电话{phone}。")
    assert not browser.get(f"{url}?canned=999999", as_="wang").says("由南山")


def test_holes_that_nothing_fills_are_refused_and_nothing_is_lost(browser, make):
    page = browser.get("/canned-replies/new", as_="wang")
    facts = {**page.form("/new"), "title": "收到", "body": "您好{客户}", "category": ""}
    again = browser.post("/canned-replies/new", facts, as_="wang", expect=422)
    assert again.says("不认识“{客户}”")
    assert again.says("您好{客户}")
    for missing in ("title", "body"):
        browser.post("/canned-replies/new", {**facts, "body": "您好", missing: " "}, as_="wang", expect=422)
    assert db.session.query(CannedReply).count() == 0


@pytest.mark.parametrize(
    "changes", [{"title": "长" * 61}, {"body": "长" * 2001}, {"category_code": "nonsense"}, {"body": "{我"}]
)
def test_odd_texts(make, cast, changes):
    facts = {"title": "收到", "body": "您好", **changes}
    if changes == {"body": "{我"}:
        reply = canned_replies.write(cast.wang, None, **facts)
        assert canned_replies.filled(reply, make.case("triaged"), cast.wang) == "{我"
        return
    with pytest.raises(Refused):
        canned_replies.write(cast.wang, None, **facts)


def test_those_of_the_field_come_first_and_other_stations_are_not_offered(make, cast):
    case = make.case("triaged", category="policy")
    write = canned_replies.write
    write(cast.zhou, None, title="各站通用", body="您好")
    write(cast.wang, None, title="政策", body="您好", category_code="policy")
    write(cast.wang, None, title="融资", body="您好", category_code="finance")
    write(cast.zhao, None, title="龙岗的", body="您好")
    assert [row.title for row in canned_replies.for_case(case)] == ["政策", "各站通用"]
    canned_replies.retire(canned_replies.for_case(case)[0], cast.wang)
    assert [row.title for row in canned_replies.for_case(case)] == ["各站通用"]


def test_two_change_one_at_once(browser, make, cast):
    row = canned_replies.write(cast.wang, None, title="收到", body="一")
    db.session.commit()
    url = f"/canned-replies/{row.id}"
    first = browser.get(url, as_="wang").form(url)
    second = browser.get(url, as_="qian").form(url)
    browser.post(url, {**first, "body": "二"}, as_="wang")
    told = browser.post(url, {**second, "body": "三"}, as_="qian", expect=422)
    assert told.says("王岚刚刚改过这一条")
    assert told.says("三")
    browser.post(url, {**told.form(url), "body": "三"}, as_="qian")
    assert db.session.get(CannedReply, row.id, populate_existing=True).body == "三"


def test_the_corps_writes_for_all_and_nobody_else_does(browser, make, cast):
    shared = canned_replies.write(cast.zhou, None, title="谢谢", body="谢谢{称呼}。")
    db.session.commit()
    assert shared.station_id is None
    assert browser.get("/canned-replies", as_="wang").says("各站通用")
    for login, status in (("wang", 404), ("chen", 404), ("lin", 404)):
        browser.get(f"/canned-replies/{shared.id}", as_=login, expect=status)
    browser.get("/canned-replies", as_="chen", expect=403)
    browser.post(f"/canned-replies/{shared.id}/retirement", {}, as_="zhou", page="/canned-replies")
    assert canned_replies.listed(cast.zhou) == []
