"""What a desk decides about a letter that came in."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TelField, TextAreaField
from wtforms.validators import ValidationError

from helpdesk.domain.intake import Contact
from helpdesk.forms.base import HouseForm, Longest, Present, clean_line
from helpdesk.forms.requests import LONGEST, CompanyForm
from helpdesk.rules import identifiers


class PutOnForm(HouseForm):
    """The case a letter belongs to."""

    number = StringField(_l("案件编号"), [Present(_l("请填案件编号，例如 SZ-26-00001"))], filters=[clean_line])


class DismissalForm(HouseForm):
    """Why nothing is to be done."""

    reason = StringField(_l("为什么不用办"), [Present(_l("请写几个字")), Longest(200)], filters=[clean_line])


class CompletionForm(CompanyForm):
    """What a stranger's letter lacks, asked on the phone: the company, a number to call, consent.

    The problem is asked for where the letter has no words; elsewhere the field is taken out.
    """

    problem = TextAreaField(_l("对方遇到了什么问题"), [Present(_l("请写几个字")), Longest(LONGEST)])
    contact = StringField(_l("联系人"), [Present(_l("请填称呼，例如：刘女士")), Longest(60)], filters=[clean_line])
    phone = TelField(_l("电话"), [Present(_l("请填手机号"))], filters=[clean_line])
    agreed = BooleanField(
        _l("已在电话里说明用途，对方同意把姓名、电话和问题交给工作站和专家"), [Present(_l("没有对方同意，不能立案"))]
    )

    def validate_phone(self, field: Any) -> None:
        if identifiers.phone_problem(identifiers.squeeze(field.data or "")):
            raise ValidationError(gettext("请填手机号，或带区号的座机，例如 0755 8888 8888"))

    def person(self, email: str) -> Contact:
        """Whom to reach, tidy."""
        return Contact(self.contact.data or "", identifiers.tidy_phone(self.phone.data or ""), email)
