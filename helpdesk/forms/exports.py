"""Which days a table holds."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.widgets import DateInput

from helpdesk.forms.base import HouseForm, Present, clean_line
from helpdesk.forms.visits import a_day


class ExportForm(HouseForm):
    """The first and the last day."""

    first = StringField(_l("从"), [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])
    last = StringField(_l("到"), [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])

    class Meta(HouseForm.Meta):
        # Nothing is changed by it.
        csrf = False
