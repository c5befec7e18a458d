"""The form of a saved view: its name. What it holds stands in the address."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from helpdesk.forms.base import HouseForm, Longest, Present, clean_line


class SavedViewForm(HouseForm):
    """A name for what is on the screen."""

    name = StringField(_l("名称"), [Present(_l("请给这个视图起个名")), Longest(40)], filters=[clean_line])
