"""Logging a visit: what counts, what is refused by which field, and correcting it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import visits
from helpdesk.models import Case, Visit, VisitStatus


@pytest.fixture
def case(make) -> Case:
    """A case whose company asked ten days ago, so that there is a past to serve in."""
    with clock.at(clock.now() - timedelta(days=10)):
        return make.case("consulting")


def said(**changes: str) -> dict[str, str]:
    day = (clock.today() - timedelta(days=1)).isoformat()
    values = {"day": day, "starts": "14:00", "ends": "15:30", "mode": "online", "summary": "看了材料", "form_key": "k1"}
    return {**values, **changes}


def url(case: Case, what: str = "new") -> str:
    return f"/cases/{case.number}/visits/{what}"


def test_a_visit_is_logged_in_shenzhen_time_and_counted_by_the_stations_policy(browser, case):
    page = browser.get(url(case), as_="chen")
    assert page.says("这是本案第一次记服务") and page.says("最多 60 分钟")
    facts = said(preparation_minutes="90", travel_minutes="40", place="会议室")
    done = browser.post(url(case), {**page.form("/new"), **facts}, as_="chen")
    row = db.session.query(Visit).one()
    assert f"#v-{row.id}" in done.location
    assert (row.contact_minutes, row.preparation_minutes, row.travel_minutes) == (90, 90, 40)
    assert row.counted_minutes == 150
    assert f"{clock.local(row.starts_at):%H:%M}" == "14:00" and row.starts_at.hour == 6
    shown = browser.get(f"/cases/{case.number}", as_="chen")
    assert shown.says("2.5") and shown.says("线上服务：会议室") and shown.says("14:00–15:30")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ends": "14:00"}, "结束时间要晚于开始时间"),
        ({"ends": "13:00"}, "结束时间要晚于开始时间"),
        ({"starts": "25:99"}, "请填几点几分"),
        ({"ends": "later"}, "请填几点几分"),
        ({"starts": ""}, "请填开始时间"),
        ({"day": ""}, "请选一个日期"),
        ({"day": "2026-02-30"}, "请选一个日期"),
        ({"day": "0001-01-01"}, "请选一个日期"),
        ({"day": "9999-12-31"}, "请选一个日期"),
        ({"day": "2027-01-01"}, "不能记还没有发生的服务"),
        ({"day": "2026-10-01"}, "服务时间早于企业提交求助的日子"),
        ({"starts": "06:00", "ends": "20:00"}, "一次服务不能超过 12 小时"),
        ({"contact_minutes": "0"}, "服务时间要大于 0 分钟"),
        ({"contact_minutes": "-30"}, "服务时间要大于 0 分钟"),
        ({"contact_minutes": "10000"}, "服务分钟不能超过起止时间（90 分钟）"),
        ({"contact_minutes": "一个半小时"}, "请填整数分钟"),
        ({"contact_minutes": "9" * 40}, "请填整数分钟"),
        ({"preparation_minutes": "-1"}, "请填 0 到 1440 之间的分钟数"),
        ({"preparation_minutes": "10000"}, "请填 0 到 1440 之间的分钟数"),
        ({"travel_minutes": "1e3"}, "请填整数分钟"),
        ({"mode": ""}, "请选一种方式"),
        ({"mode": "telepathy"}, "请选一种方式"),
        ({"summary": " \n "}, "请写一句这次做了什么"),
        ({"summary": "字" * 2001}, "超了 1 个字"),
        ({"place": "远" * 121}, "超了 1 个字"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field_with_everything_kept(browser, case, changes, words):
    page = browser.post(url(case), said(**changes), as_="chen", expect=422)
    assert page.says(words)
    kept = page.form("/new")
    for name, value in {**said(**changes)}.items():
        if name not in ("form_key", "mode"):
            assert kept[name].strip() == value.strip(), name
    assert not db.session.query(Visit).count()


def test_full_width_digits_mean_what_they_say(browser, case):
    browser.post(url(case), said(contact_minutes="６０", starts="１４：００"), as_="chen")
    assert db.session.query(Visit).one().contact_minutes == 60


def test_an_overlap_names_the_other_visit(browser, case):
    browser.post(url(case), said(), as_="chen")
    page = browser.post(url(case), said(starts="15:00", ends="16:00", form_key="k2"), as_="chen", expect=422)
    assert page.says("和 11-17 14:00–11-17 15:30 的另一条重叠了")


def test_a_day_over_ten_hours_needs_a_reason(browser, case):
    browser.post(url(case), said(starts="06:00", ends="14:00"), as_="chen")
    long = said(starts="14:00", ends="18:00", form_key="k2")
    page = browser.post(url(case), long, as_="chen", expect=422)
    assert page.says("这一天超过 10 小时，请写一句说明")
    assert page.all("details")[-1].get("open") is not None
    browser.post(url(case), {**long, "long_day_reason": "客户当天要交材料"}, as_="chen")
    assert db.session.query(Visit).count() == 2


def test_a_visit_can_be_corrected_until_it_is_confirmed(browser, case, make):
    browser.post(url(case), said(), as_="chen")
    row = db.session.query(Visit).one()
    form = browser.get(url(case, str(row.id)), as_="chen").form(f"/{row.id}")
    assert (form["starts"], form["ends"], form["mode"]) == ("14:00", "15:30", "online")
    browser.post(url(case, str(row.id)), {**form, "ends": "15:00"}, as_="chen")
    assert db.session.get_one(Visit, row.id, populate_existing=True).contact_minutes == 60
    stale = browser.post(url(case, str(row.id)), {**form, "ends": "16:00"}, as_="chen", expect=422)
    assert stale.says("服务记录刚刚有改动")
    visits.confirm(db.session.get_one(Visit, row.id), make.link(case))
    db.session.commit()
    browser.get(url(case, str(row.id)), as_="chen", expect=303)
    again = {**form, "version": str(db.session.get_one(Visit, row.id).version)}
    assert browser.post(url(case, str(row.id)), again, as_="chen", expect=422).says("已经确认过，不能再改")


def test_a_disputed_visit_shows_the_companys_words(browser, case, make):
    browser.post(url(case), said(), as_="chen")
    row = db.session.query(Visit).one()
    visits.dispute(row, make.link(case), reason="只有一个小时")
    db.session.commit()
    page = browser.get(url(case, str(row.id)), as_="chen")
    assert page.says("企业说时间不对") and page.says("只有一个小时")
    browser.post(url(case, str(row.id)), {**page.form(f"/{row.id}"), "ends": "15:00"}, as_="chen")
    assert db.session.get_one(Visit, row.id, populate_existing=True).status is VisitStatus.LOGGED


def test_only_the_cases_expert_logs(browser, case, make):
    other = make.case("consulting", expert="wu", phone="13800138001")
    for person, status in (("wang", 403), ("sun", 403), ("wu", 404), ("zhao", 404)):
        browser.get(url(case), as_=person, expect=status)
        browser.post(url(case), said(), as_=person, expect=status)
    browser.post(url(case), said(), as_="chen")
    row = db.session.query(Visit).one()
    browser.get(f"/cases/{other.number}/visits/{row.id}", as_="wu", expect=404)
