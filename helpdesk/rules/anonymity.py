"""Taking people and companies out of a text that others may read: known names, and what looks like a phone number,
a mail address, a code or an account. Rules find what has a shape; a person reads the rest before it is published."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

# What a company's name has around the part that people say: the city before it, the legal form behind it.
LEGAL_FORM = re.compile(
    r"^(广东省?)?(深圳市?)?|[（(]深圳[）)]|(股份|责任)?有限(责任)?公司$|(分公司|公司|厂|店|工作室|合作社)$"
)
SHORTEST_NAME = 3
# How somebody is called by the family name alone.
CALLED = "女士|先生|小姐|老师|总监|总|经理|主任|厂长|店长|会计|律师|博士|教授|工"

# In this order: what is longest first, so that nothing is left of it.
SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("mail", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    ("code", re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{18}(?![0-9A-Za-z])")),
    ("case", re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}-\d{2}-\d{5,}(?!\d)")),
    ("account", re.compile(r"(?<!\d)\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?(?!\d)")),
    ("phone", re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)")),
    ("phone", re.compile(r"(?<!\d)0\d{2,3}[ -]?\d{3,4}[ -]?\d{4}(?!\d)")),
    ("account", re.compile(r"(?:微信|QQ|qq)号?[是为：: ]*[0-9A-Za-z_-]{5,20}")),
)
# Full-width digits and letters hide nothing: people type them on phones.
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}


@dataclass(frozen=True)
class Words:
    """What stands in the place of what was taken out."""

    company: str
    contact: str
    expert: str
    staff: str
    gone: str


@dataclass(frozen=True)
class Names:
    """The names that are known to belong to a case."""

    company: str = ""
    contacts: Collection[str] = ()
    experts: Collection[str] = ()
    staff: Collection[str] = ()


def spellings(company: str) -> list[str]:
    """How a company's name may be written: whole, without the words of its legal form, or cut off by a title's end."""
    stem = LEGAL_FORM.sub("", company)
    whole = [spelling for spelling in (company, stem) if len(spelling) >= SHORTEST_NAME]
    return whole + [f"{company[:n]}…" for n in range(len(company) - 1, SHORTEST_NAME - 1, -1)]


def hidden(text: str, names: Names, words: Words) -> str:
    """The text with neutral words instead of these names and of everything that has the shape of a contact or code."""
    text = text.translate(_NARROW)
    for spelling in spellings(names.company):
        text = text.replace(spelling, words.company)
    for people, word in ((names.experts, words.expert), (names.contacts, words.contact), (names.staff, words.staff)):
        for name in sorted({n.strip() for n in people}, key=len, reverse=True):
            text = _without(text, name, word)
    for _, shape in SHAPES:
        text = shape.sub(words.gone, text)
    return text


def _without(text: str, name: str, word: str) -> str:
    """One person out of a text: the name with or without a way of calling, and the family name with one."""
    if len(name) < 2:
        return text
    text = re.sub(rf"{re.escape(name)}(?:{CALLED})?", word, text)
    if re.fullmatch(r"[\u4e00-\u9fff]{2,4}", name):
        text = re.sub(rf"{name[0]}(?:{CALLED})(?!作|业|程|资|人|厂|具|数|额|共|部|体|局|理)", word, text)
    return text


def suspects(text: str, *, most: int = 8) -> list[str]:
    """What in a text still has the shape of a phone, a mail address, a code or an account, in reading order."""
    text = text.translate(_NARROW)
    found: dict[int, str] = {}
    for _, shape in SHAPES:
        for match in shape.finditer(text):
            if not any(start <= match.start() < start + len(known) for start, known in found.items()):
                found[match.start()] = match[0].strip()
    return [found[start] for start in sorted(found)][:most]
