"""Forms of the desk's steps: short, each a reason or a choice."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import Optional

from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.rules.credit import GATE_STATION
from helpdesk.rules.lifecycle import GROUNDS, OFFICES


class StepForm(HouseForm):
    """A step that asks nothing but a yes."""


class ReasonForm(HouseForm):
    """A step that asks why."""

    reason = TextAreaField(_l("原因"), [Present(_l("请写明原因")), Longest(2000)])


class RejectForm(HouseForm):
    """One of the seven grounds, and the words the company reads."""

    ground = RadioField(
        _l("理由"),
        [one_of_them(_l("请选一条不予受理的理由"))],
        choices=[(code, _l(label)) for code, (label, _) in GROUNDS.items()],
        validate_choice=False,
    )
    reason = TextAreaField(_l("给企业的说明"), [Present(_l("请写明原因")), Longest(2000)])


class ReferForm(HouseForm):
    """The office in charge, and a word to the company."""

    office = RadioField(
        _l("转给哪个单位"),
        [one_of_them(_l("请选转给哪个单位"))],
        choices=[(code, _l(label)) for code, (label, _) in OFFICES.items()],
        validate_choice=False,
    )
    reason = TextAreaField(_l("给企业的说明"), [Optional(), Longest(2000)])


class MergeForm(HouseForm):
    """The case it repeats."""

    target = StringField(_l("并入哪一件"), [Present(_l("请填案件编号"))], filters=[clean_line])


class SplitForm(HouseForm):
    """What the new case is about, and what stays in this one."""

    problem = TextAreaField(_l("新的一件说什么"), [Present(_l("请写明新的一件说什么")), Longest(2000)])
    rest = TextAreaField(_l("这一件留下什么"), [Present(_l("请写明这一件留下什么")), Longest(2000)])


class LinkForm(HouseForm):
    """The other case, and what this one is to it."""

    target = StringField(_l("另一件的编号"), [Present(_l("请填案件编号"))], filters=[clean_line])
    kind = RadioField(
        _l("这一件是"),
        [one_of_them(_l("请选一项"))],
        choices=[("follows", _l("它的后续")), ("part", _l("它的一部分"))],
        validate_choice=False,
    )


class OfferForm(HouseForm):
    """Whom to ask, and a word to them."""

    expert_id = IntegerField(_l("专家"), [Optional()])
    note = TextAreaField(_l("给专家留言"), [Optional(), Longest(1000)])
    other_id = IntegerField(_l("名单外的专家"), [Optional()])
    override = TextAreaField(_l("为什么请他"), [Optional(), Longest(500)])


class TransferForm(HouseForm):
    """Which station, and why."""

    station = Choice(_l("转给哪个站点"), [Present(_l("请选一个站点"))])
    reason = TextAreaField(_l("原因"), [Present(_l("请写明原因")), Longest(1000)])


class ReceiveForm(HouseForm):
    """Accept needs no word; sending back does."""

    reason = TextAreaField(_l("退回的原因"), [Optional(), Longest(1000)])


class ReviewForm(HouseForm):
    """The decision about a reported payment."""

    decision = RadioField(
        _l("结论"),
        [one_of_them(_l("请选一项"))],
        choices=[("cleared", _l("没有收费")), ("upheld", _l("确有收费，本件不计时长"))],
        validate_choice=False,
    )
    reason = TextAreaField(_l("依据"), [Present(_l("请写明依据")), Longest(2000)])


class VerifyForm(HouseForm):
    """The station's part of the gate, and why a visit is struck."""

    reason = TextAreaField(_l("不计入的原因"), [Optional(), Longest(1000)])

    def declared(self) -> dict[str, bool]:
        """What was ticked."""
        return {name: bool(self[name].data) for name in GATE_STATION}


for _name, _label in GATE_STATION.items():
    setattr(VerifyForm, _name, BooleanField(_l(_label), [Present(_l("请确认：%(what)s", what=_l(_label)))]))


class VisitDecisionForm(HouseForm):
    """One visit stands or is struck."""

    decision = RadioField(
        _l("这次服务"),
        [one_of_them(_l("请选一项"))],
        choices=[("verify", _l("核定，计入时长")), ("void", _l("不计入"))],
        validate_choice=False,
    )
    reason = TextAreaField(_l("不计入的原因"), [Optional(), Longest(1000)])
