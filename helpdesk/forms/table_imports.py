"""Forms of tables to import: which file of what, and the press that imports it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import FileField

from helpdesk.forms.base import HouseForm, OneFileForm, Present, RadioField, clean_line


class UploadForm(OneFileForm):
    """What is in the table, and the table."""

    kind = RadioField(_l("表里是什么"), [Present(_l("请选表里是什么"))])
    file = FileField(_l("表格文件"), render_kw={"accept": ".xlsx,.csv,.txt"})

    def file_name(self) -> str:
        """What the file is called where it came from."""
        name = str(getattr(self.file.data, "filename", "") or "")
        return str(clean_line(name.replace("\\", "/").rsplit("/", 1)[-1]))[-120:] or "—"


class ActForm(HouseForm):
    """One press: import, or throw away."""
