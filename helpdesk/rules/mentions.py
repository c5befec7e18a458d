"""Where a text names somebody with an @: the domain asks whom to tell, the page what to mark, by this one rule."""

from __future__ import annotations

from collections.abc import Iterable

SIGNS = "@＠"


def spans(text: str, names: Iterable[str]) -> list[tuple[int, int, str]]:
    """Begin, end and name of every @name in the text, in order; the longest name that fits counts.

    Chinese is written without spaces, so a name ends where it ends; a Latin one must not go on ("@Lin" is not in
    "@Linda"), and an @ inside a mail address names nobody.
    """
    known = sorted({name for name in names if name}, key=lambda name: (-len(name), name))
    found, place = [], 0
    while place < len(text):
        if text[place] in SIGNS and not (place and _joins(text[place - 1])):
            name = next((n for n in known if _stands_at(text, place + 1, n)), None)
            if name is not None:
                found.append((place, place + 1 + len(name), name))
                place += 1 + len(name)
                continue
        place += 1
    return found


def _stands_at(text: str, place: int, name: str) -> bool:
    end = place + len(name)
    if text[place:end].casefold() != name.casefold():
        return False
    return not (_joins(name[-1]) and end < len(text) and _joins(text[end]))


def _joins(letter: str) -> bool:
    """Whether a letter belongs to a Latin word or a number."""
    return letter.isascii() and (letter.isalnum() or letter == "_")
