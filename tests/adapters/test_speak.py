"""Group robots through the notification library: what goes where, what an answer means, and nothing else is asked."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import requests

from helpdesk.adapters.speak import SpeakRefused, SpeakTrouble, through_apprise
from helpdesk.adapters.speak.memory import MemorySpeaker
from helpdesk.adapters.speak.through_apprise import AppriseSpeaker, is_address, robot_address

KEY = "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
TOKEN = "0123456789abcdef0123456789abcdef"
SECRET = "SEC0123456789abcdef0123456789abcdef"


class Net:
    """Takes the place of the network under `requests`: what was asked, and what to answer."""

    def __init__(self) -> None:
        self.asked: list[requests.PreparedRequest] = []
        self.how: list[dict[str, Any]] = []
        self.answer: tuple[int, Any] | Exception = (200, {"errcode": 0, "errmsg": "ok"})

    def send(self, _adapter: Any, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        self.asked.append(request)
        self.how.append(how)
        if isinstance(self.answer, Exception):
            raise self.answer
        response = requests.Response()
        response.status_code, body = self.answer
        response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response.request, response.url = request, request.url or ""
        if response.status_code == 302:
            response.headers["Location"] = "https://127.0.0.1/"
        return response


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    net = Net()
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", lambda adapter, r, **how: net.send(adapter, r, **how))
    return net


ROBOTS = [
    (robot_address("wecom", KEY), f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"),
    (robot_address("dingtalk", TOKEN), f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}"),
    (robot_address("feishu", KEY), f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}/"),
]


@pytest.mark.parametrize(("address", "url"), ROBOTS)
def test_a_robot_speaks_to_its_services_host(net, address, url):
    AppriseSpeaker().say(address, "【新求助】SZ-26-00012\n想申报专精特新")
    assert [request.url for request in net.asked] == [url]
    body = json.loads(net.asked[0].body)
    assert "【新求助】SZ-26-00012\n想申报专精特新" in json.dumps(body, ensure_ascii=False).replace("\\n", "\n")
    assert net.how[0]["verify"] is True
    assert net.how[0]["timeout"] == through_apprise.TIMEOUT


def test_a_dingtalk_robot_with_a_secret_is_signed(net):
    AppriseSpeaker().say(robot_address("dingtalk", TOKEN, SECRET), "x")
    assert "sign=" in net.asked[0].url and "timestamp=" in net.asked[0].url
    assert SECRET not in net.asked[0].url


def test_proxies_and_credentials_of_the_environment_are_not_used(net, monkeypatch, tmp_path):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine qyapi.weixin.qq.com login a password b\n")
    monkeypatch.setenv("NETRC", str(netrc))
    AppriseSpeaker().say(ROBOTS[0][0], "x")
    assert not net.how[0]["proxies"]
    assert "Authorization" not in net.asked[0].headers


@pytest.mark.parametrize("address", [address for address, _ in ROBOTS])
@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ((200, {"errcode": 93000, "code": 9499, "errmsg": "invalid webhook url"}), SpeakRefused),
        ((200, {"errcode": 45009, "code": 11232, "errmsg": "freq out of limit"}), SpeakTrouble),
        ((200, {"errcode": -1, "code": 1000004}), SpeakTrouble),
        ((404, b"no"), SpeakRefused),
        ((302, b""), SpeakRefused),
        ((429, b""), SpeakTrouble),
        ((503, b""), SpeakTrouble),
        (requests.ConnectionError(f"cannot reach https://qyapi.weixin.qq.com/?key={KEY}"), SpeakTrouble),
        (requests.Timeout("slow"), SpeakTrouble),
    ],
    ids=str,
)
def test_what_an_answer_means(net, address, answer, meaning):
    """The services say no with a status of 200: the words decide. No error holds a key."""
    net.answer = answer
    with pytest.raises(meaning) as error:
        AppriseSpeaker().say(address, "x")
    assert KEY not in str(error.value) and TOKEN not in str(error.value)
    assert len(net.asked) == 1, "a redirect is not followed"


def test_no_other_host_and_no_plain_http_can_be_asked(net):
    wire = through_apprise._Wire("open.feishu.cn")
    for url in ("https://127.0.0.1/", "http://open.feishu.cn/", "https://open.feishu.cn.evil.example/"):
        with pytest.raises(requests.exceptions.InvalidSchema):
            wire.post(url, data="x")
    with pytest.raises(requests.exceptions.InvalidSchema):
        through_apprise._Wire(None).get("http://10.0.0.1/")
    assert net.asked == []


def test_keys_are_not_logged(net, caplog):
    net.answer = (404, b"no")
    with caplog.at_level(logging.DEBUG), pytest.raises(SpeakRefused):
        AppriseSpeaker().say(ROBOTS[0][0], "x")
    assert KEY not in caplog.text


def test_the_librarys_module_is_as_it_was_afterwards(net):
    from apprise.plugins import wecombot

    AppriseSpeaker().say(ROBOTS[0][0], "x")
    assert wecombot.requests is requests


def test_what_the_library_does_not_know_is_no_address():
    assert is_address("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/")
    for text in ("", "nonsense", "nosuch://x/y", "wecombot://"):
        assert not is_address(text), text
    with pytest.raises(SpeakRefused):
        AppriseSpeaker().say("nosuch://x", "y")


def test_another_service_speaks_through_the_same_session(net):
    net.answer = (200, b"ok")
    AppriseSpeaker().say("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "x")
    assert net.asked[0].url.startswith("https://hooks.slack.com/")
    assert net.how[0]["timeout"] == through_apprise.TIMEOUT
    net.answer = (403, b"no")
    with pytest.raises(SpeakRefused):
        AppriseSpeaker().say("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/", "x")


def test_the_twin_in_memory_keeps_what_was_said():
    speaker = MemorySpeaker(SpeakTrouble("x"))
    with pytest.raises(SpeakTrouble):
        speaker.say("a", "b")
    speaker.say("a", "b")
    assert speaker.said == [("a", "b")]
