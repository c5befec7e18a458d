"""How somebody wants to hear of things: the address of their letters and a wish for each group."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import EmailField
from wtforms.validators import Email, Optional

from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.rules import mailing
from helpdesk.rules.mailing import How

HOW = {How.NOW: _l("马上"), How.DAILY: _l("每天一封"), How.NEVER: _l("不收")}


class WishesForm(HouseForm):
    """One address, and one choice for each group of `rules/mailing.py`."""

    email = EmailField(
        _l("邮箱"), [Optional(), Longest(254), Email(_l("邮箱写得不对，例如 name@company.cn"))], filters=[clean_line]
    )

    def only(self, groups: Iterable[mailing.Group]) -> None:
        """Leave out what this person is never told of."""
        kept = {group.name for group in groups}
        for group in mailing.GROUPS:
            if group.name not in kept:
                del self[group.name]

    def chosen(self) -> dict[str, How]:
        """The wish for each group that is asked for, by its name."""
        return {group.name: How(self[group.name].data) for group in mailing.GROUPS if group.name in self}


for _group in mailing.GROUPS:
    setattr(
        WishesForm,
        _group.name,
        RadioField(
            _l(_group.label),
            [Present(_l("请选一项"))],
            choices=[(how.value, HOW[how]) for how in mailing.choices(_group)],
        ),
    )
