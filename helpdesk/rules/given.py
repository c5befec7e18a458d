"""Words that an act cannot do without: they are there, and they are not endless."""

from __future__ import annotations

from helpdesk.errors import Refused


def reason(words: str, longest: int | None = None) -> str:
    """The reason without blanks around it. Raises Refused when there is none or it is longer than `longest`."""
    return text(words, "reason", longest, missing="reason_missing")


def text(words: str, field: str, longest: int | None = None, *, missing: str = "text_missing") -> str:
    """What was written in a field, without blanks around it. Raises Refused when it is empty or too long."""
    said = words.strip()
    if not said:
        raise Refused(missing, field=field)
    if longest is not None and len(said) > longest:
        raise Refused("text_too_long", field=field, over=len(said) - longest)
    return said
