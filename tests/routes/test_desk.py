"""The coordinator's desk over HTTP: views, counts, the pane, the steps; and what a page of it costs."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event

from helpdesk.db import db
from helpdesk.domain import triage
from helpdesk.models import Status
from tests.browser import NS
from tests.cast import LONGGANG
from tests.looking import fresh


def statements(act) -> list[str]:
    """The statements a page needs."""
    seen: list[str] = []

    def note(conn, cursor, statement, *_):
        seen.append(statement)

    engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # A list of values is one thing however long it is.
    return sorted(re.sub(r"\((\?, )*\?\)", "(…)", s) for s in seen if s.startswith("SELECT"))


def test_every_view_has_its_cases_and_its_count(browser, make):
    made = {
        "new": make.case("submitted", phone="13900139001"),
        "triaged": make.case("triaged", phone="13900139002"),
        "offered": make.case("offered", phone="13900139003"),
        "working": make.case("consulting", phone="13900139004"),
        "answered": make.case("answered", phone="13900139005"),
        "closed": make.case("closed", phone="13900139006"),
    }
    for view, case in made.items():
        page = browser.get(f"/queue?view={view}", as_="wang")
        rows = [e.get("id") for e in page.all("li", class_="q")]
        assert rows == [f"q-{case.number}"], view
        assert not browser.get(f"/queue?view={view}", as_="zhao").says(case.number), "another station's"


def test_a_case_is_sorted_from_the_pane(browser, make):
    case = make.case("submitted")
    page = browser.get(f"/queue/{case.number}", as_="wang")
    form = page.form("/triage")
    assert form["version"]
    browser.post(
        f"/cases/{case.number}/triage",
        form | {"category": "finance", "topic": "", "urgency": "urgent", "title": "贷款到期怎么谈"},
        as_="wang", page=f"/queue/{case.number}",
    )  # fmt: skip
    case = fresh(case)
    assert (case.status, case.category_code, case.urgency.value, case.title) == (
        Status.TRIAGED, "finance", "urgent", "贷款到期怎么谈",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"category": ""}, "请选一个类别"), ({"category": "astrology"}, "请"), ({"topic": "no-such"}, "请"),
     ({"title": ""}, "请"), ({"urgency": "at once"}, "请")],
    ids=str,
)  # fmt: skip
def test_a_triage_that_cannot_be_is_given_back(browser, make, changes, words):
    case = make.case("submitted")
    url = f"/cases/{case.number}/triage"
    form = browser.get(url, as_="wang").form("/triage") | {"category": "policy", "title": "我改过的标题"} | changes
    page = browser.post(url, form, as_="wang", page=url, expect=422)
    assert page.says(words)
    if "title" not in changes:
        assert page.form("/triage")["title"] == "我改过的标题"
    assert fresh(case).status is Status.SUBMITTED


def test_whoever_is_second_is_told_who_was_first(browser, make, cast):
    case = make.case("submitted")
    url = f"/cases/{case.number}/triage"
    form = browser.get(url, as_="wang").form("/triage") | {"category": "policy", "title": "我的标题"}
    triage.triage(fresh(case), cast.qian, category_code="finance", title="别人的标题")
    page = browser.post(url, form, as_="wang", page=url, expect=409)
    assert page.says("钱")
    assert page.form("/triage")["title"] == "我的标题"
    assert fresh(case).category_code == "finance"


def test_offers_list_experts_with_reasons_and_count_who_was_left_out(browser, make):
    case = make.case("triaged")
    page = browser.get(f"/cases/{case.number}/offers", as_="wang")
    assert page.says("陈明远")
    listed = page.all("li", class_="no-rank")
    assert len(listed) >= 2
    assert all(len(list(e.iter(NS + "span"))) >= 2 for row in listed for e in row.iter() if e.get("class") == "why")
    browser.post(f"/cases/{case.number}/offers", page.form("/offers"), as_="wang", expect=422,
                 page=f"/cases/{case.number}/offers")  # fmt: skip


def test_a_case_on_its_way_is_received_by_the_other_station(browser, make, cast):
    from helpdesk.domain import transfers

    case = make.case("triaged")
    transfers.request(case, cast.wang, to=cast.station(LONGGANG), reason="企业搬走了。")
    assert browser.get("/queue?view=incoming", as_="zhao").says(case.number)
    assert browser.get("/queue?view=triaged", as_="wang").says(case.number), "the first stays accountable"


@pytest.mark.parametrize("url", ["/queue?view=all", "/cases"])
def test_a_page_of_the_list_costs_the_same_for_many(browser, make, url):
    for n in range(3):
        make.case("submitted", phone=f"1390013900{n}")
    browser.get(url, as_="wang")
    few = statements(lambda: browser.get(url, as_="wang"))
    for n in range(3, 20):
        make.case("submitted", phone=f"139001390{n:02d}")
    db.session.commit()
    many = statements(lambda: browser.get(url, as_="wang"))
    assert many == few
    assert len(many) <= 30


def test_a_case_page_costs_the_same_however_long_the_conversation(browser, make):
    from helpdesk.domain import consultation

    case = make.case("consulting")
    url = f"/cases/{case.number}"
    browser.get(url, as_="wang")
    few = statements(lambda: browser.get(url, as_="wang"))
    case = fresh(case)
    for n in range(12):
        consultation.reply(case, make.cast.chen, body=f"第 {n} 句。", form_key=f"many-{n}")
    make.visit(case)
    db.session.commit()
    many = statements(lambda: browser.get(url, as_="wang"))
    assert len(many) <= len(few) <= 39
