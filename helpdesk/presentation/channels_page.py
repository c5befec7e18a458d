"""Channels in words: what one is told of, how it went lately, what lies there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import channels, webhooks
from helpdesk.i18n import N_, counted
from helpdesk.models import ChannelKind, News, NewsChannel, SendStatus
from helpdesk.presentation import filters, news_words, outage_words
from helpdesk.presentation.words import named
from helpdesk.rules.channels import TOPICS, masked
from helpdesk.rules.identifiers import mask_phone

KINDS: dict[ChannelKind, str] = {
    ChannelKind.WECOM: N_("企业微信群机器人"),
    ChannelKind.DINGTALK: N_("钉钉群机器人"),
    ChannelKind.FEISHU: N_("飞书群机器人"),
    ChannelKind.OTHER: N_("其他地址"),
}
STATES: dict[SendStatus, tuple[str, str]] = {
    SendStatus.WAITING: (N_("待发"), "wait"),
    SendStatus.SENT: (N_("已发"), "done"),
    SendStatus.FAILED: (N_("发不出去"), "bad"),
    SendStatus.DROPPED: (N_("不用发了"), "off"),
}
TROUBLES = {
    "no connection": N_("连不上对方"), "off": N_("渠道停用了"), "address": N_("地址有误"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One channel in the list."""

    id: int
    name: str
    kind: str
    whose: str
    key: str
    told: str
    state: str
    tone: str
    went: str
    trouble: str
    failed: int


@dataclass(frozen=True)
class Row:
    """One thing that was told, or not."""

    what: str
    number: str
    when: str
    state: str
    tone: str
    trouble: str


def lines(rows: list[NewsChannel]) -> list[Line]:
    """The channels as their list shows them."""
    failed = channels.failed(rows)
    return [_line(row, failed.get(row.id, 0)) for row in rows]


def line(channel: NewsChannel) -> Line:
    """One channel: what it is, what it hears, and how it went."""
    return lines([channel])[0]


def _line(channel: NewsChannel, failed: int) -> Line:
    topics = gettext("、").join(gettext(topic.label) for topic in TOPICS if topic.name in channel.topics)
    quiet = ""
    if channel.quiet_from is not None and channel.quiet_to is not None:
        quiet = gettext(
            "，%(begin)s–%(end)s 免打扰", begin=f"{channel.quiet_from:%H:%M}", end=f"{channel.quiet_to:%H:%M}"
        )
    state, tone = _state(channel)
    sent = channel.last_sent_at
    return Line(
        id=channel.id,
        name=channel.name,
        kind=gettext(KINDS[channel.kind]),
        whose=named(channel.station) or gettext("总队"),
        key=masked(channel.key),
        told=topics + quiet,
        state=state,
        tone=tone,
        went=gettext("上次发出：%(when)s", when=filters.moment(sent)) if sent else gettext("还没发过"),
        trouble=_last_trouble(channel),
        failed=failed,
    )


def _state(channel: NewsChannel) -> tuple[str, str]:
    if not channel.is_on:
        return gettext("已停用"), "off"
    return (gettext("有问题"), "bad") if channel.last_error else (gettext("在用"), "done")


def _last_trouble(channel: NewsChannel) -> str:
    if not channel.last_error or channel.last_failed_at is None:
        return ""
    return gettext(
        "%(when)s没发出去：%(why)s", when=filters.moment(channel.last_failed_at), why=trouble(channel.last_error)
    )


def trouble(error: str) -> str:
    """An error in words; what the other side said stays as it said it."""
    return gettext(TROUBLES[error]) if error in TROUBLES else error[:160]


def history(rows: list[News]) -> list[Row]:
    """What was told lately."""
    return [_row(news) for news in rows]


def _row(news: News) -> Row:
    label, tone = STATES[news.status]
    return Row(
        what=_what(news),
        number=(news.case.number or "") if news.case is not None else "",
        when=filters.moment(news.sent_at or news.leaves_at),
        state=gettext(label),
        tone=tone,
        trouble=trouble(news.error or ""),
    )


def _what(news: News) -> str:
    if news.outage is not None:
        return outage_words.title(is_over=bool(news.is_over))
    return news_words.kind_word(news.event.kind) if news.event is not None else gettext("测试消息")


def texts() -> list[dict[str, Any]]:
    """Texts that could not be sent: to whom (masked), about which case, why."""
    return [{"phone": mask_phone(news.phone or ""), "row": _row(news)} for news in channels.failed_texts()]


def is_waiting(rows: list[News]) -> bool:
    """Whether a test is under way, so that the page looks again by itself."""
    return any(news.is_test and news.status is SendStatus.WAITING for news in rows)


def kinds(allowed: list[ChannelKind]) -> list[tuple[str, str]]:
    """Kinds to choose from."""
    return [(kind.value, gettext(KINDS[kind])) for kind in allowed]


def topics() -> list[tuple[str, str]]:
    """Topics to tick, each with what it covers."""
    return [(topic.name, gettext("%(label)s：%(says)s", label=gettext(topic.label), says=gettext(topic.says)))
            for topic in TOPICS]  # fmt: skip


def undelivered() -> list[tuple[str, str]]:
    """What the operator has to look at, each with where to look; empty when all is well."""
    paused, hooks, news = webhooks.paused(), webhooks.late(), channels.late()
    said = []
    if paused:
        said.append((counted("有 %(n)s 个推送地址一直不通，已经暂停", paused), url_for("webhooks.index")))
    if hooks:
        said.append((counted("有 %(n)s 次推送该到没到", hooks), url_for("webhooks.index")))
    if news:
        said.append((counted("有 %(n)s 条群消息或短信该发没发", news), url_for("channels.index")))
    return said
