"""A case whose personal data is gone can be looked at and no more: one rule for every page, button and address."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from sqlalchemy import inspect, text
from werkzeug.exceptions import HTTPException

from helpdesk.db import begin, db
from helpdesk.domain import consultation, erasures, visits
from helpdesk.models import Case
from helpdesk.rules import policy
from helpdesk.rules.policy import AFTER_ERASURE, ENDS_WITH_ERASURE

PEOPLE = ("lin", "he", "jiang", "chen", "wang", "li", "zhou", "sun")


@pytest.fixture
def erased(make, cast):
    """A case that was served, confirmed and talked about, then erased because its company wished it."""
    case = make.case("consulting", email="lin@southlight.example")
    consultation.note(case, cast.wang, body="先看看材料。", form_key="note")
    visit = make.visit(case, place="厂里")
    make.answer(case)
    visits.confirm(visit, make.link(case))
    make.confirm(case)
    wish = erasures.ask_for_case(case, make.link(case))
    erasures.decide(wish, cast.zhou, granted=True, reason="依法删除")
    erasures.carry_out({"erasure_id": wish.id, "portion": 0})
    db.session.commit()
    assert case.anonymised_at is not None
    return case.number, case.tracking_token, visit.id


def everything() -> list[str]:
    """Every row of every table but the search index and what the way in counts."""
    begin(read_only=True)
    names = [n for n in inspect(db.session.connection()).get_table_names() if "_search_" not in n]
    found = [f"{name}: {row}" for name in names for row in db.session.execute(text(f'SELECT * FROM "{name}"')).all()]
    db.session.rollback()
    return sorted(found)


def test_nobody_may_do_anything_with_it(make, cast, erased):
    case = db.session.query(Case).filter_by(number=erased[0]).one()
    for who in [make.link(case), *(policy.who_is(cast.account(login)) for login in PEOPLE)]:
        assert policy.allowed(who, case, ENDS_WITH_ERASURE | AFTER_ERASURE) <= AFTER_ERASURE
    assert {"case.reply", "case.confirm", "case.commend", "case.begin_series", "case.hold_data", "case.claim",
            "case.ask_correction", "case.note", "case.follow", "visit.log"} <= ENDS_WITH_ERASURE  # fmt: skip


def test_no_address_writes_on_it(app, browser, erased):
    """Every address of a case, by everybody and by the link, with and without a body: an answer in words, no change."""
    app.config["WTF_CSRF_ENABLED"] = False
    number, token, visit_id = erased
    values = {"number": number, "token": token, "visit_id": str(visit_id), "purpose": "referral", "attachment_id": "1",
              "link_id": "1", "name": "problem", "complaint_id": "1"}  # fmt: skip
    before, asked = everything(), 0
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if getattr(view, "asks", "") not in ENDS_WITH_ERASURE or not rule.arguments & {"number", "token"}:
            continue
        assert rule.arguments <= set(values), f"the test cannot fill {rule.rule}: teach it"
        path = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: values[found[1]], rule.rule)
        for method in sorted({"GET", "POST"} & set(rule.methods or ())):
            for login in (None,) if "token" in rule.arguments else ("lin", "chen", "wang", "zhou"):
                answer = browser.open(path, login, method=method, data={} if method == "POST" else None)
                # A draft that was sent leads on to its case.
                out = (303,) if rule.endpoint.startswith("drafts.") else (403, 404, 422)
                assert answer.status_code in out, f"{method} {path} as {login}: {answer.status_code}"
                asked += 1
    assert asked > 100
    assert everything() == before


def test_its_pages_offer_nothing_and_say_why(app, browser, erased):
    number, token, _ = erased
    pages = [(f"/t/{token}", None), *((f"/me/requests/{number}", login) for login in ("lin", "jiang"))]
    pages += [(f"/cases/{number}", login) for login in ("chen", "wang", "li", "zhou", "sun")]
    pages += [(f"/t/{token}/print", None), (f"/cases/{number}/print?notes=1", "wang"), (f"/t/{token}/receipt", None)]
    for path, login in pages:
        page = browser.get(path, as_=login)
        assert offered(app, page, number, token) == [], path
        assert page.all("article", class_="msg") == [] and page.all("div", class_="bub") == [], path
        if not path.endswith("receipt"):
            assert page.says("个人信息已于") and page.says("这一件只能看"), path
            assert page.says("个人信息已去除：称呼、联系方式、问题、沟通"), path
            assert "—" not in re.findall(r"\S+", page.words.replace("–", "")), path
    own = browser.get(f"/me/requests/{number}", as_="lin")
    assert own.says("结果") and not own.says("查看者") and not own.says("可以重开")


def offered(app, page, number: str, token: str) -> list[str]:
    """Addresses on the page that would do something with the case."""
    found = []
    match = app.url_map.bind("localhost").match
    wanted = [(a.get("href"), "GET") for a in page.all("a")]
    wanted += [(f.get("action"), (f.get("method") or "get").upper()) for f in page.all("form")]
    for address, method in wanted:
        try:
            endpoint, values = match(urlsplit(address or "/").path, method=method)
        except HTTPException:
            continue
        asks = getattr(app.view_functions[endpoint], "asks", "")
        if asks in ENDS_WITH_ERASURE and (values.get("number") == number or values.get("token") == token):
            found.append(f"{method} {address}")
    return found


def test_a_form_of_a_step_says_so_in_words(browser, erased):
    """Not a form that is refused afterwards."""
    for path, login in ((f"/cases/{erased[0]}/series", "wang"), (f"/cases/{erased[0]}/hold", "zhou"),
                        (f"/me/requests/{erased[0]}/corrections", "lin")):  # fmt: skip
        page = browser.get(path, as_=login, expect=422)
        assert page.says("这一件的个人信息已经去除，不能再办") and not page.says("红字")


def test_the_old_tracking_link_says_why_it_ends(browser, make, cast):
    case = make.case("submitted")
    assert browser.get(f"/t/{case.tracking_token}x", expect=404).says("个人信息去除以后，原来的查询链接也不再有效")
    assert not browser.get("/nowhere", expect=404).says("查询链接也不再有效")
