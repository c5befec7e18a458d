"""The forms of a station's ways and of its hours."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField

from helpdesk.forms.base import HouseForm, Longest, RadioField, clean_line
from helpdesk.forms.closure import one_of_them


class StationForm(HouseForm):
    """How experts are asked, and whose."""

    offer_mode = RadioField(
        _l("怎样请专家"),
        [one_of_them(_l("请选一项"))],
        choices=[
            ("suggest", _l("一位一位请：没接就回到待派单，由人再选")),
            ("cascade", _l("依次请：没接就自动请下一位")),
            ("broadcast", _l("同时请前几位：先接者办")),
            ("pool", _l("请所有合适的专家：先接者办")),
        ],
        validate_choice=False,
    )
    own_experts_only = BooleanField(_l("只请本站的专家"))
    head_name = StringField(_l("负责人"), [Longest(60)], filters=[clean_line])


def _day(label: object) -> StringField:
    return StringField(label, [Longest(80)], filters=[clean_line])


class StationHoursForm(HouseForm):
    """When a station is open, as people write it; an empty day is a day off."""

    monday = _day(_l("周一"))
    tuesday = _day(_l("周二"))
    wednesday = _day(_l("周三"))
    thursday = _day(_l("周四"))
    friday = _day(_l("周五"))
    saturday = _day(_l("周六"))
    sunday = _day(_l("周日"))
