"""Letters over real servers: a mailbox is emptied and nothing of it is lost; a case is carried by mail alone."""

from __future__ import annotations

import base64
import email
import imaplib
import io
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.adapters.letterbox import MailboxTrouble
from helpdesk.adapters.letterbox.imap import ImapMailbox
from helpdesk.adapters.letterbox.memory import MemoryMailbox
from helpdesk.adapters.mail.smtp import SmtpMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage import MissingFile
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.config import ROOT
from helpdesk.db import db, transaction
from helpdesk.domain import attachments, consultation, incoming, mailing
from helpdesk.jobs import post, worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import Case, Incoming, IncomingStatus, Job, JobStatus, MailboxState, Status
from tests.adapters.test_files import PDF, picture
from tests.jobs.test_letters_leave import WORKER, mail_server

LIN = "lin@southlight.example"
MB = 1024 * 1024
BOX = "desk@127.0.0.1/INBOX"


def letter(n: int = 0, text: str = "想问问贷款") -> bytes:
    message = EmailMessage()
    message["From"], message["To"] = f"a{n}@else.example", "help@desk.example"
    message["Subject"], message["Message-ID"] = f"求助 {n}", f"<{n}@else.example>"
    message.set_content(text)
    return message.as_bytes()


def put_in(url: str, raw: bytes, folder: str = "INBOX") -> None:
    """What a mail server does with a letter for the desk."""
    parts = urlsplit(url)
    box = imaplib.IMAP4(parts.hostname or "", parts.port or 143)
    box.login(parts.username or "", parts.password or "")
    box.append(folder, None, None, raw)  # type: ignore[arg-type]
    box.logout()


def lying(url: str, folder: str) -> int:
    parts = urlsplit(url)
    box = imaplib.IMAP4(parts.hostname or "", parts.port or 143)
    box.login(parts.username or "", parts.password or "")
    status, found = box.select(folder)
    box.logout()
    return int(found[0] or 0) if status == "OK" else 0


@pytest.fixture
def mailbox_url(imap_url: str) -> str:
    """An inbox of this test's own: any name signs in."""
    return imap_url.replace("desk:", f"desk{os.urandom(4).hex()}:")


@pytest.fixture(autouse=True)
def address(app, monkeypatch):
    monkeypatch.setitem(config._in_use, "MAIL_IN", "help@desk.example")


def rows() -> list[Incoming]:
    """All letters, as another process would see them; no transaction stays open."""
    db.session.remove()
    found = list(db.session.scalars(select(Incoming).order_by(Incoming.id)))
    db.session.remove()
    return found


def outside(app, mailer=None, *boxes) -> Outside:
    return Outside(NullRenderer(), storage_from(app.config), mailer, tuple(boxes))


def test_a_mailbox_is_emptied_into_the_folder_beside(app, mailbox_url):
    for n in range(3):
        put_in(mailbox_url, letter(n))
    box = ImapMailbox(mailbox_url, largest=MB)
    assert post.empty(box, storage_from(app.config)) == 3
    assert (lying(mailbox_url, "INBOX"), lying(mailbox_url, "Done")) == (0, 3)
    assert worker.run_due(outside(app), ("post",)) == 3
    assert [row.status for row in rows()] == [IncomingStatus.BEGUN] * 3
    put_in(mailbox_url, letter(1))
    assert post.empty(box, storage_from(app.config)) == 0, "known already"
    assert len(rows()) == 3
    assert db.session.scalars(select(MailboxState.error)).all() == [""]
    db.session.remove()


def test_a_letter_larger_than_we_take_is_kept_as_far_as_it_came(app, mailbox_url):
    put_in(mailbox_url, letter(1, "长" * 200_000))
    assert post.empty(ImapMailbox(mailbox_url, largest=50_000), storage_from(app.config)) == 1
    worker.run_due(outside(app), ("post",))
    assert [(row.status, row.why, row.size) for row in rows()] == [(IncomingStatus.HELD, "too_large", 50_000)]


