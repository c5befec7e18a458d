"""The form of the working calendar: the announced days, and who announced them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField

from helpdesk.forms.base import HouseForm, Longest, Present, clean_line


class CalendarForm(HouseForm):
    """Days as lines `2027-01-01,holiday,元旦`, and the notice they come from."""

    text = TextAreaField(_l("放假和调休的日子"), [Present(_l("请粘贴放假安排")), Longest(20000)])
    source = StringField(_l("依据"), [Present(_l("请写明依据的通知")), Longest(120)], filters=[clean_line])
