"""The forms of channels and webhooks."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import ValidationError

from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.forms.routing import Ticks

_TIME = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")


def read_time(text: str | None) -> time | None:
    """22:00 as people write it; None for an empty text. Raises ValueError."""
    if not text:
        return None
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(text)
    return time(int(found[1]), int(found[2]))


def _is_time(form: Any, field: Any) -> None:
    try:
        read_time(field.data)
    except ValueError:
        raise ValidationError(str(_l("请写成 22:00"))) from None


class ChannelForm(HouseForm):
    """Where, what of, when not. Of a channel that exists, kind and station stay and an empty key keeps the old one."""

    kind = RadioField(_l("发到哪里"), [one_of_them(_l("请选一项"))], validate_choice=False)
    name = StringField(_l("名称"), [Present(_l("请起个名称，例如：南山站工作群")), Longest(60)], filters=[clean_line])
    station = Choice(_l("哪个站点"))
    key = StringField(_l("机器人的 Webhook 地址"), [Longest(500)], filters=[clean_line])
    secret = StringField(_l("加签密钥（钉钉）"), [Longest(120)], filters=[clean_line])
    topics = Ticks(_l("告诉这个群什么"), coerce=str)
    quiet_from = StringField(_l("免打扰从"), [Longest(10), _is_time], filters=[clean_line])
    quiet_to = StringField(_l("到"), [Longest(10), _is_time], filters=[clean_line])
    locale = Choice(_l("用什么语言"))
    is_on = BooleanField(_l("在用"))


class WebhookForm(HouseForm):
    """Whom to tell, and what of."""

    url = StringField(_l("推送地址"), [Present(_l("请填 https:// 开头的地址")), Longest(500)], filters=[clean_line])
    kinds = Ticks(_l("推送哪些事"), coerce=str)
    is_on = BooleanField(_l("在用"))
