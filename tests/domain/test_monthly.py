"""The monthly sheet: levels add up to the ledger, companies are counted, a reversal belongs to its own month."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import event, func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import closure, hours, monthly, visits
from helpdesk.domain.monthly import Part
from helpdesk.models import ConfirmedBy, EntryKind, HoursEntry
from helpdesk.presentation import tables
from helpdesk.rules.credit import GATE_STATION
from tests.cast import OTHER

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


def ledger() -> int:
    return int(db.session.scalar(select(func.sum(HoursEntry.minutes))) or 0)


def reverse(case, by) -> HoursEntry:
    """One credit taken back today, as a correction does."""
    credit = db.session.scalars(select(HoursEntry).where(HoursEntry.case_id == case.id)).first()
    return hours._append(
        HoursEntry(
            kind=EntryKind.REVERSAL, minutes=-credit.minutes, expert_id=credit.expert_id, case_id=credit.case_id,
            expert_account_id=credit.expert_account_id, visit_id=credit.visit_id, station_id=credit.station_id,
            category_code=credit.category_code, mode=credit.mode, served_on=credit.served_on,
            confirmed_by=credit.confirmed_by, reverses_id=credit.id, reason="写错了", revision=1,
            recorded_at=house_clock.now(), recorded_by_id=by.account_id, recorded_by=by.name,
        )
    )  # fmt: skip


@pytest.fixture
def served(make, cast):
    """Two of Southlight and one of Longgang in November."""
    return [
        make.case("closed"),
        make.case("closed", phone="13800000002"),
        make.case("closed", company=OTHER, phone="13900000001"),
    ]


def test_city_is_districts_is_detachments_is_stations_is_the_ledger(served, cast):
    sheet = monthly.sheet(NOVEMBER, cast.zhou)
    for level in (sheet.stations, sheet.detachments, sheet.districts):
        for name in ("received", "closed", "minutes", "by_company", "by_station", "person_times", "ratings"):
            assert sum(getattr(f, name) for _, f in level) == getattr(sheet.total, name), name
    assert sheet.total.minutes == ledger() == 180
    assert (sheet.total.received, sheet.total.closed, sheet.total.person_times) == (3, 3, 3)
    assert (sheet.total.by_company, sheet.total.by_station) == (180, 0)


def test_companies_are_counted_not_added(served, make, cast):
    # The same company at another station: one for each station, one for the city.
    entry = db.session.scalars(select(HoursEntry).where(HoursEntry.case_id == served[2].id)).one()
    served[2].company_id = served[0].company_id
    db.session.flush()
    sheet = monthly.sheet(NOVEMBER, cast.zhou)
    by_station = {s.id: f for s, f in sheet.stations}
    assert by_station[entry.station_id].companies == 1
    assert by_station[cast.station().id].companies == 1
    assert sheet.total.companies == 1
    assert sum(f.companies for _, f in sheet.stations) == 2


def test_a_reversal_belongs_to_the_month_in_which_it_was_written(served, cast):
    before = monthly.sheet(NOVEMBER, cast.zhou).total
    with house_clock.at(house_clock.now() + timedelta(days=20)):
        reverse(served[0], cast.zhou)
        november, december = monthly.sheet(NOVEMBER, cast.zhou).total, monthly.sheet(DECEMBER, cast.zhou).total
    assert november == before, "a month that was handed in does not change"
    assert (december.minutes, december.person_times, december.companies) == (-60, -1, 0)
    assert november.minutes + december.minutes == ledger()


def test_stations_verified_minutes_stand_apart(make, cast):
    case = make.case("answered")
    with house_clock.at(house_clock.now() + timedelta(days=11)):
        decisions = {visit.id: True for visit in visits.of(case)}
        closure.verify(case, cast.wang, decisions=decisions, declared=dict.fromkeys(GATE_STATION, True))
    kinds = set(db.session.scalars(select(HoursEntry.confirmed_by)))
    total = monthly.sheet(NOVEMBER, cast.zhou).total
    assert kinds == {ConfirmedBy.STATION}
    assert (total.by_company, total.by_station) == (0, 60)


def test_a_mean_of_too_few_is_not_said(make, cast):
    for n in range(4):
        make.case("closed", phone=f"1380000000{n}")
    assert monthly.sheet(NOVEMBER, cast.zhou).total.score is None
    make.case("closed", phone="13800000009")
    total = monthly.sheet(NOVEMBER, cast.zhou).total
    assert (total.ratings, total.score) == (5, 5.0)


def test_each_sees_the_own_part(served, cast):
    shown = {login: len(monthly.sheet(NOVEMBER, getattr(cast, login)).stations) for login in ("wang", "zhao", "chen")}
    assert shown == {"wang": 1, "zhao": 1, "chen": 0}
    assert monthly.sheet(NOVEMBER, cast.wang).total.minutes == 120
    assert monthly.sheet(NOVEMBER, cast.li).total.minutes == 120
    assert monthly.sheet(NOVEMBER, cast.sun).total.minutes == 180
    assert len(monthly.lines(NOVEMBER, cast.zhao, Part())) == 1
    assert monthly.lines(NOVEMBER, cast.zhao, Part(station_id=cast.station().id)) == []


def test_the_lines_are_what_the_figures_say(served, cast):
    for part, minutes in ((Part(), 180), (Part(station_id=cast.station().id), 120), (Part(district="440307"), 60)):
        assert sum(e.minutes for e in monthly.lines(NOVEMBER, cast.zhou, part)) == minutes
    assert len(list(monthly.each_line(NOVEMBER, cast.zhou, Part()))) == 3


def test_the_number_of_queries_does_not_depend_on_the_network(make, cast):
    asked: list[int] = []

    def note(*_: object) -> None:
        asked.append(1)

    def statements() -> int:
        db.session.expire_all()
        asked.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            monthly.sheet(NOVEMBER, by)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(asked)

    by = cast.zhou
    make.case("closed")
    few = statements()
    make.case("closed", company=OTHER, phone="13900000001")
    assert statements() == few <= 9


def test_months_read_and_follow():
    assert monthly.read_month("2026-02") == date(2026, 2, 1)
    for text in ("", "2026", "2026-13", "2026-1", "20261-1", "abcdefg"):
        assert monthly.read_month(text) is None, text
    assert monthly.next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert monthly.next_month(date(2027, 1, 1)) == date(2027, 2, 1)


DANGEROUS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(1)", "普通"]


def test_no_cell_of_a_table_is_a_formula():
    text = b"".join(tables.pieces("csv", "t", [DANGEROUS, [1, -2, 0.5, None]])).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert all(cell.startswith("'") for cell in rows[0][:-1])
    assert rows[1] == ["1", "-2", "0.5", ""], "numbers stay numbers"
    book = load_workbook(io.BytesIO(b"".join(tables.pieces("xlsx", "月报", [DANGEROUS, [1, -2, 0.5, None]]))))
    first, second = book.active.iter_rows()
    assert [cell.data_type for cell in first] == ["s"] * len(DANGEROUS)
    assert [cell.value for cell in second][:3] == [1, -2, 0.5]


def test_the_pages_and_files_say_the_same(browser, served):
    db.session.commit()
    assert browser.get("/monthly", as_="zhou", expect=303).location.endswith("/monthly/2026-11")
    page = browser.get("/monthly/2026-11", as_="zhou")
    assert page.says("2026 年 11 月")
    assert page.says("少于 5 条不算平均分")
    text = browser.open("/monthly/2026-11/table.csv", "zhou").get_data().decode("utf-8-sig")
    rows = {row[1]: row for row in csv.reader(io.StringIO(text))}
    assert rows["2026 年 11 月"][2:12] == ["3", "3", "0", "0", "2", "3", "3.0", "0.0", "3.0", "3"]
    sent = browser.open("/monthly/2026-11/lines.xlsx", "wang")
    book = load_workbook(io.BytesIO(sent.get_data()), read_only=True)
    assert [row[7] for row in book.active.iter_rows(values_only=True)] == ["分钟", 60, 60]
    assert browser.get("/monthly/2026-11/lines", as_="sun").says("陈*")
    for login, status in (("chen", 403), ("lin", 403), (None, 303)):
        browser.get("/monthly/2026-11", as_=login, expect=status)
    browser.get("/monthly/nonsense", as_="zhou", expect=404)
    browser.get("/monthly/2026-11/lines?station=x&before=-4", as_="zhou")
