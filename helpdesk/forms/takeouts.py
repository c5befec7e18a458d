"""What a copy of one's own data holds."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from helpdesk.forms.base import Choice, HouseForm


class CaseTakeoutForm(HouseForm):
    """One case: with its files or without."""

    files = BooleanField(_l("连附件一起"), default=True)


class TakeoutForm(CaseTakeoutForm):
    """Many cases: those of one year or all."""

    year = Choice(_l("哪一年的"), default="")

    def offer(self, years: list[int]) -> TakeoutForm:
        """The same form with these years to choose from."""
        self.year.choices = [("", gettext("全部")), *((str(y), gettext("%(year)s 年", year=y)) for y in years)]
        return self

    @property
    def chosen(self) -> int | None:
        """The year; None for all."""
        text: Any = self.year.data
        return int(text) if text else None
