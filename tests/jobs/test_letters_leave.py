"""Letters over a real mail server: taken once, tried again when it fails, hangs or hangs up, given up visibly."""

from __future__ import annotations

import asyncio
import contextlib
import email
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, update

from helpdesk import clock as house_clock
from helpdesk.adapters.mail import MailRefused, MailTrouble
from helpdesk.adapters.mail.folder import FolderMailer
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.mail.smtp import SmtpMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.config import ROOT
from helpdesk.db import db
from helpdesk.domain import mailing
from helpdesk.jobs import registry, worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import Job, JobStatus, Mail, MailStatus

WORKER = """
import sys, threading
from datetime import UTC, datetime
from helpdesk import clock, create_app
from helpdesk.adapters.wake import NoBell
from helpdesk.jobs import registry, worker
url, folder, mail, moment = sys.argv[1:5]
begun, moment = datetime.now(UTC), datetime.fromisoformat(moment)
clock.now = lambda: moment + (datetime.now(UTC) - begun)  # the test's day, in every thread
app = create_app({"DATABASE_URL": url, "INSTANCE_DIR": folder, "SECRET_KEY": "only for tests", "PDF_ENGINE": "null",
                  "MAIL_URL": mail, "MAIL_RETRY_SECONDS": 0, "PUBLIC_URL": "https://desk.example"})
with app.app_context():
    worker.work(registry.outside_from(app.config), NoBell(), threading.Event())
"""


