"""A copy of one's own data: all that is theirs, nothing that is not, and a ZIP that opens everywhere (PIPL art. 45)."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import zipfile
from datetime import date, timedelta
from pathlib import PureWindowsPath
from urllib.parse import unquote

import html5lib
import pytest
from flask import current_app
from sqlalchemy import event, func, select

from helpdesk import clock as house_clock
from helpdesk.adapters.packing import Archive
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import begin, db
from helpdesk.domain import attachments, certificates, consultation, expert_persons, takeouts
from helpdesk.domain.attachments import Upload
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.errors import NotAllowed, TooMany
from helpdesk.jobs import registry, worker
from helpdesk.models import Access, Case, IdentityKind, Scan, Throttle
from helpdesk.presentation import takeout
from tests.cast import OTHER

SECRET = "这家老板脾气大，别让他知道"
MARK = "\ufeff"


def storage():
    return storage_from(current_app.config)


def attach(case, who, *files, message=None, note=None):
    """Files on a case, past the forms."""
    key = f"k-{case.id}-{len(files)}-{message and message.id}-{note and note.id}"
    attachments.keep(case, who, key, [Upload(name, data) for name, data in files], storage())
    attachments.bind(case, key, message=message, note=note)
    return attachments.of_case(case, with_notes=True)[-1]


def ask(browser, url, as_=None, *, page=None, expect=200, **data):
    """Press the button as the page gives it; the ZIP when it came."""
    form = browser.get(page or url, as_=as_).form(url) | data
    form = {name: value for name, value in form.items() if value is not None}
    response = browser.open(url, as_, method="POST", data=form)
    assert response.status_code == expect, response.get_data(as_text=True)[:300]
    return response


def opened(response) -> zipfile.ZipFile:
    headers = response.headers
    assert headers["Content-Type"] == "application/zip" and headers["Cache-Control"] == "no-store"
    assert headers["Content-Disposition"].startswith("attachment;")
    data = response.get_data()
    assert int(headers["Content-Length"]) == len(data)
    whole = zipfile.ZipFile(io.BytesIO(data))
    assert whole.testzip() is None
    for info in whole.infolist():
        assert info.filename.isascii() or info.flag_bits & 0x800, "a name that is not ASCII says it is UTF-8"
        for part in PureWindowsPath(info.filename).parts:
            assert not set(part) & set('<>:"|?*') and part == part.strip(" ."), info.filename
    return whole


def content(whole):
    return json.loads(whole.read("data.json"))


def everything(whole) -> str:
    """All words in the ZIP."""
    return "\n".join(whole.read(name).decode("utf-8", "replace") for name in whole.namelist())


def rest():
    """The clock of the tests stands still; so the tries are forgotten by hand."""
    begin(read_only=False)
    db.session.query(Throttle).delete()
    db.session.commit()


def test_the_holder_of_a_link_takes_the_whole_case(browser, make, cast):
    case = make.case("consulting")
    attach(case, make.link(case), ("合同 草稿.txt", "甲方乙方".encode()), ("合同 草稿.txt", "第二份".encode()))
    said = consultation.reply(case, make.link(case), body="材料在附件里。", form_key="r")
    attach(case, make.link(case), ("b.csv", b"a,b\r\n1,2\r\n"), message=said)
    make.visit(case)
    consultation.note(case, cast.wang, body=SECRET, form_key="n")
    note = consultation.notes(case, cast.wang)[-1]
    attach(case, cast.wang, ("内部.txt", SECRET.encode()), note=note)
    other = make.case("submitted", phone="13800000099", problem="另外一件事，与这一件没有关系。")
    token, code, other_number, events = case.tracking_token, case.tracking_code, other.number, case.event_count
    number, case_id = case.number, case.id
    db.session.commit()

    url = f"/t/{token}/data"
    assert any((a.get("href") or "") == url for a in browser.get(f"/t/{token}").all("a"))
    whole = opened(ask(browser, url))
    names = whole.namelist()
    assert names == [
        f"files/{number}/合同 草稿.txt", f"files/{number}/合同 草稿 (2).txt", f"files/{number}/b.csv",
        "data.json", "index.html", "cases.csv",
    ]  # fmt: skip
    assert whole.read(names[1]).decode() == "第二份"

    told = content(whole)
    (one,) = told["cases"]
    assert (told["format"], told["kind"], told["account"], one["number"]) == ("wenqu-takeout-1", "case", None, number)
    assert one["request"]["problem"].startswith("我们想申报专精特新")
    assert one["request"]["company"]["name"] == "南山光电有限公司"
    assert [m["text"] for m in one["messages"]] == ["您好，我来帮您看。", "材料在附件里。"]
    assert one["messages"][1]["files"][0]["path"] == f"files/{number}/b.csv"
    assert one["visits"][0]["counted_minutes"] == 60 and one["consents"][0]["purpose"] == "handling"
    assert one["timeline"] and all(row["text"] for row in one["timeline"])
    assert one["submitted_at"] == "2026-11-18T10:00+08:00"
    assert one["contact"] == {"name": "林女士", "phone": "138 **** 8000", "email": None, "times": "", "meeting": "线上"}

    words = everything(whole)
    for hidden in (SECRET, "内部.txt", token, code, "13800138000", other_number):
        assert hidden not in words and hidden not in "".join(names)
    begin(read_only=True)
    assert db.session.get_one(Case, case_id).event_count == events, "nothing on the case"
    assert not db.session.scalar(select(func.count(Access.id)))


def test_the_page_inside_needs_nothing_but_itself(browser, make):
    case = make.case("closed", problem="<script>alert(1)</script> & 其他")
    attach(case, make.link(case), ("100% #1.txt", b"x"))
    token = case.tracking_token
    db.session.commit()
    whole = opened(ask(browser, f"/t/{token}/data"))
    text = whole.read("index.html").decode()
    assert text.startswith("<!doctype html>") and "<script" not in text and "&lt;script&gt;" in text
    tree = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    assert not [e for e in tree.iter() if e.tag in ("script", "link", "iframe", "img") or "on" in "".join(e.attrib)[:2]]
    links = [unquote(a.get("href")) for a in tree.iter("a")]
    assert links and all(link in whole.namelist() for link in links)
    for words in ("小结", "按项目建辅助账。", "讲得明白", "办理这件事", "企业已确认"):
        assert words in text


def test_a_company_takes_its_own_and_nobody_elses(browser, make, cast):
    ours = make.case("closed", sent_by=cast.lin)
    colleague = make.case("consulting", phone="13800000005")
    theirs = make.case("submitted", company=OTHER, phone="13900000001", problem="模具厂的用电问题，想问问补贴。")
    consultation.note(ours, cast.wang, body=SECRET, form_key="n")
    draft = make.case("draft", problem="还没有想好要不要提交的草稿。", sent_by=cast.lin)
    draft.company_id = cast.company().id
    numbers = [ours.number, colleague.number]
    hidden = (SECRET, theirs.number, "模具厂", "13900000001", "没有想好", *(
        each for case in (ours, colleague, theirs) for each in (case.tracking_token, case.tracking_code)))  # fmt: skip
    url, not_ours = f"/me/companies/{cast.company().id}/data", f"/me/companies/{cast.company(OTHER).id}/data"
    assert ours.contact_account_id == cast.lin.account_id
    db.session.commit()

    for login in ("lin", "he", "jiang"):
        assert any((a.get("href") or "") == url for a in browser.get(url.removesuffix("/data"), as_=login).all("a"))
        whole = opened(ask(browser, url, login))
        told = content(whole)
        assert [case["number"] for case in told["cases"]] == numbers
        assert told["account"]["login"] == login and told["company"]["name"] == "南山光电有限公司"
        words = everything(whole)
        for secret in hidden:
            assert secret not in words, (login, secret)
        first, second = (case["contact"]["phone"] for case in told["cases"])
        # One's own number whole; a colleague's as on the page; a viewer reads none (it would open the tracking link).
        assert first == {"lin": "13800138000", "he": "138 **** 8000", "jiang": ""}[login]
        assert second == ("" if login == "jiang" else "138 **** 0005") and "13800000005" not in words
        rows = list(csv.reader(io.StringIO(whole.read("cases.csv").decode().removeprefix(MARK))))
        assert [row[0] for row in rows[1:]] == numbers and rows[1][-2:] == ["1.0", "5"]
    for login in ("bai", "chen", "wang", "zhou", "jia"):
        browser.get(url, as_=login, expect=404)
    browser.get(not_ours, as_="lin", expect=404)
    assert browser.get("/me/data", as_="lin").says("南山光电有限公司")
    browser.get("/me/data", as_="wang", expect=403)

    begin(read_only=False)
    assert [takeouts_of.case.number for takeouts_of in takeouts.of_company(cast.company(OTHER), cast.bai, None)] != []
    with pytest.raises(NotAllowed):
        takeouts.of_company(cast.company(), cast.bai, None)
    with pytest.raises(NotAllowed):
        takeouts.of_case(db.session.scalars(select(Case).where(Case.number == numbers[0])).one(), cast.wang)
    told = db.session.execute(select(Access.account_id, Access.what, Access.case_id)).all()
    assert told == [
        (cast.account(login).id, f"takeout:company:{cast.company().id}", None) for login in ("lin", "he", "jiang")
    ]
    db.session.rollback()
    assert browser.get("/accesses", as_="feng").says("下载了自己的资料")


def test_an_unconfirmed_claim_takes_only_what_was_sent_by_it(browser, make, cast):
    make.case("submitted")
    mine = make.case("submitted", phone="13800000006")
    mine.contact_account_id = cast.account("jia").id
    number, url = mine.number, f"/me/requests/{mine.number}/data"
    db.session.commit()
    assert browser.get("/me/data", as_="jia").says("在每一件的页面最下面下载")
    told = content(opened(ask(browser, url, "jia")))
    assert [case["number"] for case in told["cases"]] == [number]
    assert told["cases"][0]["contact"]["phone"] == "13800000006"


def test_an_expert_takes_what_is_about_them(app, browser, make, cast, monkeypatch):
    closed = make.case("closed")
    consultation.note(closed, cast.chen, body=SECRET, form_key="n")
    said = make.case("consulting", phone="13800000007", problem="南山光电有限公司想问合同怎么改。")
    consultation.reply(said, make.link(said), body="企业自己的话。", form_key="r")
    make.case("offered", phone="13800000008", problem="南山光电有限公司想知道能不能申报。")
    others = make.case("closed", phone="13800000009", expert="qian", problem="这一件是别的专家办的，不相干。")
    person = PersonFacts(contact="chen@home.example", identity_kind=IdentityKind.PASSPORT, identity="E12345678")
    expert_persons.write(cast.expert("chen"), cast.chen, person, consent=True, identity_consent=True)
    numbers = [closed.number, said.number]
    hidden = (SECRET, "13800138000", "13800000007", "林女士", "企业自己的话", others.number, "别的专家", "E12345678",
              closed.tracking_code, closed.tracking_token)  # fmt: skip
    url = f"/experts/{cast.expert('chen').id}/data"
    db.session.commit()
    worker.run_due(registry.outside_from(app.config))
    begin(read_only=True)
    paper = certificates.of_expert(cast.expert("chen").id)[0]
    pdf, paper_number = storage().get(paper.pdf_key), paper.number
    db.session.rollback()

    page = browser.get(f"/experts/{url.split('/')[2]}/record", as_="chen")
    assert any((a.get("href") or "") == "/me/data" for a in page.all("a"))
    assert any((a.get("href") or "") == "/me/data" for a in browser.get("/notifications/wishes", as_="chen").all("a"))
    whole = opened(ask(browser, url, "chen", page="/me/data"))
    rest()
    told = content(whole)
    assert [case["number"] for case in told["cases"]] == numbers
    assert told["profile"]["name"] == "陈明远" and len(told["skills"]) == 3
    assert told["person"]["contact"] == "chen@home.example" and told["person"]["identity_last_four"] == "5678"
    assert told["cases"][1]["messages"] == [{"at": "2026-11-18T10:00+08:00", "text": "您好，我来帮您看。"}]
    assert not {"by", "said_paid"} & set(told["cases"][0]["ratings"][0])
    assert told["cases"][0]["ratings"][0]["score"] == 5 and told["hours"][0]["minutes"] == 60
    assert [offer["status"] for offer in told["offers"]] == ["accepted", "accepted", "pending"]
    pending = told["offers"][-1]
    assert pending["number"] is None and pending["title"].startswith("〈企业〉")
    assert told["certificates"][0]["path"] == f"certificates/{paper_number}.pdf"
    assert whole.read(f"certificates/{paper_number}.pdf") == pdf
    words = everything(whole)
    for secret in hidden:
        assert secret not in words, secret
    monkeypatch.setattr(takeouts, "MOST_CASES", 1)
    again = browser.post(url, browser.get("/me/data", as_="chen").form(url), as_="chen", expect=422)
    assert again.says("一共 2 件，一次最多 1 件。请选一年") and again.form(url)["files"]
    browser.get(url, as_="chen", expect=405)
    for login in ("wu", "wang", "zhou", "lin"):
        assert browser.open(url, login, method="POST").status_code in (400, 403, 404)
    begin(read_only=False)
    with pytest.raises(NotAllowed):
        takeouts.of_expert(cast.expert("chen"), cast.wang, None)
    who, what = db.session.execute(select(Access.account_id, Access.what)).all()[-1]
    assert (who, what) == (cast.account("chen").id, f"takeout:expert:{cast.expert('chen').id}")


def test_what_is_not_there_is_written_down_and_breaks_nothing(browser, make):
    case = make.case("submitted")
    files = [
        (f"{name}.txt", name.encode()) for name in ("lost", "removed", "infected", "scanning", "unscanned", "fine")
    ]
    attach(case, make.link(case), *files)
    rows = {row.name.removesuffix(".txt"): row for row in attachments.of_case(case, with_notes=False)}
    storage().delete(attachments.key_of(rows["lost"].sha256))
    attachments.remove(rows["removed"], make.link(case))
    now = house_clock.now()
    rows["infected"].scan, rows["infected"].threat, rows["infected"].scanned_at = Scan.INFECTED, "eicar", now
    rows["scanning"].scan = Scan.WAITING
    rows["unscanned"].scan, rows["unscanned"].scanned_at = Scan.IMPOSSIBLE, now
    token, number = case.tracking_token, case.number
    db.session.commit()
    whole = opened(ask(browser, f"/t/{token}/data"))
    there = [name for name in whole.namelist() if name.startswith("files/")]
    assert there == [f"files/{number}/unscanned.txt", f"files/{number}/fine.txt"]
    missing = whole.read("missing.txt").decode()
    assert missing.startswith(MARK) and missing.count("\r\n") == 3
    assert f"files/{number}/lost.txt：" in missing and f"files/{number}/scanning.txt：正在查毒" in missing
    told = {file["name"]: file for file in content(whole)["cases"][0]["request"]["files"]}
    assert told["unscanned.txt"]["says"] == "没能查毒" and told["infected.txt"]["path"] is None
    assert "removed.txt" not in everything(whole) and told[""]["says"] == "文件已移除"


def test_without_files(browser, make):
    case = make.case("submitted")
    attach(case, make.link(case), ("a.txt", b"abc"))
    token = case.tracking_token
    db.session.commit()
    whole = opened(ask(browser, f"/t/{token}/data", files=None))
    assert whole.namelist() == ["data.json", "index.html", "cases.csv"]
    assert content(whole)["cases"][0]["request"]["files"][0]["name"] == "a.txt"


def test_once_a_minute(browser, make, cast, clock):
    case, other = make.case("submitted"), make.case("submitted", phone="13800000005")
    one, two = f"/t/{case.tracking_token}/data", f"/t/{other.tracking_token}/data"
    company = f"/me/companies/{cast.company().id}/data"
    db.session.commit()
    opened(ask(browser, one))
    assert "1 分钟后" in ask(browser, one, expect=429).get_data(as_text=True)
    opened(ask(browser, two))
    opened(ask(browser, company, "lin"))
    ask(browser, company, "lin", expect=429)
    ask(browser, f"/me/requests/{case.number}/data", "lin", expect=429)
    opened(ask(browser, company, "he"))
    with house_clock.at(house_clock.now() + timedelta(minutes=1, seconds=1)):
        opened(ask(browser, one))
        opened(ask(browser, company, "lin"))


def test_too_much_says_what_to_do(browser, make, cast, monkeypatch, clock):
    with house_clock.at(house_clock.now() - timedelta(days=400)):
        old = make.case("submitted")
    new = make.case("submitted", phone="13800000005")
    attach(new, make.link(new), ("a.txt", b"x" * 2_000_000))
    token, url = new.tracking_token, f"/me/companies/{cast.company().id}/data"
    numbers = old.number, new.number
    db.session.commit()
    monkeypatch.setattr(takeouts, "MOST_CASES", 1)
    page = browser.post(url, browser.get(url, as_="lin").form(url), as_="lin", expect=422, page=url)
    assert page.says("一共 2 件，一次最多 1 件。请选一年")
    for year, number in (("2025", numbers[0]), ("2026", numbers[1])):
        whole = opened(ask(browser, url, "lin", year=year))
        assert [case["number"] for case in content(whole)["cases"]] == [number] and content(whole)["year"] == int(year)
        rest()
    assert browser.post(url, {"year": "1999"}, as_="lin", expect=422, page=url).all("p", class_="err")
    monkeypatch.setattr(takeouts, "MOST_BYTES", 1_000_000)
    page = browser.post(url, {"year": "2026", "files": "y"}, as_="lin", expect=422, page=url)
    assert page.says("附件一共 2 MB，一次最多 1 MB。请去掉勾选")
    assert browser.post(f"/t/{token}/data", {"files": "y"}, expect=422, page=f"/t/{token}/data").says("请去掉勾选")
    opened(ask(browser, url, "lin", year="2026", files=None))
    rest()
    monkeypatch.setattr(takeouts, "MOST_CASES", 0)
    page = browser.post(url, {"year": "2026"}, as_="lin", expect=422, page=url)
    assert page.says("这一年有 1 件")


def test_a_year_is_shenzhens_and_the_same_on_either_engine(town):
    cast = town.cast
    eve = house_clock.from_local(date(2026, 1, 1)) - timedelta(minutes=1)
    with house_clock.at(eve):
        last_year = town.case("submitted")
    with house_clock.at(eve + timedelta(hours=3)):
        this_year = town.case("closed", phone="13800000005")
    attach(this_year, town.link(this_year), ("a.txt", b"abc"))
    company, chen = cast.company(), cast.expert("chen")
    assert takeouts.years_of_company(company, cast.lin) == [2026, 2025]
    assert [part.case for part in takeouts.of_company(company, cast.lin, None)] == [last_year, this_year]
    for year, case in ((2025, last_year), (2026, this_year)):
        assert [part.case for part in takeouts.of_company(company, cast.lin, year)] == [case]
    assert [part.case for part in takeouts.of_expert(chen, cast.chen, 2026).cases] == [this_year]
    old = takeouts.of_expert(chen, cast.chen, 2025)
    assert not (old.cases or old.offers or old.ledger or old.certificates)
    takeouts.ask_for_company(company, cast.lin, 2026, with_files=True)
    takeouts.ask_for_expert(chen, cast.chen, None, with_files=True)
    with pytest.raises(TooMany):
        takeouts.ask_for_case(this_year, cast.lin, with_files=True)
    with pytest.raises(TooMany):
        takeouts.ask_for_expert(chen, cast.chen, None, with_files=False)


def test_no_cell_is_a_formula(browser, make):
    case = make.case("submitted")
    case.title = "=HYPERLINK(1)"
    token = case.tracking_token
    db.session.commit()
    text = opened(ask(browser, f"/t/{token}/data")).read("cases.csv").decode()
    assert text.startswith(MARK)
    assert list(csv.reader(io.StringIO(text.removeprefix(MARK))))[1][1] == "'=HYPERLINK(1)"


def test_nobody_who_writes_waits_for_a_copy(app, browser, make, monkeypatch):
    token = make.case("submitted").tracking_token
    db.session.commit()
    real, written = takeout.render_template, []

    def slowly(*args, **kwargs):
        other = sqlite3.connect(db.engine.url.database, timeout=0.2)
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE cases SET title = title")
        other.commit()
        other.close()
        written.append(True)
        return real(*args, **kwargs)

    monkeypatch.setattr(takeout, "render_template", slowly)
    opened(ask(browser, f"/t/{token}/data"))
    assert written


def test_ten_cases_cost_no_more_statements_than_one(app, make, cast):
    def statements() -> int:
        count = 0

        def counting(*_):
            nonlocal count
            count += 1

        db.session.expire_all()
        event.listen(db.engine, "before_cursor_execute", counting)
        try:
            with app.test_request_context():
                takeout.for_company(cast.company(), who, storage(), None, with_files=True).file.close()
        finally:
            event.remove(db.engine, "before_cursor_execute", counting)
        return count

    who = cast.lin
    make.case("closed")
    one = statements()
    for n in range(9):
        make.case("consulting", phone=f"1380000001{n}")
    assert statements() <= one + 2


def test_an_english_reader_gets_an_english_copy(browser, make):
    token = make.case("closed").tracking_token
    db.session.commit()
    browser.client(None).set_cookie("lang", "en")
    whole = opened(ask(browser, f"/t/{token}/data"))
    assert content(whole)["language"] == "en" and content(whole)["cases"][0]["status_text"] == "Closed"
    assert '<html lang="en">' in whole.read("index.html").decode()


def test_names_differ_also_where_capitals_do_not_count():
    archive = Archive()
    assert archive.name("files", "A.pdf") == "files/A.pdf"
    assert archive.name("files", "a.PDF") == "files/a (2).PDF"
    assert archive.name("files", "a (2).pdf") == "files/a (2) (2).pdf"
    archive.close()
