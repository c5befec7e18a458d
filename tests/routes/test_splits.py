"""Splitting and linking over HTTP; a duplicate merged with one press and taken back with another."""

from __future__ import annotations

import pytest

from helpdesk.db import db
from helpdesk.models import Status
from tests.looking import fresh


def test_a_request_is_split_from_its_menu(browser, make):
    case = make.case("submitted", problem="银行说要抽贷，想找人谈谈。另外厂房月底到期，想找个地方。")
    number, url = case.number, f"/cases/{case.number}/split"
    form = browser.get(url, as_="wang").form("/split")
    assert form["problem"] == form["rest"]
    page = browser.post(url, form | {"problem": " "}, as_="wang", page=url, expect=422)
    assert page.says("请写明新的一件说什么")
    browser.post(url, form | {"problem": "厂房月底到期。", "rest": "银行说要抽贷。"}, as_="wang", page=url)
    page = browser.get(f"/cases/{number}", as_="wang")
    assert page.says("拆出") and page.says("拆出另一件")
    assert browser.get("/queue?view=new", as_="wang").says("厂房月底到期")
    browser.get(url, as_="zhao", expect=404)


def test_cases_are_linked_and_unlinked(browser, make):
    one, two = make.case("submitted"), make.case("submitted", phone="13800138222")
    url, other = f"/cases/{one.number}/links", two.number
    page = browser.post(url, {"target": "SZ-26-09999", "kind": "part"}, as_="wang", page=url, expect=422)
    assert page.says("没有找到这一件")
    browser.post(url, {"target": other, "kind": ""}, as_="wang", page=url, expect=422)
    browser.post(url, {"target": other, "kind": "split"}, as_="wang", page=url, expect=422)
    browser.post(url, {"target": other, "kind": "part"}, as_="wang", page=url)
    page = browser.get(url, as_="wang")
    assert page.says("属于") and page.says(other)
    removal = page.form("/removal")
    assert removal is not None
    from helpdesk.models import CaseLink

    link_id = db.session.query(CaseLink).one().id
    browser.post(f"{url}/{link_id}/removal", {}, as_="zhao", page="/queue", expect=404)
    browser.post(f"{url}/999/removal", {}, as_="wang", page=url, expect=404)
    browser.post(f"{url}/{link_id}/removal", {}, as_="wang", page=url)
    assert db.session.query(CaseLink).count() == 0


def test_a_duplicate_is_merged_with_one_press_and_taken_back_with_another(browser, make):
    first = make.case("submitted", problem="厂房月底到期，想找八百平的厂房")
    case = make.case("submitted", problem="厂房月底到期，要找八百平的新厂房", phone="13800138223")
    page = browser.get(f"/queue/{case.number}", as_="wang")
    assert page.all("button", **{"data-key": "M"})
    form = page.form("/merge")
    assert form["target"] == first.number
    browser.post(f"/cases/{case.number}/merge", form, as_="wang", page="/queue")
    assert fresh(case).status is Status.MERGED
    assert browser.get("/queue", as_="wang").says("撤销")
    browser.post(f"/cases/{case.number}/merge/undoing", {}, as_="wang", page="/queue")
    assert fresh(case).status is Status.SUBMITTED


@pytest.mark.parametrize("target", ["", "SZ-26-09999", "x" * 300, "'; DROP TABLE cases; --"])
def test_no_such_target(browser, make, target):
    case = make.case("submitted")
    url = f"/cases/{case.number}/links"
    browser.post(url, {"target": target, "kind": "part"}, as_="wang", page=url, expect=422)
