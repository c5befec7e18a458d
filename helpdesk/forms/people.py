"""Forms about people: accounts, and an expert's leave."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, PasswordField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from helpdesk.forms.base import Choice, HouseForm, Longest, Present, clean_line


class NewAccountForm(HouseForm):
    """A login with one part; the unit fits the part."""

    login = StringField(_l("登录名"), [Present(_l("请填登录名")), Longest(60)], filters=[clean_line])
    name = StringField(_l("姓名"), [Present(_l("请填姓名")), Longest(60)], filters=[clean_line])
    password = PasswordField(_l("初始密码"), [Present(_l("请填密码"))])
    part = Choice(_l("身份"), [Present(_l("请选身份"))])


class PasswordForm(HouseForm):
    """A new password for somebody."""

    password = PasswordField(_l("新密码"), [Present(_l("请填密码"))])


class MergeExpertForm(HouseForm):
    """Which record goes on, and why the two are one person."""

    volunteer_number = StringField(
        _l("并入哪位（志愿者编号）"), [Present(_l("请填志愿者编号")), Longest(20)], filters=[clean_line]
    )
    survivor_name = StringField(
        _l("那位的姓名"), [Present(_l("请填那位的姓名，以防认错人")), Longest(80)], filters=[clean_line]
    )
    reason = TextAreaField(_l("怎么知道是同一个人"), [Present(_l("请写明原因")), Longest(500)])


class LeaveForm(HouseForm):
    """Until when on leave, and how many cases at once."""

    until = DateField(_l("休假到"), [Optional()])
    max_open_cases = IntegerField(
        _l("同时最多办几件"),
        [InputRequired(_l("请填 0 到 20")), NumberRange(0, 20, _l("请填 0 到 20"))],
    )
