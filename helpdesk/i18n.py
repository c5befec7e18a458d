"""Chinese is the source text, English the translation. The marker for tables and the two languages we speak."""

from __future__ import annotations

DEFAULT_LOCALE = "zh_Hans_CN"
LOCALES = {DEFAULT_LOCALE: "中文", "en": "English"}


def N_(text: str) -> str:
    """Mark a Chinese source text in a table for extraction; it is translated where it is shown."""
    return text
