"""Channels and webhooks as the worker tells them: tried again, given up, paused, sent again, the same when killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import time as day_time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.speak import SpeakRefused, SpeakTrouble
from helpdesk.adapters.speak.memory import MemorySpeaker
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.adapters.webhook import Forbidden, PostTrouble
from helpdesk.adapters.webhook.memory import MemoryPoster
from helpdesk.config import ROOT
from helpdesk.db import begin, db
from helpdesk.domain import channels, webhooks
from helpdesk.errors import Refused
from helpdesk.jobs import channels as news
from helpdesk.jobs import hooks, registry, worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import Job, JobStatus, News, NewsChannel, SendStatus, Webhook, WebhookDelivery
from tests.domain.test_channels import KEY, changed, hook, robot

ADDRESS = f"wecombot://{KEY}/"


def outside(speaker: Any = None, poster: Any = None) -> Outside:
    parts = NullRenderer(), MemoryStorage(), MemoryMailer()
    return Outside(*parts, speaker=speaker or MemorySpeaker(), poster=poster or MemoryPoster())


def run(things: Outside, *, later: timedelta = timedelta()) -> int:
    db.session.commit()
    db.session.remove()
    with house_clock.at(house_clock.now() + later):
        done = worker.run_due(things, ("news", "hooks"))
    db.session.remove()
    begin(read_only=False)
    return done


def rows(model: Any = News) -> list[Any]:
    return list(db.session.scalars(select(model).order_by(model.id)))


def states(model: Any = News) -> list[SendStatus]:
    return [row.status for row in rows(model)]


# --- channels ---


def test_a_channel_is_told(make, cast):
    channel = robot(cast.wang, cast.station())
    case = make.case("submitted")
    number, speaker = case.number, MemorySpeaker()
    assert run(outside(speaker)) == 1
    ((address, text),) = speaker.said
    assert address == ADDRESS
    assert text.startswith(f"【新求助】{number}\n") and text.endswith(f"https://desk.example/cases/{number}")
    assert states() == [SendStatus.SENT]
    assert db.session.get_one(NewsChannel, channel.id).last_sent_at == house_clock.now()
    assert run(outside(speaker), later=timedelta(days=2)) == 0
    assert len(speaker.said) == 1


def test_what_waits_for_one_channel_goes_out_as_one_message(make, cast):
    robot(cast.wang, cast.station(), quiet_from=day_time(9), quiet_to=day_time(18))
    for n in range(3):
        make.case("submitted", phone=f"1390013900{n}")
    speaker = MemorySpeaker()
    assert run(outside(speaker)) == 0
    run(outside(speaker), later=timedelta(hours=8, minutes=1))
    assert [text.splitlines()[0] for _, text in speaker.said] == ["【3 条进展】"]
    assert set(states()) == {SendStatus.SENT}
    assert {job.status for job in rows(Job) if job.name == channels.SEND} == {JobStatus.DONE}


def test_a_channel_that_cannot_now_is_told_again_and_what_came_in_between_with_it(make, cast):
    channel = robot(cast.wang, cast.station())
    make.case("submitted")
    speaker = MemorySpeaker(SpeakTrouble("HTTP 503"))
    assert run(outside(speaker)) == 0
    row = db.session.get_one(NewsChannel, channel.id)
    assert (row.last_error, row.last_failed_at) == ("HTTP 503", house_clock.now())
    make.case("submitted", phone="13900139001")
    run(outside(speaker), later=timedelta(minutes=2))
    assert [text.splitlines()[0] for _, text in speaker.said] == ["【2 条进展】"]
    assert db.session.get_one(NewsChannel, channel.id).last_error is None


def test_while_an_older_message_is_on_its_way_a_newer_one_waits(make, cast):
    """Two workers: one holds the older row; the other does not overtake it, and says nothing twice."""
    channel = robot(cast.wang, cast.station())
    make.case("submitted")
    db.session.commit()
    held = worker.claim(("news",))
    assert held is not None
    begin(read_only=False)
    make.case("submitted", phone="13900139001")
    speaker = MemorySpeaker()
    assert run(outside(speaker)) == 0
    assert speaker.said == []
    assert db.session.get_one(NewsChannel, channel.id).last_error is None, "waiting its turn is no trouble"
    db.session.rollback()
    assert worker.perform(held, outside(speaker))
    assert len(speaker.said) == 1
    run(outside(speaker), later=timedelta(minutes=2))
    assert len(speaker.said) == 1
    assert set(states()) == {SendStatus.SENT}


def test_a_robot_that_is_gone_is_given_up_at_once_shown_and_told_again_when_it_is_back(make, cast):
    channel_id = robot(cast.wang, cast.station()).id
    make.case("submitted")
    make.case("submitted", phone="13900139001")
    speaker = MemorySpeaker(SpeakRefused("93000 invalid webhook url"))
    run(outside(speaker))
    assert states() == [SendStatus.FAILED] * 2
    channel = db.session.get_one(NewsChannel, channel_id)
    assert (channel.last_error, channels.failed([channel])) == ("93000 invalid webhook url", {channel.id: 2})
    assert channels.send_again(channel, cast.wang) == 2
    run(outside(speaker))
    assert [text.splitlines()[0] for _, text in speaker.said] == ["【2 条进展】"]
    assert states() == [SendStatus.SENT] * 2


def test_after_its_last_try_it_lies_in_the_list(make, cast):
    robot(cast.wang, cast.station())
    make.case("submitted")
    tries = registry.JOBS[channels.SEND].tries
    speaker = MemorySpeaker(*(SpeakTrouble("HTTP 503") for _ in range(tries)))
    for n in range(tries):
        assert states() == [SendStatus.WAITING]
        run(outside(speaker), later=timedelta(hours=5 * n))
    assert states() == [SendStatus.FAILED]
    assert rows()[0].error == "HTTP 503"


def test_a_test_is_tried_once_also_where_the_channel_is_off(cast):
    channel = robot(cast.wang, cast.station(), is_on=False)
    channels.test(channel, cast.wang)
    with pytest.raises(Refused, match="test_under_way"):
        channels.test(channel, cast.wang)
    speaker = MemorySpeaker(SpeakTrouble("no connection"))
    run(outside(speaker))
    assert [(row.status, row.error) for row in rows()] == [(SendStatus.FAILED, "no connection")]
    channels.test(db.session.get_one(NewsChannel, channel.id), cast.wang)
    run(outside(speaker))
    assert "测试消息" in speaker.said[0][1]


def test_a_channel_that_was_switched_off_is_not_told_what_waited(make, cast):
    channel = robot(cast.wang, cast.station())
    make.case("submitted")
    changed(channel, cast.wang, is_on=False)
    speaker = MemorySpeaker()
    run(outside(speaker))
    assert (speaker.said, states()) == ([], [SendStatus.DROPPED])


def test_a_text_goes_to_its_phone_alone(make, cast, monkeypatch):
    monkeypatch.setitem(config._in_use, "SMS_URL", "nosuch://{phone}/")
    for n in range(2):
        make.case("submitted", phone=f"1390013900{n}")
    speaker = MemorySpeaker(None, SpeakRefused("no"))
    run(outside(speaker))
    assert [address for address, _ in speaker.said] == ["nosuch://13900139000/"]
    assert states() == [SendStatus.SENT, SendStatus.FAILED]
    assert channels.send_texts_again(cast.zhou) == 1
    run(outside(speaker))
    assert states() == [SendStatus.SENT] * 2


def test_killed_between_saying_and_marking_the_same_is_said_again_and_nothing_is_lost(make, cast):
    robot(cast.wang, cast.station())
    make.case("submitted")
    db.session.commit()
    speaker = MemorySpeaker()
    job = worker.claim(("news",))
    begin(read_only=True)
    news.tell(speaker, job.payload)  # here the worker is killed
    db.session.rollback()
    run(outside(speaker), later=timedelta(minutes=6))
    assert len(speaker.said) == 2
    assert speaker.said[0] == speaker.said[1]
    assert states() == [SendStatus.SENT]


# --- webhooks ---


def ids(poster: MemoryPoster) -> list[str]:
    return [headers["webhook-id"] for _, _, headers in poster.posted]


def test_a_webhook_is_told_signed(make, cast):
    secret = hook(cast.zhou, kinds=["case.submitted"]).secret
    make.case("submitted")
    poster = MemoryPoster()
    assert run(outside(poster=poster)) == 1
    ((url, body, headers),) = poster.posted
    assert url == "https://hook.example/in"
    assert json.loads(body)["id"] == headers["webhook-id"]
    assert headers == {"Content-Type": "application/json", "User-Agent": "Wenqu-Webhook/1"} | webhooks.signed(
        secret, headers["webhook-id"], house_clock.now(), body
    )
    (row,) = rows(WebhookDelivery)
    assert (row.status, row.code, row.tries) == (SendStatus.SENT, 204, 1)


def test_every_try_has_the_same_id_and_body_and_a_new_signature(make, cast):
    hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    poster = MemoryPoster(500, PostTrouble("too_slow"), 302, 204)
    for n in range(4):
        run(outside(poster=poster), later=timedelta(minutes=10 * n))
    assert len(poster.posted) == 4
    assert len(set(ids(poster))) == 1
    assert len({body for _, body, _ in poster.posted}) == 1
    assert len({headers["webhook-signature"] for *_, headers in poster.posted}) == 4
    (row,), (webhook,) = rows(WebhookDelivery), rows(Webhook)
    assert (row.status, row.code, row.tries, row.error) == (SendStatus.SENT, 204, 4, None)
    assert (webhook.failures, webhook.failing_since) == (0, None)


def test_the_retries_take_about_a_day_and_a_half():
    work = registry.JOBS[webhooks.SEND]
    whole = sum((work.pause(n) for n in range(1, work.tries)), timedelta())
    assert timedelta(hours=24) < whole < timedelta(hours=40)


def test_one_that_never_answers_is_given_up_paused_and_told_again_when_it_is_back(make, cast):
    hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    tries = registry.JOBS[webhooks.SEND].tries
    poster = MemoryPoster(*([503] * tries))
    for n in range(tries):
        run(outside(poster=poster), later=timedelta(hours=5 * n))
    (row,), (webhook,) = rows(WebhookDelivery), rows(Webhook)
    assert (row.status, row.code, row.error, row.tries) == (SendStatus.FAILED, 503, "HTTP 503", tries)
    assert webhook.paused_at is not None
    assert webhooks.paused() == 1
    make.case("submitted", phone="13900139001")
    assert len(rows(WebhookDelivery)) == 1, "while it is paused nothing is written for it"
    with pytest.raises(Refused, match="webhook_paused"):
        webhooks.send_again(webhook, cast.zhou)
    webhooks.go_on(webhook, cast.zhou)
    assert webhooks.send_again(webhook, cast.zhou) == 1
    run(outside(poster=poster))
    assert states(WebhookDelivery) == [SendStatus.SENT]
    assert len(set(ids(poster))) == 1, "also sent again by hand it is the same"
    with pytest.raises(Refused, match="nothing_to_resend"):
        webhooks.send_again(rows(Webhook)[0], cast.zhou)


def test_one_that_says_it_is_gone_is_paused_at_once_and_what_waits_is_kept(make, cast):
    hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    make.case("submitted", phone="13900139001")
    poster = MemoryPoster(410)
    run(outside(poster=poster))
    assert rows(Webhook)[0].paused_at is not None
    run(outside(poster=poster), later=timedelta(hours=1))
    assert len(poster.posted) == 1
    assert [(row.status, row.error) for row in rows(WebhookDelivery)] == [(SendStatus.FAILED, "paused")] * 2


def test_too_many_failures_in_a_row_pause_it_before_everything_is_held_up(make, cast, monkeypatch):
    monkeypatch.setattr(webhooks, "FAILURES", 3)
    hook(cast.zhou, kinds=["case.submitted"])
    for n in range(3):
        make.case("submitted", phone=f"1390013900{n}")
    poster = MemoryPoster(*([500] * 9))
    run(outside(poster=poster))
    assert rows(Webhook)[0].paused_at is None, "a restart of the receiver is no reason"
    run(outside(poster=poster), later=timedelta(hours=1, minutes=1))
    assert rows(Webhook)[0].paused_at is not None
    assert len(poster.posted) == 4


def test_a_name_that_leads_inside_is_given_up_at_once(make, cast):
    hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    run(outside(poster=MemoryPoster(Forbidden("url_inside"))))
    (row,) = rows(WebhookDelivery)
    assert (row.status, row.error, row.tries) == (SendStatus.FAILED, "url_inside", 1)
    assert rows(Webhook)[0].paused_at is not None


def test_a_failed_test_pauses_nothing(cast):
    webhook = hook(cast.zhou, is_on=False)
    webhooks.test(webhook, cast.zhou)
    poster = MemoryPoster(500)
    run(outside(poster=poster))
    (row,) = rows(WebhookDelivery)
    assert (row.status, row.code) == (SendStatus.FAILED, 500)
    assert rows(Webhook)[0].paused_at is None
    assert json.loads(poster.posted[0][1])["type"] == "test"


def test_killed_between_posting_and_marking_the_next_try_has_the_same_id(make, cast):
    hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    db.session.commit()
    poster = MemoryPoster()
    job = worker.claim(("hooks",))
    begin(read_only=True)
    hooks.deliver(poster, job.payload)  # here the worker is killed
    db.session.rollback()
    run(outside(poster=poster), later=timedelta(minutes=6))
    assert len(poster.posted) == 2
    assert len(set(ids(poster))) == 1
    assert states(WebhookDelivery) == [SendStatus.SENT]


WORKER = """
import sys, threading
from datetime import UTC, datetime
from helpdesk import clock, create_app
from helpdesk.adapters.wake import NoBell
from helpdesk.jobs import registry, worker
url, folder, port, moment = sys.argv[1:5]
begun, moment = datetime.now(UTC), datetime.fromisoformat(moment)
clock.now = lambda: moment + (datetime.now(UTC) - begun)
app = create_app({"DATABASE_URL": url, "INSTANCE_DIR": folder, "SECRET_KEY": "only for tests", "PDF_ENGINE": "null",
                  "MAIL_URL": "", "MAIL_RETRY_SECONDS": 0, "PUBLIC_URL": "https://desk.example",
                  "WEBHOOK_LOCAL": True, "WEBHOOK_PORTS": (int(port),)})