def test_a_mailbox_that_lets_nobody_in_is_trouble_without_its_password(app, imap_url):
    wrong = ImapMailbox(imap_url.replace(":secret@", ":pass-word@"), largest=MB)
    with pytest.raises(MailboxTrouble) as caught:
        list(wrong.waiting())
    assert "pass-word" not in str(caught.value)
    assert post.empty(ImapMailbox("imap://a:b@127.0.0.1:1/INBOX", largest=MB, timeout=1), MemoryStorage()) == 0
    assert [box.name for box in incoming.silent()] == ["a@127.0.0.1/INBOX"]
    for nonsense in ("http://x", "imap://", "imaps://host/INBOX"):
        with pytest.raises(ValueError, match="no mailbox"):
            ImapMailbox(nonsense, largest=MB)


def test_one_bad_letter_stops_none_of_the_others(app, monkeypatch):
    """The second one cannot be read: it waits, visibly, with its error, and can be tried again."""
    box, storage = MemoryMailbox(*(letter(n) for n in range(3))), storage_from(app.config)
    assert post.empty(box, storage) == 3
    assert box.letters == []
    real = incoming.place

    def odd(number: int, *rest: Any) -> Incoming:
        if number == 2:
            raise ValueError("odd letter")
        return real(number, *rest)

    monkeypatch.setattr(incoming, "place", odd)
    moment = house_clock.now()
    for hours in range(4):
        with house_clock.at(moment.replace(hour=moment.hour + hours)):
            worker.run_due(outside(app), ("post",))
    assert [row.status.value for row in rows()] == ["begun", "broken", "begun"]
    assert "odd letter" in rows()[1].why
    monkeypatch.setattr(incoming, "place", real)
    from tests.cast import Cast

    with transaction():
        incoming.read_again(db.session.get_one(Incoming, 2), Cast().zhou)
    worker.run_due(outside(app), ("post",))
    assert [row.status.value for row in rows()] == ["begun", "begun", "begun"]


def test_a_letter_whose_bytes_are_gone_is_no_crash(app):
    storage = storage_from(app.config)
    post.empty(MemoryMailbox(letter()), storage)
    storage.delete(incoming._key(rows()[0].sha256))
    with pytest.raises(MissingFile):
        incoming.raw_of(rows()[0], storage)
    assert worker.run_due(outside(app), ("post",)) == 0
    assert db.session.scalars(select(Job.status).where(Job.name == incoming.READ)).all() == [JobStatus.PENDING]


def left(url: str) -> tuple[int, int]:
    """How many letters lie in the mailbox, and how many are kept but not read."""
    db.session.remove()
    kept = db.session.scalar(select(func.count()).select_from(Incoming).where(Incoming.status == IncomingStatus.KEPT))
    db.session.remove()
    return lying(url, "INBOX"), kept or 0


