"""The form of a promise's length."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField

from helpdesk.forms.base import Choice, HouseForm, Longest, Present, clean_line


class TargetForm(HouseForm):
    """Which promise, for which cases, how long, when to warn, and whether what runs follows. `version` is the version
    of the targets that the person saw."""

    kind = Choice(_l("哪一步"), [Present(_l("请选一项"))])
    category = Choice(_l("哪一类"))
    urgency = Choice(_l("急缓"))
    amount = StringField(_l("多久"), [Present(_l("请写一个整数")), Longest(6)], filters=[clean_line])
    unit = Choice(_l("单位"), [Present(_l("请选一项"))])
    warn_percent = StringField(
        _l("用掉百分之几时提醒"), [Present(_l("请写一个整数")), Longest(4)], filters=[clean_line]
    )
    running_too = BooleanField(_l("在办的案件也按新的算"))
