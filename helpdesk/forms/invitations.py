"""Asking a colleague in, and coming in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import Email

from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.models import CompanyPart

# The weaker part first, and chosen: whoever presses on without reading gives less away.
PARTS = [
    (CompanyPart.VIEWER.value, _l("查看者：只能看")),
    (CompanyPart.HANDLER.value, _l("处理人：能看，也能回复、确认、撤回、请同事")),
]


class PartForm(HouseForm):
    """What a colleague may do."""

    part = RadioField(
        _l("他能做什么"), [Present(_l("请选处理人或查看者"))], choices=PARTS, default=CompanyPart.VIEWER.value
    )

    @property
    def chosen(self) -> CompanyPart:
        """The part, once the form is valid."""
        return CompanyPart(self.part.data)


class InvitationForm(PartForm):
    """Whom to write to, and as what they shall join."""

    email = EmailField(
        _l("同事的邮箱"),
        [Present(_l("请填同事的邮箱")), Longest(254), Email(_l("邮箱写得不对，例如 name@company.cn"))],
        filters=[clean_line],
    )
