"""The pages of a print run: choose, count, begin, watch with and without script, take away by a signed link."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import event

from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import db, transaction
from helpdesk.domain import print_runs
from helpdesk.jobs import worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import PrintRun, PrintRunState
from tests.season import season

START = {"first": "2026-11-01", "last": "2026-11-18", "station": "", "category": "", "unprinted": "y"}


def work(app) -> None:
    db.session.rollback()
    worker.run_due(Outside(NullRenderer(), storage_from(app.config), MemoryMailer()), ("prints",))
    db.session.rollback()


def begun(browser, login: str = "zhou") -> str:
    return browser.post("/print-runs", START, as_=login, expect=303).location


def test_choose_count_begin_watch_and_take_away(app, browser, make):
    season(make, 3)
    page = browser.get("/print-runs", as_="wang")
    assert page.says("3 张证书")
    assert page.says("有 3 张还没有生成 PDF")
    station = str(browser.cast.station().id)
    where = browser.post("/print-runs", {**START, "station": station}, as_="wang", expect=303).location
    shown = browser.get(where, as_="wang")
    assert shown.says("0 / 3 张")
    assert shown.all("a", href=where), "without script there is a link"
    assert browser.get(where, as_="wang", htmx=True).all("section", id="run")
    work(app)
    ready = browser.get(where, as_="wang")
    assert ready.says("可以下载")
    assert not ready.all("section", **{"hx-trigger": "every 2s"}), "nothing more is asked"
    for kind, head in (("zip", b"PK"), ("pdf", b"%PDF-1.7")):
        link = browser.get(f"{where}/files/{kind}", as_="wang", expect=303).location
        sent = browser.open(link, None)
        assert sent.get_data().startswith(head)
        assert int(sent.headers["Content-Length"]) == len(sent.get_data())
        assert sent.headers["Content-Disposition"].startswith("attachment; ")
        assert "Set-Cookie" not in sent.headers
    assert browser.get("/print-runs", as_="wang").says("这样选，一张证书也没有")


def test_other_stations_and_experts_see_nothing_of_it(app, browser, make, cast):
    season(make, 1)
    own = browser.post("/print-runs", {**START, "station": str(cast.station().id)}, as_="wang", expect=303).location
    for login, status in (("zhao", 404), ("chen", 404), ("li", 404), ("lin", 404), (None, 303)):
        browser.get(own, as_=login, expect=status)
    browser.get("/print-runs", as_="chen", expect=403)
    browser.get(f"{own}/files/zip", as_="wang", expect=303)
    browser.get("/files/prints/nonsense", expect=404)
    everybodys = browser.post("/print-runs", START, as_="zhou", expect=303).location
    browser.get(everybodys, as_="wang", expect=404)
    browser.get(own, as_="zhou")
    # A station that is not one's own is no choice.
    refused = browser.post("/print-runs", {**START, "station": str(cast.station().id)}, as_="zhao", expect=422)
    assert refused.all("p", class_="err")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first": "2026-13-01"}, "请选一个日期"),
        ({"first": "", "last": "2026-11-18"}, "请选一个日期"),
        ({"last": "2026-10-01"}, "结束的日子不能早于开始的日子"),
        ({"first": "2026-11-01", "last": "2026-11-02"}, "一张证书也没有"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(browser, make, changes, says):
    season(make, 1)
    assert browser.post("/print-runs", {**START, **changes}, as_="zhou", expect=422).says(says)
    assert db.session.query(PrintRun).count() == 0


def test_a_run_is_cancelled_and_one_that_failed_is_taken_up(app, browser, make):
    season(make, 2)
    where = begun(browser)
    page = browser.get(where, as_="zhou")
    browser.post(f"{where}/cancellation", page.form("/cancellation"), as_="zhou", expect=303)
    assert browser.get(where, as_="zhou").says("已取消")
    again = begun(browser)
    db.session.rollback()
    with transaction():
        print_runs.give_up(int(again.rpartition("/")[2]), "Traceback\nno fonts here")
    failed = browser.get(again, as_="zhou")
    assert failed.says("没有做成")
    assert failed.says("no fonts here")
    browser.post(f"{again}/retry", failed.form("/retry"), as_="zhou", expect=303)
    work(app)
    assert db.session.get_one(PrintRun, int(again.rpartition("/")[2])).state is PrintRunState.READY


def test_names_in_the_archive_are_safe_and_can_be_read(app, browser, make, cast):
    season(make, 1)
    cast.expert("chen").name = "../陈:明远\u202e"
    db.session.commit()
    where = begun(browser)
    work(app)
    run = db.session.get_one(PrintRun, int(where.rpartition("/")[2]))
    names = zipfile.ZipFile(io.BytesIO(storage_from(app.config).get(run.zip_key))).namelist()
    assert names[0].split("/")[1].endswith("陈_明远.pdf")
    assert all(".." not in name.split("/") and ":" not in name and "\u202e" not in name for name in names)


def test_the_list_costs_the_same_with_many_runs(browser, make):
    season(make, 2)
    asked: list[int] = []

    def one_more() -> None:
        begun(browser)
        db.session.rollback()
        with transaction():
            print_runs.give_up(db.session.query(PrintRun).order_by(PrintRun.id.desc()).first().id, "x")

    def statements() -> int:
        asked.clear()
        browser.get("/print-runs", as_="zhou")
        return len(asked)

    def note(*_: object) -> None:
        asked.append(1)

    event.listen(db.engine, "before_cursor_execute", note)
    one_more()
    few = statements()
    for _ in range(4):
        one_more()
    many = statements()
    event.remove(db.engine, "before_cursor_execute", note)
    assert few == many
