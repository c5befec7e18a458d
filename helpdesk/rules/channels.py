"""What a channel may be told of, who may enter which kind of address, and when it keeps quiet.

A channel hears what the desk is told of (`rules/events.py`: station, receiver, district, operator), in finer portions
than letters have: a group of people reads it, so arrivals are one thing and words of a company another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from helpdesk import clock
from helpdesk.i18n import N_
from helpdesk.models import ChannelKind
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.mailing import GROUP_OF, PARTS, Part


@dataclass(frozen=True)
class Topic:
    """Events a channel is told of together; `wished` is ticked in a new channel."""

    name: str
    label: str
    says: str
    wished: bool
    kinds: tuple[str, ...]


def _topic(name: str, label: str, says: str, wished: bool, kinds: str) -> Topic:
    return Topic(name, label, says, wished, tuple(kinds.split()))


TOPICS: tuple[Topic, ...] = (
    _topic("arrivals", N_("新到"), N_("新求助、转来、重开"), True,
           "case.submitted case.repeated case.transfer_requested case.transferred case.reopened case.resumed"),
    _topic("back", N_("退回"), N_("没人接、申请换人、还没解决"), True,
           "case.declined case.offer_expired case.handed_back case.transfer_bounced case.disputed"),
    _topic("limits", N_("时限"), N_("快超时和已超时"), True,
           "case.at_risk case.overdue case.overdue_for_district case.overdue_for_operator"
           " record.warned record.pressing record.missed"),
    _topic("care", N_("要当心的"), N_("申诉、报告收费、时间有异议、更正、要求删除资料"), True,
           "case.appealed case.appeal_upheld case.payment_reported case.review_decided visit.disputed"
           " correction.asked hours.reversed case.erasure_asked series.stopped"),
    _topic("words", N_("企业来话"), N_("留言、补充"), False, "message.posted message.brought case.supplied"),
    _topic("ends", N_("接单与办结"), N_("接单、企业确认、撤回"), False, "case.accepted case.closed case.withdrawn"
           " series.ended"),
)  # fmt: skip

TOPIC_OF: dict[str, Topic] = {kind: topic for topic in TOPICS for kind in topic.kinds}
TOPIC_NAMES: tuple[str, ...] = tuple(topic.name for topic in TOPICS)

# Texts to a company without e-mail: only what it would otherwise lose.
TEXTS: tuple[str, ...] = ("case.submitted", "case.repeated", "case.asked", "case.answered")


def is_for_a_desk(kind: str) -> bool:
    """Whether any desk is told of this kind by letter: only that may be said in a group."""
    return kind in GROUP_OF and any(PARTS[audience] is Part.DESK for audience in BY_KIND[kind].tells)


def corps_hears(kind: str) -> bool:
    """Whether a channel of the corps is told: of every station's cases, but of promises only what was passed up."""
    topic = TOPIC_OF.get(kind)
    return topic is not None and (topic.name != "limits" or "operator" in BY_KIND[kind].tells)


# --- what people paste ---

# The address that the group's settings show, and the bare key in it.
_PASTED: dict[ChannelKind, re.Pattern[str]] = {
    ChannelKind.WECOM: re.compile(
        r"(?:https://qyapi\.weixin\.qq\.com/cgi-bin/webhook/send/?\?key=)?([A-Za-z0-9_-]{16,100})", re.ASCII
    ),
    ChannelKind.DINGTALK: re.compile(
        r"(?:https://oapi\.dingtalk\.com/robot/send/?\?access_token=)?([A-Za-z0-9]{16,100})", re.ASCII
    ),
    ChannelKind.FEISHU: re.compile(
        r"(?:https://open\.feishu\.cn/open-apis/bot/v2/hook/)?([A-Za-z0-9_-]{16,100})/?", re.ASCII
    ),
}
_SECRET = re.compile(r"[A-Za-z0-9]{16,100}", re.ASCII)
_SCHEME = re.compile(r"([a-z][a-z0-9]{1,20})://[\x21-\x7e]+", re.ASCII)
LONGEST_ADDRESS = 500


def read_key(kind: ChannelKind, text: str) -> str:
    """The robot's key out of what was pasted: its whole address or the key alone. Raises ValueError."""
    found = _PASTED[kind].fullmatch(text.strip())
    if found is None:
        raise ValueError(kind.value)
    return found[1]


def read_secret(text: str) -> str | None:
    """A DingTalk robot's signing secret; None for none. Raises ValueError for what is none."""
    secret = text.strip()
    if secret and not _SECRET.fullmatch(secret):
        raise ValueError("secret")
    return secret or None


def scheme_of(address: str) -> str:
    """The kind of an address of the notification library. Raises ValueError for what is no address."""
    found = _SCHEME.fullmatch(address)
    if found is None or len(address) > LONGEST_ADDRESS:
        raise ValueError("address")
    return found[1]


def masked(key: str) -> str:
    """Enough of a key to tell two apart, too little to use: its last four characters."""
    scheme = re.match(r"[a-z0-9]+://", key)
    return f"{scheme[0] if scheme else ''}****{key[-4:]}"


# --- quiet hours ---


def leaves_at(moment: datetime, quiet_from: time | None, quiet_to: time | None) -> datetime:
    """When something that happened at `moment` may be said: at once, or when the quiet hours around it end."""
    if quiet_from is None or quiet_to is None:
        return moment
    here = clock.local(moment)
    now = here.time().replace(tzinfo=None)
    overnight = quiet_from > quiet_to
    is_quiet = (now >= quiet_from or now < quiet_to) if overnight else quiet_from <= now < quiet_to
    if not is_quiet:
        return moment
    day = here.date() + timedelta(days=1) if overnight and now >= quiet_from else here.date()
    return clock.from_local(day, quiet_to.hour, quiet_to.minute)
