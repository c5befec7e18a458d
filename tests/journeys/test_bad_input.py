"""Whatever is typed gets a clear answer by its field, or is stored and shown as it is. Nothing typed is lost."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Message, Visit
from tests.browser import NS, Page, apart
from tests.conftest import NOW

FORM = "application/x-www-form-urlencoded"
LONG = "字" * 50_000
ODD = {
    "emoji": "👩‍🏭🔧 您好",
    "right to left": "\u202eמבחן\u202c 试试",
    "zero width": "看\u200b不\u200d见\ufeff的字",
    "html": "<script>alert(1)</script><b onclick=x>粗</b> & &amp;",
    "template": "{{7*7}} ${7*7} #{7*7} {%raw%}",
    "sql": "'; DROP TABLE cases; --",
    "lines": "第一行\r\n第二行\n\n\n第三段",
    "separators": "一\u2028二\u2029三\x85四",
}
# Bytes that are no text at all: a lone surrogate, NUL, a broken sequence.
BROKEN = {"lone surrogate": b"\xed\xa0\x80", "NUL": b"\x00", "not UTF-8": b"\xff\xfe"}


def errors_at(page: Page, field: str) -> str:
    """What stands beside a field, wired to it for screen readers; the summary on top says the same."""
    [line] = page.all("p", id=f"{field}-e")
    said = "".join(line.itertext()).replace("错误：", "").strip()
    wired = [e for e in page.tree.iter() if f"{field}-e" in (e.get("aria-describedby") or "").split()]
    assert wired, f"the error of {field} is not wired to it"
    [box] = page.all("div", id="errors")
    summary = {"".join(a.itertext()).strip(): a.get("href") for a in box.iter(NS + "a")}
    assert said in summary, f"{said!r} is not in the summary {summary}"
    target = summary[said].removeprefix("#")
    assert any(e.get("id") == target for e in page.tree.iter()), f"the summary's link {target} leads nowhere"
    return said


def kept(page: Page, action: str, **typed: str) -> None:
    """Everything typed is still in the form."""
    form = page.form(action)
    for name, text in typed.items():
        assert form.get(name, "").replace("\r\n", "\n") == text.replace("\r\n", "\n"), f"{name} was lost"


# --- what the expert types ---


@pytest.fixture
def case(make):
    return make.case("consulting")


def visit_of(**changes: str) -> dict[str, str]:
    """A visit as it is typed, an hour of this morning."""
    return {
        "day": "2026-11-18", "starts": "08:00", "ends": "09:00", "mode": "online",
        "place": "腾讯会议", "summary": "看了材料，讲了归集口径。", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"contact_minutes": "0"}, "contact_minutes", "服务时间要大于 0 分钟"),
        ({"contact_minutes": "-30"}, "contact_minutes", "服务时间要大于 0 分钟"),
        ({"contact_minutes": "10000"}, "contact_minutes", "服务分钟不能超过起止时间（60 分钟）"),
        ({"contact_minutes": "一小时"}, "contact_minutes", "请填整数分钟"),
        ({"preparation_minutes": "10000"}, "preparation_minutes", "请填 0 到 1440 之间的分钟数"),
        ({"travel_minutes": "-1"}, "travel_minutes", "请填 0 到 1440 之间的分钟数"),
        ({"starts": "09:00", "ends": "09:00"}, "ends", "结束时间要晚于开始时间"),
        ({"starts": "09:00", "ends": "08:00"}, "ends", "结束时间要晚于开始时间"),
        ({"starts": "00:00", "ends": "10:00", "day": "2026-11-19"}, "day", "不能记还没有发生的服务"),
        ({"day": "2027-01-01"}, "day", "不能记还没有发生的服务"),
        ({"day": "2026-11-01"}, "day", "服务时间早于企业提交求助的日子"),
        ({"day": "2026-02-30"}, "day", "请选一个日期"),
        ({"day": ""}, "day", "请选一个日期"),
        ({"starts": "25:99"}, "starts", "请填几点几分"),
        ({"mode": "telepathy"}, "mode", "请选一种方式"),
        ({"summary": ""}, "summary", "请写一句这次做了什么"),
        ({"summary": LONG}, "summary", "超了 48000 个字"),
        ({"place": "室" * 121}, "place", "超了 1 个字"),
    ],
)
def test_an_impossible_visit_says_what_is_wrong_and_loses_nothing(browser, case, changes, field, words):
    typed = visit_of(**changes)
    url = f"/cases/{case.number}/visits/new"
    page = browser.post(url, typed, as_="chen", expect=422)
    assert words in errors_at(page, field)
    kept(page, "/visits/new", **{name: text for name, text in typed.items() if name != "mode" or text == "online"})
    assert db.session.scalar(select(func.count()).select_from(Visit)) == 0


def test_overlapping_visits_name_the_other_one(browser, case, make):
    make.visit(case, start=NOW - timedelta(hours=1), minutes=60)
    page = browser.post(
        f"/cases/{case.number}/visits/new", visit_of(starts="08:30", ends="09:30"), as_="chen", expect=422
    )
    assert "11-18 09:00" in errors_at(page, "starts")
    kept(page, "/visits/new", starts="08:30", ends="09:30", place="腾讯会议")


def test_wide_digits_and_other_spellings_of_a_date_are_understood(browser, case):
    typed = visit_of(day="２０２６年１１月１８日", starts="０８：００", ends="09：00", contact_minutes="６０")
    browser.post(f"/cases/{case.number}/visits/new", typed, as_="chen")
    [visit] = db.session.scalars(select(Visit))
    assert (clock.local(visit.starts_at).isoformat(timespec="minutes"), visit.contact_minutes) == (
        "2026-11-18T08:00+08:00",
        60,
    )


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_text_is_stored_and_shown_as_it_is(browser, case, text):
    before = db.session.scalar(select(func.count()).select_from(Message))
    browser.post(f"/cases/{case.number}/messages", {"body": text}, as_="chen")
    assert db.session.scalar(select(func.count()).select_from(Message)) == before + 1
    page = browser.get(f"/cases/{case.number}", as_="chen")
    for line in text.split():
        assert line in page.words, f"{line!r} is not shown"
    assert "49" not in page.words.replace(case.number, "")
    assert not [e for e in page.all("b") if e.get("onclick")]


@pytest.mark.parametrize("bytes_", BROKEN.values(), ids=BROKEN)
def test_bytes_that_are_no_text_never_break_a_page(browser, case, bytes_):
    client = browser.client("chen")
    db.session.commit()
    token = apart(lambda: browser._token(client, None))
    body = f"csrf_token={token}&body={quote('头')}{quote(bytes_)}{quote('尾')}"
    answer = browser.open(f"/cases/{case.number}/messages", "chen", method="POST", data=body, content_type=FORM)
    assert answer.status_code == 303
    said = db.session.scalars(select(Message).order_by(Message.id.desc())).first()
    assert said.body.startswith("头") and said.body.endswith("尾")
    page = browser.get(f"/cases/{case.number}", as_="chen")
    assert "\x00" not in page.text


@pytest.mark.parametrize(("body", "words"), [("", "请写几个字"), (" \n\t ", "请写几个字"), (LONG, "超了 45000 个字")])
def test_a_message_that_cannot_be_sent_stays_in_its_box(browser, case, body, words):
    before = db.session.scalar(select(func.count()).select_from(Message))
    page = browser.post(f"/cases/{case.number}/messages", {"body": body}, as_="chen", expect=422)
    assert page.says(words)
    kept(page, "/messages", body=body)
    assert db.session.scalar(select(func.count()).select_from(Message)) == before


def test_the_same_form_sent_twice_is_one_message_and_one_visit(browser, case):
    page = browser.get(f"/cases/{case.number}", as_="chen")
    form = {**page.form("/messages"), "body": "只说一遍。"}
    for _ in range(2):
        browser.post(f"/cases/{case.number}/messages", form, as_="chen")
    assert db.session.scalar(select(func.count()).select_from(Message).where(Message.body == "只说一遍。")) == 1
    visit = {**browser.get(f"/cases/{case.number}/visits/new", as_="chen").form("/visits/new"), **visit_of()}
    for _ in range(2):
        browser.post(f"/cases/{case.number}/visits/new", visit, as_="chen")
    assert db.session.scalar(select(func.count()).select_from(Visit)) == 1


def test_a_summary_with_a_box_left_out_keeps_the_others(browser, case, make):
    make.visit(case)
    typed = {"problem": "研发费用归集不清。", "advice": "", "result": "理清了口径。", "really_served": "y"}
    page = browser.post(f"/cases/{case.number}/answer", typed, as_="chen", expect=422)
    assert errors_at(page, "advice") == "请写一句给了什么建议"
    assert "不是我的本职工作" in errors_at(page, "not_paid_duty")
    kept(page, "/answer", problem=typed["problem"], result=typed["result"], really_served="y")


# --- addresses ---


@pytest.mark.parametrize(
    "number",
    ["SZ-26-99999", "SZ-26-0", "nonsense", "..%2F..%2Fetc", "%00", "%F0%9F%98%80", "SZ-26-00001'--", "9" * 3000],
)
def test_an_unknown_case_is_not_found_in_the_house_style(browser, case, number):
    page = browser.get(f"/cases/{number}", as_="chen", expect=404)
    assert page.says("找不到") and page.all("main")


def test_another_stations_case_is_as_unknown_as_none(browser, case):
    assert browser.get(f"/cases/{case.number}", as_="zhao", expect=404).words == (
        browser.get("/cases/SZ-26-99999", as_="zhao", expect=404).words
    )
