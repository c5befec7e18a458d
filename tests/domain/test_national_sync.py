"""The file for the national system, the numbers that come back, ten years of keeping (条例 art. 19; rules R06, R15)."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from helpdesk.db import db
from helpdesk.domain import corrections, expert_persons, hours, national_sync, visits
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Access, HoursEntry, IdentityKind, NationalSync, Sex, SyncState
from helpdesk.presentation import national_page


def whole(cast, login="chen", *, more_consent=True, **more) -> None:
    """Everything the file asks of a volunteer."""
    values = {"sex": Sex.MALE, "born_on": date(1980, 2, 3), "residence": "南山区粤海街道", "contact": "13800138000",
              "identity_kind": IdentityKind.PASSPORT, "identity": "E12345678", **more}  # fmt: skip
    expert_persons.write(
        cast.expert(login),
        getattr(cast, login),
        PersonFacts(**values),
        consent=True,
        identity_consent=True,
        national_consent=more_consent,
    )


def ids() -> list[int]:
    return list(db.session.scalars(db.select(HoursEntry.id).order_by(HoursEntry.id)))


def numbers(*pairs) -> str:
    return "本地编号,国家平台编号\n" + "\n".join(f"L-{ours},{theirs}" for ours, theirs in pairs)


def test_export_and_import_again_and_again_change_nothing(town):
    make, cast = town, town.cast
    whole(cast)
    make.case("closed")
    make.case("closed", phone="13800000001")
    one, two = ids()
    assert national_sync.counts(cast.zhou) == national_sync.Counts(2, 0, 0)
    for _ in range(2):
        assert [line.entry.id for line in national_sync.export(cast.zhou)] == [one, two]
        assert national_sync.counts(cast.zhou) == national_sync.Counts(0, 2, 0)
    assert national_sync.take_in(cast.zhou, numbers((one, "SZ440300-01")))[0] == 1
    assert national_sync.take_in(cast.zhou, numbers((one, "SZ440300-01")))[0] == 0
    row = db.session.get_one(NationalSync, one)
    assert (row.state, row.national_id) == (SyncState.CONFIRMED, "SZ440300-01")
    assert [line.entry.id for line in national_sync.export(cast.zhou)] == [two]
    with pytest.raises(NotAllowed):
        national_sync.export(cast.wang)


def test_without_a_consent_of_its_own_nothing_leaves(make, cast):
    """PIPL art. 23: to another handler only with a separate consent, taken back as easily."""
    make.case("closed")
    whole(cast, more_consent=False)
    assert [gap.fields for gap in national_sync.precheck(cast.zhou)] == [("agreed",)]
    assert national_sync.export(cast.zhou) == []
    whole(cast)
    assert national_sync.precheck(cast.zhou) == [] and len(national_sync.export(cast.zhou)) == 1
    whole(cast, more_consent=False)
    assert national_sync.export(cast.zhou) == []


def test_personal_data_goes_along_and_what_is_missing_is_named(make, cast):
    """办法67 art. 5: only the operator, noted for each volunteer, no formula, no line with holes."""
    make.case("closed")
    make.case("closed", phone="13800000001", expert="wu")
    whole(cast, "wu", residence="=HYPERLINK(1)", skills="+政策", contact="@x")
    (gap,) = national_sync.precheck(cast.zhou)
    assert (gap.expert.name, gap.lines, gap.fields) == ("陈明远", 1, national_sync.FIELDS)
    person = PersonFacts(sex=Sex.FEMALE, residence="南山")
    expert_persons.write(cast.expert("chen"), cast.chen, person, consent=True, identity_consent=False)
    assert national_sync.precheck(cast.zhou)[0].fields == ("born_on", "identity", "contact", "agreed")
    with make_context():
        assert (
            national_page.missing(national_sync.precheck(cast.zhou)[0])
            == "出生日期、证件号码、联系方式、提供给国家平台的同意"
        )
        rows = [national_page.row(line) for line in national_sync.export(cast.zhou)]
    assert [row[3] for row in rows] == ["吴刚"], "whoever lacks something waits"
    told = dict(zip(national_page.HEADINGS, rows[0], strict=True))
    assert (told["性别"], told["出生日期"], told["证件类型"], told["证件号码"]) == (
        "男",
        "1980-02-03",
        "护照",
        "E12345678",
    )
    assert told["服务类别"], "known from the roster where nothing was written"
    assert not [told[n] for n in ("居住区域", "联系方式", "专业技能") if told[n][:1] in "=+-@"]
    looks = db.session.scalars(db.select(Access)).all()
    assert [(look.account_id, look.what) for look in looks] == [
        (cast.zhou.account_id, f"national:{cast.expert('wu').id}")
    ]
    for who in (cast.wang, cast.li, cast.sun, cast.wu, cast.feng):
        for verb in (national_sync.export, national_sync.precheck):
            with pytest.raises(NotAllowed):
                verb(who)
    assert national_sync.counts(cast.zhou) == national_sync.Counts(1, 1, 0)
    whole(cast)
    assert national_sync.precheck(cast.zhou) == [] and len(national_sync.export(cast.zhou)) == 2


def test_a_table_is_taken_whole_or_not_at_all(make, cast):
    whole(cast)
    make.case("closed")
    make.case("closed", phone="13800000001")
    one, two = ids()
    national_sync.export(cast.zhou)
    national_sync.take_in(cast.zhou, numbers((one, "AAAA-1")))
    bad = {
        "has_another": numbers((two, "BBBB-2"), (one, "CCCC-3")),
        "taken": numbers((two, "AAAA-1")),
        "not_exported": numbers((two, "BBBB-2"), (999, "DDDD-4")),
        "not_ours": numbers((two, "BBBB-2")) + "\n12,EEEE-5",
        "not_a_number": numbers((two, "=1+1")),
        "twice": numbers((two, "BBBB-2"), (two, "FFFF-6")),
    }
    for problem, table in bad.items():
        fresh, report = national_sync.take_in(cast.zhou, table)
        assert fresh == 0 and report[-1].problem == problem, problem
        assert db.session.get_one(NationalSync, two).state is SyncState.EXPORTED
    with pytest.raises(Refused, match="table_empty"):
        national_sync.take_in(cast.zhou, " \n")


def test_a_reversal_is_a_line_too_and_no_cell_is_a_formula(make, cast):
    whole(cast)
    case = make.case("consulting", problem="=cmd|' /C calc'!A0 想问专精特新的事，请帮忙看看。")
    make.visit(case, summary="@SUM(1) 讲了口径")
    make.answer(case)
    make._closed(case)
    hours.reverse(visits.of(case)[0], cast.zhou, reason="不属实")
    with make_context():
        rows = [national_page.row(line) for line in national_sync.export(cast.zhou)]
    assert [row[1] for row in rows] == ["入账", "冲正"] and rows[1][2] == rows[0][0]
    minutes = national_page.HEADINGS.index("服务时长（分钟）")
    assert [row[minutes] for row in rows] == ["60", "-60"]
    assert all(len(row) == len(national_page.HEADINGS) for row in rows)
    assert not [cell for row in rows for cell in (*row[:minutes], *row[minutes + 1 :]) if cell[:1] in "=+-@" and cell]


def make_context():
    from flask import current_app

    return current_app.test_request_context()


def test_records_are_not_deleted_for_ten_years(town):
    make, cast = town, town.cast
    case = make.case("closed")
    corrections.ask(visits.of(case)[0], cast.chen, says="少记了", form_key="k")
    db.session.commit()
    for table, column in (("corrections", "asked_at"), ("visits", "logged_at"), ("certificates", "issued_at")):
        with pytest.raises(DBAPIError, match="ten years"):
            db.session.execute(text(f"DELETE FROM {table}"))
        db.session.rollback()
        assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 1, column
    db.session.execute(text("UPDATE corrections SET asked_at = '2010-01-01 00:00:00+00:00'"))
    db.session.execute(text("DELETE FROM corrections"))
    assert db.session.execute(text("SELECT count(*) FROM corrections")).scalar() == 0


def test_the_page_of_the_national_system(browser, make, cast):
    make.case("closed")
    one = ids()[0]
    page = browser.get("/records/national", as_="zhou")
    assert page.says("还没导出") and page.says("资料不全") and page.says("陈明远")
    whole(cast)
    assert not browser.get("/records/national", as_="zhou").says("资料不全")
    browser.get("/records/national", as_="wang", expect=403)
    sent = browser.post("/records/national/export", as_="zhou", page="/records/national", expect=200)
    assert "E12345678" in sent.text and browser.get("/accesses", as_="feng").says("国家平台的文件")
    address = "/records/national/import"
    wrong = browser.post(address, {"text": "L-999,AAAA-1"}, as_="zhou", page="/records/national", expect=422)
    assert wrong.says("没有导出过") and "L-999,AAAA-1" in wrong.text
    assert browser.post(address, {"text": ""}, as_="zhou", page="/records/national", expect=422).says("请把表格")
    done = browser.post(address, {"text": f"L-{one},AAAA-1"}, as_="zhou", page="/records/national", expect=200)
    assert done.says("新登记了 1 个编号")
