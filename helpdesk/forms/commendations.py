"""The forms of cycles, nominations, reviews, objections and awards."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from helpdesk.domain.awards import LONGEST_OBJECTION
from helpdesk.domain.nominations import LONGEST_REASON
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line


class CycleForm(HouseForm):
    """Which scheme, which days of service count, until when one may nominate."""

    scheme = Choice(_l("哪个办法"), [Present(_l("请选一项"))])
    name = StringField(_l("评选名称"), [Present(_l("请给这次评选起个名")), Longest(80)], filters=[clean_line])
    period_from = StringField(_l("服务从哪天起"), [Present(_l("请写日期"))], filters=[clean_line])
    period_to = StringField(_l("服务到哪天止"), [Present(_l("请写日期"))], filters=[clean_line])
    nominations_until = StringField(_l("推荐截止"), [Present(_l("请写日期"))], filters=[clean_line])


class NominateForm(HouseForm):
    """Who, and why."""

    nominee = Choice(_l("推荐谁"), [Present(_l("请选一位"))])
    reason = TextAreaField(_l("为什么推荐"), [Present(_l("请写明原因")), Longest(LONGEST_REASON)])


class WhyForm(HouseForm):
    """A reason: why one puts oneself forward, why something is taken back, why it stands."""

    reason = TextAreaField(_l("原因"), [Present(_l("请写明原因")), Longest(LONGEST_REASON)])


class AssessForm(HouseForm):
    """A reviewer's verdict."""

    verdict = RadioField(
        _l("您的意见"),
        [Present(_l("请选一项"))],
        choices=[("passed", _l("通过")), ("declined", _l("不通过")), ("recused", _l("我要回避"))],
    )
    reason = TextAreaField(_l("理由"), [Longest(LONGEST_REASON)], description=_l("不通过或回避时必填"))


class AwardForm(HouseForm):
    """A word with the award; nothing has to be said."""

    reason = TextAreaField(_l("评语"), [Longest(LONGEST_REASON)])


class ObjectionForm(HouseForm):
    """What speaks against an award, from whom, and how to answer."""

    text = TextAreaField(_l("您的异议"), [Present(_l("请写下您知道的情况")), Longest(LONGEST_OBJECTION)])
    name = StringField(_l("您的称呼"), [Present(_l("请留下称呼")), Longest(80)], filters=[clean_line])
    contact = StringField(
        _l("电话或邮箱"), [Present(_l("请留下电话或邮箱，好答复您")), Longest(120)], filters=[clean_line]
    )


class AnswerForm(HouseForm):
    """What the nominee says to an objection."""

    answer = TextAreaField(_l("您的说明"), [Present(_l("请写您的说明")), Longest(LONGEST_OBJECTION)])


class DecideForm(HouseForm):
    """The answer to an objection."""

    decision = RadioField(
        _l("异议"), [Present(_l("请选一项"))], choices=[("dismissed", _l("不成立")), ("upheld", _l("成立，不予表彰"))]
    )
    reply = TextAreaField(_l("答复"), [Present(_l("请写答复")), Longest(LONGEST_REASON)])


class PublicityForm(HouseForm):
    """What may be published of a nominee."""

    publicity = RadioField(_l("公示时怎么写您的名字"), [Present(_l("请选一项"))])
