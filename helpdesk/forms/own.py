"""What the company says on its own page."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, PasswordField, StringField, TextAreaField
from wtforms.validators import Optional, ValidationError

from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.files import FilesForm
from helpdesk.presentation.words import SCORES
from helpdesk.rules.lifecycle import WITHDRAW_REASONS


class ReplyForm(FilesForm):
    """A message."""

    body = TextAreaField(_l("回复"), [Present(_l("请写几个字")), Longest(5000)])


class ReasonForm(HouseForm):
    """Why: for a dispute, an appeal, a reopening."""

    reason = TextAreaField(_l("说说原因"), [Present(_l("请写明原因")), Longest(2000)])


class WithdrawForm(HouseForm):
    """Why the request is taken back."""

    reason = RadioField(
        _l("为什么撤回"),
        [Present(_l("请选一项"))],
        choices=[(code, _l(label)) for code, label in WITHDRAW_REASONS.items()],
        validate_choice=True,
    )


class VisitCheckForm(HouseForm):
    """Whether the time of one visit is right, and what it really was."""

    verdict = RadioField(
        _l("这次服务的时间对吗？"),
        [Present(_l("请选对或不对"))],
        choices=[("right", _l("时间对")), ("wrong", _l("不对"))],
    )
    reason = TextAreaField(_l("实际是怎样"), [Longest(2000)])

    def validate_reason(self, field: Any) -> None:
        if self.verdict.data == "wrong" and not (field.data or "").strip():
            raise ValidationError(str(_l("请写一句实际是怎样")))


class ConfirmForm(HouseForm):
    """Solved or not, whether anything was paid, stars, a word, and the name on the paper."""

    outcome = RadioField(
        _l("您的事解决了吗？"),
        [Present(_l("请选一项"))],
        choices=[("solved", _l("解决了")), ("partly", _l("解决了一部分")), ("none", _l("没有解决"))],
    )
    paid = RadioField(
        _l("有人向您收过钱或要过好处吗？"),
        choices=[("no", _l("没有收费")), ("yes", _l("收了费"))],
        validate_choice=False,
    )
    score = RadioField(
        _l("给这次服务打几分？"),
        [Optional()],
        choices=[(str(n), _l(w)) for n, w in SCORES.items()],
        validate_choice=False,
    )
    # Not Optional(): that would skip the question below, and "not solved" needs a word.
    comment = TextAreaField(_l("想说的话"), [Longest(2000)])
    name_on_paper = BooleanField(_l("给专家的证书上可以写我们企业的名字"))

    def validate_paid(self, field: Any) -> None:
        if self.outcome.data in ("solved", "partly") and field.data not in ("yes", "no"):
            raise ValidationError(str(_l("请说明这次服务有没有收费")))

    def validate_comment(self, field: Any) -> None:
        if self.outcome.data == "none" and not (field.data or "").strip():
            raise ValidationError(str(_l("请写一句哪里没有解决")))


class AccountForm(HouseForm):
    """A login for whoever holds the tracking link."""

    login = StringField(_l("登录名"), [Present(_l("请填登录名")), Longest(60)], filters=[clean_line])
    name = StringField(_l("姓名"), [Present(_l("请填姓名")), Longest(60)], filters=[clean_line])
    password = PasswordField(_l("密码"), [Present(_l("请填密码"))])
