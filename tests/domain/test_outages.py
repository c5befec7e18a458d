"""A silent mailbox is told by other ways than that mailbox: once, and once when it is over (B1 no. 5)."""

from __future__ import annotations

import threading
from datetime import timedelta

from flask import current_app
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.db import begin, db, transaction
from helpdesk.domain import channels, incoming, mail_delivery, mailing, notices, outages, webhooks
from helpdesk.jobs import letters, post, worker
from helpdesk.models import ChannelKind, Job, Mail, MailKind, MailStatus, News, Notice, Outage, WebhookDelivery
from helpdesk.presentation import mail_page, news_words
from tests.conftest import NOW

BOX = "desk@mail.example/INBOX"
KEY = "0123456789abcdef0123"


def later(minutes: float):
    return house_clock.at(NOW + timedelta(minutes=minutes))


def ready(town):
    """The operator and the administrator have addresses of theirs, the corps a group, another platform a webhook."""
    for login in ("zhou", "feng", "wang"):
        town.cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    common = {"kind": ChannelKind.WECOM, "key": KEY, "secret": "", "topics": ["limits"], "locale": "zh_Hans_CN",
              "quiet_from": None, "quiet_to": None, "is_on": True}  # fmt: skip
    corps = channels.write_channel(town.cast.zhou, None, name="总队群", station_id=None, **common)
    station = channels.stations_for(town.cast.wang)[0]
    channels.write_channel(town.cast.wang, None, name="站群", station_id=station.id, **common)
    webhooks.put(town.cast.zhou, None, url="https://hooks.example/in", kinds=["mailbox.silent", "mailbox.back"],
                 is_on=True)  # fmt: skip
    webhooks.put(town.cast.zhou, None, url="https://other.example/in", kinds=["case.submitted"], is_on=True)
    return corps


def told() -> list[tuple[int, bool]]:
    query = select(Notice.account_id, Notice.is_over).where(Notice.outage_id.is_not(None)).order_by(Notice.id)
    return [(row[0], row[1]) for row in db.session.execute(query)]


def test_a_silence_is_told_once_by_every_other_way_and_once_when_it_is_over(town):
    corps = ready(town)
    zhou, feng = town.cast.zhou.account_id, town.cast.feng.account_id
    incoming.asked(BOX)
    with later(14):
        incoming.asked(BOX, "login failed")
        assert outages.watch() == 0
    with later(16):
        incoming.asked(BOX, "login failed")
        assert (outages.watch(), outages.watch()) == (1, 0)
    with later(60):
        incoming.asked(BOX, "login failed")
        assert outages.watch() == 0, "told already"
    assert sorted(told()) == sorted([(zhou, False), (feng, False)]), "the operator and the administrator, nobody else"
    with later(70):
        incoming.asked(BOX)
        assert (outages.watch(), outages.watch()) == (1, 0)
    assert sorted(told()) == sorted([(zhou, False), (feng, False), (zhou, True), (feng, True)])

    sent = db.session.scalars(select(Mail).where(Mail.kind == MailKind.OUTAGE).order_by(Mail.id)).all()
    assert {(m.address, m.is_over) for m in sent} == {
        (f"{login}@desk.example", over) for login in ("zhou", "feng") for over in (False, True)
    }
    assert all(m.status is MailStatus.WAITING and mail_delivery.needless(m) == "" for m in sent)
    groups = db.session.scalars(select(News).where(News.outage_id.is_not(None)).order_by(News.id)).all()
    assert [(n.channel_id, n.is_over, n.is_test) for n in groups] == [(corps.id, False, False), (corps.id, True, False)]
    hooks = db.session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)).all()
    assert [(h.kind, h.payload["mailbox"]) for h in hooks] == [("mailbox.silent", BOX), ("mailbox.back", BOX)]
    row = db.session.scalars(select(Outage)).one()
    assert (row.since, row.ended_at) == (NOW, NOW + timedelta(minutes=70))

    # A second silence is another one.
    with later(200):
        assert outages.watch() == 1
    assert len(told()) == 6


def test_what_is_said_names_the_mailbox_and_never_a_server_in_a_group(town):
    ready(town)
    incoming.asked(BOX)
    with later(16):
        incoming.asked(BOX, "login failed")
        outages.watch()
        mail = db.session.scalars(select(Mail).where(Mail.address == "zhou@desk.example")).all()[-1]
        letter = mail_page.message_of(mail)
        assert letter["Subject"] == "邮箱读不到了"
        body = letter.get_body(("plain",)).get_content()
        assert BOX in body and "login failed" in body and "https://desk.example/incoming" in body
        text = news_words.text_of(channels.together(db.session.scalars(select(News)).one()))
        assert BOX in text and "login failed" not in text
    with later(20):
        assert [outage.mailbox for _, outage in notices.of_outages(town.cast.zhou)] == [BOX]
        assert notices.unread_count(town.cast.feng) == 1
        assert notices.of_outages(town.cast.wang) == []


def test_a_mailbox_that_was_taken_out_of_the_settings_is_no_silence(town):
    incoming.asked(BOX)
    with later(16):
        assert outages.watch() == 1
        db.session.commit()
        post.fetch([], None)
        begin(read_only=False)
        assert incoming.silent() == []
        assert outages.watch() == 0, "nothing is mended, so nothing is told"
    assert db.session.scalar(select(func.count()).where(Outage.ended_at.is_(None))) == 0


def test_two_workers_at_once_tell_once(town):
    ready(town)
    incoming.asked(BOX)
    db.session.commit()
    app, gate, counts = current_app._get_current_object(), threading.Barrier(2), []

    def work() -> None:
        with app.app_context(), later(16):
            gate.wait()
            with transaction():
                counts.append(outages.watch())
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    begin(read_only=True)
    assert sorted(counts) == [0, 1]
    assert len(told()) == 2


def test_whoever_no_longer_runs_the_desk_gets_no_letter(town):
    ready(town)
    incoming.asked(BOX)
    with later(16):
        outages.watch()
    mail = db.session.scalars(select(Mail).where(Mail.address == "zhou@desk.example")).one()
    for grant in town.cast.account("zhou").grants:
        grant.ended_at = house_clock.now()
    db.session.flush()
    assert mail_delivery.needless(mail) == "no_right"


def test_the_worker_watches_every_minute_and_the_letter_leaves(app, cast):
    account = cast.account("zhou")
    account.email = "zhou@desk.example"
    mailing.vouch("zhou@desk.example")
    incoming.asked(BOX)
    db.session.commit()
    with later(16):
        assert "mailboxes.watch" in worker.tick()
        begin(read_only=True)
        job = db.session.scalars(select(Job).where(Job.name == mailing.SEND)).one()
        payload = job.payload
        mailer = MemoryMailer()
        letters.deliver(mailer, payload)
    assert [str(m["To"]) for m in mailer.letters] == ["周总 <zhou@desk.example>"]
