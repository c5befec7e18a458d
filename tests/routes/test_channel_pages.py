"""Channels and webhooks as a browser meets them."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.db import begin, db, transaction
from helpdesk.domain import channels, webhooks
from helpdesk.models import NewsChannel, SendStatus, Webhook, WebhookDelivery
from tests.cast import LONGGANG
from tests.domain.test_channels import KEY, hook, robot

NEW = {"kind": "wecom", "name": "南山站工作群", "key": f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
       "topics": ["arrivals", "limits"], "quiet_from": "20:00", "quiet_to": "08:30", "locale": "zh_Hans_CN",
       "is_on": "y"}  # fmt: skip


def only(model):
    """The one row there is, as the database has it now; no transaction stays open."""
    db.session.rollback()
    begin(read_only=True)
    row = db.session.scalars(select(model).execution_options(populate_existing=True)).one()
    db.session.commit()
    return row


def test_a_coordinator_adds_a_robot_from_the_stations_page_and_tests_it(browser, cast):
    station = cast.station()
    page = browser.get(f"/station-settings/{station.id}", as_="wang")
    link = next(a.get("href") for a in page.all("a") if "/channels/new" in (a.get("href") or ""))
    browser.get(link, as_="wang")
    made = browser.post("/channels/new", {**NEW, "station": str(station.id)}, as_="wang", page=link)
    channel = only(NewsChannel)
    assert (channel.key, channel.topics, channel.station_id) == (KEY, ["arrivals", "limits"], station.id)
    shown = browser.get(made.location, as_="wang")
    assert shown.says("还没有。先发一条测试消息。")
    browser.post(f"/channels/{channel.id}/test", {}, as_="wang", page=made.location)
    waiting = browser.get(made.location, as_="wang")
    assert waiting.says("待发")
    assert waiting.all("section", id="history")[0].get("hx-get") == f"/channels/{channel.id}"
    piece = browser.get(f"/channels/{channel.id}", as_="wang", htmx=True)
    assert "<html" not in piece.text
    with transaction():
        channels.mark_failed([channels.history(channel)[0].id], "93000 invalid webhook url")
    over = browser.get(made.location, as_="wang")
    assert over.says("93000 invalid webhook url") and over.says("发不出去") and over.says("有问题")
    assert over.all("section", id="history")[0].get("hx-get") is None
    listed = browser.get(f"/station-settings/{station.id}", as_="wang")
    assert listed.says("南山站工作群") and listed.says("新到、时限，20:00–08:30 免打扰")


def test_a_key_is_never_shown_again(browser, cast):
    channel = robot(cast.zhou, cast.station())
    db.session.commit()
    for url, who in (
        (f"/channels/{channel.id}", "wang"),
        ("/channels", "wang"),
        ("/channels", "zhou"),
        (f"/station-settings/{channel.station_id}", "wang"),
    ):
        page = browser.get(url, as_=who)
        assert KEY not in page.text
        assert page.says(f"****{KEY[-4:]}")
    refused = browser.post(
        f"/channels/{channel.id}", {"key": "x"}, as_="wang", page=f"/channels/{channel.id}", expect=422
    )
    assert KEY not in refused.text


def test_another_stations_channel_is_not_found(browser, cast):
    channel = robot(cast.wang, cast.station())
    corps = robot(cast.zhou, None)
    db.session.commit()
    for row in (channel.id, corps.id, 99999):
        browser.get(f"/channels/{row}", as_="zhao", expect=404)
        for act in ("test", "resend", "retirement"):
            browser.post(f"/channels/{row}/{act}", {}, as_="zhao", page="/channels", expect=404)
    browser.get(f"/channels/{corps.id}", as_="wang", expect=404)
    browser.get(f"/channels/{channel.id}", as_="zhou")
    for who in ("chen", "lin", "li", "feng", "sun"):
        browser.get("/channels", as_=who, expect=403)
        browser.get(f"/channels/{channel.id}", as_=who, expect=404)
    assert not browser.get("/channels", as_="zhao").says("工作群")


@pytest.mark.parametrize(
    ("bad", "field", "words"),
    [
        ({"key": "http://127.0.0.1/"}, "key", "这不是机器人的地址"),
        ({"key": ""}, "key", "这不是机器人的地址"),
        ({"name": ""}, "name", "请起个名称"),
        ({"topics": []}, "topics", "请至少选一样"),
        ({"topics": ["nonsense"]}, "topics", ""),
        ({"kind": ""}, "kind", "请选一项"),
        ({"kind": "other"}, "kind", "请选一项"),
        ({"kind": "nonsense"}, "kind", "请选一项"),
        ({"quiet_from": "25:00"}, "quiet_from", "请写成 22:00"),
        ({"quiet_to": ""}, "quiet_to", "免打扰要有开始和结束"),
        ({"quiet_from": ""}, "quiet_from", "免打扰要有开始和结束"),
        ({"kind": "dingtalk", "key": "a" * 32, "secret": "no secret"}, "secret", "这不是加签密钥"),
        ({"station": "99999"}, "station", ""),
        ({"locale": "tlh"}, "locale", ""),
        ({"name": "长" * 61}, "name", "超了 1 个字"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_what_was_typed_stays(browser, cast, bad, field, words):
    page = browser.post(
        "/channels/new", {**NEW, "station": str(cast.station().id), **bad}, as_="wang", page="/channels/new", expect=422
    )
    assert any(p.get("id") == f"{field}-e" for p in page.all("p")), page.words
    assert page.says(words) if words else True
    if "name" not in bad:
        assert page.all("input", id="name")[0].get("value") == "南山站工作群"
    assert db.session.scalars(select(NewsChannel)).all() == []


def test_a_coordinator_cannot_give_the_corps_or_another_station_a_channel(browser, cast):
    for station in ("", str(cast.station(LONGGANG).id)):
        browser.post("/channels/new", {**NEW, "station": station}, as_="wang", page="/channels/new", expect=422)
    browser.post("/channels/new", {**NEW, "station": ""}, as_="zhou", page="/channels/new")
    assert only(NewsChannel).station_id is None


def test_it_is_changed_and_taken_away(browser, cast):
    channel = robot(cast.wang, cast.station())
    db.session.commit()
    url = f"/channels/{channel.id}"
    form = browser.get(url, as_="wang").form(url)
    assert form["key"] == ""
    browser.post(url, {**form, "name": "新名字", "topics": ["limits"]}, as_="wang", page=url)
    changed = only(NewsChannel)
    assert (changed.name, changed.key, changed.topics) == ("新名字", KEY, ["limits"])
    db.session.commit()
    assert browser.post(url, {**form, "topics": ["limits"]}, as_="wang", page=url, expect=422).says("刚才有人改过")
    browser.post(f"{url}/retirement", {}, as_="wang", page=url)
    browser.get(url, as_="wang", expect=404)
    assert only(NewsChannel).key == ""


# --- webhooks ---


def test_a_secret_is_shown_once(browser, cast):
    form = {"url": "https://hook.example/in", "kinds": ["case.submitted", "case.closed"], "is_on": "y"}
    made = browser.post("/webhooks/new", form, as_="zhou", page="/webhooks/new", expect=200)
    webhook = only(Webhook)
    secret = webhook.secret
    assert re.search(r"whsec_[A-Za-z0-9+/=]{44}", made.text)[0] == secret
    assert webhook.kinds == ["case.submitted", "case.closed"]
    db.session.commit()
    for url in ("/webhooks", f"/webhooks/{webhook.id}", f"/webhooks/{webhook.id}/deliveries"):
        assert secret not in browser.get(url, as_="zhou").text
    again = browser.post(f"/webhooks/{webhook.id}/secret", {}, as_="zhou", page=f"/webhooks/{webhook.id}", expect=200)
    fresh = only(Webhook).secret
    assert fresh != secret
    assert fresh in again.text and secret not in again.text
    twice = browser.post("/webhooks/new", form, as_="zhou", page="/webhooks/new", expect=422)
    assert twice.says("已经有这个地址了")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hook.example/", "地址要以 https:// 开头"),
        ("https://127.0.0.1/", "不能是 IP 地址"),
        ("https://2130706433/", "不能是 IP 地址"),
        ("https://localhost/", "不能是 IP 地址"),
        ("https://user:pass@hook.example/", "地址里不能带账号密码"),
        ("https://hook.example:22/", "这个端口不在许可之列"),
        ("https://１２７.０.０.１/", "这个地址看不懂"),
        ("", "请填 https:// 开头的地址"),
        ("https://hook.example/" + "x" * 500, "超了 21 个字"),
    ],
)
def test_a_bad_address_is_said_beside_it(browser, cast, url, words):
    page = browser.post(
        "/webhooks/new", {"url": url, "kinds": ["case.closed"]}, as_="zhou", page="/webhooks/new", expect=422
    )
    assert any(p.get("id") == "url-e" for p in page.all("p"))
    assert page.says(words)
    assert page.all("input", id="url")[0].get("value") == (url or "")
    assert page.all("input", value="case.closed")[0].get("checked") is not None


def test_kinds_are_said_beside_them(browser, cast):
    page = browser.post("/webhooks/new", {"url": "https://hook.example/"}, as_="zhou", page="/webhooks/new", expect=422)
    assert page.all("p", id="kinds-e")


def test_webhooks_are_for_the_operator(browser, cast):
    webhook = hook(cast.zhou)
    db.session.commit()
    for who in ("wang", "li", "feng", "sun", "chen", "lin"):
        browser.get("/webhooks", as_=who, expect=403)
        browser.get(f"/webhooks/{webhook.id}", as_=who, expect=403)
        browser.post(f"/webhooks/{webhook.id}/secret", {}, as_=who, page="/", expect=403)
    browser.get("/webhooks/99999", as_="zhou", expect=404)


def test_what_did_not_arrive_is_seen_and_sent_again(browser, make, cast, clock):
    webhook = hook(cast.zhou, kinds=["case.submitted"])
    make.case("submitted")
    db.session.commit()
    row = only(WebhookDelivery)
    with transaction():
        webhooks.stumbled(row.id, "HTTP 500", 500)
        webhooks.mark_failed(row.id)
    url = f"/webhooks/{webhook.id}/deliveries"
    page = browser.get(url, as_="zhou")
    for words in ("500", "试了 1 次", "发不出去", "一直不通", row.uid):
        assert page.says(words), words
    assert browser.get("/overview", as_="zhou").says("有 1 个推送地址一直不通，已经暂停")
    assert not browser.get("/overview", as_="li").says("推送地址")
    told = browser.open("/health").get_json()
    assert (told["webhooks_paused"], told["webhook_deliveries_late"], told["channel_messages_late"]) == (1, 0, 0)
    browser.post(f"{url}/resend", {"delivery": "x"}, as_="zhou", page=url)
    assert only(WebhookDelivery).status is SendStatus.FAILED
    db.session.commit()
    browser.post(f"/webhooks/{webhook.id}/continuation", {}, as_="zhou", page=url)
    browser.post(f"{url}/resend", {"delivery": str(row.id)}, as_="zhou", page=url)
    assert only(WebhookDelivery).status is SendStatus.WAITING
    db.session.commit()
    browser.get(f"{url}?state=failed&before=99", as_="zhou")
    browser.get(f"{url}?state=nonsense&before=-1", as_="zhou")
    browser.post(f"/webhooks/{webhook.id}/test", {}, as_="zhou", page=url)
    browser.post(f"/webhooks/{webhook.id}/test", {}, as_="zhou", page=url)
    assert browser.get(url, as_="zhou").says("测试")
    browser.post(f"/webhooks/{webhook.id}/retirement", {}, as_="zhou", page=url)
    browser.get(url, as_="zhou", expect=404)


def test_late_things_are_on_the_health_page_and_the_overview(browser, make, cast):
    robot(cast.wang, cast.station())
    make.case("submitted")
    db.session.commit()
    assert browser.open("/health").get_json()["channel_messages_late"] == 0
    with house_clock.at(house_clock.now().replace(hour=3)):
        assert browser.open("/health").get_json()["channel_messages_late"] == 1
        assert browser.get("/overview", as_="zhou").says("有 1 条群消息或短信该发没发")


def test_texts_that_did_not_leave_are_the_operators_to_send_again(browser, make, cast, monkeypatch):
    monkeypatch.setitem(config._in_use, "SMS_URL", "nosuch://{phone}/")
    make.case("submitted", phone="13900139000")
    with_text = channels.News
    db.session.commit()
    news = only(with_text)
    with transaction():
        channels.mark_failed([news.id], "HTTP 403")
    page = browser.get("/channels", as_="zhou")
    assert page.says("短信") and page.says("HTTP 403") and "13900139000" not in page.text
    assert not browser.get("/channels", as_="wang").says("短信")
    browser.post("/channels/texts/resend", {}, as_="wang", page="/channels", expect=403)
    browser.post("/channels/texts/resend", {}, as_="zhou", page="/channels")
    assert only(with_text).status is SendStatus.WAITING


def test_everything_that_is_wrong_is_said_at_once(browser, cast):
    typed = {"kind": "wecom", "name": "", "key": "nonsense", "station": "", "quiet_from": "25 点", "quiet_to": "7:00",
             "locale": "zh_Hans_CN"}  # fmt: skip
    page = browser.post("/channels/new", typed, as_="wang", page="/channels/new", expect=422)
    said = {p.get("id") for p in page.all("p") if (p.get("id") or "").endswith("-e")}
    assert {"name-e", "key-e", "topics-e", "quiet_from-e", "station-e"} <= said
    only_key = {**typed, "name": "群", "topics": ["arrivals"], "quiet_from": "22:00", "station": str(cast.station().id)}
    page = browser.post("/channels/new", only_key, as_="wang", page="/channels/new", expect=422)
    assert [p.get("id") for p in page.all("p") if (p.get("id") or "").endswith("-e")] == ["key-e"]
