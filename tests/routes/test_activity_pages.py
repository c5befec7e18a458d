"""Activities over HTTP: recorded in one form, verified by another person, corrected by the expert, refused in words."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from helpdesk import clock
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import begin, db
from helpdesk.domain import activities, attachments, hours, record_terms
from helpdesk.models import Activity, ActivityState, Correction, HoursEntry, Visit
from tests.routes.test_desk import statements

NEW = "/activities/new"


def filled(browser, **other: str) -> dict[str, str]:
    """The form as a coordinator fills it in: two hours of yesterday, Chen for all of it."""
    day = (clock.today() - timedelta(days=1)).isoformat()
    return browser.get(NEW, as_="wang").form(NEW) | {
        "title": "专精特新申报集中辅导", "kind": "clinic", "category": "policy", "day": day, "starts": "14:00",
        "ends": "16:00", "mode": "onsite", "place": "科技园 B2 报告厅", "content": "讲条件，逐家看材料。",
        "leader": "王岚", "companies": "24", "people": "41",
        "experts-0-expert": "陈明远", "experts-0-part": "主讲并答疑",
    } | other  # fmt: skip


def only() -> Activity:
    db.session.expire_all()
    return db.session.scalars(select(Activity)).one()


def asked(browser, url: str) -> int:
    """How many statements the page takes."""
    return len(statements(lambda: browser.get(url, as_="qian")))


def test_recorded_by_one_and_verified_by_another(browser, cast):
    form = filled(browser)
    assert form["organiser"]  # the station's own, filled in
    page = browser.post(NEW, form, as_="wang", page=NEW)
    row = only()
    assert page.location.endswith(f"/activities/{row.id}")
    mine = browser.get(f"/activities/{row.id}", as_="wang")
    assert mine.says("等核定") and mine.says("科技园 B2 报告厅") and not mine.says("核定入账")
    assert browser.get("/activities", as_="qian").says("有 1 场等您核定")
    told = browser.get("/notifications", as_="qian")
    assert told.says("王岚记下活动，共 2.0 小时") and told.says(row.number)
    url = f"/activities/{row.id}"
    review = browser.get(url, as_="qian")
    answered = review.form(f"{url}/verification") | {"score": "5", "note": "问了三家"}
    browser.post(f"{url}/verification", answered, as_="qian", page=url)
    assert only().state is ActivityState.VERIFIED
    assert browser.get(url, as_="chen").says("钱进核定，2.0 小时入账")
    page = browser.get("/me/hours", as_="chen")
    assert page.says("专精特新申报集中辅导") and page.says("活动 1 场") and page.says(row.number)
    assert url in page.text


def test_another_expert_is_one_press_away_and_nothing_typed_is_lost(browser):
    form = filled(browser, title="融资对接日") | {"more": "1"}
    page = browser.post(NEW, form, as_="wang", page=NEW, expect=200)
    again = page.form(NEW)
    assert again["title"] == "融资对接日" and again["experts-0-expert"] == "陈明远" and again["experts-1-expert"] == ""
    assert db.session.scalar(select(func.count()).select_from(Activity)) == 0
    two = again | {"experts-1-expert": "440300000002", "experts-1-part": "看授信条件", "experts-1-ends": "15:30"}
    browser.post(NEW, two, as_="wang", page=NEW)
    assert [visit.counted_minutes for visit in activities.of(only())] == [120, 90]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "请写活动名称"),
        ({"kind": ""}, "请选哪种活动"),
        ({"kind": "party"}, "请选哪种活动"),
        ({"category": ""}, "请选类别"),
        ({"category": "cooking"}, "Not a valid choice"),
        ({"day": "昨天"}, "请选一个日期"),
        ({"starts": "25:00"}, "请填几点几分"),
        ({"ends": "13:00"}, "结束时间要晚于开始时间"),
        ({"day": "2026-12-24"}, "不能记还没有发生的服务"),
        ({"place": ""}, "请写在哪里"),
        ({"companies": "很多"}, "请填整数"),
        ({"companies": "-2"}, "请填 0 到 100000 之间的数"),
        ({"people": ""}, "请填到场人数"),
        ({"leader": ""}, "请写活动负责人"),
        ({"experts-0-expert": "", "experts-0-part": ""}, "请至少写一位专家"),
        ({"experts-0-expert": "没有这个人"}, "没有叫这个名字、也没有这个编号的专家"),
        ({"experts-0-part": ""}, "请写一句这次做了什么"),
        ({"experts-0-starts": "13:30"}, "要在活动的时间以内"),
        ({"experts-0-preparation_minutes": "一会儿"}, "请填整数分钟"),
        ({"experts-1-expert": "陈明远", "experts-1-part": "又讲"}, "这位专家前面已经写过"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(browser, changes, words):
    form = filled(browser) | changes
    page = browser.post(NEW, form, as_="wang", page=NEW, expect=422)
    if words != "Not a valid choice":
        assert page.says(words)
    kept = page.form(NEW)
    assert kept["content"] == "讲条件，逐家看材料。"
    assert kept["title"] == changes.get("title", "专精特新申报集中辅导")
    begin(read_only=True)
    assert db.session.scalar(select(func.count()).select_from(Activity)) == 0
    assert db.session.scalar(select(func.count()).select_from(Visit)) == 0


def test_ones_own_activity_is_refused_beside_the_row(browser):
    form = filled(browser, csrf_token=browser.get(NEW, as_="qian").form(NEW)["csrf_token"]) | {
        "experts-0-expert": "钱进"
    }
    page = browser.post(NEW, form, as_="qian", page=NEW, expect=422)
    assert page.says("您自己参加的活动，要请别的协调员来记")


def test_given_back_changed_and_withdrawn(browser, make, cast):
    row = make.activity("chen", "wu")
    db.session.commit()
    url = f"/activities/{row.id}"
    form = browser.get(url, as_="li").form(f"{url}/return")
    refused = browser.post(f"{url}/return", form | {"back-reason": " "}, as_="li", page=url, expect=422)
    assert refused.says("请写明原因")
    browser.post(f"{url}/return", form | {"back-reason": "吴刚没有来"}, as_="li", page=url)
    assert browser.get(url, as_="wang").says("吴刚没有来")
    edit = browser.get(f"{url}/edit", as_="wang").form(f"{url}/edit")
    assert edit["experts-1-expert"] == "吴刚（440300000002）" and edit["experts-0-starts"]
    browser.post(f"{url}/edit", edit | {"experts-1-expert": "", "experts-1-part": ""}, as_="wang", page=f"{url}/edit")
    assert len(activities.of(only())) == 1 and only().state is ActivityState.RECORDED
    # An old page of somebody else's is told that it changed.
    stale = browser.post(f"{url}/edit", edit, as_="wang", page=f"{url}/edit", expect=422)
    assert stale.says("刚刚有人改过")
    again = stale.form(f"{url}/edit") | {"title": "改过的题目"}
    browser.post(f"{url}/edit", again, as_="wang", page=f"{url}/edit")
    assert only().title == "改过的题目"
    off = browser.get(f"{url}/withdrawal", as_="wang").form(f"{url}/withdrawal")
    browser.post(f"{url}/withdrawal", off | {"reason": "记重了"}, as_="wang", page=f"{url}/withdrawal")
    assert only().state is ActivityState.WITHDRAWN
    assert browser.get(f"{url}/edit", as_="wang").says("已经核定或撤回")
    assert browser.get(f"{url}/withdrawal", as_="wang").says("已经核定或撤回")


def test_verifying_an_old_page_or_without_a_score_is_refused(browser, make):
    row = make.activity("chen")
    db.session.commit()
    url = f"/activities/{row.id}"
    form = browser.get(url, as_="li").form(f"{url}/verification")
    assert browser.post(f"{url}/verification", form, as_="li", page=url, expect=422).says("请打个分")
    stale = form | {"score": "4", "version": "99"}
    assert browser.post(f"{url}/verification", stale, as_="li", page=url, expect=422).says("刚刚有人改过")
    assert hours.first_bad_row() is None and only().state is ActivityState.RECORDED


def test_an_expert_says_what_is_wrong_and_the_station_corrects(browser, make, cast):
    row = make.activity("chen", verified_by="li")
    db.session.commit()
    url = f"/activities/{row.id}/corrections"
    assert browser.get(f"/activities/{row.id}", as_="chen").says("记录有误")
    form = browser.get(url, as_="chen").form(url) | {"says": "讲了三小时", "wished_minutes": "180"}
    browser.post(url, form | {"says": ""}, as_="chen", page=url, expect=422)
    browser.post(url, form, as_="chen", page=url)
    (asked,) = db.session.scalars(select(Correction)).all()
    listed = browser.get("/records", as_="qian")
    assert listed.says("讲了三小时") and listed.says(row.number)
    page = f"/corrections/{asked.id}"
    assert not browser.get(page, as_="wang").says("确实有误，更正")  # who wrote it down
    shown = browser.get(page, as_="qian")
    assert shown.says("用到它的证明会失效") and not shown.says("证书上的服务内容")
    grant = shown.form(f"{page}/grant") | {"contact_minutes": "100", "reason": "看了签到表"}
    browser.post(f"{page}/grant", grant, as_="qian", page=page)
    assert hours.totals(cast.expert("chen").id).minutes == 100
    assert browser.get(f"/activities/{row.id}", as_="chen").says("2.0 → 1.6 小时")
    assert browser.get("/notifications", as_="chen").says("更正了陈明远的时长")


def test_the_operator_reverses_what_is_untrue(browser, make, cast):
    row = make.activity("chen", verified_by="li")
    visit = activities.settled(row)[0]
    db.session.commit()
    url = f"/activities/{row.id}/experts/{visit.id}/reversal"
    for who in ("wang", "li", "chen"):
        browser.get(url, as_=who, expect=403)
    form = browser.get(url, as_="zhou").form(url)
    browser.post(url, form, as_="zhou", page=url, expect=422)
    browser.post(url, form | {"reason": "没有来"}, as_="zhou", page=url)
    assert hours.totals(cast.expert("chen").id).minutes == 0
    assert browser.get(f"/activities/{row.id}", as_="zhou").says("已冲正")
    assert browser.get(url, as_="zhou").says("没有入账")
    browser.get(f"/activities/{row.id}/experts/{visit.id + 1}/reversal", as_="zhou", expect=404)


def test_what_shows_that_it_was_held_is_read_by_who_checks(browser, make, app):
    row = make.activity("chen")
    db.session.commit()
    url, add = f"/activities/{row.id}", f"/activities/{row.id}/files"
    form = browser.get(add, as_="wang").form(add)
    assert browser.post(add, form, as_="wang", page=add, expect=422).says("请先选文件")
    sent = form | {"files": (io.BytesIO("南山光电，林巧".encode()), "签到表.txt")}
    browser.post(add, sent, as_="wang", page=add)
    (file,) = attachments.of_activity(only())
    here = f"{add}/{file.id}"
    for who in ("wang", "qian", "li", "zhou"):
        assert browser.get(url, as_=who).says("签到表.txt")
        browser.get(here, as_=who, expect=303)
    for who, status in (("chen", 403), ("sun", 403), ("zhao", 404), ("lin", 404), (None, 303)):
        browser.get(here, as_=who, expect=status)
    assert not browser.get(url, as_="chen").says("签到表.txt")
    assert browser.get(url, as_="li").says("王岚加了证明材料")
    token = browser.get(url, as_="wang").form(f"{here}/removal")
    activities.verify(only(), browser.cast.li, score=5)
    db.session.commit()
    # What somebody has verified by stays.
    browser.post(f"{here}/removal", token, as_="wang", page=url)
    assert attachments.of_activity(only()) and not browser.get(url, as_="wang").says("移除")
    browser.get(f"{add}/{file.id + 1}", as_="li", expect=404)


def test_a_file_sent_by_mistake_is_taken_away_before(browser, make, app):
    row = make.activity("chen")
    files = [attachments.Upload("错的.txt", b"x")]
    attachments.keep(row, make.cast.wang, "k", files, storage_from(app.config))
    activities.add_files(row, make.cast.wang, form_key="k")
    db.session.commit()
    (file,) = attachments.of_activity(row)
    url = f"/activities/{row.id}"
    gone = f"{url}/files/{file.id}/removal"
    browser.post(gone, browser.get(url, as_="wang").form(gone), as_="wang", page=url)
    assert attachments.of_activity(only()) == []
    assert browser.get(url, as_="wang").says("移除了一份证明材料")


def test_its_number_in_the_search_leads_to_it(browser, make):
    row = make.activity("chen")
    db.session.commit()
    for typed in (row.number, "hd-26-1", "HD2600001"):
        found = browser.get(f"/cases?q={typed}", as_="wang", expect=303)
        assert found.location.endswith(f"/activities/{row.id}"), typed
    browser.get(f"/cases?q={row.number}", as_="zhao")  # another station's: nothing is found


def test_others_do_not_even_learn_that_it_is_there(browser, make):
    row = make.activity("chen")
    db.session.commit()
    for who, status in (("zhao", 404), ("wu", 404), ("lin", 404), ("feng", 404), (None, 303)):
        browser.get(f"/activities/{row.id}", as_=who, expect=status)
    browser.get(f"/activities/{row.id}/edit", as_="li", expect=403)
    browser.get(f"/activities/{row.id}/edit", as_="chen", expect=403)
    browser.get(NEW, as_="li", expect=403)
    assert browser.get(f"/activities/{row.id}", as_="sun").says("陈**") or browser.get(
        f"/activities/{row.id}", as_="sun"
    ).says("陈*")
    browser.get("/activities?state=nonsense&before=x", as_="zhou")


def test_the_pages_ask_as_much_for_many_as_for_one(browser, make, cast):
    day = clock.now() - timedelta(days=2)
    make.activity("chen", end=day)
    record_terms.go_round()
    db.session.commit()
    asked(browser, "/activities")  # signs in
    few = [asked(browser, url) for url in ("/activities", "/records", "/notifications")]
    for n in range(1, 12):
        make.activity("chen", "zheng", end=day - timedelta(days=n))
    record_terms.go_round()
    db.session.commit()
    many = [asked(browser, url) for url in ("/activities", "/records", "/notifications")]
    assert many == few
    assert db.session.scalar(select(func.count()).select_from(HoursEntry)) == 0


def test_one_of_two_who_waited_for_each_other_is_asked_to_press_again(browser, make, monkeypatch):
    """PostgreSQL ends one of them; that is no fault of ours to be reported by number."""

    class Ended(Exception):
        sqlstate = "40P01"

    def verify(*args: object, **facts: object) -> None:
        raise OperationalError("UPDATE", {}, Ended())

    row = make.activity("chen")
    db.session.commit()
    url = f"/activities/{row.id}"
    form = browser.get(url, as_="li").form(f"{url}/verification") | {"score": "5"}
    monkeypatch.setattr(activities, "verify", verify)
    page = browser.post(f"{url}/verification", form, as_="li", page=url, expect=503)
    assert page.says("请返回再点一次")
