"""The pages of keeping and erasing: the operator's term, a case kept longer, a company that asks, the answer."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from helpdesk.db import begin, db
from helpdesk.domain import erasures, keeping
from helpdesk.models import Case, Erasure, KeepingRule
from tests.looking import anew


def test_the_operator_sets_how_long(browser, make):
    page = browser.get("/keeping", as_="zhou")
    assert page.says("结束后 36 个月") and page.says("至少保存 10 年")
    form = page.form("/keeping") | {"months": "24", "from_on": "2027-01-01", "reason": "市里新规定"}
    browser.post("/keeping", form, as_="zhou")
    assert browser.get("/keeping", as_="zhou").says("市里新规定")
    for bad in ({"months": "5"}, {"months": "viele"}, {"months": ""}, {"from_on": "gestern"}, {"from_on": "2020-01-01"},
                {"reason": ""}, {"reason": "x" * 300}, {"months": "9" * 400}):  # fmt: skip
        again = browser.post("/keeping", form | bad, as_="zhou", expect=422)
        assert again.form("/keeping")["reason"] == (bad.get("reason", form["reason"]))
    far = browser.post("/keeping", form | {"from_on": "9999-12-31"}, as_="zhou", expect=422)
    assert [e.get("aria-invalid") for e in far.all("input", name="from_on")] == ["true"]
    assert far.says("最晚到 2028-11-18") and far.form("/keeping")["from_on"] == "9999-12-31"
    anew(read_only=False)
    assert len(db.session.scalars(select(KeepingRule)).all()) == 1


def test_a_term_that_has_not_begun_is_taken_back(browser, make, cast):
    ahead = {"months": "24", "from_on": "2027-01-01", "reason": "写错了的规定"}
    browser.post("/keeping", browser.get("/keeping", as_="zhou").form("/keeping") | ahead, as_="zhou")
    page = browser.get("/keeping", as_="zhou")
    assert page.says("还没开始")
    browser.post("/keeping/1/withdrawal", page.form("/withdrawal"), as_="zhou")
    page = browser.get("/keeping", as_="zhou")
    assert page.says("已收回") and page.says("周总 收回") and page.says("写错了的规定") and not page.says("还没开始")
    browser.post("/keeping/1/withdrawal", as_="zhou")  # twice is once
    browser.post("/keeping/99/withdrawal", as_="zhou", expect=404)
    browser.post("/keeping/1/withdrawal", as_="wang", expect=403)
    browser.post("/keeping", page.form("/keeping") | {"from_on": "2026-11-18", "reason": "今天起"}, as_="zhou")
    assert browser.get("/keeping", as_="zhou").says("现在用的")
    browser.post("/keeping/2/withdrawal", as_="zhou")
    assert browser.get("/keeping", as_="zhou").says("这一条已经生效")
    anew(read_only=False)
    assert [
        row.withdrawn_at is not None for row in db.session.scalars(select(KeepingRule).order_by(KeepingRule.id))
    ] == [True, False]
    assert keeping.in_force(date(2027, 2, 1)).row.reason == "今天起"


def test_a_wish_is_taken_back_until_it_is_carried_out(browser, make, cast):
    case = make.case("closed")
    db.session.commit()
    own = f"/t/{case.tracking_token}/erasure"
    here = f"/me/companies/{cast.company().id}/erasure"
    for place, login in ((own, None), (here, "lin")):
        browser.post(f"{place}/confirmation", {"understood": "y"}, as_=login)
        page = browser.get(place, as_=login)
        browser.post(f"{place}/withdrawal", page.form("/withdrawal"), as_=login)
        assert browser.get(place, as_=login).says("您撤回了上一次的要求")
    assert browser.get(f"/cases/{case.number}", as_="wang").says("不删除资料了")
    assert browser.get("/erasures", as_="zhou").says("都答复完了")
    anew(read_only=False)
    first = db.session.scalars(select(Erasure).order_by(Erasure.id)).first()
    browser.get(f"/erasures/{first.id}", as_="zhou", expect=303)
    browser.post(f"/erasures/{first.id}", {"decision": "yes", "reason": "依法"}, as_="zhou", expect=422)
    # Asked anew, granted, and taken back before the worker came by.
    browser.post(f"{own}/confirmation", {"understood": "y"})
    anew(read_only=False)
    again = db.session.scalars(select(Erasure).order_by(Erasure.id.desc())).first()
    browser.post(f"/erasures/{again.id}", {"decision": "yes", "reason": "依法"}, as_="zhou")
    browser.post(f"{own}/withdrawal", browser.get(own).form("/withdrawal"))
    anew(read_only=False)
    assert erasures.carry_out({"erasure_id": again.id, "portion": 0}) == 0
    assert db.session.get(Case, case.id).anonymised_at is None
    assert browser.get("/erasures", as_="zhou").says("企业后来撤回了")
    assert not browser.get(own).says("正在去除")


def test_a_case_is_kept_longer_and_released(browser, make):
    case = make.case("closed")
    db.session.commit()
    here = f"/cases/{case.number}"
    browser.post(
        f"{here}/hold", browser.get(f"{here}/hold", as_="li").form("/hold") | {"reason": ""}, as_="li", expect=422
    )
    form = browser.get(f"{here}/hold", as_="li").form("/hold") | {"reason": "区里在查"}
    browser.post(f"{here}/hold", form, as_="li")
    assert browser.get(here, as_="li").says("到期也保留资料：区里在查")
    assert browser.get("/keeping", as_="zhou").says("区里在查")
    browser.get(f"{here}/hold", as_="wang", expect=403)
    browser.post(f"{here}/release", browser.get(f"{here}/hold", as_="zhou").form("/release"), as_="zhou")
    assert not browser.get(here, as_="li").says("到期也保留资料：")


def test_a_company_asks_and_is_answered(browser, make, cast):
    case = make.case("closed")
    live = make.case("consulting", phone="13800000044")
    db.session.commit()
    here = f"/me/companies/{cast.company().id}/erasure"
    assert any((a.get("href") or "") == here for a in browser.get(here.removesuffix("/erasure"), as_="lin").all("a"))
    told = browser.get(here, as_="lin")
    assert told.says("还有 1 件没有结束") and not told.says("要求删除")
    assert any((a.get("href") or "") == f"/me/requests/{live.number}" for a in told.all("a"))
    browser.get(f"{here}/confirmation", as_="lin", expect=303)
    late = browser.post(f"{here}/confirmation", {"understood": "y"}, as_="lin", expect=422)
    assert late.says("请先撤回或办完") and late.says(live.number)
    own = f"/t/{case.tracking_token}/erasure"
    assert browser.get(own).says("小结里“结果”那一句") and browser.get(own).says("至少保存 10 年")
    form = browser.get(f"{own}/confirmation").form("/confirmation")
    assert browser.post(f"{own}/confirmation", form, expect=422).says("请先勾选")
    browser.post(f"{own}/confirmation", form | {"understood": "y"})
    assert browser.get(own).says("等总队答复") and not browser.get(own).says("要求删除")
    assert browser.get("/erasures", as_="zhou").says(case.number)
    anew(read_only=False)
    row = db.session.scalars(select(Erasure)).one()
    place = f"/erasures/{row.id}"
    form = browser.get(place, as_="zhou").form(place)
    browser.post(place, form | {"reason": ""}, as_="zhou", expect=422)
    browser.post(place, form | {"decision": "yes", "reason": "依法删除"}, as_="zhou")
    browser.get(place, as_="zhou", expect=303)
    browser.get(here, as_="jiang", expect=403)
    browser.get("/erasures", as_="li", expect=403)
    browser.get(f"{here}/confirmation", as_="jiang", expect=403)
    anew(read_only=False)
    erasures.carry_out({"erasure_id": row.id, "portion": 0})
    db.session.commit()
    browser.get(own.replace("/erasure", ""), expect=404)
    page = browser.get(f"/cases/{case.number}", as_="wang")
    assert page.says("个人信息已去除") and page.says("企业确认，已办结")
    assert browser.get("/erasures", as_="zhou").says("已去除")
    assert browser.get(f"/me/requests/{case.number}", as_="lin").says("应您的要求，个人信息已去除")


def test_the_command_says_and_does_the_same(app, make, clock):
    from datetime import timedelta

    case = make.case("closed")
    number = case.number
    db.session.commit()
    db.session.remove()
    with clock.at(clock.now() + timedelta(days=1200)):
        dry = app.test_cli_runner().invoke(args=["helpdesk", "anonymise", "--dry-run"])
        assert dry.exit_code == 0 and number in dry.output and "1 cases are due" in dry.output
        done = app.test_cli_runner().invoke(args=["helpdesk", "anonymise"])
        assert done.exit_code == 0 and "1 cases are anonymous" in done.output
        again = app.test_cli_runner().invoke(args=["helpdesk", "anonymise"])
        assert "0 cases" in again.output
        begin(read_only=True)
        assert keeping.count_due() == 0
