"""The expert's own page and the record to take along: sums apart, agreed words only, every file read back."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import event

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import certificates, closure, hours, intake, own_record, visits
from helpdesk.models import HoursEntry
from helpdesk.rules.credit import GATE_STATION


def closed(make, phone="13800138000", **said):
    """A closed case; what the company said may be given."""
    case = make.case("answered", phone=phone)
    for visit in visits.undecided(case):
        visits.confirm(visit, make.link(case))
    make.confirm(case, **said)
    return case


def verified(make, cast, phone):
    """A case the station vouched for in the company's silence."""
    case = make.case("answered", phone=phone)
    with house_clock.at(house_clock.now() + timedelta(days=12)):
        closure.verify(
            case, cast.wang, decisions={v.id: True for v in visits.undecided(case)},
            declared=dict.fromkeys(GATE_STATION, True),
        )  # fmt: skip
    return case


def test_sums_months_and_fields_stand_apart(browser, make, cast):
    closed(make)
    verified(make, cast, "13800138001")
    db.session.commit()
    page = browser.get("/me/hours", as_="chen")
    assert page.says("累计服务 2.0 小时 办成 2 件")
    assert page.says("企业确认 1.0 小时") and page.says("站点核定 1.0 小时") and page.says("最近 12 个月")
    assert page.says("服务满 100.0 小时 还差 98.0 小时") and page.says("登记时间 够了")
    assert page.says("最近 12 个月里有 1 个月做过服务")
    assert page.says("2026 年 11 月 1.0 1.0 2.0"), "the chart's numbers stand in a table"
    assert "最近 12 个月：11 月 2.0 小时" in page.text, "and in words inside the drawing"
    assert browser.get("/me/hours?year=2026", as_="chen").says("2026 年，2.0 小时")


def test_only_words_that_were_agreed_to_are_shown_and_never_a_name(browser, make):
    shown = closed(make, comment="林女士说南山光电受益很大，谢谢陈老师，电话13800138000", name_on_paper=False)
    hidden = closed(make, phone="13800138001", comment="不想公开的话", name_on_paper=False)
    named = closed(make, phone="13800138002", comment="真的有用", name_on_paper=True)
    low = closed(make, phone="13800138003", comment="一般般", score=2, name_on_paper=True)
    intake.give_consent(shown, "example")
    db.session.commit()
    assert {case.status for case in (shown, hidden, named, low)} == {shown.status}
    page = browser.get("/me/hours", as_="chen")
    assert page.says("这家企业受益很大") and page.says("一家企业 · 政策")
    kind = "".join("".join(quote.itertext()) for quote in page.all("blockquote"))
    assert "林女士" not in kind and "13800138000" not in kind and "南山光电" not in kind
    assert page.says("真的有用") and page.says("南山光电有限公司 · 政策")
    assert not page.says("不想公开的话") and not page.says("一般般")
    intake.withdraw_consent(shown, "example")
    db.session.commit()
    assert not browser.get("/me/hours", as_="chen").says("受益很大"), "a consent taken back takes the words away"


def test_the_number_of_queries_does_not_grow(browser, make, app):
    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def cost() -> int:
        browser.get("/me/hours", as_="chen")
        seen.clear()
        browser.get("/me/hours", as_="chen")
        return len(seen)

    closed(make, comment="谢谢")
    few = cost()
    for n in range(1, 5):
        closed(make, phone=f"1380013800{n}", comment="谢谢")
    assert cost() == few < 30


@pytest.fixture
def tricky(make, cast):
    """A case whose title a spreadsheet would run."""
    case = closed(make)
    case.title = '=HYPERLINK("http://evil.example","点我")'
    db.session.commit()
    return case


def test_csv_is_read_back_and_runs_nothing(browser, tricky, app):
    answer = browser.open("/me/hours.csv", as_="chen")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["服务日期", "编号", "标题"] and len(rows) == 2
    line = dict(zip(*rows, strict=True))
    assert line["标题"].startswith("'=HYPERLINK") and line["分钟"] == "60" and line["小时"] == "1.0"
    assert line["服务日期"] == "2026-11-18" and line["入账时间"] == "2026-11-18 10:00", "Shenzhen time"
    assert line["记录单位"] and line["由谁确认"] == "企业确认"


def test_the_workbook_is_read_back_and_has_no_formula(browser, tricky):
    answer = browser.open("/me/hours.xlsx", as_="chen")
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    assert book.sheetnames == ["汇总", "服务明细", "证书"]
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    ledger = list(book["服务明细"].iter_rows(values_only=True))
    assert ledger[1][2].startswith("=HYPERLINK") and ledger[1][5] == 60
    assert book["服务明细"]["A2"].is_date and book["服务明细"]["A2"].value.isoformat()[:10] == "2026-11-18"
    assert book["服务明细"]["C2"].quotePrefix
    paper = certificates.of_case(tricky.id)[0]
    assert list(book["证书"].iter_rows(values_only=True))[1][0] == paper.number


def test_json_is_read_back(browser, tricky, cast):
    found = json.loads(browser.open("/me/hours.json", as_="chen").data)
    expert = cast.expert("chen")
    assert found["format"] == "wenqu-record/1" and found["volunteer"]["number"] == expert.volunteer_number
    assert found["minutes"] == 60 == sum(entry["minutes"] for entry in found["entries"])
    assert found["entries"][0]["recorded_at"] == "2026-11-18T10:00:00+08:00"
    entry = db.session.query(HoursEntry).one()
    assert found["entries"][0]["hash"] == entry.hash and found["certificates"][0]["minutes"] == 60


def test_everybody_gets_only_their_own(browser, tricky, cast):
    for kind in ("csv", "xlsx", "json"):
        other = browser.open(f"/me/hours.{kind}", as_="wu")
        assert other.status_code == 200
        assert tricky.number.encode() not in other.data
        assert browser.open(f"/me/hours.{kind}", as_="wang").status_code == 403
        assert browser.open(f"/me/hours.{kind}").status_code == 303
    assert browser.open("/me/hours.exe", as_="chen").status_code == 404
    record = own_record.of(cast.expert("chen"))
    assert record.minutes == hours.totals(record.expert.id).minutes == 60


def test_the_record_as_pdf_is_ones_own_and_holds_everything(app, browser, make, cast):
    from datetime import date

    from helpdesk.domain import honours, record_paper, trainings
    from helpdesk.domain.honours import HonourFacts
    from helpdesk.domain.trainings import TrainingFacts

    closed(make)
    chen = cast.expert("chen")
    trainings.record(chen, cast.wang, TrainingFacts("上岗培训", "保密", 60, "总队", date(2026, 1, 2)))
    honours.record(chen, cast.wang, HonourFacts("服务之星", date(2026, 1, 3), "总队"))
    facts = record_paper.facts_of(own_record.of(chen))
    assert (facts.minutes_total, len(facts.lines), len(facts.papers)) == (60, 1, 1)
    assert [row["name"] for row in (*facts.trainings, *facts.honours)] == ["上岗培训", "服务之星"]
    answer = browser.open("/me/hours.pdf", "chen")
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF-")
    assert "record-440300000001-2026-11-18.pdf" in answer.headers["Content-Disposition"]
    assert browser.open("/me/hours.pdf", "wang").status_code == 403
