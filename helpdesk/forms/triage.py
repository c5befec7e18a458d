"""Forms of the desk's sorting steps."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Optional

from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.models import Urgency
from helpdesk.presentation.words import URGENCIES


class TriageForm(HouseForm):
    """Field, topic, urgency, and a better title if need be. Choices are set by the view."""

    title = StringField(_l("标题"), [Present(_l("请写一个标题")), Longest(120)], filters=[clean_line])
    category = RadioField(_l("类别"), [one_of_them(_l("请选一个类别"))], validate_choice=False)
    topic = Choice(_l("主题"), [Optional()])
    urgency = RadioField(
        _l("缓急"), choices=[(u.value, _l(label)) for u, label in URGENCIES.items()], default=Urgency.NORMAL.value
    )
