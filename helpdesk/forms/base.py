"""What every form of the house has: wiring for screen readers, a version, a key against double sending."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Any

import wtforms
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField
from wtforms.validators import ValidationError

from helpdesk.errors import Refused
from helpdesk.i18n import counted
from helpdesk.presentation.words import refusal_text


def clean(text: Any) -> Any:
    """Text as it can be stored: lone surrogates and NUL cannot be, line ends become one kind. All else stays."""
    if not isinstance(text, str):
        return text
    kept = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")
    return kept.replace("\r\n", "\n").replace("\r", "\n")


def clean_line(text: Any) -> Any:
    """One line of text: cleaned, composed, without control or zero-width characters, ends trimmed."""
    if not isinstance(text, str):
        return text
    line = unicodedata.normalize("NFC", clean(text)).replace("\n", " ")
    return "".join(c for c in line if unicodedata.category(c) not in ("Cc", "Cf") or c == "\u200d").strip()


class HouseForm(FlaskForm):
    """Base of all forms. `version` is the state of the case the person saw; `form_key` makes sending twice once."""

    version = HiddenField()
    form_key = HiddenField(default=lambda: secrets.token_urlsafe(12))

    class Meta:
        def bind_field(self, form: Any, unbound_field: Any, options: Any) -> Any:
            """Every text field is cleaned before its own filters run."""
            filters = [clean, *unbound_field.kwargs.get("filters", ())]
            if "Field" in unbound_field.field_class.__name__ and unbound_field.field_class.__name__ in TEXTUAL:
                options = {**options, "filters": filters}
                kwargs = {k: v for k, v in unbound_field.kwargs.items() if k != "filters"}
                unbound_field = type(unbound_field)(
                    unbound_field.field_class, *unbound_field.args, name=unbound_field.name, **kwargs
                )
            return unbound_field.bind(form=form, **options)

    @property
    def seen(self) -> int | None:
        """The version of the case the person was looking at, if the form carried one."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    @property
    def key(self) -> str:
        """The form's own key, cut to what the column takes."""
        return str(self.form_key.data or "")[:40] or secrets.token_urlsafe(12)

    def refuse(self, refusal: Refused) -> None:
        """Put the house's refusal beside the field it belongs to, or at the top of the form."""
        text = refusal_text(refusal)
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors = [*self.form_errors, text]  # type: ignore[has-type]
        else:
            field.errors = [*field.errors, text]


class OneFileForm(HouseForm):
    """A form with one file in its field `file`, which is read at once and not kept."""

    def content(self) -> bytes:
        """The bytes that came; empty when no file was chosen."""
        given = self.file.data
        return given.read() if getattr(given, "filename", "") else b""


TEXTUAL = {
    "StringField", "TextAreaField", "EmailField", "TelField", "SearchField", "HiddenField", "PasswordField",
    "URLField",
}  # fmt: skip


class Choice(SelectField):
    """A select whose empty value is "nothing chosen", not "no such choice": its own words say what to choose."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in (None, ""):
            super().pre_validate(form)


class RadioField(wtforms.RadioField):
    """Radio buttons of which none may be chosen yet: then the field's own words say what to choose."""

    def pre_validate(self, form: Any) -> None:
        if self.data not in (None, ""):
            super().pre_validate(form)


class Present:
    """The field must not be empty; `message` says what to write."""

    field_flags: dict[str, Any] = {}

    def __init__(self, message: Any = None) -> None:
        self.message = message or _l("请填写这一项")

    def __call__(self, form: Any, field: Any) -> None:
        empty = not field.data or (isinstance(field.data, str) and not field.data.strip())
        if empty:
            # An unreadable value has its own message already.
            raise ValidationError(str(field.errors[0]) if field.errors else str(self.message))


class Longest:
    """At most so many characters, and by how many it is over."""

    field_flags: dict[str, Any] = {}

    def __init__(self, maximum: int) -> None:
        # `max` is read by the counter under the box.
        self.max = maximum
        self.field_flags = {"maxlength_hint": maximum}

    def __call__(self, form: Any, field: Any) -> None:
        over = len(field.data or "") - self.max
        if over > 0:
            raise ValidationError(counted("超了 %(n)s 个字，请删短些", over))
