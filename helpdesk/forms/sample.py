"""A form of every kind of field, for the page of components."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from helpdesk.forms.base import HouseForm, Longest


class SampleForm(HouseForm):
    """Shown, never sent."""

    name = StringField("怎么称呼您")
    phone = StringField("手机号")
    problem = TextAreaField("您遇到了什么问题？", [Longest(1000)])
    kind = RadioField("结果", choices=[("yes", "解决了"), ("part", "解决了一部分"), ("no", "没有解决")], default="yes")
    topics = SelectMultipleField(
        "方面",
        choices=[("market", "市场"), ("finance", "融资"), ("legal", "法律")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        default=["market"],
    )
    agree = BooleanField("我同意")
    day = DateField("日期", [Optional()])
    minutes = IntegerField("分钟", [Optional()], default=60)
    district = SelectField("所在区", choices=[("", "请选择"), ("440306", "宝安区")])

    @classmethod
    def shown(cls) -> SampleForm:
        """The form with an error in it."""
        form = cls()
        form.phone.errors = [gettext("手机号应是 11 位数字，您填了 %(n)s 位", n=10)]
        return form
