"""Files on a case as people send, see and take them away."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db, transaction
from helpdesk.domain import attachments, consultation, visits
from helpdesk.domain.attachments import Upload
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import Attachment, Job, Message
from tests.adapters.test_files import DOCX, PDF, picture
from tests.cast import SOUTHLIGHT

COMPANY = {
    "name": SOUTHLIGHT.name, "credit_code": SOUTHLIGHT.credit_code, "district": SOUTHLIGHT.district, "industry": "C",
    "employees": "28", "revenue_wan": "900",
}  # fmt: skip
CONTACT = {"name": "林女士", "phone": "13900139000", "meeting": "online", "handling": "y"}


def file(data: bytes = PDF, name: str = "合同.pdf"):
    return (io.BytesIO(data), name)


def rows():
    return list(db.session.scalars(select(Attachment).order_by(Attachment.id)))


def filled_in(browser, make) -> str:
    """A request that lacks nothing and was not sent; its token."""
    token = make.case("draft").tracking_token
    db.session.commit()
    browser.post(f"/drafts/{token}/company", {**browser.get(f"/drafts/{token}/company").form(), **COMPANY})
    browser.post(f"/drafts/{token}/contact", {**browser.get(f"/drafts/{token}/contact").form(), **CONTACT})
    return token


def asked_to_sweep() -> int:
    return len(db.session.scalars(select(Job).where(Job.name == attachments.SWEEP)).all())


def stored(app) -> list[str]:
    return sorted(p.name for p in (Path(app.config["FILES_DIR"]) / "attachments").rglob("*") if p.is_file())


@pytest.fixture
def told(app, make, cast):
    """A case in service whose company has sent a picture and a contract."""
    case = make.case("consulting")
    storage = storage_from(app.config)
    link = make.link(case)
    attachments.keep(case, link, "k1", [Upload("厂房.jpg", picture()), Upload("合同.pdf", PDF)], storage)
    consultation.reply(case, link, body="照片和合同发您了。", form_key="k1")
    db.session.commit()
    return case


def test_the_company_sends_files_with_its_words(browser, app, make):
    case = make.case("consulting")
    token, number = case.tracking_token, case.number
    db.session.commit()
    form = browser.get(f"/t/{token}").form("/messages")
    browser.post(f"/t/{token}/messages", {**form, "body": "请看照片。", "files": [file(picture(), "厂房.jpg"), file()]})
    assert [(r.name, r.message_id is not None) for r in rows()] == [("厂房.jpg", True), ("合同.pdf", True)]
    shown = browser.get(f"/cases/{number}", as_="chen")
    assert shown.says("厂房.jpg") and shown.says("合同.pdf")
    assert [i.get("src") for i in shown.all("img") if "/files/" in (i.get("src") or "")]
    assert len(stored(app)) == 3, "two files and a small picture"


def test_files_alone_are_enough(browser, make):
    case = make.case("consulting")
    token = case.tracking_token
    db.session.commit()
    form = browser.get(f"/t/{token}").form("/messages")
    browser.post(f"/t/{token}/messages", {**form, "body": " ", "files": [file()]})
    assert db.session.scalars(select(Message.body).order_by(Message.id.desc())).first() == "请看附件。"


def test_a_refused_form_keeps_words_and_files_and_nothing_is_chosen_twice(browser, make):
    case = make.case("consulting")
    number = case.number
    db.session.commit()
    url = f"/cases/{number}/messages"
    form = browser.get(f"/cases/{number}", as_="chen").form("/messages")
    refused = browser.post(url, {**form, "body": "长" * 5001, "files": [file()]}, as_="chen", expect=422)
    assert refused.says("合同.pdf") and refused.says("已上传")
    again = refused.form("/messages")
    assert again["form_key"] == form["form_key"]
    assert [r.linked_at for r in rows()] == [None]
    wrong = browser.post(
        url, {**again, "body": "短", "files": [file(b"MZ" + b"\0" * 99, "x.exe")]}, as_="chen", expect=422
    )
    assert wrong.says("“x.exe”这种文件收不了")
    assert wrong.says("合同.pdf")
    browser.post(url, {**again, "body": "短"}, as_="chen")
    assert [(r.name, r.message_id is not None) for r in rows()] == [("合同.pdf", True)]


def test_a_kept_file_can_be_taken_out_before_sending(browser, make):
    case = make.case("consulting")
    number = case.number
    db.session.commit()
    url = f"/cases/{number}/messages"
    form = browser.get(f"/cases/{number}", as_="chen").form("/messages")
    browser.post(url, {**form, "body": "长" * 5001, "files": [file()]}, as_="chen", expect=422)
    out = browser.post(url, {**form, "body": "好", "drop": rows()[0].id}, as_="chen", expect=200)
    assert not out.says("合同.pdf")
    assert "好" in out.all("textarea")[0].text
    assert rows()[0].removed_at is not None
    assert db.session.scalars(select(Message.body)).all().count("好") == 0


def test_a_request_takes_files_before_it_is_sent(browser, make):
    token = filled_in(browser, make)
    form = browser.get(f"/drafts/{token}/check").form("/files")
    sent = browser.post(f"/drafts/{token}/files", {**form, "files": [file(DOCX, "通知.docx")]})
    checked = browser.get(sent.location.partition("#")[0])
    assert checked.says("通知.docx")
    bad = browser.post(f"/drafts/{token}/files", {**form, "files": [file(b"", "空.pdf")]}, expect=422)
    assert bad.says("“空.pdf”是空的")
    form = checked.form("/submission")
    bad = browser.post(f"/drafts/{token}/submission", {**form, "files": [file(b"", "空.pdf")]}, expect=422)
    assert bad.says("“空.pdf”是空的")
    browser.post(f"/drafts/{token}/submission", {**form, "files": [file(name="执照.pdf")]})
    page = browser.get(f"/t/{token}")
    assert page.says("通知.docx") and page.says("执照.pdf"), "chosen and never sent up is sent with the request"
    assert all(row.linked_at is not None for row in rows())


def test_two_windows_of_a_request_do_not_share_files(browser, make):
    """Each opening of the form holds its own; they stay with it through a refusal and a look at another page."""
    token = filled_in(browser, make)
    check = f"/drafts/{token}/check"
    one, two = browser.get(check).form("/files"), browser.get(check).form("/files")
    assert one["form_key"] != two["form_key"]
    first = browser.post(f"/drafts/{token}/files", {**one, "files": [file(DOCX, "甲.docx")]}).location.partition("#")[0]
    second = browser.post(f"/drafts/{token}/files", {**two, "files": [file(name="乙.pdf")]}).location.partition("#")[0]
    page = browser.get(first)
    assert page.says("甲.docx") and not page.says("乙.pdf") and page.says("别的窗口里还传过 1 个")
    assert browser.get(second).says("乙.pdf") and not browser.get(second).says("甲.docx")
    # To another page and back, the way its links and buttons go.
    edit = next(a.get("href") for a in page.all("a") if "/contact" in a.get("href") and "then=check" in a.get("href"))
    back = browser.post(edit.partition("?")[0], {**browser.get(edit).form("/contact"), **CONTACT})
    assert browser.get(back.location).says("甲.docx")
    bad = browser.post(f"/drafts/{token}/submission", {**page.form("/submission"), "files": [file(b"", "空.pdf")]},
                       expect=422)  # fmt: skip
    assert bad.says("甲.docx") and not bad.says("乙.pdf")
    browser.post(f"/drafts/{token}/submission", bad.form("/submission"))
    told = browser.get(f"/t/{token}")
    assert told.says("甲.docx") and not told.says("乙.pdf")


def test_what_another_window_holds_is_taken_over_by_a_press(browser, make):
    token = filled_in(browser, make)
    form = browser.get(f"/drafts/{token}/check").form("/files")
    browser.post(f"/drafts/{token}/files", {**form, "files": [file(DOCX, "甲.docx")]})
    later = browser.get(f"/drafts/{token}/check")
    assert not later.says("甲.docx") and later.says("也放到这里")
    taken = browser.post(f"/drafts/{token}/files", {**later.form("/files"), "gather": "yes"}).location.partition("#")[0]
    page = browser.get(taken)
    assert page.says("甲.docx") and not page.says("也放到这里")
    out = browser.post(f"/drafts/{token}/files", {**page.form("/files"), "drop": str(rows()[0].id)})
    assert not browser.get(out.location.partition("#")[0]).says("甲.docx")


def test_a_file_is_a_download_without_cookies_and_only_for_ten_minutes(browser, app, told):
    number = told.number
    pdf = next(r for r in rows() if r.name == "合同.pdf")
    to = browser.get(f"/cases/{number}/attachments/{pdf.id}", as_="chen", expect=303).location
    stranger = app.test_client()
    answer = stranger.get(to)
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "%E5%90%88%E5%90%8C.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in answer.headers
    for wrong in (to[:-2], to + "x", "/files/1", "/files/%00"):
        assert stranger.get(wrong).status_code == 404, wrong


def test_an_old_link_opens_nothing(app, told, monkeypatch):
    pdf = rows()[0]
    token = attachments.link_token(pdf)
    monkeypatch.setattr(attachments, "LINK_SECONDS", -1)
    with pytest.raises(NotFound):
        attachments.open_by_token(token, MemoryStorage())


def test_nobody_opens_a_file_of_a_case_they_may_not_read(browser, told):
    pdf = rows()[0].id
    for login in ("bai", "zhao", "wu", "feng", "chu"):
        browser.get(f"/cases/{told.number}/attachments/{pdf}", as_=login, expect=404)
    browser.get(f"/cases/{told.number}/attachments/{pdf}", expect=303)
    browser.get(f"/me/requests/{told.number}/attachments/{pdf}", as_="bai", expect=404)


def test_a_file_of_another_case_is_not_found_by_its_number(browser, told, make):
    other = make.case("consulting", phone="13900139001")
    number, token, pdf = other.number, other.tracking_token, rows()[0].id
    db.session.commit()
    browser.get(f"/cases/{number}/attachments/{pdf}", as_="chen", expect=404)
    browser.get(f"/t/{token}/attachments/{pdf}", expect=404)
    browser.get(f"/t/{token}/attachments/99999999999999999999", expect=404)


def test_a_notes_file_is_as_hidden_as_the_note(browser, app, make, cast):
    case = make.case("consulting")
    storage = storage_from(app.config)
    attachments.keep(case, cast.wang, "n1", [Upload("内部.pdf", PDF)], storage)
    consultation.note(case, cast.wang, body="别给企业看", form_key="n1")
    number, token, row = case.number, case.tracking_token, rows()[0].id
    db.session.commit()
    assert not browser.get(f"/t/{token}").says("内部.pdf")
    browser.get(f"/t/{token}/attachments/{row}", expect=404)
    browser.get(f"/cases/{number}/attachments/{row}", as_="sun", expect=404)
    assert browser.get(f"/cases/{number}", as_="chen").says("内部.pdf")
    browser.get(f"/cases/{number}/attachments/{row}", as_="chen", expect=303)


def test_who_sent_a_file_may_take_it_away_and_the_trace_stays(browser, app, told):
    token, number = told.tracking_token, told.number
    pdf = next(r for r in rows() if r.name == "合同.pdf")
    url = f"/t/{token}/attachments/{pdf.id}/removal"
    browser.post(f"/attachments/{pdf.id}/removal", {}, as_="chen", page="/inbox", expect=404)
    browser.post(url, browser.get(f"/t/{token}").form("/removal"), page=f"/t/{token}")
    assert browser.get(f"/t/{token}").says("文件已移除")
    browser.get(f"/cases/{number}/attachments/{pdf.id}", as_="chen", expect=404)
    before = len(stored(app))
    with transaction():
        assert attachments.sweep(storage_from(app.config)) == 1
    assert len(stored(app)) == before - 1
    with transaction():
        assert attachments.sweep(storage_from(app.config)) == 0


def test_the_same_content_twice_lies_once_and_goes_with_its_last_mention(app, make):
    first, second = make.case("consulting"), make.case("consulting", phone="13900139001")
    storage = MemoryStorage()
    for case in (first, second):
        attachments.keep(case, make.link(case), "k", [Upload("a.pdf", PDF), Upload("b.pdf", PDF)], storage)
        attachments.bind(case, "k")
    assert len(rows()) == 2, "one of each case"
    assert len(storage.files) == 1
    attachments.remove(rows()[0], make.link(first))
    assert attachments.sweep(storage) == 0
    attachments.remove(rows()[1], make.link(second))
    assert attachments.sweep(storage) == 1
    assert storage.files == {}


def test_what_was_never_sent_is_swept_away(make):
    case, storage = make.case("consulting"), MemoryStorage()
    attachments.keep(case, make.link(case), "k", [Upload("a.pdf", PDF)], storage)
    assert attachments.sweep(storage) == 0
    attachments.ask_to_sweep()
    assert asked_to_sweep() == 0, "there is nothing to sweep"
    with house_clock.at(house_clock.now() + timedelta(days=attachments.LOOSE_DAYS + 1)):
        for _ in range(2):
            attachments.ask_to_sweep()
        assert asked_to_sweep() == 1
        assert attachments.sweep(storage) == 1


def test_limits_are_said_in_words_and_nothing_is_half_kept(make, cast, monkeypatch):
    from helpdesk import config

    case, storage = make.case("consulting"), MemoryStorage()
    monkeypatch.setitem(config._in_use, "MAX_FILE_MB", 1)
    for code, given in {
        "file_too_large": [Upload("a.pdf", PDF + b" " * 1024 * 1024)],
        "too_many_files": [Upload(f"{n}.pdf", PDF + b"%d" % n) for n in range(attachments.MOST_AT_ONCE + 1)],
        "file_kind": [Upload("a.pdf", PDF), Upload("x.exe", b"MZ" + b"\0" * 80)],
    }.items():
        with pytest.raises(Refused) as caught:
            attachments.keep(case, make.link(case), "k", given, storage)
        assert caught.value.code == code
        assert rows() == []
    with pytest.raises(NotAllowed):
        kept = attachments.keep(case, make.link(case), "k", [Upload("a.pdf", PDF)], storage)[0]
        attachments.bind(case, "k")
        attachments.remove(kept, cast.zhao)


def test_a_request_with_files_may_be_larger_than_others_but_not_without_end(browser, app, make):
    case = make.case("consulting")
    token = case.tracking_token
    db.session.commit()
    form = browser.get(f"/t/{token}").form("/messages")
    app.config["MAX_FILE_MB"] = 1
    browser.post(f"/t/{token}/messages", {**form, "body": "大", "files": [file(PDF + b" " * 900_000)]}, expect=303)
    browser.post(f"/t/{token}/messages", {**form, "body": "太大", "files": [file(PDF + b" " * 5_000_000)]}, expect=413)


# --- on visits ---


def visit_said(form: dict[str, str], **more: object) -> dict[str, object]:
    day = (house_clock.local(house_clock.now()) - timedelta(days=1)).date().isoformat()
    return {**form, "day": day, "starts": "14:00", "ends": "15:30", "mode": "onsite", "summary": "看了现场", **more}


@pytest.fixture
def served(make):
    """A case whose company asked ten days ago, so that there is a past to serve in."""
    with house_clock.at(house_clock.now() - timedelta(days=10)):
        case = make.case("consulting")
    db.session.commit()
    return case


def test_a_visit_is_logged_with_its_picture_and_the_signed_sheet(browser, cast, served):
    url, token, number = f"/cases/{served.number}/visits/new", served.tracking_token, served.number
    form = browser.get(url, as_="chen").form("/new")
    files = [file(picture(), "现场.jpg"), file(name="签到表.pdf")]
    browser.post(url, visit_said(form, files=files), as_="chen")
    assert [(r.name, r.visit_id is not None, r.message_id) for r in rows()] == [
        ("现场.jpg", True, None),
        ("签到表.pdf", True, None),
    ]
    for page in (browser.get(f"/cases/{number}", as_="wang"), browser.get(f"/t/{token}")):
        card = page.all("article", class_="visit")[0]
        assert "现场.jpg" in "".join(card.itertext()) and "签到表.pdf" in "".join(card.itertext())
    checked = browser.get(f"/t/{token}/visits/{rows()[0].visit_id}/confirmation")
    assert checked.says("签到表.pdf")
    to = browser.get(f"/t/{token}/attachments/{rows()[1].id}", expect=303).location
    assert browser.open(to).data == PDF
    browser.get(f"/cases/{number}/attachments/{rows()[1].id}", as_="zhao", expect=404)


def test_a_refused_visit_keeps_its_files_and_a_corrected_one_gets_more(browser, served):
    url = f"/cases/{served.number}/visits"
    form = browser.get(f"{url}/new", as_="chen").form("/new")
    wrong = visit_said(form, ends="13:00", files=[file(name="签到表.pdf")])
    refused = browser.post(f"{url}/new", wrong, as_="chen", expect=422)
    assert refused.says("签到表.pdf") and refused.says("结束时间要晚于开始时间") and refused.says("已上传")
    dropped = browser.post(f"{url}/new", {**visit_said(form), "drop": rows()[0].id}, as_="chen", expect=200)
    assert not dropped.says("签到表.pdf") and not dropped.says("有 1 处要改")
    browser.post(f"{url}/new", visit_said(form, files=[file(name="签到表.pdf")]), as_="chen")
    visit = rows()[-1].visit_id
    page = browser.get(f"{url}/{visit}", as_="chen")
    assert page.says("已经附上的") and page.says("签到表.pdf")
    more = {**page.form(f"/visits/{visit}"), "files": [file(picture(), "现场.jpg")]}
    browser.post(f"{url}/{visit}", more, as_="chen")
    assert {r.name for r in rows() if r.visit_id == visit} == {"签到表.pdf", "现场.jpg"}


def test_what_proves_a_visit_stays_with_it_once_the_company_has_confirmed(make, cast, served):
    storage = MemoryStorage()
    attachments.keep(
        served, cast.chen, "key-proof", [Upload("签到表.pdf", PDF), Upload("现场.jpg", picture())], storage
    )
    visit = make.visit(served)
    attachments.bind(served, "key-proof", visit=visit)
    sheet, place = rows()
    attachments.remove(place, cast.chen)
    visits.confirm(visit, make.link(served))
    with pytest.raises(NotAllowed):
        attachments.remove(sheet, cast.chen)
    attachments.remove(sheet, cast.wang)