class Office:
    """A mail server's hands: what it was given, and how it behaves."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.moods: list[str] = []
        self.default = "take"
        self.asked = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.asked += 1
        mood = self.moods.pop(0) if self.moods else self.default
        if mood == "hang":
            await asyncio.sleep(30)
            return "451 come again"
        if mood == "slow":
            await asyncio.sleep(1)
        if mood == "hang up":
            server.transport.close()
            return "421 gone"
        if mood == "later":
            return "451 come again"
        if mood == "never":
            return "550 no such user"
        letter: Any = email.message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        self.taken.append(letter)
        if mood == "take and hang up":  # taken, but the yes is lost on the way
            server.transport.close()
            return "421 gone"
        return "250 taken"


@contextlib.contextmanager
def mail_server(office: Office) -> Iterator[str]:
    controller = Controller(office, hostname="127.0.0.1", port=0, ready_timeout=20)
    controller.port = _free_port()
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}?starttls=never"
    finally:
        controller.stop()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def server(office: Office) -> Iterator[str]:
    with mail_server(office) as url:
        yield url


@pytest.fixture
def known(cast):
    for login in ("chen", "wang"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    db.session.flush()


def outside(mailer) -> Outside:
    return Outside(NullRenderer(), MemoryStorage(), mailer)


def settle() -> None:
    db.session.commit()
    db.session.remove()


def letters() -> list[Mail]:
    return list(db.session.scalars(select(Mail).order_by(Mail.id)))


def test_an_offer_reaches_its_experts_mailbox(make, known, office, server):
    case = make.case("offered")
    number = case.number
    settle()
    assert worker.run_due(outside(SmtpMailer(server)), ("mail",)) == 1
    assert [m.status for m in letters() if m.part == "offered"] == [MailStatus.SENT]
    letter = office.taken[0]
    assert letter["To"] == "陈明远 <chen@desk.example>"
    assert letter["From"] == "问渠 <no-reply@desk.example>"
    assert number in letter["Subject"]
    assert letter["Message-ID"] == next(m.message_id for m in letters() if m.part == "offered")
    assert "/act/" in letter.get_body(("plain",)).get_content()
    db.session.remove()
    assert worker.run_due(outside(SmtpMailer(server)), ("mail",)) == 0


@pytest.mark.parametrize("mood", ["later", "hang up"])
def test_a_server_that_cannot_now_is_asked_again(make, known, office, server, mood):
    make.case("offered")
    settle()
    office.moods = [mood, mood]
    moment = house_clock.now()
    for _ in range(2):
        with house_clock.at(moment):
            assert worker.run_due(outside(SmtpMailer(server)), ("mail",)) == 0
        moment += timedelta(hours=5)
    with house_clock.at(moment):
        assert worker.run_due(outside(SmtpMailer(server)), ("mail",)) == 1
    assert len(office.taken) == 1


def test_a_yes_that_is_lost_on_the_way_costs_a_second_letter_with_the_same_id(make, known, office, server):
    make.case("offered")
    settle()
    office.moods = ["take and hang up"]
    assert worker.run_due(outside(SmtpMailer(server)), ("mail",)) == 0
    with house_clock.at(house_clock.now() + timedelta(hours=1)):
        assert worker.run_due(outside(SmtpMailer(server)), ("mail",)) == 1
    assert len({letter["Message-ID"] for letter in office.taken}) == 1
    assert len(office.taken) == 2


def test_a_recipient_that_does_not_exist_is_given_up_at_once_and_shown(make, known, office, server):
    make.case("offered")
    settle()
    office.default = "never"
    worker.run_due(outside(SmtpMailer(server)), ("mail",))
    mail = next(m for m in letters() if m.part == "offered")
    assert (mail.status, mail.error) == (MailStatus.FAILED, "550 no such user")


def test_after_its_last_try_a_letter_lies_in_the_list_of_those(make, known):
    class Away(MemoryMailer):
        def send(self, letter: EmailMessage) -> None:
            raise MailTrouble("ConnectionRefusedError")

    make.case("offered")
    settle()
    moment = house_clock.now()
    for _ in range(registry.JOBS[mailing.SEND].tries):
        with house_clock.at(moment):
            assert worker.run_due(outside(Away()), ("mail",)) == 0
        moment += timedelta(hours=5)
        if moment > house_clock.now() + timedelta(days=1, hours=20):  # before the offer itself is over
            db.session.execute(update(Job).values(run_at=house_clock.now()))
            db.session.commit()
            moment = house_clock.now() + timedelta(hours=1)
    mail = next(m for m in letters() if m.part == "offered")
    assert (mail.status, mail.error) == (MailStatus.FAILED, "ConnectionRefusedError")
    assert db.session.scalars(select(Job.status).where(Job.name == mailing.SEND)).all() == [JobStatus.FAILED]


def test_no_server_at_all_is_trouble_and_nonsense_is_said_at_once():
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@desk.example", "b@desk.example", "x"
    with pytest.raises(MailTrouble):
        SmtpMailer("smtp://127.0.0.1:1", timeout=2).send(letter)
    for url in ("http://x", "smtp://", "mail.example"):
        with pytest.raises(ValueError, match="no mail server"):
            SmtpMailer(url)


def test_a_server_that_hangs_is_left_after_a_while(office):
    import socket

    letter = EmailMessage()
    letter["From"], letter["To"] = "a@desk.example", "b@desk.example"
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(MailTrouble):
            SmtpMailer(f"smtp://127.0.0.1:{silent.getsockname()[1]}", timeout=0.3).send(letter)


def test_a_refusal_names_the_servers_words(office, server):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@desk.example", "b@desk.example", "x"
    office.default = "never"
    with pytest.raises(MailRefused, match="550 no such user"):
        SmtpMailer(server).send(letter)


def test_without_a_server_letters_lie_as_files_and_twice_is_one(make, known, tmp_path):
    make.case("offered")
    settle()
    mailer = FolderMailer(tmp_path / "mail")
    assert worker.run_due(outside(mailer), ("mail",)) == 1
    files = list((tmp_path / "mail").glob("*.eml"))
    letter = email.message_from_bytes(files[0].read_bytes(), policy=policy.default)
    mailer.send(letter)
    assert [f.name for f in (tmp_path / "mail").iterdir()] == [files[0].name]


def test_papers_do_not_wait_for_a_mail_server(make, known):
    """The lanes are apart: what holds up letters holds up no certificate."""
    make.case("closed")
    settle()
    assert worker.run_due(outside(MemoryMailer()), ("papers",)) == 1
    left = set(db.session.scalars(select(Job.name).where(Job.status == JobStatus.PENDING)))
    assert left == {mailing.SEND}


def test_whatever_the_server_does_and_however_often_the_worker_is_killed_every_letter_arrives(
    app, make, known, tmp_path, office
):
    """Ten letters, a server in a bad mood, a worker killed at random: each arrives, none is another letter."""
    for n in range(10):
        make.case("offered", phone=f"139001390{n:02d}", expert=("chen", "qian")[n % 2])
    settle()
    wanted = {m.message_id for m in letters() if m.status is MailStatus.WAITING}
    assert wanted
    db.session.remove()
    chance = random.Random(11)
    office.moods = ["hang", "slow", "later", "hang up", "take and hang up", "hang", "slow", "hang"]
    chance.shuffle(office.moods)
    deaths = 0
    with mail_server(office) as url:
        end = time.monotonic() + 420
        while {str(letter["Message-ID"]) for letter in office.taken} != wanted and time.monotonic() < end:
            asked, process = office.asked, _worker(app, tmp_path, url)
            try:
                while office.asked == asked and time.monotonic() < end:
                    time.sleep(0.02)
                time.sleep(chance.random() * 1.5)
            finally:
                process.kill()
                process.wait(10)
            deaths += 1
    assert {str(letter["Message-ID"]) for letter in office.taken} == wanted
    assert deaths >= 3, "each hanging server cost a worker its life"


def _worker(app: Any, folder: Path, url: str) -> subprocess.Popen[bytes]:
    moment = house_clock.now().isoformat()
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, app.config["SQLALCHEMY_DATABASE_URI"], str(folder), url, moment],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )


def test_what_a_killed_worker_of_this_machine_held_is_due_at_once(make, known):
    make.case("offered")
    settle()
    assert worker.claim(("mail",)) is not None
    db.session.execute(update(Job).values(worker=f"{worker.HOST}:99999999"))
    db.session.commit()
    assert worker.claim(("mail",)) is None
    assert worker.free_orphans() == 1
    settle()
    assert worker.claim(("mail",)) is not None
    db.session.execute(update(Job).values(worker=f"{worker.HOST}:{os.getppid()}"))
    db.session.commit()
    assert worker.free_orphans() == 0, "its owner lives"
    db.session.execute(update(Job).values(worker="elsewhere:1"))
    db.session.commit()
    assert worker.free_orphans() == 0, "another machine's are its own"


def test_the_worker_works_both_lanes_and_ends_when_told(app, make, known):
    make.case("closed")
    settle()
    things, stop = outside(MemoryMailer()), threading.Event()

    class Bell:
        def ring(self) -> None: ...

        def wait(self, seconds: float, stop: threading.Event) -> None:
            if things.storage.files and things.mailer.letters:
                stop.set()
            stop.wait(0.05)

    threading.Timer(20, stop.set).start()
    worker.work(things, Bell(), stop)
    assert things.storage.files
    assert things.mailer.letters