with app.app_context():
    worker.work(registry.outside_from(app.config), NoBell(), threading.Event())
"""


def test_however_often_the_worker_is_killed_every_delivery_arrives_under_its_id(app, make, cast, tmp_path, monkeypatch):
    got: list[str] = []
    gate, dead = threading.Event(), threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            got.append(self.headers["webhook-id"])
            gate.set()
            dead.wait(60)  # taken, but the yes comes only when whoever asked has been killed
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads, server.handle_error = True, lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    monkeypatch.setitem(config._in_use, "WEBHOOK_LOCAL", True)
    monkeypatch.setitem(config._in_use, "WEBHOOK_PORTS", (port,))
    hook(cast.zhou, kinds=["case.submitted"], url=f"http://localhost:{port}/in")
    for n in range(4):
        make.case("submitted", phone=f"1390013900{n}")
    wanted = {row.uid for row in rows(WebhookDelivery)}
    uri = app.config["SQLALCHEMY_DATABASE_URI"]
    db.session.commit()
    db.session.remove()
    deaths, end = 0, time.monotonic() + 300
    try:
        while time.monotonic() < end:
            gate.clear()
            dead.clear() if deaths < 2 else dead.set()
            process = subprocess.Popen(
                [sys.executable, "-c", WORKER, uri, str(tmp_path), str(port), house_clock.now().isoformat()],
                cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            if deaths < 2:
                gate.wait(20)
                process.kill()
                process.wait(10)
                dead.set()
                deaths += 1
                continue
            while time.monotonic() < end and _waiting():
                time.sleep(0.1)
            process.kill()
            process.wait(10)
            break
    finally:
        server.shutdown()
        server.server_close()
    assert set(got) == wanted
    assert len(got) > len(wanted), "what the killed ones had sent was sent again, under the same ids"
    assert not _waiting()


def _waiting() -> int:
    count = len(rows_of_waiting())
    db.session.rollback()
    return count


def rows_of_waiting() -> list[int]:
    begin(read_only=True)
    query = select(WebhookDelivery.id).where(WebhookDelivery.status == SendStatus.WAITING)
    return list(db.session.scalars(query))


def test_what_is_late_is_seen(make, cast):
    robot(cast.wang, cast.station())
    hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    assert (channels.late(), webhooks.late(), webhooks.paused()) == (0, 0, 0)
    with house_clock.at(house_clock.now() + timedelta(minutes=20)):
        assert (channels.late(), webhooks.late()) == (1, 1)
    db.session.execute(update(Webhook).values(paused_at=house_clock.now()))
    assert webhooks.paused() == 1
