"""A list as a table: whole or recognisably not, of one moment, in the same memory however long it is (B1 no. 16)."""

from __future__ import annotations

import csv
import gc
import http.client
import io
import threading

import pytest
from flask import stream_with_context
from sqlalchemy import insert, select
from werkzeug.serving import WSGIRequestHandler, make_server

from helpdesk import clock, create_app
from helpdesk.db import begin, db
from helpdesk.domain import queues
from helpdesk.domain.queues import Filters
from helpdesk.models import Case
from helpdesk.presentation import export
from helpdesk.routes.page import table
from tests.conftest import settings

MANY = 20_000


def copies(case: Case, count: int) -> None:
    """So many more cases like this one, past the verbs."""
    row = dict(db.session.execute(select(Case.__table__).where(Case.id == case.id)).one()._mapping)
    names = {column.name for column in Case.__table__.columns if column.unique} | {"number", "tracking_token"}
    del row["id"]
    for start in range(0, count, 5000):
        db.session.execute(
            insert(Case.__table__),
            [{**row, **{name: f"X{n:08d}"[-12:] if row[name] is not None else None for name in names}}
             for n in range(start, min(start + 5000, count))],
        )  # fmt: skip
    db.session.commit()


def read(response) -> list[list[str]]:
    text = response.get_data(as_text=True)
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_twenty_thousand_cases_are_never_in_memory_together(app, make, cast):
    copies(make.case("submitted"), MANY - 1)
    most = written = 0
    last = ""
    with app.test_request_context(), queues.everything(cast.zhou, Filters()) as found:
        assert found.total == MANY
        for part in export.lines(found.cases, found.total):
            written += part.count("\r\n")
            last = part
            if written % 5000 < export.TOGETHER:
                most = max(most, sum(isinstance(each, Case) for each in gc.get_objects()))
            assert len(part) < 200_000
    assert written == MANY + 2, "headings and the last line"
    assert last.splitlines()[-1] == f"— 完，共 {MANY} 件 —"
    assert most <= 3 * queues.AT_ONCE


def test_number_and_rows_are_of_one_moment(town):
    for phone in ("13800000001", "13800000002"):
        town.case("submitted", phone=phone)
    db.session.commit()
    who = town.cast.zhou
    db.session.rollback()
    with queues.everything(who, Filters()) as found:
        first = next(found.cases)
        begin(read_only=False)
        town.case("submitted", phone="13800000003")
        db.session.commit()
        assert found.total == 2
        assert len([first, *found.cases]) == 2
    with queues.everything(who, Filters()) as found:
        assert found.total == 3


def test_the_page_says_how_many_and_the_file_holds_them(browser, make):
    made = [make.case("submitted", phone=f"1380000000{n}") for n in range(3)]
    made[0].title, made[1].title, made[2].title = "＝1+1", " @cmd", "=HYPERLINK(1)"
    stamp = f"{clock.local(made[0].submitted_at):%Y-%m-%d %H:%M}"
    db.session.commit()
    assert browser.get("/cases", as_="zhou").all("a", href="/cases/export?view=all&sort=new")
    page = browser.get("/cases/export", as_="zhou")
    assert page.says("共 3 件")
    response = browser.open("/cases/export.csv", as_="zhou")
    rows = read(response)
    assert (response.headers["X-Rows"], len(rows)) == ("3", 5)
    assert "-3-rows.csv" in response.headers["Content-Disposition"]
    assert [row[1] for row in rows[1:4]] == ["'＝1+1", "' @cmd", "'=HYPERLINK(1)"]
    assert rows[1][9] == stamp
    assert rows[-1] == ["— 完，共 3 件 —"]
    assert not any("1380000000" in cell for row in rows for cell in row)
    narrowed = browser.open("/cases/export.csv?status=closed", as_="zhou")
    assert read(narrowed)[-1] == ["— 完，共 0 件 —"]


def test_everybody_exports_only_what_they_may_read(browser, make):
    make.case("submitted")
    db.session.commit()
    assert browser.open("/cases/export.csv", as_="wang").headers["X-Rows"] == "1"
    assert browser.open("/cases/export.csv", as_="zhao").headers["X-Rows"] == "0"
    for who in ("chen", "sun", "feng", "lin"):
        browser.get("/cases/export", as_=who, expect=403)
        browser.get("/cases/export.csv", as_=who, expect=403)


def test_what_broke_off_never_looks_whole(app, make):
    case = make.case("submitted")
    with app.test_request_context():
        told: list[str] = []
        with pytest.raises(export.CutShort):
            told.extend(export.lines([case], 2))
        assert "完" not in "".join(told)


def test_a_server_that_breaks_off_does_not_end_the_answer(app, make, cast, monkeypatch, tmp_path):
    """The browser is told by the protocol: the last chunk never comes."""
    who = cast.zhou
    copies(make.case("submitted"), 600)

    def broken(cases, total):
        yield from export.lines((each for n, each in enumerate(cases) if n < 400), total)

    desk = create_app(settings(tmp_path, app.config["DATABASE_URL"]))
    desk.add_url_rule("/broken-export", view_func=_broken(broken, who))
    monkeypatch.setattr(WSGIRequestHandler, "protocol_version", "HTTP/1.1")
    server = make_server("127.0.0.1", 0, desk, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        asking = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
        asking.request("GET", "/broken-export")
        answer = asking.getresponse()
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            answer.read()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _broken(lines, who):
    def view():
        def told():
            with queues.everything(who, Filters()) as found:
                yield from lines(found.cases, found.total)

        return table(stream_with_context(told()), 601)

    view.asks = "site.read"
    return view


def test_a_case_of_the_list_of_ticked_ones_ends_with_its_number_too(browser, make):
    case = make.case("submitted")
    db.session.commit()
    rows = read(browser.open(f"/queue/bulk?act=export&case={case.number}", as_="wang"))
    assert rows[-1] == ["— 完，共 1 件 —"]
