"""Forms that take files beside words."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import MultipleFileField
from wtforms.validators import ValidationError

from helpdesk.adapters.files import ACCEPT
from helpdesk.domain.attachments import Upload
from helpdesk.forms.base import HouseForm


class FilesForm(HouseForm):
    """Words and files; files alone are enough, then a word stands in for the words."""

    files = MultipleFileField(_l("附件"), render_kw={"accept": ACCEPT})

    def uploads(self) -> list[Upload]:
        """What came with this request; a file field left empty sends one without a name."""
        return [Upload(one.filename, one.read()) for one in self.files.data or [] if getattr(one, "filename", "")]

    @property
    def wants_only_to_drop(self) -> bool:
        """Whether the button pressed was that of a file, not that of the form."""
        return bool(request.form.get("drop"))

    def csrf_is_good(self) -> bool:
        """Whether the form is ours; asked before its files are kept."""
        token: Any = self._fields.get("csrf_token")
        if token is None:
            return True
        try:
            token.pre_validate(self)
        except ValidationError:
            return False
        return True

    def stand_in(self, has_files: bool) -> None:
        """Where somebody sends files without a word."""
        body = self._fields.get("body")
        if has_files and body is not None and not (body.data or "").strip():
            body.data = gettext("请看附件。")
