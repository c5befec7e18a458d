"""The operator's page of time limits, and the coordinator's opening hours."""

from __future__ import annotations

from datetime import time

from sqlalchemy import func, select

from helpdesk.db import db
from helpdesk.domain import deadlines, targets
from helpdesk.models import StationHours, TargetVersion
from helpdesk.rules.promises import Target, Unit
from tests.cast import LONGGANG

URL = "/targets"


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(TargetVersion)) or 0


def test_the_operator_changes_one(browser, cast):
    page = browser.get(f"{URL}?kind=assign", as_="zhou")
    form = page.form(URL)
    assert (form["amount"], form["unit"], form["warn_percent"]) == ("2", "workdays", "50")
    browser.post(URL, form | {"amount": "3"}, as_="zhou", page=URL)
    assert Target("assign", 3, Unit.WORKDAYS, 50) in targets.in_force()
    after = browser.get(URL, as_="zhou")
    assert "2 个工作日" in after.text and "改为 3 个工作日" in after.text
    # The same form again is the form of an older version.
    again = browser.post(URL, form | {"amount": "4"}, as_="zhou", page=URL, expect=422)
    assert "刚才有人改过" in again.text


def test_an_exception_comes_and_goes(browser, cast):
    page = browser.get(URL, as_="zhou")
    wanted = {"kind": "progress", "category": "legal", "urgency": "urgent", "amount": "30", "unit": "working_hours"}
    browser.post(URL, page.form(URL) | wanted, as_="zhou", page=URL)
    assert any(t.category == "legal" and t.amount == 30 for t in targets.in_force())
    page = browser.get(URL, as_="zhou")
    assert "30 个工作小时" in page.text
    gone = {"kind": "progress", "category": "legal", "urgency": "urgent"}
    browser.post(f"{URL}/removals", gone, as_="zhou", page=URL)
    assert not any(t.category == "legal" for t in targets.in_force())
    before = count()
    browser.post(f"{URL}/removals", gone, as_="zhou", page=URL)
    browser.post(f"{URL}/removals", {}, as_="zhou", page=URL)
    assert count() == before


def test_bad_input_is_named_and_kept(browser, cast):
    page = browser.get(URL, as_="zhou")
    form, before = page.form(URL), count()
    for changes in (
        {"kind": "", "amount": "3"},
        {"kind": "assign", "amount": ""},
        {"kind": "assign", "amount": "-1"},
        {"kind": "assign", "amount": "1.5"},
        {"kind": "assign", "amount": "一"},
        {"kind": "assign", "amount": "99999"},
        {"kind": "assign", "amount": "3", "unit": "moons"},
        {"kind": "assign", "amount": "3", "warn_percent": "200"},
        {"kind": "assign", "amount": "3", "category": "lunch"},
        {"kind": "assign", "amount": "3", "urgency": "lunch"},
        {"kind": "lunch", "amount": "3"},
    ):
        answer = browser.post(URL, form | changes, as_="zhou", page=URL, expect=422)
        assert answer.form(URL)["amount"] == changes["amount"]
    assert count() == before


def test_what_the_public_is_promised_is_what_the_receipt_says(browser, make, cast):
    """The front page, the page of the request and the receipt: one target, also after the operator changed it."""
    for amount, days in ((3, "11 月 23 日"), (5, "11 月 25 日")):  # from Wednesday 18 November, 10 o'clock
        if amount != 3:
            targets.put(cast.zhou, Target("first_answer", amount, Unit.WORKDAYS, 50))
        case = make.case("submitted", phone=f"1380000000{amount}")
        case_url = f"/t/{case.tracking_token}"
        db.session.commit()
        words = f"{amount} 个工作日内有回音"
        assert browser.get("/").says(words) and browser.get("/requests/new").says(words)
        assert browser.get(f"{case_url}/receipt").says(f"最晚 {days} ")
    assert browser.get("/requests/new?category=policy").says("24 小时内有回音")


def test_a_coordinator_sets_opening_hours(browser, cast):
    station = cast.station()
    url = f"/station-settings/{station.id}"
    page = browser.get(url, as_="wang")
    form = page.form(f"{url}/hours")
    assert form["monday"] == "09:00-12:00, 14:00-18:00" and not form["sunday"]
    kept = browser.post(f"{url}/hours", form | {"friday": "到中午"}, as_="wang", page="/queue", expect=422)
    assert kept.form(f"{url}/hours")["friday"] == "到中午" and "写成 9:00-12:00" in kept.text
    browser.post(f"{url}/hours", form | {"friday": "9:00-12:00"}, as_="wang", page="/queue")
    friday = select(StationHours).where(StationHours.station_id == station.id, StationHours.weekday == 4)
    assert [(r.opens_at, r.shuts_at) for r in db.session.scalars(friday)] == [(time(9), time(12))]
    shown = browser.get("/stations", as_=None).text
    assert "周一至周四 9:00–12:00，14:00–18:00；周五 9:00–12:00" in shown
    assert deadlines.week_of(station.id)[4] == ((time(9), time(12)),)


def test_another_stations_hours_are_not_ours(browser, cast):
    other = cast.station(LONGGANG).id
    browser.post(f"/station-settings/{other}/hours", {"monday": "9:00-10:00"}, as_="wang", page="/queue", expect=404)
    browser.post(f"{URL}/removals", {"kind": "assign"}, as_="wang", page="/queue", expect=403)
