"""Experts, certificates and ledger lines as CSV and XLSX: what each may read, nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from helpdesk.db import db
from tests.cast import OTHER


@pytest.fixture
def filled(make, cast):
    make.case("closed")
    make.case("closed", company=OTHER, phone="13900000001")
    cast.expert("wu").title = '=HYPERLINK("https://evil.example")'
    db.session.commit()


def rows(browser, what: str, who: str, **days: str) -> list[list[str]]:
    sent = browser.open(f"/exports/{what}.csv", who, query_string=days) if days else browser.open(
        f"/exports/{what}.csv", who
    )  # fmt: skip
    assert int(sent.headers["Content-Length"]) == len(sent.get_data())
    return list(csv.reader(io.StringIO(sent.get_data().decode("utf-8-sig"))))


def test_both_kinds_of_file_say_the_same(browser, filled):
    for what in ("experts", "certificates", "hours"):
        lines = rows(browser, what, "zhou")
        sent = browser.open(f"/exports/{what}.xlsx", "zhou")
        book = load_workbook(io.BytesIO(sent.get_data()), read_only=True)
        read = [[str(v) if v is not None else "" for v in row] for row in book.active.iter_rows(values_only=True)]
        assert [[cell.removeprefix("'").removesuffix(".0") for cell in line] for line in lines] == read
        assert len(lines) > 2, what


def test_a_formula_that_somebody_wrote_is_text(browser, filled):
    titles = [row[2] for row in rows(browser, "experts", "wang")]
    assert any(title.startswith("'=HYPERLINK") for title in titles)
    book = load_workbook(io.BytesIO(browser.open("/exports/experts.xlsx", "wang").get_data()))
    cells = [cell for row in book.active.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert [cell.data_type for cell in cells] == ["s"] or all(cell.data_type != "f" for cell in cells)


def test_each_takes_away_what_they_may_read(browser, filled):
    for who, certificates in (("wang", 1), ("zhao", 1), ("li", 1), ("zhou", 2)):
        assert len(rows(browser, "certificates", who)) == certificates + 1, who
        assert len(rows(browser, "hours", who)) == certificates + 1, who
    for who, status in (("sun", 403), ("chen", 403), ("lin", 403), (None, 303)):
        browser.get("/exports/hours.csv", as_=who, expect=status)
        browser.get("/exports", as_=who, expect=status)


def test_days_are_kept_and_wrong_ones_said(browser, filled):
    page = browser.get("/exports?first=2026-11-01&last=2026-11-02", as_="zhou")
    link = next(a.get("href") for a in page.all("a") if "certificates.csv" in (a.get("href") or ""))
    assert "first=2026-11-01" in link
    sent = browser.open(link, "zhou").get_data().decode("utf-8-sig")
    assert len(sent.splitlines()) == 1
    browser.get("/exports?first=nonsense", as_="zhou", expect=422)
    browser.get("/exports/hours.csv?first=nonsense", as_="zhou")
