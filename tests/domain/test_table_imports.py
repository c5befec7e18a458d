"""Tables to import: whole or not at all, never silently over what is there, past records only once verified."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select, text

from helpdesk import clock as house_clock
from helpdesk.adapters import table_file
from helpdesk.adapters.table_file import BadTable
from helpdesk.db import db
from helpdesk.domain import accounts, honours, table_imports, trainings
from helpdesk.domain.table_imports import LineState
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    Account,
    Company,
    EntryState,
    Expert,
    Honour,
    ImportedEntry,
    SizeClass,
    TableImport,
    TableKind,
    TableUpload,
    Training,
)
from helpdesk.presentation import import_page
from helpdesk.rules import policy
from helpdesk.rules.table_columns import COLUMNS
from tests import tables
from tests.cast import SOUTHLIGHT, code_for

PLAIN = "a,b\n1,二\n"


def reads(data: bytes) -> list[list[str]]:
    table = table_file.read(data)
    return [table.heading, *(row.cells for row in table.rows)]


@pytest.mark.parametrize("mark", [",", ";", "\t", "，"])
@pytest.mark.parametrize("code", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_any_usual_encoding_and_with_any_usual_separator(mark, code):
    assert reads(PLAIN.replace(",", mark).encode(code)) == [["a", "b"], ["1", "二"]]


def test_a_workbook_is_read_as_text_and_nothing_in_it_is_calculated():
    table = table_file.read(tables.xlsx(("a", "b", "c"), (13800000000.0, date(2026, 3, 1), "=1+1"), (None, None, None)))
    assert [row.cells for row in table.rows] == [["13800000000", "2026-03-01", "=1+1"]]
    assert table.rows[0].formulas == [2]


def test_empty_lines_are_passed_over_and_lines_keep_their_number():
    table = table_file.read(b"a,b\n\n,\n1,\n")
    assert [(row.number, row.cells) for row in table.rows] == [(4, ["1", ""])]


def bomb(size: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<x/>" + b" " * size)
    return out.getvalue()


def entities() -> bytes:
    out, made = io.BytesIO(), zipfile.ZipFile(io.BytesIO(tables.xlsx(("a",), (1,))))
    with zipfile.ZipFile(out, "w") as archive:
        for name in made.namelist():
            data = made.read(name)
            archive.writestr(name, b'<!DOCTYPE x [<!ENTITY a "b">]>' + data if name.endswith("sheet1.xml") else data)
    return out.getvalue()


def far_away() -> bytes:
    book = Workbook()
    book.active["A1"], book.active["A1048576"] = "a", "1"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "table_missing"),
        (b"x" * (table_file.MOST_BYTES + 1), "table_too_large"),
        (bomb(table_file.MOST_UNPACKED), "table_unpacks_too_large"),
        (entities(), "table_unreadable"),
        (far_away(), "sheet_too_long"),
        (b"PK\x03\x04rest", "table_unreadable"),
        (bomb(1), "table_unreadable"),
        (b"\xd0\xcf\x11\xe0old", "table_old_format"),
        (b"\xff\xfe\xd8", "table_encoding"),
        (b"a\x00,b\n1,2\n", "table_unreadable"),
        (b'a,b\n"1,2\n', "table_quotes"),
        (b"a,b\n", "sheet_empty"),
        (b"a\n1,2\n", "table_row_too_wide"),
        (b"a\n" + b"1\n" * (table_file.MOST_ROWS + 1), "sheet_too_long"),
        (b",".join([b"a"] * 61) + b"\n1\n", "table_too_wide"),
        (b"a\n" + b"1" * 4001 + b"\n", "table_cell_too_long"),
    ],
)
def test_what_is_no_table_or_too_much_is_said_so(data, code):
    with pytest.raises(BadTable) as trouble:
        table_file.read(data)
    assert trouble.value.code == code


@pytest.mark.parametrize("kind", list(TableKind))
@pytest.mark.parametrize("file_kind", ["csv", "xlsx"])
@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
def test_a_template_comes_back_as_it_went_out_and_its_example_is_passed_over(app, cast, kind, file_kind, locale):
    from flask_babel import force_locale

    with app.test_request_context(), force_locale(locale):
        data = b"".join(import_page.template(kind, file_kind))
        table = table_file.read(data)
        assert import_page.keys_of(kind, table.heading) == [column.key for column in COLUMNS[kind]]
    report = table_imports.check(tables.uploaded(cast.zhou, kind, data), cast.zhou)
    assert [line.state for line in report.lines] == [LineState.EXAMPLE]
    if file_kind == "xlsx":
        assert len(load_workbook(io.BytesIO(data)).sheetnames) == 2


def experts(*lines: str) -> str:
    return tables.EXPERTS + "".join(f"{line}\n" for line in lines)


NEW = "440300000100,沈一,Shen@Example.com,138 0000 0100,{station},政策、Legal,南山;宝安区"


def test_experts_come_with_an_account_that_waits_for_a_password(app, cast):
    station = cast.station()
    upload = tables.uploaded(cast.zhou, TableKind.EXPERTS, experts(NEW.format(station=station.zh)))
    made = table_imports.carry_out(upload, cast.zhou)
    expert = db.session.scalars(select(Expert).where(Expert.volunteer_number == "440300000100")).one()
    assert (expert.name, expert.category_codes, expert.districts) == ("沈一", ["policy", "legal"], ["440305", "440306"])
    assert (expert.languages, expert.weekly_minutes, expert.station_id) == (["zh"], 120, station.id)
    account = db.session.scalars(select(Account).where(Account.login == "shen@example.com")).one()
    assert policy.who_is(account).expert_id == expert.id
    assert accounts.sign_in("shen@example.com", "!", address="-") is None
    accounts.set_password(account, cast.feng, password="a long enough one")
    assert accounts.sign_in("shen@example.com", "a long enough one", address="-") == account
    assert (made.made, made.known, made.by) == (1, 0, "周总")
    assert db.session.scalars(select(TableUpload)).all() == []


def test_one_bad_line_imports_nothing_and_every_fault_is_named(app, cast):
    good = NEW.format(station=cast.station().code)
    upload = tables.uploaded(
        cast.zhou,
        TableKind.EXPERTS,
        experts(
            good,
            good.replace("Shen@", "other@"),
            "11010519491231002X,李,nobody,138,Nowhere,Magic,Mars",
            "440300000001,另一位,a@b.cn,,南山区,政策,南山",
            "440300000001,陈明远,a@b.cn,,,政策,南山",
            "440300000101,赵,,,南山,政策,南山",
        ),
    )
    report = table_imports.check(upload, cast.zhou)
    found = {(line.number, p.column, p.code) for line in report.lines for p in line.problems}
    assert {
        (3, "volunteer_number", "doubled"),
        (4, "volunteer_number", "looks_like_identity"),
        (4, "email", "email_unreadable"),
        (4, "phone", "phone_unreadable"),
        (4, "station", "station_unknown"),
        (4, "fields", "field_unknown"),
        (4, "districts", "district_unknown"),
        (5, "name", "number_of_another"),
        (6, "station", "missing"),
        (7, "email", "email_or_phone"),
    } <= found
    before = db.session.scalar(select(func.count()).select_from(Expert))
    with pytest.raises(Refused, match="import_has_bad_lines"):
        table_imports.carry_out(upload, cast.zhou)
    assert db.session.scalar(select(func.count()).select_from(Expert)) == before
    assert db.session.scalars(select(TableImport)).all() == []


def test_who_is_registered_already_stays_as_they_are(app, cast):
    station = cast.station().code
    upload = tables.uploaded(
        cast.zhou,
        TableKind.EXPERTS,
        experts(f"440300000001,陈明远,new@b.cn,,{station},法律,宝安", NEW.format(station=station)),
    )
    report = table_imports.check(upload, cast.zhou)
    assert [line.state for line in report.lines] == [LineState.KNOWN, LineState.NEW]
    made = table_imports.carry_out(upload, cast.zhou)
    assert (made.made, made.known) == (1, 1)
    assert cast.expert("chen").category_codes == ["policy", "finance", "legal"]
    again = tables.uploaded(cast.zhou, TableKind.EXPERTS, experts(NEW.format(station=station)))
    with pytest.raises(Refused, match="import_nothing_new"):
        table_imports.carry_out(again, cast.zhou)


def test_a_formula_is_not_a_name(app, cast):
    data = tables.xlsx(
        tables.HONOURS.strip().split(","), ("440300000001", '="陈"&"明远"', "五星", "市里", "2025-01-01", "")
    )
    report = table_imports.check(tables.uploaded(cast.zhou, TableKind.HONOURS, data), cast.zhou)
    assert [(p.column, p.code) for p in report.lines[0].problems] == [("name", "is_formula")]


def test_companies_are_sized_and_known_ones_are_left_alone(app, cast):
    head = "企业名称,统一社会信用代码,区,行业,从业人员,营业收入（万元）\n"
    lines = (
        f"别的名字,{SOUTHLIGHT.credit_code},南山,C39,1,1\n"
        f"深圳新厂有限公司,{code_for('91440300MA5TEXT09')},龙岗区,软件和信息技术服务业,28,900\n"
        "没注册的工坊,,Bao'an,C39,,\n"
    )
    upload = tables.uploaded(cast.zhou, TableKind.COMPANIES, head + lines)
    report = table_imports.check(upload, cast.zhou)
    assert report.lines[0].note == ("company_known_as", {"name": SOUTHLIGHT.name})
    made = table_imports.carry_out(upload, cast.zhou)
    assert (made.made, made.known) == (2, 1)
    added = db.session.scalars(select(Company).where(Company.name == "深圳新厂有限公司")).one()
    assert (added.industry, added.size, added.district) == ("I65", SizeClass.SMALL, "440307")
    again = table_imports.check(tables.uploaded(cast.zhou, TableKind.COMPANIES, head + lines), cast.zhou)
    assert [line.state for line in again.lines] == [LineState.KNOWN] * 3
    twice = tables.uploaded(
        cast.zhou, TableKind.COMPANIES, head + "一样,,南山,C39,,\n一样,,南山,C39,,\n一样,123,南山,XX,-1,\n"
    )
    codes = [[p.code for p in line.problems] for line in table_imports.check(twice, cast.zhou).lines]
    assert codes == [[], ["doubled"], ["credit_code_wrong", "industry_unknown", "number_out_of_range"]]


def test_past_honours_wait_until_somebody_verified_them(app, cast):
    batch = tables.imported(cast.wang, "优秀志愿者", "五星志愿者")
    chen = cast.expert("chen")
    assert [row.name for row in table_imports.waiting_of(chen.id)] == ["五星志愿者", "优秀志愿者"]
    assert honours.held_by(chen.id) == []
    first, second = batch.entries
    with pytest.raises(Refused, match="reason_missing"):
        table_imports.decide(batch, cast.wang, record_ids=None, verified=True, reason=" ")
    assert table_imports.decide(batch, cast.wang, record_ids=[second.id], verified=False, reason="查无此奖") == 1
    assert table_imports.decide(batch, cast.wang, record_ids=None, verified=True, reason="看过证书") == 1
    assert [(held.name, held.by) for held in honours.held_by(chen.id)] == [("优秀志愿者", "市义工联")]
    assert (first.state, second.state) == (EntryState.VERIFIED, EntryState.REFUSED)
    assert db.session.scalars(select(Honour)).one().reason == "看过证书"
    with pytest.raises(Refused, match="no_records_chosen"):
        table_imports.decide(batch, cast.wang, record_ids=None, verified=True, reason="再来")


def test_nothing_is_counted_twice(app, cast):
    """Neither in one file, nor in two, nor beside what was written down by hand; what was refused may come again."""
    head = "志愿者编号,姓名,培训名称,主要内容,学时（小时）,举办单位,日期\n"
    line = "440300000001,陈明远,上岗培训,保密,1.5,总队,2025/6/1\n"
    doubled = table_imports.check(tables.uploaded(cast.zhou, TableKind.TRAININGS, head + line + line), cast.zhou)
    assert [p.code for p in doubled.lines[1].problems] == ["doubled"]
    batch = table_imports.carry_out(tables.uploaded(cast.zhou, TableKind.TRAININGS, head + line), cast.zhou)
    again = tables.uploaded(cast.zhou, TableKind.TRAININGS, head + line)
    assert table_imports.check(again, cast.zhou).lines[0].state is LineState.KNOWN
    facts = trainings.TrainingFacts("上岗培训", "保密", 90, "总队", date(2025, 6, 1))
    trainings.record(cast.expert("chen"), cast.wang, facts)
    table_imports.decide(batch, cast.zhou, record_ids=None, verified=True, reason="核对过签到表")
    rows = db.session.scalars(select(Training)).all()
    assert [(row.minutes, row.recorded_by) for row in rows] == [(90, "王岚")]
    other = tables.imported(cast.wang, "优秀志愿者")
    table_imports.decide(other, cast.wang, record_ids=None, verified=False, reason="没有证明")
    assert tables.imported(cast.wang, "优秀志愿者").made == 1


def test_who_may_import_what(app, cast):
    assert table_imports.kinds_of(cast.zhou) == list(TableKind)
    assert table_imports.kinds_of(cast.wang) == [TableKind.TRAININGS, TableKind.HONOURS]
    assert table_imports.kinds_of(cast.chen) == []
    with pytest.raises(NotAllowed):
        tables.uploaded(cast.wang, TableKind.EXPERTS, experts("1,2,3,4,5,6,7"))
    upload = tables.uploaded(cast.zhao, TableKind.HONOURS, tables.honour_lines("五星"))
    assert table_imports.check(upload, cast.zhao).lines[0].problems[0].code == "other_station"
    with pytest.raises(NotAllowed):
        table_imports.carry_out(upload, cast.wang)
    own = tables.HONOURS + "440300000004,钱进,五星,市里,2025-05-04,\n"
    mine = tables.uploaded(cast.qian, TableKind.HONOURS, own)
    assert table_imports.check(mine, cast.qian).lines[0].problems[0].code == "own_record"
    batch = table_imports.carry_out(tables.uploaded(cast.zhou, TableKind.HONOURS, own), cast.zhou)
    with pytest.raises(NotAllowed):
        table_imports.decide(batch, cast.qian, record_ids=None, verified=True, reason="我说的")


def test_the_note_of_an_import_cannot_be_changed_and_uploads_are_forgotten(app, cast):
    tables.imported(cast.wang, "优秀志愿者")
    db.session.flush()
    with pytest.raises(Exception, match="append-only"), db.session.begin_nested():
        db.session.execute(text("UPDATE table_imports SET made = 9"))
    tables.uploaded(cast.wang, TableKind.HONOURS, tables.honour_lines("五星"))
    tables.uploaded(cast.wang, TableKind.HONOURS, tables.honour_lines("四星"))
    assert db.session.scalar(select(func.count()).select_from(TableUpload)) == 1
    assert table_imports.sweep() == 0
    with house_clock.at(house_clock.now() + timedelta(hours=25)):
        assert table_imports.sweep() == 1


def test_the_statements_of_a_check_do_not_grow_with_every_line(app, cast):
    from sqlalchemy import event

    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    counts = []
    for many in (2, 200):
        lines = [
            NEW.format(station=cast.station().code).replace("0100", f"{n:04d}").replace("Shen", f"s{n}")
            for n in range(100, 100 + many)
        ]
        upload = tables.uploaded(cast.zhou, TableKind.EXPERTS, experts(*lines))
        seen.clear()
        assert table_imports.check(upload, cast.zhou).count(LineState.NEW) == many
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_thousand_experts_at_once(app, cast):
    code = cast.station().code
    lines = [f"4403{n:08d},沈{n},s{n}@example.com,,{code},政策,南山" for n in range(10_000, 11_000)]
    upload = tables.uploaded(cast.zhou, TableKind.EXPERTS, experts(*lines))
    assert table_imports.carry_out(upload, cast.zhou).made == 1000
    assert db.session.scalar(select(func.count()).select_from(Expert)) == 1004


def test_merging_two_records_keeps_each_entry_once(app, cast):
    from helpdesk.domain import expert_merges

    tables.imported(cast.wang, "优秀志愿者")
    lines = tables.HONOURS + "440300000002,吴刚,优秀志愿者,市里,2025-05-04,\n440300000002,吴刚,三星,市里,2025-05-04,\n"
    table_imports.carry_out(tables.uploaded(cast.wang, TableKind.HONOURS, lines), cast.wang)
    expert_merges.merge(cast.expert("wu"), cast.zhou, survivor=cast.expert("chen"), named="陈明远", reason="同一人")
    chen = db.session.scalars(select(Expert).where(Expert.name == "陈明远")).one()
    rows = db.session.scalars(select(ImportedEntry.name).where(ImportedEntry.expert_id == chen.id)).all()
    assert sorted(rows) == ["三星", "优秀志愿者"]


@pytest.mark.postgres
def test_two_who_press_at_once_import_once(town):
    """The second finds the upload gone; on either engine a constraint that was hit leaves nothing behind."""
    upload = tables.uploaded(town.cast.wang, TableKind.HONOURS, tables.honour_lines("五星"))
    table_imports.carry_out(upload, town.cast.wang)
    assert db.session.scalar(select(func.count()).select_from(ImportedEntry)) == 1
    assert db.session.scalar(select(func.count()).select_from(TableUpload)) == 0
