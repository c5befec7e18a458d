"""Chinese is the source text, English the translation. The marker for tables and the two languages we speak."""

from __future__ import annotations

from flask_babel import ngettext

DEFAULT_LOCALE = "zh_Hans_CN"
LOCALES = {DEFAULT_LOCALE: "中文", "en": "English"}


def N_(text: str) -> str:
    """Mark a Chinese source text in a table for extraction; it is translated where it is shown."""
    return text


def counted(text: str, n: int, **more: object) -> str:
    """A text about `n` things: Chinese says it in one way, English in two (`1 day`, `2 days`). Its hole is `%(n)s`."""
    translated: str = ngettext(text, text, n, n=n, **more)
    return translated
