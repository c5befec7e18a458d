"""The expert's inbox: offers without the company's name, taking and leaving them, what waits."""

from __future__ import annotations

from datetime import timedelta

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import assignment, visits
from helpdesk.models import Case, Conflict, Offer, OfferStatus, Status


def offered(make, **kwargs) -> Offer:
    return make.offer(make.case("offered", **kwargs))


def fresh(offer: Offer) -> Offer:
    return db.session.get_one(Offer, offer.id, populate_existing=True)


def test_an_empty_inbox_says_what_is_so(browser, cast):
    page = browser.get("/inbox", as_="chen")
    assert page.says("没有新的派单") and page.says("您现在“在岗”，上限 5 件")
    browser.get("/inbox", as_="wang", expect=403)
    browser.get("/inbox", expect=303)


def test_an_offer_hides_the_company_until_it_is_accepted(browser, make):
    offer = offered(make, problem="我们南山光电想申报专精特新，请人看看南山光电有限公司的研发费用怎么归集。")
    for url in ("/inbox", f"/offers/{offer.id}", f"/offers/{offer.id}/refusal"):
        page = browser.get(url, as_="chen")
        assert not page.says("南山光电") and not page.says("13800138000") and not page.says("林女士"), url
    page = browser.get(f"/offers/{offer.id}", as_="chen")
    for words in ("接这一单吗", "28 人", "南山", "政策", "请在", "接单后才能看到企业名称"):
        assert page.says(words), words


def test_without_the_declaration_the_page_explains(browser, make):
    offer = offered(make)
    url = f"/offers/{offer.id}/acceptance"
    form = browser.get(f"/offers/{offer.id}", as_="chen").form("/acceptance")
    assert "no_conflict" not in form
    assert browser.post(url, form, as_="chen", expect=422).says("请先声明与这家企业没有利益关系")
    card = browser.post(url, form, as_="chen", expect=422, htmx=True)
    assert card.says("请先声明") and len(card.all("article")) == 1
    assert fresh(offer).status is OfferStatus.PENDING


def test_taking_it_leads_to_the_case_and_twice_is_once(browser, make):
    offer = offered(make)
    number = offer.case.number
    form = browser.get("/inbox", as_="chen").form("/acceptance")
    for _ in range(2):
        done = browser.post(f"/offers/{offer.id}/acceptance", {**form, "no_conflict": "y"}, as_="chen")
        assert done.location.endswith(number)
    assert fresh(offer).case.status is Status.ACCEPTED
    page = browser.get(done.location, as_="chen")
    assert page.says("南山光电有限公司") and page.says("先打个招呼")
    opening = browser.get(f"{done.location}?opening=1", as_="chen", htmx=True)
    assert "我是志愿专家陈明远" in opening.all("textarea")[0].text


def test_saying_no_needs_a_reason_and_brings_it_back(browser, make):
    offer = offered(make)
    url = f"/offers/{offer.id}/refusal"
    form = browser.get(url, as_="chen").form("/refusal")
    assert browser.post(url, {**form, "note": "在外地"}, as_="chen", expect=422).says("请选一个原因")
    assert browser.post(url, {**form, "reason": "nonsense"}, as_="chen", expect=422).says("请选一个原因")
    done = browser.post(url, {**form, "reason": "conflict", "note": "是我表哥的厂"}, as_="chen")
    assert done.location.endswith("/inbox")
    assert fresh(offer).case.status is Status.TRIAGED
    assert db.session.query(Conflict).count() == 1
    browser.get(url, as_="chen", expect=303)


def test_an_offer_that_is_over_says_so_and_stays_readable(browser, make, cast):
    offer = offered(make)
    form = browser.get(f"/offers/{offer.id}", as_="chen").form("/acceptance")
    assignment.recall(fresh(offer).case, cast.wang, reason="换人")
    db.session.commit()
    assert browser.get("/inbox", as_="chen").says("工作站收回了这次派单")
    page = browser.get(f"/offers/{offer.id}", as_="chen")
    assert page.says("工作站收回了这次派单") and not page.all("input", type="checkbox")
    late = browser.post(f"/offers/{offer.id}/acceptance", {**form, "no_conflict": "y"}, as_="chen", expect=422)
    assert late.says("已经收回或已经答复过")
    with clock.at(clock.now() + timedelta(hours=25)):
        assert not browser.get("/inbox", as_="chen").says("工作站收回了这次派单")


def test_an_offer_is_nobody_elses(browser, make):
    offer = offered(make)
    for person, status in (("wu", 404), ("zhao", 404), ("sun", 404), ("lin", 404)):
        browser.get(f"/offers/{offer.id}", as_=person, expect=status)
        browser.post(f"/offers/{offer.id}/acceptance", {"no_conflict": "y"}, as_=person, expect=status)
    browser.get(f"/offers/{offer.id}", as_="wang")
    browser.get(f"/offers/{offer.id}/refusal", as_="wang", expect=403)
    browser.post(f"/offers/{offer.id}/acceptance", {"no_conflict": "y"}, as_="wang", expect=403)
    assert fresh(offer).status is OfferStatus.PENDING


def test_at_capacity_the_expert_is_told(browser, make):
    offer = offered(make, expert="wu")
    make.case("offered", expert="wu", phone="13800138001")
    second = db.session.query(Offer).filter(Offer.id != offer.id).one()
    for row, status in ((offer, 303), (second, 422)):
        page = browser.post(f"/offers/{row.id}/acceptance", {"no_conflict": "y"}, as_="wu", expect=status)
    assert page.says("手上已经满了")


def test_what_waits_for_me_comes_before_what_waits_for_the_company(browser, make, cast):
    make.case("accepted", phone="13800138001")
    disputed = make.case("answered", phone="13800138002")
    visit = visits.of(disputed)[0]
    visits.dispute(visit, make.link(disputed), reason="不对")
    make.case("answered", phone="13800138003")
    page = browser.get("/inbox", as_="chen")
    for words in ("先和企业联系上", "企业说服务时间不对，请改", "在等企业的", "等企业确认"):
        assert page.says(words), words


def test_the_inbox_costs_the_same_for_many(browser, make, app):
    from sqlalchemy import event

    def count() -> int:
        seen: list[str] = []

        def hear(*args: object) -> None:
            seen.append(str(args[2]))

        event.listen(db.engine, "before_cursor_execute", hear)
        browser.get("/inbox", as_="chen")
        event.remove(db.engine, "before_cursor_execute", hear)
        return len(seen)

    make.case("offered", phone="13800138010")
    make.case("accepted", phone="13800138011")
    before = count()
    for n in range(3):
        make.case("accepted", phone=f"1380013802{n}")
        make.case("offered", phone=f"1380013803{n}")
    assert count() <= before
    assert db.session.query(Case).count() == 8
