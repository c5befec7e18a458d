"""The form of a station's ways."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from helpdesk.forms.base import HouseForm, RadioField
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
