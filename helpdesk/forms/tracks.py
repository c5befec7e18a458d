"""Finding a request again."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from helpdesk.forms.base import HouseForm, Present, clean_line


class TrackForm(HouseForm):
    """The code or the number of the receipt, and the end of the phone number."""

    code = StringField(_l("追踪码或求助编号"), [Present(_l("请填追踪码或求助编号"))], filters=[clean_line])
    digits = StringField(_l("手机后四位"), [Present(_l("请填手机后四位"))], filters=[clean_line])
