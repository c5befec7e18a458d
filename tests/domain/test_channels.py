"""What channels, phones and webhooks are told: rows of the event's transaction, without anybody's name."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.db import db
from helpdesk.domain import assignment, channels, consultation, record, transfers, webhooks
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import ChannelKind, Event, Job, News, SendStatus, WebhookDelivery
from helpdesk.presentation import hooks_page, news_words
from helpdesk.rules import channels as rules
from helpdesk.rules.events import BY_KIND, EVENTS
from helpdesk.rules.mailing import GROUP_OF
from tests.cast import LONGGANG

KEY = "693a91f6-7abc-4bc4-97a0-0ec2sifa5aaa"
TOKEN = "0123456789abcdef0123456789abcdef"


def robot(by, station, **more):
    values = {
        "kind": ChannelKind.WECOM, "name": "工作群", "key": KEY, "secret": "", "topics": rules.TOPIC_NAMES,
        "locale": "zh_Hans_CN", "quiet_from": None, "quiet_to": None, "is_on": True,
        "station_id": station.id if station is not None else None,
    } | more  # fmt: skip
    return channels.write_channel(by, None, **values)


def changed(channel, by, **more):
    values = {
        "kind": channel.kind, "name": channel.name, "key": "", "secret": "", "topics": channel.topics,
        "locale": channel.locale, "quiet_from": channel.quiet_from, "quiet_to": channel.quiet_to,
        "is_on": channel.is_on, "station_id": None,
    } | more  # fmt: skip
    return channels.write_channel(by, channel, **values)


def hook(by, **more):
    return webhooks.put(by, None, **({"url": "https://hook.example/in", "kinds": webhooks.KINDS, "is_on": True} | more))


def told(channel, case=None):
    query = select(News).where(News.channel_id == channel.id).order_by(News.id)
    return [n.event.kind for n in db.session.scalars(query) if n.event and (case is None or n.case_id == case.id)]


@pytest.fixture
def setting(monkeypatch):
    def put(**values):
        for name, value in values.items():
            monkeypatch.setitem(config._in_use, name, value)

    return put


# --- the tables ---


def test_everything_a_desk_is_told_is_in_one_topic_and_nothing_else_is():
    kinds = [kind for topic in rules.TOPICS for kind in topic.kinds]
    assert len(kinds) == len(set(kinds))
    assert set(kinds) == {row.kind for row in EVENTS if rules.is_for_a_desk(row.kind)}
    assert all("company" in BY_KIND[kind].tells for kind in rules.TEXTS)


def test_every_kind_that_is_told_has_a_word():
    assert set(news_words.KINDS) == set(webhooks.KINDS)
    assert set(GROUP_OF) - set(webhooks.KINDS) == {"note.mentioned"}, "what is said inside the house stays there"


# --- channels ---


def test_what_happens_at_a_station_is_a_row_for_its_channels_in_the_same_transaction(make, cast):
    ours, theirs = robot(cast.wang, cast.station()), robot(cast.zhao, cast.station(LONGGANG))
    corps = robot(cast.zhou, None)
    db.session.commit()
    case = make.case("submitted")
    assert told(ours) == ["case.submitted"]
    assert told(theirs) == []
    assert told(corps) == ["case.submitted"]
    assert db.session.scalar(select(func.count()).select_from(Job).where(Job.name == channels.SEND)) == 2
    db.session.rollback()
    assert told(ours) == []
    assert case is not None


def test_a_channel_hears_only_the_topics_it_wishes_for_and_only_while_it_is_on(make, cast):
    channel = robot(cast.wang, cast.station(), topics=["back"])
    case = make.case("offered")
    assignment.decline(make.offer(case), cast.chen, reason="no_time")
    assert told(channel) == ["case.declined"]
    changed(channel, cast.wang, is_on=False)
    make.case("submitted", phone="13900139009")
    assert told(channel) == ["case.declined"]


def test_the_station_that_a_transfer_asks_is_told(make, cast):
    theirs, corps = robot(cast.zhao, cast.station(LONGGANG)), robot(cast.zhou, None, topics=["limits"])
    case = make.case("triaged")
    transfers.request(case, cast.wang, to=cast.station(LONGGANG), reason="就近")
    assert told(theirs) == ["case.transfer_requested"]
    for kind in ("case.at_risk", "case.overdue", "case.overdue_for_district", "case.overdue_for_operator"):
        record.event(case, kind, cast.wang, promise="triage")
    assert told(corps) == ["case.overdue_for_operator"], "of promises the corps hears what was passed up to it"


def test_a_note_is_never_told(make, cast):
    channel = robot(cast.wang, cast.station())
    case = make.case("consulting")
    before = told(channel)
    consultation.note(case, cast.wang, body="这家企业脾气不好", form_key="n1")
    assert told(channel) == before


@pytest.mark.parametrize(
    ("begin", "end", "happens", "leaves"),
    [
        ("20:00", "08:30", "19:59", "18 19:59"),
        ("20:00", "08:30", "20:00", "19 08:30"),
        ("20:00", "08:30", "23:59", "19 08:30"),
        ("20:00", "08:30", "00:00", "18 08:30"),
        ("20:00", "08:30", "08:29", "18 08:30"),
        ("20:00", "08:30", "08:30", "18 08:30"),
        ("12:00", "14:00", "13:00", "18 14:00"),
        ("12:00", "14:00", "14:00", "18 14:00"),
        ("12:00", "14:00", "11:59", "18 11:59"),
    ],
)
def test_what_falls_into_quiet_hours_leaves_at_their_end(begin, end, happens, leaves):
    hour, minute = map(int, happens.split(":"))
    moment = house_clock.from_local(datetime(2026, 11, 18).date(), hour, minute)  # noqa: DTZ001
    found = house_clock.local(rules.leaves_at(moment, time.fromisoformat(begin), time.fromisoformat(end)))
    assert f"{found:%d %H:%M}" == leaves


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.times(),
    st.times(),
)
def test_quiet_hours_never_hold_longer_than_a_day_nor_let_out_inside(moment, begin, end):
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    leaves = rules.leaves_at(moment, begin, end)
    assert moment <= leaves <= moment + timedelta(days=1)
    assert rules.leaves_at(leaves, begin, end) == leaves
    assert rules.leaves_at(moment, None, None) == moment


def test_what_was_quiet_becomes_one_message(make, cast):
    channel = robot(cast.wang, cast.station(), quiet_from=time(9), quiet_to=time(18))
    for n in range(15):
        make.case("submitted", phone=f"139001390{n:02}")
    rows = list(db.session.scalars(select(News).where(News.channel_id == channel.id).order_by(News.id)))
    assert {f"{house_clock.local(row.leaves_at):%H:%M}" for row in rows} == {"18:00"}
    assert channels.together(rows[0]) == []
    with house_clock.at(rows[0].leaves_at):
        assert channels.together(rows[3]) == rows
        text = news_words.text_of(rows)
    assert text.startswith("【15 条进展】\n1. 新求助 SZ-26-")
    assert "还有 3 条" in text
    assert len(text.encode()) <= news_words.LONGEST


def test_a_long_message_is_cut_and_keeps_its_way_in(make, cast):
    robot(cast.wang, cast.station())
    case = make.case("submitted")
    case.title = "长" * 2000
    row = db.session.scalars(select(News)).one()
    text = news_words.text_of([row])
    assert len(text.encode()) <= news_words.LONGEST
    assert text.endswith(f"…\nhttps://desk.example/cases/{case.number}")


def test_a_message_speaks_the_channels_language(make, cast):
    robot(cast.wang, cast.station(), locale="en")
    make.case("submitted")
    text = news_words.text_of(db.session.scalars(select(News)).all())
    assert "New request" in text


PRIVATE = {
    "name": "林女士", "phone": "13800138000", "tel": "0755-8612 3456", "mail": "lin@southlight.example",
    "company": "南山光电", "expert": "陈明远", "words": "脾气不好", "code": "91440300MA5TEXT01",
}  # fmt: skip


def test_no_payload_of_any_kind_of_event_holds_personal_data(make, cast, setting):
    """Every kind of event with every fact set to something private; the title is as careless as titles are."""
    setting(SMS_URL="nosuch://{phone}")
    channel, corps, webhook = robot(cast.wang, cast.station()), robot(cast.zhou, None), hook(cast.zhou)
    case = make.case("consulting", phone=PRIVATE["phone"], email=PRIVATE["mail"])
    case.title = f"南山光电{PRIVATE['name']}想问政策，电话{PRIVATE['phone']}或{PRIVATE['tel']}，邮箱{PRIVATE['mail']}"
    number = case.number
    for row in db.session.scalars(select(News)):
        db.session.delete(row)
    db.session.flush()
    everything = "，".join(PRIVATE.values())
    for kind in EVENTS:
        facts = dict.fromkeys(kind.facts, everything) | {name: 1 for name in kind.facts if name.endswith("_id")}
        record.event(case, kind.kind, cast.chen, receiver_station_id=cast.station().id, **facts)
    news = list(db.session.scalars(select(News).where(News.channel_id.in_((channel.id, corps.id)))))
    assert {n.event.kind for n in news} == set(rules.TOPIC_OF)
    deliveries = webhooks.deliveries(webhook, size=500)
    assert {d.kind for d in deliveries} == set(webhooks.OF_CASES)
    texts = [news_words.text_of([n]) for n in news] + [news_words.text_of(news)]
    texts += [json.dumps(hooks_page.body_of(d), ensure_ascii=False) for d in deliveries]
    for text in texts:
        assert number in text
        for what, private in PRIVATE.items():
            assert private not in text, f"{what} in {text}"
        assert "13800138000" not in text.replace(" ", "").replace("-", "")


def test_a_webhook_is_told_facts_and_codes(make, cast):
    webhook = hook(cast.zhou, kinds=["case.accepted"])
    case = make.case("accepted")
    (row,) = webhooks.deliveries(webhook)
    body = hooks_page.body_of(row)
    assert set(body) == {"id", "type", "timestamp", "data"}
    assert body["id"].startswith("msg_") and body["type"] == "case.accepted"
    assert body["timestamp"] == "2026-11-18T02:00:00Z"
    assert body["data"] == {
        "number": case.number, "state": "accepted", "category": "policy", "district": "440305",
        "station": case.station.code, "link": f"https://desk.example/cases/{case.number}",
    }  # fmt: skip


def test_what_is_told_stays_what_it_was(make, cast):
    webhook = hook(cast.zhou, kinds=["case.triaged"])
    case = make.case("triaged")
    before = hooks_page.body_of(webhooks.deliveries(webhook)[0])
    case.category_code, case.district = "legal", LONGGANG
    db.session.flush()
    assert hooks_page.body_of(webhooks.deliveries(webhook)[0]) == before


def test_an_offer_undone_before_it_left_is_not_told(make, cast, setting):
    setting(OFFER_UNDO_SECONDS=10)
    webhook = hook(cast.zhou)
    case = make.case("offered")
    assignment.undo(case, cast.wang)
    offered = [row for row in webhooks.deliveries(webhook) if row.kind == "case.offered"]
    assert [(row.status, row.error) for row in offered] == [(SendStatus.DROPPED, "undone")]


def test_the_signature_is_that_of_standard_webhooks():
    """The example of the specification, and reckoned again by other means."""
    secret, uid = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek"
    moment, body = datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}'
    headers = webhooks.signed(secret, uid, moment, body)
    assert headers == {
        "webhook-id": uid,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    key = base64.b64decode(secret[6:])
    again = hmac.digest(key, b"%s.1614265330.%s" % (uid.encode(), body), hashlib.sha256)
    assert base64.b64decode(headers["webhook-signature"][3:]) == again


# --- who may, and what is refused ---


def test_a_coordinator_gives_the_own_station_a_robot_and_nobody_elses(cast):
    channel = robot(cast.wang, cast.station())
    for by, station in ((cast.wang, cast.station(LONGGANG)), (cast.wang, None)):
        with pytest.raises(Refused, match="station_missing"):
            robot(by, station)
    for by in (cast.zhao, cast.chen, cast.li, cast.feng, cast.sun):
        with pytest.raises(NotAllowed):
            changed(channel, by, name="x")
    with pytest.raises(NotAllowed):
        robot(cast.chen, cast.station())
    assert channels.listed(cast.zhao) == []
    assert channels.listed(cast.wang) == [channel]
    assert channels.listed(cast.zhou) == [channel]


def test_other_addresses_are_the_operators_where_the_setting_admits_their_kind(cast, setting):
    slack = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"
    values = {"kind": ChannelKind.OTHER, "key": slack}
    with pytest.raises(Refused, match="channel_kind"):
        robot(cast.zhou, None, **values)
    setting(CHANNEL_SCHEMES=("slack",))
    with pytest.raises(Refused, match="channel_kind"):
        robot(cast.wang, cast.station(), **values)
    assert robot(cast.zhou, None, **values).key == slack
    for address in ("json://10.0.0.1/", "slack://x", "slacks", "", "https://hooks.slack.com/x"):
        with pytest.raises(Refused, match="channel_address"):
            robot(cast.zhou, None, kind=ChannelKind.OTHER, key=address)


@pytest.mark.parametrize(
    ("kind", "pasted", "key"),
    [
        (ChannelKind.WECOM, f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}", KEY),
        (ChannelKind.WECOM, f"  {KEY} ", KEY),
        (ChannelKind.DINGTALK, f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}", TOKEN),
        (ChannelKind.FEISHU, f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}", KEY),
        (ChannelKind.WECOM, "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send?key=" + KEY, None),
        (ChannelKind.WECOM, f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}", None),
        (ChannelKind.WECOM, f"{KEY}/../x", None),
        (ChannelKind.WECOM, f"{KEY}&mentioned=1", None),
        (ChannelKind.DINGTALK, f"{TOKEN}@evil.example", None),
        (ChannelKind.FEISHU, "", None),
        (ChannelKind.FEISHU, "http://127.0.0.1/", None),
        (ChannelKind.DINGTALK, "１２３４５６７８９０１２３４５６７", None),
    ],
)
def test_the_key_is_read_out_of_what_was_pasted(cast, kind, pasted, key):
    if key is None:
        with pytest.raises(Refused) as refused:
            robot(cast.wang, cast.station(), kind=kind, key=pasted)
        assert (refused.value.code, refused.value.field) == ("channel_key", "key")
    else:
        assert robot(cast.wang, cast.station(), kind=kind, key=pasted).key == key


def test_what_else_is_refused(cast):
    for code, field, more in (
        ("channel_name", "name", {"name": " "}),
        ("channel_topics", "topics", {"topics": ["nonsense"]}),
        ("quiet_hours", "quiet_to", {"quiet_from": time(8)}),
        ("quiet_hours", "quiet_to", {"quiet_from": time(8), "quiet_to": time(8)}),
        ("channel_secret", "secret", {"kind": ChannelKind.DINGTALK, "key": TOKEN, "secret": "x y"}),
    ):
        with pytest.raises(Refused) as refused:
            robot(cast.wang, cast.station(), **more)
        assert (refused.value.code, refused.value.field) == (code, field)
    for n in range(channels.MOST_CHANNELS):
        robot(cast.wang, cast.station(), name=f"群{n}")
    with pytest.raises(Refused, match="too_many_channels"):
        robot(cast.wang, cast.station())


def test_an_empty_key_keeps_the_old_one_and_an_old_form_is_refused(cast):
    channel = robot(cast.wang, cast.station(), kind=ChannelKind.DINGTALK, key=TOKEN, secret="SEC" + TOKEN)
    changed(channel, cast.wang, name="改名", seen=1)
    assert (channel.name, channel.key, channel.secret) == ("改名", TOKEN, "SEC" + TOKEN)
    with pytest.raises(Refused, match="channel_changed_meanwhile"):
        changed(channel, cast.wang, seen=1)
    changed(channel, cast.wang, key="f" * 32)
    assert channel.key == "f" * 32


def test_a_channel_that_is_taken_away_forgets_its_key(make, cast):
    channel = robot(cast.wang, cast.station())
    make.case("submitted")
    channels.retire(channel, cast.wang)
    db.session.expire_all()
    assert (channel.key, channel.is_on) == ("", False)
    assert [n.status for n in channels.history(channel)] == [SendStatus.DROPPED]
    assert channels.listed(cast.wang) == []


def test_webhooks_are_the_operators(cast):
    webhook = hook(cast.zhou)
    for by in (cast.wang, cast.li, cast.feng, cast.sun, cast.chen):
        for act in (lambda by=by: hook(by), lambda by=by: webhooks.renew_secret(webhook, by),
                    lambda by=by: webhooks.go_on(webhook, by), lambda by=by: webhooks.retire(webhook, by)):  # fmt: skip
            with pytest.raises(NotAllowed):
                act()
    for code, more in (
        ("webhook_twice", {}),
        ("webhook_kinds", {"url": "https://other.example", "kinds": ["note.posted", "x"]}),
        ("url_scheme", {"url": "http://hook.example"}),
        ("url_host", {"url": "https://127.0.0.1"}),
        ("url_host", {"url": "https://2130706433"}),
        ("url_person", {"url": "https://a:b@hook.example"}),
        ("url_port", {"url": "https://hook.example:22"}),
        ("url_form", {"url": "https://１２７.０.０.１"}),
    ):
        with pytest.raises(Refused, match=code):
            hook(cast.zhou, **more)
    assert webhook.secret.startswith("whsec_") and len(base64.b64decode(webhook.secret[6:])) == 32


# --- texts ---


def texts():
    return [(n.phone, n.event.kind) for n in db.session.scalars(select(News).where(News.phone.is_not(None)))]


def test_without_the_setting_nobody_gets_a_text(make):
    make.case("answered")
    assert texts() == []


def test_a_company_without_an_address_gets_the_few_texts_that_matter(make, cast, setting):
    setting(SMS_URL="nosuch://{phone}")
    case = make.case("consulting", phone="13900139000")
    consultation.ask(case, cast.chen, question="去年的营收是多少？", form_key="ask")
    consultation.reply(case, make.link(case), body="三百万", form_key="s")
    assert texts() == [("13900139000", "case.submitted"), ("13900139000", "case.asked")]
    rows = list(db.session.scalars(select(News).where(News.phone.is_not(None))))
    first, second = (news_words.text_of([row]) for row in rows)
    assert first == f"【问渠】收到您的求助 {case.number}，看进展：https://desk.example/t/{case.tracking_token}"
    assert "营收" not in second and case.tracking_token in second
    assert channels.address_of(rows[0]) == "nosuch://13900139000"


def test_who_left_an_address_gets_letters_and_no_texts(make, cast, setting):
    setting(SMS_URL="nosuch://{phone}")
    make.case("answered", email="lin@southlight.example")
    cast.account("lin").email = "lin@desk.example"
    make.case("submitted", phone="13900139001", sent_by=cast.lin)
    make.case("submitted", phone="075586123456")
    assert texts() == [], "and a telephone on a desk takes none"


def test_a_number_gets_so_many_texts_a_day_and_all_together_so_many_an_hour(make, setting, monkeypatch):
    setting(SMS_URL="nosuch://{phone}", SMS_A_DAY=1)
    make.case("answered", phone="13900139000")
    assert texts() == [("13900139000", "case.submitted")]
    monkeypatch.setattr(channels, "TEXTS_AN_HOUR", 3)
    with house_clock.at(house_clock.now() + timedelta(days=1, minutes=1)):
        for n in range(5):
            make.case("submitted", phone=f"1390013900{n}")
    assert [phone for phone, _ in texts()] == ["13900139000", "13900139000", "13900139001", "13900139002"]


def test_an_event_is_told_once_however_often_it_is_written(make, cast):
    channel, webhook = robot(cast.wang, cast.station()), hook(cast.zhou)
    make.case("closed")
    events = select(func.count()).select_from(Event)
    assert len(told(channel)) <= db.session.scalar(events)
    ids = db.session.scalars(select(WebhookDelivery.event_id).where(WebhookDelivery.webhook_id == webhook.id)).all()
    assert len(ids) == len(set(ids))
