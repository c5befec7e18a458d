"""The form of a statement: from when to when."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField

from helpdesk.forms.base import HouseForm, Longest, Present, clean_line


class StatementForm(HouseForm):
    """A period, and what the volunteer wants to be told apart by."""

    starts_on = DateField(_l("从哪天"), [Present(_l("请选开始的日期"))])
    ends_on = DateField(_l("到哪天"), [Present(_l("请选结束的日期"))])
    id_tail = StringField(_l("身份证件号码后四位"), [Longest(4)], filters=[clean_line])
