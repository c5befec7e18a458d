"""The four pages of a request. Numbers may come full-width, with commas or spaces."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, EmailField, StringField, TelField, TextAreaField
from wtforms.validators import Email, Optional, ValidationError

from helpdesk.domain.companies import CompanyFacts
from helpdesk.domain.intake import Contact
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.models import Meeting
from helpdesk.presentation.words import MEETINGS
from helpdesk.rules import identifiers

SHORTEST, LONGEST = 10, 1000
MOST = 100_000_000


class ProblemForm(HouseForm):
    """What is the matter; the field is optional, "not sure" is a choice."""

    problem = TextAreaField(_l("您遇到了什么问题？"), [Present(_l("请写下您的问题")), Longest(LONGEST)])
    category = RadioField(_l("和哪方面有关"), [Optional()], default="")

    def validate_problem(self, field: Any) -> None:
        if len("".join((field.data or "").split())) < SHORTEST:
            raise ValidationError(gettext("再多写一点，至少 %(n)s 个字", n=SHORTEST))


class WholeNumber:
    """Digits as people type them: 2,600 or １２ or 2 600; at most 100 million."""

    field_flags: dict[str, Any] = {}

    def __call__(self, form: Any, field: Any) -> None:
        if number_of(field.data) is None:
            raise ValidationError(gettext("%(what)s请填整数，例如 28", what=field.label.text))


def number_of(text: str | None) -> int | None:
    """The whole number a text means; None when it is none or absurd."""
    # Not squeezed like a code: there a hyphen or a point means nothing, here they are a sign and a fraction.
    digits = re.sub(r"[\s,]+", "", unicodedata.normalize("NFKC", text or ""))
    if not digits.isascii() or not digits.isdigit() or len(digits) > 9:
        return None
    return int(digits) if int(digits) <= MOST else None


class CompanyForm(HouseForm):
    """Who asks: name, credit code or none yet, district, industry, and the figures of the size table."""

    name = StringField(_l("企业名称"), [Present(_l("请填企业名称")), Longest(120)], filters=[clean_line])
    credit_code = StringField(_l("统一社会信用代码"), filters=[clean_line])
    no_code = BooleanField(_l("还没注册公司，或者没有代码"))
    district = Choice(_l("所在区"), [Present(_l("请选所在区"))])
    industry = Choice(_l("行业"), [Present(_l("请选行业"))])
    employees = StringField(_l("从业人数"), [Optional(), WholeNumber()], filters=[clean_line])
    revenue_wan = StringField(_l("去年营业收入"), [Optional(), WholeNumber()], filters=[clean_line])
    assets_wan = StringField(_l("资产总额"), [Optional(), WholeNumber()], filters=[clean_line])

    def validate_credit_code(self, field: Any) -> None:
        if self.no_code.data:
            return
        code = identifiers.squeeze(field.data or "")
        if not code:
            raise ValidationError(gettext("请填代码；没有的话请勾选下面一项"))
        problem = identifiers.credit_code_problem(code)
        if problem == "length":
            raise ValidationError(gettext("统一社会信用代码是 18 位，您填了 %(n)s 位", n=len(code)))
        if problem == "characters":
            odd = next(c for c in code if c not in identifiers.CREDIT_ALPHABET)
            raise ValidationError(gettext("代码里不会有“%(letter)s”，请对照营业执照再看一遍", letter=odd))
        if problem == "check":
            raise ValidationError(gettext("代码对不上，请对照营业执照再看一遍"))

    def facts(self) -> CompanyFacts:
        """What the page says, tidy."""
        # The tick wins: what is left in the box above it was not meant.
        code = "" if self.no_code.data else identifiers.squeeze(self.credit_code.data or "")
        return CompanyFacts(
            name=self.name.data or "",
            credit_code=code or None,
            district=self.district.data or "",
            industry=self.industry.data or "",
            employees=number_of(self.employees.data),
            revenue_wan=number_of(self.revenue_wan.data),
            assets_wan=number_of(self.assets_wan.data),
        )


class ContactForm(HouseForm):
    """How to reach the person, and the three consents; none is ticked beforehand."""

    name = StringField(_l("怎么称呼您"), [Present(_l("请填称呼，例如：刘女士")), Longest(60)], filters=[clean_line])
    phone = TelField(_l("手机号"), [Present(_l("请填手机号"))], filters=[clean_line])
    email = EmailField(
        _l("邮箱"),
        [Optional(), Longest(254), Email(_l("邮箱写得不对，例如 name@company.cn"))],
        filters=[clean_line],
    )
    times = StringField(_l("方便的时间"), [Optional(), Longest(120)], filters=[clean_line])
    meeting = RadioField(_l("想怎么谈"), [Optional()], choices=[(m.value, _l(label)) for m, label in MEETINGS.items()])
    handling = BooleanField(
        _l("我同意把姓名、手机号和问题交给承办的工作站和专家，只用于办这件事。"),
        [Present(_l("请勾选同意，否则专家看不到您的问题"))],
    )
    referral = BooleanField(_l("如果这件事要转给别的单位（例如 12345 或区里的部门），可以把我的信息一起转过去。"))
    example = BooleanField(_l("办完后，可以去掉我和企业的名字，当作例子给别人参考。"))

    def validate_phone(self, field: Any) -> None:
        phone = identifiers.squeeze(field.data or "")
        problem = identifiers.phone_problem(phone)
        if problem == "length" and identifiers.tidy_phone(phone).startswith("1"):
            n = len(identifiers.tidy_phone(phone))
            raise ValidationError(gettext("手机号应是 11 位数字，您填了 %(n)s 位", n=n))
        if problem:
            raise ValidationError(gettext("请填手机号，或带区号的座机，例如 0755 8888 8888"))

    def contact(self) -> Contact:
        """The person, tidy."""
        return Contact(
            self.name.data or "",
            identifiers.tidy_phone(self.phone.data or ""),
            self.email.data or None,
            self.times.data or None,
            Meeting(self.meeting.data) if self.meeting.data else None,
        )

    def consents(self) -> dict[str, bool]:
        """What was ticked."""
        return {name: bool(self[name].data) for name in ("handling", "referral", "example")}
