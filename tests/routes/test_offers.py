"""The page of asking an expert: ranked with reasons, several at once, somebody off the list, and the moment to undo."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk import config
from helpdesk.db import db
from helpdesk.domain import assignment
from helpdesk.models import Offer, OfferKind, Status
from tests.looking import fresh


def test_the_list_says_why_and_how_much(browser, make):
    case = make.case("triaged")
    best = assignment.candidates(case).listed[0]
    name, points = best.expert.name, round(best.points)
    page = browser.get(f"/cases/{case.number}/offers", as_="wang")
    assert page.says(name)
    assert page.says(f"匹配 {points} 分")
    assert page.says("空档")


def test_asking_one_can_be_undone_for_a_moment(browser, make, cast):
    config.use({"OFFER_UNDO_SECONDS": 10})
    try:
        case = make.case("triaged")
        url = f"/cases/{case.number}/offers"
        form = browser.get(url, as_="wang").form("/offers") | {"expert_id": cast.expert("chen").id}
        browser.post(url, form, as_="wang", page=url)
        assert fresh(case).status is Status.OFFERED
        page = browser.get("/queue?view=triaged", as_="wang")
        assert page.says("已派给") and page.says("撤销")
        assert not browser.get("/inbox", as_="chen").says(case.title)
        browser.post(f"{url}/undo", {}, as_="wang", page="/queue")
        assert fresh(case).status is Status.TRIAGED
    finally:
        config.use({"OFFER_UNDO_SECONDS": 0})


def test_too_late_to_undo_is_said(browser, make):
    case = make.case("offered")
    browser.post(f"/cases/{case.number}/offers/undo", {}, as_="wang", page="/queue")
    assert fresh(case).status is Status.OFFERED
    assert browser.get("/queue", as_="wang").says("邀请已经发出")


def test_nobody_else_undoes(browser, make):
    case = make.case("offered")
    browser.post(f"/cases/{case.number}/offers/undo", {}, as_="zhao", page="/queue", expect=404)
    browser.post(f"/cases/{case.number}/offers/undo", {}, as_="chen", page="/inbox", expect=404)


@pytest.mark.parametrize(("how", "kind"), [("several", OfferKind.BROADCAST), ("pool", OfferKind.POOL)])
def test_several_are_asked_with_one_press(browser, make, how, kind):
    case = make.case("triaged")
    url = f"/cases/{case.number}/offers"
    form = browser.get(url, as_="wang").form("/offers") | {"how": how, "note": "下周要答复客户"}
    browser.post(url, form, as_="wang", page=url)
    rows = db.session.scalars(select(Offer).where(Offer.case_id == case.id)).all()
    assert len(rows) == 3
    assert {(o.kind, o.note) for o in rows} == {(kind, "下周要答复客户")}
    page = browser.get("/inbox", as_="wu")
    assert page.says("同时请了几位，先接者办")


def test_somebody_off_the_list_needs_a_reason(browser, make, cast):
    make.case("accepted", expert="wu", phone="13800138003")
    case = make.case("triaged")
    url = f"/cases/{case.number}/offers"
    page = browser.get(url, as_="wang")
    assert page.says("手上已经满了")
    form = page.form("/offers") | {"how": "other", "other_id": cast.expert("wu").id, "note": "请您看看"}
    page = browser.post(url, form | {"override": ""}, as_="wang", page=url, expect=422)
    assert page.says("请写明为什么还是请他") and page.form("/offers")["note"] == "请您看看"
    browser.post(url, form | {"override": "他说可以再接一件"}, as_="wang", page=url)
    row = db.session.scalars(select(Offer).where(Offer.case_id == case.id)).one()
    assert row.override_reason == "他说可以再接一件"


@pytest.mark.parametrize("expert_id", ["", "0", "999999", "x", "-1", "99999999999999999999"])
def test_an_expert_that_is_none(browser, make, expert_id):
    case = make.case("triaged")
    url = f"/cases/{case.number}/offers"
    form = browser.get(url, as_="wang").form("/offers") | {"expert_id": expert_id}
    browser.post(url, form, as_="wang", page=url, expect=422)
    assert fresh(case).status is Status.TRIAGED
