"""Asking a colleague in, and coming in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import Email

from helpdesk.forms.base import HouseForm, Longest, Present, clean_line


class InvitationForm(HouseForm):
    """Whom to write to."""

    email = EmailField(
        _l("同事的邮箱"),
        [Present(_l("请填同事的邮箱")), Longest(254), Email(_l("邮箱写得不对，例如 name@company.cn"))],
        filters=[clean_line],
    )
