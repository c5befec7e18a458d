"""Letters that came in, as a desk sees them and decides."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.scan.memory import MemoryScanner
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import db
from helpdesk.domain import incoming, mail_links, mailing
from helpdesk.models import Act, Case, Incoming, IncomingStatus, Mail, MailKind, Status
from tests.adapters.test_files import PDF
from tests.cast import SOUTHLIGHT

STRANGER = "王工 <wang.eng@else.example>"


@pytest.fixture(autouse=True)
def address(app, monkeypatch):
    monkeypatch.setitem(config._in_use, "MAIL_IN", "help@desk.example")


@pytest.fixture
def arrive(app):
    def _arrive(text="换了邮箱写的", *, subject="求助", html="", files=(), **more):
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = STRANGER, "help@desk.example", subject
        for name, value in more.items():
            letter[name.replace("_", "-")] = value
        letter.set_content(text)
        if html:
            letter.add_alternative(html, subtype="html")
        for name, data in files:
            letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        raw = letter.as_bytes()
        row, _ = incoming.keep(raw, storage_from(app.config), source="pipe")
        number = incoming.place(row.id, reader.read(raw), storage_from(app.config)).id
        db.session.commit()
        return number

    return _arrive


def row() -> Incoming:
    return db.session.scalars(select(Incoming).order_by(Incoming.id.desc())).first()


def test_an_operator_sees_what_waits_and_completes_it(browser, arrive):
    number = arrive("想问贷款", files=[("流水.pdf", PDF), ("x.exe", b"MZ" + b"\0" * 80)])
    listed = browser.get("/incoming", as_="zhou")
    assert listed.says("求助") and listed.says("等补企业信息") and listed.says("wang.eng@else.example")
    shown = browser.get(f"/incoming/{number}", as_="zhou")
    assert shown.says("想问贷款") and shown.says("流水.pdf") and shown.says("“x.exe”这种文件收不了")
    url = f"/incoming/{number}/completion"
    form = browser.get(url, as_="zhou").form("/completion")
    company = {"name": SOUTHLIGHT.name, "credit_code": SOUTHLIGHT.credit_code, "district": SOUTHLIGHT.district,
               "industry": "C", "contact": "王工", "phone": "138"}  # fmt: skip
    refused = browser.post(url, {**form, **company}, as_="zhou", expect=422)
    assert refused.says("没有对方同意，不能立案") and refused.says("请填手机号")
    assert 'value="138"' in refused.text, "what was typed stays"
    browser.post(url, {**form, **company, "phone": "13900139000", "agreed": "y"}, as_="zhou")
    case = db.session.scalars(select(Case).where(Case.number.is_not(None))).one()
    assert (case.status, case.contact_email) == (Status.SUBMITTED, "wang.eng@else.example")
    seen = browser.get(f"/cases/{case.number}", as_="wang")
    assert seen.says("来自邮件") and seen.says("流水.pdf") and seen.says("有附件没收下")
    assert browser.get("/incoming", as_="zhou").says("都处理完了")


def test_a_letter_without_a_word_needs_the_problem(browser, arrive):
    url = f"/incoming/{arrive('', subject='')}/completion"
    form = browser.get(url, as_="zhou").form("/completion")
    said = {"name": SOUTHLIGHT.name, "credit_code": SOUTHLIGHT.credit_code, "district": SOUTHLIGHT.district,
            "industry": "C", "contact": "王工", "phone": "13900139000", "agreed": "y"}  # fmt: skip
    refused = browser.post(url, {**form, **said, "problem": " "}, as_="zhou", expect=422)
    assert refused.says("请写几个字")
    browser.post(url, {**form, **said, "problem": "想在南山租便宜的场地"}, as_="zhou")
    case = db.session.scalars(select(Case).where(Case.number.is_not(None))).one()
    assert (case.problem, case.title) == ("想在南山租便宜的场地", "想在南山租便宜的场地")


def test_a_coordinator_puts_a_letter_on_a_case_and_others_see_nothing(browser, make, arrive):
    case = make.case("consulting")
    name = case.number
    db.session.commit()
    number = arrive(subject=f"[{name}] 材料")
    for login in ("zhao", "chen", "lin", "li", "sun", "feng", "chu"):
        browser.get(f"/incoming/{number}", as_=login, expect=404)
    browser.get("/incoming", as_="chen", expect=403)
    shown = browser.get(f"/incoming/{number}", as_="wang")
    assert shown.says(f"信里提到 {name}")
    form = shown.form("/case")
    assert form["number"] == name
    wrong = browser.post(f"/incoming/{number}/case", {**form, "number": "SZ-26-99999"}, as_="wang", expect=422)
    assert wrong.says("没有这个编号的案件") and 'value="SZ-26-99999"' in wrong.text
    browser.post(f"/incoming/{number}/case", form, as_="wang")
    assert browser.get(f"/cases/{name}", as_="chen").says("换了邮箱写的")
    again = browser.post(f"/incoming/{number}/case", form, as_="wang", page="/incoming", expect=422)
    assert again.says("这封信已经处理过了")


def test_what_is_not_to_be_done_needs_a_reason(browser, arrive):
    number = arrive("广告")
    url = f"/incoming/{number}/dismissal"
    form = browser.get(f"/incoming/{number}", as_="zhou").form("/dismissal")
    assert browser.post(url, {**form, "reason": " "}, as_="zhou", expect=422).says("请写几个字")
    browser.post(url, {**form, "reason": "广告"}, as_="zhou")
    assert browser.get("/incoming?tab=decided", as_="zhou").says("广告")


def test_what_was_filed_can_become_a_request(browser, arrive):
    number = arrive(subject="自动回复: 真的有事")
    assert not browser.get("/incoming", as_="zhou").says("真的有事")
    assert browser.get("/incoming?tab=machines", as_="zhou").says("真的有事")
    form = browser.get(f"/incoming/{number}", as_="zhou").form("/request")
    browser.post(f"/incoming/{number}/request", form, as_="zhou")
    assert row().status is IncomingStatus.BEGUN


def test_an_unreadable_letter_is_red_and_can_be_read_again(browser, arrive, app):
    number = arrive()
    letter = row()
    letter.status, letter.case, letter.why = IncomingStatus.BROKEN, None, "ValueError: odd"
    db.session.commit()
    assert browser.open("/health").get_json()["troubles"] == ["letters_unreadable"]
    shown = browser.get(f"/incoming/{number}", as_="zhou")
    assert shown.says("ValueError: odd")
    browser.post(f"/incoming/{number}/reading", shown.form("/reading"), as_="zhou")
    assert row().status is IncomingStatus.KEPT
    assert browser.open("/health").get_json()["state"] == "green"


def test_a_silent_mailbox_is_told_on_the_page_and_to_machines(browser, app):
    with house_clock.at(house_clock.now() - timedelta(hours=1)):
        incoming.asked("desk@mail.example/INBOX", "IMAP4.error: no")
    db.session.commit()
    assert browser.open("/health").get_json()["troubles"] == ["mailboxes_silent"]
    assert browser.get("/incoming", as_="zhou").says("邮箱 desk@mail.example/INBOX 已经很久读不到了")


HOSTILE = (
    "<html><head><style>body{background:url(http://t.example/x)}</style></head><body onload=alert(1)>"
    "<script>alert(1)</script><svg><script>alert(2)</script></svg><img src=http://t.example/pixel.gif width=1>"
    "<a href='javascript:alert(3)'>click</a><a href='https://ok.example/'>ok</a><iframe src=//t.example></iframe>"
    "<form action=//t.example><input name=p></form><p style='position:fixed'>hello</p></body></html>"
)


def test_a_hostile_letter_is_words_alone_and_its_layout_lies_in_a_sandbox(browser, arrive):
    number = arrive("", html=HOSTILE)
    shown = browser.get(f"/incoming/{number}", as_="zhou")
    assert shown.says("hello")
    look = browser.open(f"/incoming/{number}/look", "zhou")
    text = look.get_data(as_text=True)
    for bad in (
        "<script",
        "javascript:",
        "<svg",
        "<img",
        "<iframe",
        "<form",
        "<input",
        "style=",
        "onload",
        "t.example",
    ):
        assert bad not in text, bad
    assert 'href="https://ok.example/"' in text
    assert look.headers["Content-Security-Policy"].startswith("default-src 'none'; sandbox")


def test_the_original_is_a_download(browser, arrive):
    number = arrive()
    raw = browser.open(f"/incoming/{number}/raw", "zhou")
    assert raw.headers["Content-Disposition"] == f'attachment; filename="letter-{number}.eml"'
    assert raw.headers["Content-Type"] == "application/octet-stream"
    assert b"wang.eng@else.example" in raw.data
    assert browser.open(f"/incoming/{number}/raw", "lin").status_code == 404


def test_a_stranger_presses_the_button_and_goes_on_where_the_letter_ended(browser, arrive):
    arrive("想在南山租便宜的场地", files=[("场地.pdf", PDF)])
    letter = db.session.scalars(select(Mail).where(Mail.kind == MailKind.PROOF)).one()
    token = mail_links.link_token(mail_links.links_of(letter)[Act.PROVE])
    case = row().case
    draft = case.tracking_token
    db.session.commit()
    page = browser.get(f"/act/{token}")
    assert not browser.get(f"/drafts/{draft}/company").says("wang.eng")
    to = browser.post(f"/act/{token}", page.form()).location
    assert to.endswith(f"/drafts/{draft}/company")
    assert browser.get(f"/act/{token}", expect=303).location.endswith(f"/drafts/{draft}/company"), "pressed twice"
    company = {"name": SOUTHLIGHT.name, "credit_code": SOUTHLIGHT.credit_code, "district": SOUTHLIGHT.district,
               "industry": "C"}  # fmt: skip
    browser.post(f"/drafts/{draft}/company", {**browser.get(f"/drafts/{draft}/company").form("/company"), **company})
    contact = browser.get(f"/drafts/{draft}/contact").form("/contact")
    assert (contact["name"], contact["email"]) == ("王工", "wang.eng@else.example")
    browser.post(f"/drafts/{draft}/contact", {**contact, "phone": "13900139000", "handling": "y"})
    checked = browser.get(f"/drafts/{draft}/check")
    assert checked.says("想在南山租便宜的场地") and checked.says("场地.pdf")
    browser.post(f"/drafts/{draft}/submission", checked.form("/submission"))
    assert row().status is IncomingStatus.REQUESTED
    assert db.session.get_one(Case, row().case_id).number


def test_our_letters_say_where_an_answer_is_written_only_when_one_is_read(browser, make, monkeypatch):
    from helpdesk.presentation import mail_page

    mailing.vouch("lin@southlight.example")
    case = make.case("triaged", email="lin@southlight.example")
    letter = db.session.scalars(select(Mail).where(Mail.case_id == case.id).order_by(Mail.id.desc())).first()
    message = mail_page.message_of(letter)
    assert message["Reply-To"] == f"问渠 <{mailing.reply_address(letter)}>"
    assert message.get_body(("plain",)).get_content().startswith("—— 请在这条线以上回复 ——")
    monkeypatch.setitem(config._in_use, "MAIL_IN", "")
    message = mail_page.message_of(letter)
    assert message["Reply-To"] is None
    assert "请在这条线以上回复" not in message.as_string()


# --- its files, before it is on a case ---


def links_of(page) -> list[str]:
    return [a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or "")]


def test_each_file_opens_at_the_desk_by_a_signed_address_and_only_what_may_be_opened(browser, arrive):
    number = arrive("附件", files=[("流水.pdf", PDF), ("流水.pdf", PDF + b"%2"), ("x.exe", b"MZ" + b"\0" * 80)])
    page = browser.get(f"/incoming/{number}", as_="zhou")
    links = links_of(page)
    assert len(links) == 2 and page.says("打开时先认类型")
    for link, data in zip(links, (PDF, PDF + b"%2"), strict=True):
        there = browser.get(link, as_="zhou", expect=303).location
        assert there.startswith("/files/letters/")
        sent = browser.open(there)
        assert sent.get_data() == data
        assert sent.headers["Content-Type"] == "application/pdf"
        assert (
            sent.headers["Content-Disposition"].startswith("attachment;")
            and "sandbox" in sent.headers["Content-Security-Policy"]
        )
        assert "Set-Cookie" not in sent.headers
    for who, expect in (("chen", 404), ("wang", 404), ("feng", 404)):
        browser.get(links[0], as_=who, expect=expect)
    for nothing in (f"/incoming/{number}/files/9", "/files/letters/nonsense", there[:-2] + "xx"):
        browser.get(nothing, as_="zhou", expect=404)
    browser.get(f"/incoming/{number}/files/2", as_="zhou", expect=303)
    assert browser.get(f"/incoming/{number}", as_="zhou").says("“x.exe”这种文件收不了")


def test_a_virus_is_not_opened_and_a_scanner_that_is_away_is_said(browser, arrive, monkeypatch):
    number = arrive("附件", files=[("流水.pdf", PDF)])
    url = f"/incoming/{number}/files/0"
    monkeypatch.setattr("helpdesk.routes.incomings.scanner_from", lambda _settings: MemoryScanner(away=True))
    page = browser.get(url, as_="zhou")
    assert page.says("这个文件没能查毒")
    assert browser.get(f"{url}?anyway=1", as_="zhou", expect=303).location.startswith("/files/letters/")
    monkeypatch.setattr("helpdesk.routes.incomings.scanner_from", lambda _settings: MemoryScanner(signature=b"PDF"))
    browser.get(f"{url}?anyway=1", as_="zhou", expect=303)
    assert browser.get(f"/incoming/{number}", as_="zhou").says("查出病毒，不能打开")
