"""Forms of tables to import: which file of what, and the decision about past records."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import FileField, TextAreaField
from wtforms.fields import SelectMultipleField

from helpdesk.domain.table_imports import LONGEST_REASON
from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line


class UploadForm(HouseForm):
    """What is in the table, and the table."""

    kind = RadioField(_l("表里是什么"), [Present(_l("请选表里是什么"))])
    file = FileField(_l("表格文件"), render_kw={"accept": ".xlsx,.csv,.txt"})

    def content(self) -> bytes:
        """The bytes that came; empty when no file was chosen."""
        given = self.file.data
        return given.read() if getattr(given, "filename", "") else b""

    def file_name(self) -> str:
        """What the file is called where it came from."""
        name = str(getattr(self.file.data, "filename", "") or "")
        return str(clean_line(name.replace("\\", "/").rsplit("/", 1)[-1]))[-120:] or "—"


class ActForm(HouseForm):
    """One press: import, or throw away."""


class EntryDecisionForm(HouseForm):
    """Which past records, and how it was found out."""

    entry_ids = SelectMultipleField(_l("记录"), coerce=int, validate_choice=False)
    reason = TextAreaField(
        _l("怎样核实的"), [Present(_l("请写怎样核实的")), Longest(LONGEST_REASON)], render_kw={"rows": 2}
    )

    def chosen(self) -> list[int]:
        """The ticked lines."""
        found: list[Any] = self.entry_ids.data or []
        return [int(number) for number in found]
