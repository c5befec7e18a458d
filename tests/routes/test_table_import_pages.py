"""Importing a table on the pages: look first, one press, correct and send again."""

from __future__ import annotations

import io

from openpyxl import load_workbook
from sqlalchemy import func, select

from helpdesk.db import db
from helpdesk.models import Company, Expert, TableImport, TableUpload
from tests import tables


def send(browser, data, name="表.csv", kind="experts", as_="zhou", **kwargs):
    raw = data.encode() if isinstance(data, str) else data
    return browser.post("/imports", {"kind": kind, "file": (io.BytesIO(raw), name)}, as_=as_, page="/imports", **kwargs)


def lines(station: str, *names: str) -> str:
    return tables.EXPERTS + "".join(
        f"44030000{n:04d},{name},a{n}@b.cn,,{station},政策,南山\n" for n, name in enumerate(names, 100)
    )


def test_from_file_to_expert_in_one_press(browser, cast):
    seen = send(browser, lines(cast.station().zh, "沈一", "沈二")).location
    page = browser.get(seen, as_="zhou")
    assert page.says("没有错误") and page.says("沈二") and page.says("导入 2 行")
    done = browser.post(seen, {"act": "import"}, as_="zhou", page=seen).location
    assert browser.get(done, as_="zhou").says("导入了 2 行")
    assert db.session.scalar(select(func.count()).select_from(Expert)) == 6
    browser.get(seen, as_="zhou", expect=404)


def test_what_is_wrong_stands_in_its_cell_and_the_report_comes_back_corrected(browser, cast):
    bad = lines("南山", "沈一", "=1+1").replace("a100@b.cn", "nobody")
    seen = send(browser, bad).location
    page = browser.get(seen, as_="zhou")
    assert page.says("2 行有错") and page.says("没有叫“南山”的工作站") and page.says("邮箱写得不对")
    assert not [b for b in page.all("button") if b.get("value") == "import"]
    assert browser.post(seen, {"act": "import"}, as_="zhou", page=seen, expect=422).says("一行也没有导入")
    assert db.session.scalar(select(func.count()).select_from(TableImport)) == 0
    answer = browser.open(f"{seen}/report.xlsx", "zhou")
    book = load_workbook(io.BytesIO(answer.data))
    rows = list(book.active.iter_rows())
    assert rows[0][-1].value == "原因" and "邮箱：邮箱写得不对" in rows[1][-1].value
    assert (rows[2][1].value, rows[2][1].data_type) == ("=1+1", "s")
    for row in rows[1:]:
        row[4].value = cast.station().code
    rows[1][2].value, rows[2][1].value = "good@b.cn", "沈二"
    out = io.BytesIO()
    book.save(out)
    again = send(browser, out.getvalue(), "改好.xlsx").location
    assert browser.get(again, as_="zhou").says("没有错误")
    assert db.session.scalar(select(func.count()).select_from(TableUpload)) == 1


def test_english_headings_and_reasons(browser, cast):
    browser.client("zhou").set_cookie("lang", "en")
    template = browser.open("/imports/templates/companies.csv", "zhou").get_data().decode("utf-8-sig")
    head = template.splitlines()[0]
    assert head.startswith("Company name,") or "Credit code" in head, head
    seen = send(browser, f"{head}\nFoo Ltd,,Mars,I65,,,\n", kind="companies").location
    assert browser.get(seen, as_="zhou").says("There is no district “Mars”")
    good = send(browser, f"{head}\nFoo Ltd,,Nanshan,I65,28,900,\n", kind="companies").location
    browser.post(good, {"act": "import"}, as_="zhou", page=good)
    assert db.session.scalars(select(Company).where(Company.name == "Foo Ltd")).one().district == "440305"


def test_what_is_no_table_is_said_beside_the_field(browser):
    assert send(browser, b"", "", expect=422).says("请选一个表格文件")
    assert send(browser, "姓名\n沈\n", expect=422).says("缺少这些列")
    assert send(browser, "姓名,绰号\n沈,小\n", expect=422).says("不认识第 2 列“绰号”")
    assert send(browser, "姓名,姓名\n沈,小\n", expect=422).says("出现了两次")
    assert send(browser, tables.EXPERTS, kind="nonsense", expect=422).status == 422
    assert send(browser, tables.EXPERTS, as_="wang", expect=422).status == 422


def test_many_lines_are_shown_in_pages_and_by_kind(browser, cast):
    known = f"440300000001,陈明远,x@b.cn,,{cast.station().code},政策,南山\n"
    seen = send(browser, lines(cast.station().code, *(f"沈{n}" for n in range(150))) + known).location
    first = browser.get(seen, as_="zhou")
    assert first.says("第 1 页，共 2 页") and len(first.all("tr")) == 101
    assert len(browser.get(f"{seen}?shown=new&page=1", as_="zhou").all("tr")) == 51
    assert browser.get(f"{seen}?shown=known", as_="zhou").says("已经登记过，保持原样")
    assert browser.get(f"{seen}?shown=bad&page=99", as_="zhou").says("这里没有")
    browser.post(seen, {"act": "drop"}, as_="zhou", page=seen)
    assert db.session.scalar(select(func.count()).select_from(TableUpload)) == 0


def test_a_station_verifies_past_records_and_the_expert_sees_that_they_wait(browser, cast):
    chen = cast.expert("chen").id
    seen = send(browser, tables.honour_lines("优秀志愿者", "五星"), kind="honours", as_="wang").location
    done = browser.post(seen, {"act": "import"}, as_="wang", page=seen).location
    assert browser.get(f"/experts/{chen}/record", as_="chen").says("待核的以前的记录")
    assert browser.get("/imports", as_="wang").says("2 条待核")
    assert browser.post(done, {"act": "verify_all"}, as_="wang", page=done, expect=422).says("请写怎样核实的")
    assert browser.post(done, {"act": "refuse", "reason": "x"}, as_="wang", page=done, expect=422).status == 422
    browser.post(done, {"act": "verify_all", "reason": "看过证书"}, as_="wang", page=done)
    page = browser.get(f"/experts/{chen}/record", as_="chen")
    assert not page.says("待核的以前的记录") and page.says("优秀志愿者") and page.says("已记录")
    browser.get(done, as_="zhao", expect=404)
