"""Forms of an offer: taking it with the declaration of no conflict, or saying that it does not suit."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField
from wtforms.validators import Optional

from helpdesk.forms.base import HouseForm, Longest, RadioField
from helpdesk.forms.closure import one_of_them
from helpdesk.rules.lifecycle import DECLINE_REASONS


class AcceptanceForm(HouseForm):
    """Rule R12: whoever takes a case declares that nothing ties them to the company. The domain asks for the tick."""

    no_conflict = BooleanField(_l("我与这家企业没有利益关系"))


class RefusalForm(HouseForm):
    """Why not this time. It never counts against anybody."""

    reason = RadioField(
        _l("这次为什么不方便"),
        [one_of_them(_l("请选一个原因"))],
        choices=[(code, _l(label)) for code, label in DECLINE_REASONS.items()],
        validate_choice=False,
    )
    note = TextAreaField(_l("想补充一句"), [Optional(), Longest(500)])