def test_however_often_the_worker_is_killed_every_letter_is_kept_once(app, tmp_path, mailbox_url):
    """A dozen letters, some of them twice, come a few at a time; every worker that reads them is killed at random."""
    chance = random.Random(7)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "IMAP_URL": mailbox_url}
    url, moment = app.config["SQLALCHEMY_DATABASE_URI"], house_clock.now()
    # A few letters for each life: however quick a worker is, it cannot have read what has not come yet.
    coming = [range(first, first + 3) for first in range(0, 12, 3)]
    end, deaths = time.monotonic() + 600, 0
    while time.monotonic() < end:
        for n in coming.pop(0) if coming else ():
            for _ in range(2 if n % 5 == 0 else 1):
                put_in(mailbox_url, letter(n))
        db.session.remove()
        before, patience = left(mailbox_url), time.monotonic() + 90
        command = [sys.executable, "-c", WORKER, url, str(tmp_path), "smtp://127.0.0.1:1", moment.isoformat()]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
        try:
            while time.monotonic() < patience and left(mailbox_url) == before:
                time.sleep(0.02)
            time.sleep(chance.random() * 0.2)
        finally:
            process.kill()
            process.wait(10)
        deaths += 1
        moment = moment.replace(minute=(moment.minute + 2) % 60, hour=moment.hour + (moment.minute + 2) // 60)
        db.session.remove()
        if not coming and left(mailbox_url) == (0, 0):
            break
    assert len(rows()) == 12
    assert {row.status for row in rows()} == {IncomingStatus.BEGUN}
    assert db.session.scalar(select(func.count()).select_from(Case).where(Case.status == Status.DRAFT)) == 12
    assert deaths >= 4


def test_the_worker_makes_its_round_once_in_its_time(app):
    box = MemoryMailbox(letter(1))
    things = outside(app, None, box)
    assert worker.go_round(things) == ["post.fetch"]
    assert worker.go_round(things) == []
    assert box.letters == []


# --- a mail server's pipe ---


def pipe(app, raw: bytes, *more: str) -> Any:
    """As a mail server runs it; the command's own runner gives no bytes on standard input."""
    db.session.commit()
    db.session.remove()
    answer = app.test_cli_runner().invoke(args=["helpdesk", "mail-in", *more], input=io.BytesIO(raw))
    db.session.remove()
    return answer


def test_a_mail_servers_pipe_keeps_reads_and_says_so(app):
    answer = pipe(app, letter(), "--json")
    assert answer.exit_code == 0, answer.output
    assert '"subject": "求助 0"' in answer.output
    assert '"status": "begun"' in answer.output
    again = pipe(app, letter())
    assert "new=False" in again.output
    assert len(rows()) == 1


def test_nothing_on_the_pipe_is_said_in_one_line(app):
    answer = pipe(app, b" \n")
    assert answer.exit_code == 65
    assert len(answer.output.strip().splitlines()) == 1


def test_what_cannot_be_kept_asks_the_mail_server_to_come_again(app, monkeypatch):
    def full(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("helpdesk.adapters.storage.folder.FolderStorage.put", full)
    answer = pipe(app, letter())
    assert answer.exit_code == 75
    assert rows() == []


def test_what_cannot_be_read_now_is_kept_and_read_later(app, monkeypatch):
    real = incoming.place
    monkeypatch.setattr(incoming, "place", lambda *_: 1 / 0)
    answer = pipe(app, letter())
    assert answer.exit_code == 0
    assert "status=kept" in answer.output
    monkeypatch.setattr(incoming, "place", real)
    worker.run_due(outside(app), ("post",))
    assert [row.status for row in rows()] == [IncomingStatus.BEGUN]


def test_the_envelope_says_which_letter_was_answered(app, make, cast):
    mailing.vouch(LIN)
    case = make.case("consulting", email=LIN)
    ours = next(m for m in reversed(list(db.session.scalars(select(mailing.Mail)))) if m.address == LIN)
    raw = EmailMessage()
    raw["From"], raw["To"], raw["Subject"] = LIN, "undisclosed-recipients:;", "x"
    raw.set_content("好的")
    to = mailing.reply_address(ours)
    number = case.id
    db.session.commit()
    assert "status=said" in pipe(app, raw.as_bytes(), "--to", to).output
    assert consultation.messages(db.session.get_one(Case, number))[-1].body == "好的"


# --- the whole way ---


class City:
    """A mail server for everybody: what is for the desk goes into its mailbox, the rest to people's own."""

    def __init__(self, desk: str) -> None:
        self.desk = desk
        self.boxes: dict[str, list[Any]] = {}

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = bytes(envelope.content or b"")
        for address in envelope.rcpt_tos:
            if address.startswith("help"):
                put_in(self.desk, b"Delivered-To: " + address.encode() + b"\r\n" + raw)
            else:
                self.boxes.setdefault(address, []).append(email.message_from_bytes(raw, policy=policy.default))
        return "250 taken"


def gb(text: str) -> str:
    return f"=?GB18030?B?{base64.b64encode(text.encode('gb18030')).decode()}?="


def foxmail(sender: str, to: str, subject: str, text: str, *files: tuple[str, bytes], answers: Any = None) -> bytes:
    """As a Chinese mail program writes: GB 18030 throughout, file names in encoded words."""
    at = re.search(r"[^<\s]+@[^>\s]+", to)
    head = f"From: {sender}\r\nTo: {at.group(0) if at else to}\r\nSubject: {gb(subject)}\r\nMIME-Version: 1.0\r\n"
    if answers is not None:
        head += f"In-Reply-To: {answers['Message-ID']}\r\n"
        was = answers.get_body(("plain",)).get_content()
        text += '\n\n------------------ 原始邮件 ------------------\n发件人: "问渠";\n' + was
    body = 'Content-Type: text/plain; charset="gb18030"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    body += base64.encodebytes(text.encode("gb18030")).decode()
    parts = "".join(
        f'\r\n--x\r\nContent-Type: application/octet-stream; name="{gb(name)}"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data).decode()
        for name, data in files
    )
    whole = f"{head}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n{body}{parts}\r\n--x--\r\n"
    return whole.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def test_a_case_is_carried_by_mail_alone_over_real_servers(app, make, cast, browser, mailbox_url):
    """Request, offer, talk, summary, confirmation, in GB 18030 with files; nobody signs in."""
    import smtplib

    for login in ("chen", "wang"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    mailing.vouch(LIN)
    make.case("closed", email=LIN, phone="13900139000")
    db.session.commit()
    db.session.remove()
    city = City(mailbox_url)
    with mail_server(city) as smtp:  # type: ignore[arg-type]
        things = outside(app, SmtpMailer(smtp), ImapMailbox(mailbox_url, largest=20 * MB))

        def send(raw: bytes) -> None:
            message = email.message_from_bytes(raw)
            with smtplib.SMTP(urlsplit(smtp).hostname or "", urlsplit(smtp).port or 25) as line:
                line.sendmail(message["From"], [message["To"]], raw)
            work()

        def work() -> None:
            db.session.commit()
            db.session.remove()
            for box in things.mailboxes:
                post.empty(box, things.storage)
            while worker.run_due(things):
                pass

        def got(address: str, say: str) -> Any:
            return next(m for m in reversed(city.boxes[address]) if say in m.get_body(("plain",)).get_content())

        def press(address: str, label: str, fill: Callable[[dict[str, str]], dict[str, str]], say: str) -> None:
            text = got(address, say).get_body(("plain",)).get_content()
            found = re.search(rf"{label}：\n(https://desk\.example\S+)", text)
            assert found, text
            path = found.group(1).removeprefix("https://desk.example")
            browser.post(urlsplit(path).path, fill(browser.get(path).form()))
            work()

        work()
        send(foxmail(LIN, "help@desk.example", "厂房续租", "镕基路的厂房要续租，合同有几条看不懂。",
                     ("租赁合同.pdf", PDF), ("厂房.jpg", picture())))  # fmt: skip
        case = db.session.scalars(select(Case).where(Case.number.is_not(None)).order_by(Case.id.desc())).first()
        assert case is not None
        number, problem = case.number, case.problem

        def at_desk(act: Callable[[Case], object]) -> None:
            db.session.remove()
            with transaction():
                act(db.session.scalars(select(Case).where(Case.number == number)).one())
            work()

        assert problem.startswith("厂房续租\n\n镕基路的厂房要续租")
        assert number in got(LIN, "您提交了求助")["Subject"]
        # The desk triages and offers at the desk: that is its work place.
        at_desk(lambda case: make._triaged(case, category="legal"))
        at_desk(lambda case: make._offered(case, expert="chen"))
        press("chen@desk.example", "接单", lambda form: {**form, "no_conflict": "y"}, "想请您帮忙")
        offer = got("chen@desk.example", "想请您帮忙")
        assert offer["Reply-To"].startswith("问渠 <help+")
        at_desk(lambda case: consultation.reply(case, cast.chen, body="您好，是哪几条？", form_key="one"))
        said = got(LIN, "您好，是哪几条？")
        files = [("第七条.docx", b"x"), ("九.pdf", PDF + b"9")]
        send(foxmail(LIN, said["Reply-To"], "回复：厂房续租", "第七条和第九条。", *files, answers=said))
        told = got("chen@desk.example", "第七条和第九条。")
        send(
            foxmail(
                "chen@desk.example", told["Reply-To"], "Re: 厂房续租", "这两条可以改，我把改法写给您。", answers=told
            )
        )
        assert got(LIN, "这两条可以改")
        at_desk(make.visit)
        at_desk(make.answer)
        press(LIN, "去核对时间", lambda form: {**form, "verdict": "right"}, "请您核对")
        press(LIN, "解决了，去确认", lambda form: {**form, "outcome": "solved", "paid": "no", "score": "5"}, "请您确认")
    case = db.session.scalars(select(Case).where(Case.number == number)).one()
    assert case.status is Status.CLOSED
    words = [(m.side.value, m.body) for m in consultation.messages(case)]
    assert words[-2:] == [("company", "第七条和第九条。"), ("expert", "这两条可以改，我把改法写给您。")]
    names = [f.name for f in attachments.of_case(case, with_notes=False)]
    assert names == ["租赁合同.pdf", "厂房.jpg", "九.pdf"]
    assert next(r.files for r in rows() if r.status is IncomingStatus.SAID)[0] == ["第七条.docx", "file_kind"]
    assert got("chen@desk.example", "证书")
