"""The coordinator's workspace over HTTP: acts over many, the batch, named views, presence, the pulse."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import workspace
from helpdesk.models import BulkRun, Offer, SavedView, Status
from tests.domain.test_other_ends import later
from tests.looking import fresh

PHONES = (f"1370013{n}" for n in range(1000, 9000))


def test_ticked_cases_are_sorted_together(browser, make):
    numbers = [make.case("submitted", phone=next(PHONES)).number for _ in range(12)]
    page = browser.get("/queue?view=new", as_="wang")
    assert page.says("转站点") and len(page.all("input", name="case")) == 12
    query = "&".join(f"case={n}" for n in numbers)
    page = browser.get(f"/queue/bulk?act=triage&{query}", as_="wang")
    form = page.form("/queue/bulk")
    data = {**form, "category": "market", "topic": "", "urgency": "normal", "case": numbers}
    browser.post("/queue/bulk", data, as_="wang", page="/queue")
    run = db.session.scalars(select(BulkRun)).one()
    page = browser.get(f"/queue/bulk/{run.id}", as_="wang")
    assert page.says("10 / 12 件") and page.says("继续")
    browser.post(f"/queue/bulk/{run.id}", {}, as_="wang", page="/queue")
    page = browser.get(f"/queue/bulk/{run.id}", as_="wang")
    assert page.says("办好 12 件")
    browser.get(f"/queue/bulk/{run.id}", as_="zhao", expect=404)


@pytest.mark.parametrize(
    ("act", "data", "words"),
    [
        ("triage", {}, "请选一个类别"),
        ("reject", {"ground": "other_legal", "reason": " "}, "请写明原因"),
        ("transfer", {"station": "", "reason": "就近"}, "请选一个站点"),
        ("merge", {"target": ""}, "请填案件编号"),
    ],
)
def test_what_an_act_needs_is_asked_once(browser, make, act, data, words):
    case = make.case("submitted")
    form = {"act": act, "case": case.number, "next": "/queue", **data}
    page = browser.post("/queue/bulk", form, as_="wang", page="/queue", expect=422)
    assert page.says(words)
    assert fresh(case).status is Status.SUBMITTED


def test_nothing_ticked_is_said(browser, make):
    assert browser.open("/queue/bulk?act=triage", as_="wang").status_code == 303
    assert browser.get("/queue", as_="wang").says("先勾选要一起办的案件")


@pytest.mark.parametrize("act", ["offer", "nonsense", ""])
def test_no_such_act(browser, make, act):
    case = make.case("submitted")
    browser.get(f"/queue/bulk?act={act}&case={case.number}", as_="wang", expect=404)


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(browser, make):
    case = make.case("submitted")
    case.title = '=HYPERLINK("http://x","点我")'
    db.session.commit()
    response = browser.open(f"/queue/bulk?act=export&case={case.number}", as_="wang")
    text = response.get_data(as_text=True)
    assert text.startswith("\ufeff案件编号")
    assert "'=HYPERLINK" in text
    assert "13800138000" not in text
    assert f"{clock.local(case.submitted_at):%Y-%m-%d %H:%M}" in text
    assert "今天" not in text


def test_a_batch_is_shown_explained_and_sent(browser, make):
    made = [make.case("triaged", phone=next(PHONES)) for _ in range(3)]
    page = browser.get("/queue/batch", as_="wang")
    assert page.says("3 件可以派出")
    pairs = [e.get("value") for e in page.all("input", name="pair")]
    assert len(pairs) == 3
    browser.post("/queue/batch", {"pair": pairs[:2]}, as_="wang", page="/queue/batch")
    assert sorted(fresh(c).status for c in made) == ["offered", "offered", "triaged"]
    browser.post("/queue/batch", {"pair": pairs[:2]}, as_="wang", page="/queue/batch")
    assert len(db.session.scalars(select(Offer)).all()) == 2
    browser.post("/queue/batch", {"pair": ["x", "SZ-26-00001~a~b", "~~"]}, as_="wang", page="/queue/batch")
    browser.get("/queue/batch", as_="chen", expect=403)


def test_filters_combine_and_can_be_kept_under_a_name(browser, make):
    make.case("triaged", phone=next(PHONES), category="finance")
    make.case("triaged", phone=next(PHONES), category="market")
    page = browser.get("/queue?view=triaged&category=finance&urgency=normal", as_="wang")
    assert len(page.all("li", class_="q")) == 1
    url = "/queue/views/new?view=triaged&category=finance&urgency=normal"
    page = browser.post(url, {"name": " "}, as_="wang", page=url, expect=422)
    assert page.says("请给这个视图起个名")
    browser.post(url, {"name": "要钱的"}, as_="wang", page=url)
    browser.post(url, {"name": "要钱的"}, as_="wang", page=url, expect=422)
    assert browser.get("/queue", as_="wang").says("要钱的")
    assert not browser.get("/queue", as_="zhao").says("要钱的")
    view = db.session.scalars(select(SavedView)).one()
    browser.post(f"/queue/views/{view.id}/removal", {}, as_="zhao", page="/queue", expect=404)
    browser.post(f"/queue/views/{view.id}/removal", {}, as_="wang", page="/queue")
    assert db.session.scalars(select(SavedView)).all() == []


def test_no_more_views_than_a_side_bar_holds(make, cast):
    from helpdesk.domain.queues import Filters
    from tests.domain.test_other_ends import refused

    for n in range(workspace.MOST_VIEWS):
        workspace.save_view(cast.wang, name=f"视图{n}", filters=Filters(view="new"))
    with refused("too_many_views"):
        workspace.save_view(cast.wang, name="再一个", filters=Filters(view="new"))


def test_the_side_bar_counts_by_field_and_district(browser, make):
    make.case("triaged", phone=next(PHONES), category="finance")
    page = browser.get("/queue", as_="wang")
    assert page.says("按类别") and page.says("融资") and page.says("按区") and page.says("南山区")


def test_somebody_else_is_seen_but_never_locks(browser, make, cast):
    case = make.case("triaged")
    browser.post(f"/cases/{case.number}/presence", {"writing": "1"}, as_="qian", page="/queue", expect=200, htmx=True)
    page = browser.post(
        f"/cases/{case.number}/presence", {}, as_="wang", page=f"/cases/{case.number}", expect=200, htmx=True
    )
    name = cast.account("qian").name
    assert page.says(f"{name}正在写")
    assert browser.get("/queue?view=triaged", as_="wang").says(f"{name}在看")
    with later(minutes=2):
        assert workspace.others(fresh(case), cast.wang) == []
    browser.post(f"/cases/{case.number}/presence", {}, as_="zhao", page="/queue", expect=404)


def test_the_pulse_offers_what_changed(browser, make):
    since = clock.now().isoformat().replace("+00:00", "Z")
    with later(seconds=5):
        make.case("submitted", phone=next(PHONES))
        db.session.commit()
    page = browser.get(f"/queue/pulse?view=new&since={since}", as_="wang", htmx=True)
    assert page.says("1 件新来的")
    for bad in ("", "yesterday", "2026-01-01", "9999-99-99"):
        assert not browser.get(f"/queue/pulse?view=new&since={bad}", as_="wang", htmx=True).says("件新来的")
