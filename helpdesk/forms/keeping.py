"""How long, why kept, and the answer to a wish to have data erased."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, IntegerField, StringField, TextAreaField

from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line


class TermForm(HouseForm):
    """So many months, from a day on, and why."""

    months = IntegerField(_l("办结后保存几个月"), [Present(_l("请填月数"))])
    from_on = DateField(_l("从哪天起"), [Present(_l("请填日期，例如 2027-01-01"))])
    reason = StringField(_l("为什么改"), [Present(_l("请写明原因")), Longest(200)], filters=[clean_line])


class HoldForm(HouseForm):
    """Why this case is kept longer."""

    reason = StringField(_l("为什么要保留"), [Present(_l("请写明原因")), Longest(200)], filters=[clean_line])


class AskErasureForm(HouseForm):
    """Somebody has read that it cannot be undone."""

    understood = BooleanField(_l("我明白：去除以后不能恢复"), [Present(_l("请先勾选，表示您明白"))])


class ErasureForm(HouseForm):
    """Yes or no, with the words the company reads."""

    decision = RadioField(
        _l("同意删除吗？"),
        [Present(_l("请选一项"))],
        choices=[("yes", _l("同意，去除个人信息")), ("no", _l("不同意"))],
    )
    reason = TextAreaField(_l("理由"), [Present(_l("请写明原因")), Longest(500)])
