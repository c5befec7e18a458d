"""Signing in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import PasswordField, StringField

from helpdesk.forms.base import HouseForm, Present, clean_line


class SignInForm(HouseForm):
    """Login or phone number, and password."""

    login = StringField(_l("账号或手机号"), [Present(_l("请填账号或手机号"))], filters=[clean_line])
    password = PasswordField(_l("密码"), [Present(_l("请填密码"))])
