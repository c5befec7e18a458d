"""Group robots and other services through Apprise, which knows their addresses, limits and signatures.

Apprise judges most services by the HTTP status alone, while WeCom, DingTalk and Feishu answer 200 and put the refusal
into the body; and it uses proxies and credentials of the environment. So its plug-ins get a session of ours instead of
the module `requests`: bound to the service's own host, without environment or redirects, with short time-outs, and it
remembers the answer.
"""

from __future__ import annotations

import importlib
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from helpdesk.adapters.speak import SpeakRefused, SpeakTrouble

# Its warnings name keys.
logging.getLogger("apprise").disabled = True

HOSTS = {"wecombot": "qyapi.weixin.qq.com", "dingtalk": "oapi.dingtalk.com", "feishu": "open.feishu.cn"}
CLASSES = {"wecombot": "NotifyWeComBot", "dingtalk": "NotifyDingTalk", "feishu": "NotifyFeishu"}
# Their words for "too many messages, come again" (20 a minute at WeCom and DingTalk, 100 at Feishu) and "busy".
LATER = {-1, 45009, 130101, 130102, 11232, 1000004, 1000005}
# Seconds to connect and for each part of the answer.
TIMEOUT = (5, 10)


def robot_address(kind: str, key: str, secret: str | None = None) -> str:
    """The library's address of a group robot: `kind` is wecom, dingtalk or feishu."""
    scheme = "wecombot" if kind == "wecom" else kind
    return f"{scheme}://{secret}@{key}/" if secret else f"{scheme}://{key}/"


def is_address(address: str) -> bool:
    """Whether the library can make something of it. Asks nobody."""
    try:
        return _plugin(address) is not None
    except SpeakRefused:
        return False


class AppriseSpeaker:
    """Says a text at an address of the library."""

    _one_at_a_time = threading.Lock()

    def say(self, address: str, text: str) -> None:
        """One message, plain text. A robot speaks to its service's host and to no other."""
        plugin = _plugin(address)
        scheme = address.partition("://")[0]
        with self._one_at_a_time, _wired(plugin, HOSTS.get(scheme)) as wire:
            taken = plugin.notify(body=text, body_format="text")
        _judge(bool(taken), wire, must_use_wire=scheme in HOSTS)


def _plugin(address: str) -> Any:
    """The library's object for an address. A robot's is made from its own module: the search loads all two hundred."""
    from apprise import Apprise, AppriseAsset

    asset = AppriseAsset(
        app_id="Wenqu", async_mode=False, secure_logging=True, http_redirects=False, storage_mode="memory"
    )
    scheme = address.partition("://")[0]
    if scheme in CLASSES:
        robot = getattr(importlib.import_module(f"apprise.plugins.{scheme}"), CLASSES[scheme])
        try:
            return robot(**robot.parse_url(address), asset=asset)
        except TypeError:  # no address at all, or its AppriseImproperlyConfigured
            raise SpeakRefused("address") from None
    found = Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if found is None:
        raise SpeakRefused("address")
    return found


class _Wire:
    """Stands in for `requests` in a plug-in: the same names, but every call goes through our session."""

    VERBS = ("get", "post", "put", "patch", "delete", "head", "options")

    def __init__(self, host: str | None) -> None:
        self._requests = importlib.import_module("requests")
        self._session = self._requests.Session()
        self._session.trust_env = False
        self._session.adapters.clear()
        # What no adapter is mounted for cannot be asked: another host, or http.
        self._session.mount(f"https://{host}/" if host else "https://", self._requests.adapters.HTTPAdapter())
        self.status: int | None = None
        self.answer: Any = None

    def request(self, method: str, url: str, **how: Any) -> Any:
        how |= {"allow_redirects": False, "timeout": TIMEOUT, "verify": True}
        response = self._session.request(method, url, **how)
        self.status = response.status_code
        try:
            self.answer = response.json()
        except ValueError:
            self.answer = None
        return response

    def __getattr__(self, name: str) -> Any:
        if name in self.VERBS:
            return lambda url, *args, **how: self.request(name, url, **_named(name, args), **how)
        if name in ("Session", "session"):
            return lambda: self
        return getattr(self._requests, name)


def _named(verb: str, args: tuple[Any, ...]) -> dict[str, Any]:
    """What `requests` takes by place, by name."""
    return dict(zip(("params",) if verb == "get" else ("data", "json"), args, strict=False))


@contextmanager
def _wired(plugin: Any, host: str | None) -> Iterator[_Wire]:
    module = sys.modules[type(plugin).__module__]
    wire, real = _Wire(host), getattr(module, "requests", None)
    if real is None:  # a service that is spoken to in another way (by mail, by socket)
        yield wire
        return
    module.requests = wire  # type: ignore[attr-defined]
    try:
        yield wire
    finally:
        module.requests = real  # type: ignore[attr-defined]


def _judge(taken: bool, wire: _Wire, *, must_use_wire: bool) -> None:
    answer = wire.answer if isinstance(wire.answer, dict) else {}
    code = answer.get("errcode", answer.get("code", answer.get("StatusCode", 0))) if must_use_wire else 0
    if wire.status is None:
        if not taken or must_use_wire:
            raise SpeakTrouble("no connection")
        return
    if wire.status == 429 or wire.status >= 500 or code in LATER:
        raise SpeakTrouble(f"HTTP {wire.status}" + (f", {code}" if code else ""))
    if wire.status >= 300 or code:
        words = str(answer.get("errmsg") or answer.get("msg") or "")[:120]
        raise SpeakRefused(f"{code or f'HTTP {wire.status}'} {words}".strip())
    if not taken:
        raise SpeakTrouble(f"HTTP {wire.status}")
