"""The decision about imported lines that wait: which of them, and how it was found out."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.fields import SelectMultipleField

from helpdesk.domain.imported_lines import LONGEST_REASON
from helpdesk.forms.base import HouseForm, Longest, Present


class LinesForm(HouseForm):
    """Which lines, and how it was found out."""

    record_ids = SelectMultipleField(_l("记录"), coerce=int, validate_choice=False)
    reason = TextAreaField(
        _l("怎样核实的"), [Present(_l("请写怎样核实的")), Longest(LONGEST_REASON)], render_kw={"rows": 2}
    )

    def chosen(self) -> list[int]:
        """The ticked lines."""
        found: list[Any] = self.record_ids.data or []
        return [int(number) for number in found]
