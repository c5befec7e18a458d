"""What the paper says, in words: facts become the strings that stand on the certificate.

The wording is fixed Chinese with English beside it, because the paper is an official text and not a screen: it does
not follow the reader's language. No spaces between Han characters and digits (GB/T 15834 practice for documents).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from helpdesk.adapters.pdf import CertificateFacts, Facts, RenderingUnavailable

TITLE = "志愿服务证书"
TITLE_EN = "CERTIFICATE OF VOLUNTEER SERVICE"
UNNAMED_COMPANY = "一家中小企业"
# What stands where a seal would be: only a key from a licensed authority makes one (《电子签名法》 art. 16).
SEAL, MARK = "出证单位电子印章", "数字签名防篡改"
MODES = {"onsite": "上门", "station": "到站", "online": "线上", "phone": "电话", "there": "现场"}
CONFIRMED = {"company": "企业确认", "station": "工作站核定"}
CONFIRMED_EN = {
    "company": "hours confirmed by the company served",
    "station": "hours verified by the service station",
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
ENDINGS = "。．.；;，,、！!… "

# Sizes, largest first, with the room that certificate.css gives them: CSS class, em squares in a line, lines.
SIZES = (("large", 39.0, 5), ("medium", 45.5, 6), ("small", 54.0, 8))
ISSUER_SIZES = (("short", 16.0), ("long", 42.0), ("longer", 84.0))


@dataclass(frozen=True)
class Fact:
    """One column of the strip under the text; `long` values are set smaller, in up to two lines."""

    label: str
    english: str
    value: str
    long: bool


@dataclass(frozen=True, kw_only=True)
class Foot:
    """What papers on their side have in common: number, issuer, and how the paper is checked."""

    number: str
    issuer: str
    issuer_size: str
    issued_on: str
    issued_iso: str
    address: str
    code: str
    digest: str
    digest_full: str
    qr_text: str
    city: str
    seal: str


@dataclass(frozen=True, kw_only=True)
class Paper(Foot):
    """The strings of one certificate, cleaned, and the CSS class of its body size. Escaping is the template's."""

    title: str
    title_en: str
    name: str
    salutation: str
    period: str
    company: str
    category: str
    hours: str
    modes: str
    content: str
    confirmation: str
    english: str
    facts: tuple[Fact, ...]
    size: str


def hours(minutes: int) -> str:
    """Minutes as hours, rounded down to a tenth in whole numbers: 209 is "3.4"."""
    tenths = max(0, minutes) // 6
    return f"{tenths // 10}.{tenths % 10}"


def chinese_date(day: date) -> str:
    """2026年11月3日."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_period(start: date, end: date) -> str:
    """2026年10月21日至11月2日: the second date leaves out what the first has said."""
    first = chinese_date(start)
    if start == end:
        return first
    if start.year != end.year:
        return f"{first}至{chinese_date(end)}"
    if start.month != end.month:
        return f"{first}至{end.month}月{end.day}日"
    return f"{first}至{end.day}日"


def english_period(start: date, end: date) -> str:
    """21 October – 2 November 2026."""
    last = f"{end.day} {MONTHS[end.month - 1]} {end.year}"
    if start == end:
        return last
    first = f"{start.day} {MONTHS[start.month - 1]}"
    return f"{first} – {last}" if start.year == end.year else f"{first} {start.year} – {last}"


def modes_text(minutes_by_mode: dict[str, int]) -> str:
    """（上门2.5小时，线上2.0小时）, or （线上） when there was one mode only. An unknown mode keeps its name."""
    used = [(MODES.get(mode, mode), minutes) for mode, minutes in minutes_by_mode.items() if minutes > 0]
    if len(used) < 2:
        return "".join(f"（{label}）" for label, _ in used)
    return "（" + "，".join(f"{label}{hours(minutes)}小时" for label, minutes in used) + "）"


def clean(text: str) -> str:
    """Composed characters, no control or invisible ones, single spaces."""
    composed = unicodedata.normalize("NFC", text)
    spaced = "".join(" " if c.isspace() else c for c in composed)
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Co")).split())


def without_pictures(text: str, coverage: Collection[int]) -> str:
    """Text without the emoji and symbols that no shipped face draws. Letters stay: words are never altered."""
    return "".join(c for c in text if ord(c) in coverage or unicodedata.category(c)[0] in "LN")


def ems(text: str) -> float:
    """Roughly how many em squares a text takes: a Han character is one, Latin letters and digits near 0.6."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.75 if c.isupper() else 0.6 for c in text)


def clamp(text: str, room: float) -> str:
    """The text, or as much of it as fits into `room` em squares and an ellipsis."""
    if ems(text) <= room:
        return text
    kept, width = 0, 1.0
    for character in text:
        width += ems(character)
        if width > room:
            break
        kept += 1
    shorter = text[:kept]
    clause = max(shorter.rfind(mark) for mark in "。；，.;,")
    return (shorter[:clause] if clause > kept * 0.7 else shorter).rstrip(ENDINGS) + "…"


def lines(text: str, width: float) -> int:
    """In how many lines a paragraph is likely to fall; one em per line is lost to line-breaking rules."""
    return max(1, -int(-ems(text) // (width - 1.0)))


def size_for(salutation: str, fixed: str, content: str, tightness: float = 1.0) -> tuple[str, str]:
    """The largest body size that holds the text, and the content cut to what the smallest one holds.

    `tightness` above 1 reckons with less room, for a text that turned out wider than it was taken for.
    """
    for name, width, rows in SIZES:
        if lines(salutation, width) + lines(fixed + content, width / tightness) + 1 <= rows:
            return name, content
    name, width, rows = SIZES[-1]
    room = (rows - 1 - lines(salutation, width)) * (width / tightness - 1.0) - ems(fixed)
    if room < 8:
        raise RenderingUnavailable("the names on this certificate are too long for one page; shorten them")
    return name, clamp(content, room)


def foot(facts: Facts, issuer_name: str, issued_on: date, digest: str) -> dict[str, str]:
    """The strings of `Foot`; no size for the issuer's name when it is too long for each."""
    issuer = clean(issuer_name)
    return {
        "number": clean(facts.number),
        "issuer": issuer,
        "issuer_size": roomy(issuer, ISSUER_SIZES),
        "issued_on": chinese_date(issued_on),
        "issued_iso": issued_on.isoformat(),
        "address": short_address(facts.verify_url),
        "code": clean(facts.verification_code),
        "digest": short_digest(digest[:16]),
        "digest_full": clean(digest),
        "qr_text": facts.verify_url.upper(),
        "city": facts.city,
        "seal": SEAL if facts.has_seal else MARK,
    }


def roomy(text: str, sizes: Iterable[tuple[str, float]]) -> str:
    """The first of these sizes, largest first, with room for a text in one piece; "" when none has."""
    return next((size for size, room in sizes if ems(text) <= room), "")


def paper(facts: CertificateFacts, coverage: Collection[int], tightness: float = 1.0) -> Paper:
    """The strings of this certificate. Raises RenderingUnavailable when a field cannot be printed as it is."""
    name = clean(facts.expert_name)
    company = clean(facts.company_name or "") or UNNAMED_COMPANY
    content = without_pictures(clean(facts.content), coverage).strip().rstrip(ENDINGS)
    period = chinese_period(facts.starts_on, facts.ends_on)
    total, modes = hours(facts.minutes_total), modes_text(dict(facts.minutes_by_mode))
    confirmation = CONFIRMED[facts.confirmed_by]
    fixed = f"　　您于{period}，以志愿专家身份为{company}提供{facts.category_zh}公益服务，累计{total}小时{modes}。"
    fixed += f"服务内容：。服务时长已经{confirmation}。"
    size, content = size_for(f"{name}{facts.salutation}：", fixed, content, tightness)
    made = Paper(
        title=TITLE,
        title_en=TITLE_EN,
        name=name,
        salutation=clean(facts.salutation),
        period=period,
        company=company,
        category=clean(facts.category_zh),
        hours=total,
        modes=modes,
        content=content + ("" if content.endswith(("…", "？", "?")) else "。"),
        confirmation=confirmation,
        english=_english(facts, total),
        facts=_facts(facts),
        size=size,
        **foot(facts, facts.issuer_name, facts.issued_on, facts.ledger_digest),
    )
    _refuse_gaps(made, coverage)
    return made


def _english(facts: CertificateFacts, total: str) -> str:
    """One line for readers without Chinese."""
    field = clean(facts.category_en)
    kind = f"volunteer expert service ({field})" if field else "volunteer expert service"
    period = english_period(facts.starts_on, facts.ends_on)
    return f"{total} hours of {kind}, {period}; {CONFIRMED_EN[facts.confirmed_by]}."


def _facts(facts: CertificateFacts) -> tuple[Fact, ...]:
    """The strip under the text. Room is in em squares of the ordinary size, as wide as certificate.css makes it."""
    rows = (
        ("志愿者编号", "Volunteer No.", facts.expert_number, 11.0),
        ("案件编号", "Case No.", facts.case_number, 8.4),
        ("服务站点", "Station", facts.station_name, 15.5),
        ("经办人", "Handled by", facts.handler_name, 8.0),
        ("企业评价", "Rating", "未评价" if facts.rating is None else f"{facts.rating}分", 6.5),
        ("累计服务时长", "Total", f"{hours(facts.cumulative_minutes)}小时", 8.7),
    )
    return tuple(fact(label, english, clean(value) or "—", room) for label, english, value, room in rows)


def fact(label: str, english: str, value: str, room: float) -> Fact:
    """A column with room for so many em squares; two lines at three quarters of the size hold over 2.5 times."""
    return Fact(label, english, clamp(value, room * 2.4), ems(value) > room)


def short_address(url: str) -> str:
    """The short address printed beside the QR code: host and path without scheme and code."""
    parts = urlsplit(url)
    return (parts.netloc + parts.path.rpartition("/")[0]).rstrip("/")


def number_head(has_activities: bool) -> tuple[str, str]:
    """What stands over a column of numbers, in both languages: papers without activities stay what they were."""
    return ("编号", "No.") if has_activities else ("案件编号", "Case")


def short_digest(digest: str) -> str:
    """9f2c 41ab 07de 33c1."""
    return " ".join(digest[i : i + 4] for i in range(0, len(digest), 4))


def _printed(made: Paper) -> Iterator[tuple[str, str]]:
    """Every string with words of a person or an office in it, under the name that the refusal gives it."""
    yield "expert_name", made.name
    yield "company_name", made.company
    yield "content", made.content
    yield "issuer_name", made.issuer
    yield "category", made.category + made.english
    yield "number", made.number + made.code + made.address + made.digest + made.salutation + made.modes
    for fact in made.facts:
        yield fact.label, fact.value


def _refuse_gaps(made: Paper, coverage: Collection[int]) -> None:
    needed = {"expert_name": made.name, "issuer_name": made.issuer, "content": made.content.rstrip(ENDINGS)}
    refuse_gaps(f"certificate {made.number}", needed, {"issuer_name": made.issuer_size}, _printed(made), coverage)


def refuse_gaps(
    paper: str,
    needed: Mapping[str, object],
    sizes: Mapping[str, str],
    printed: Iterable[tuple[str, str]],
    coverage: Collection[int],
) -> None:
    """No box instead of a character, and nothing that must be there left out: the paper is stopped, in one line.

    `needed` fields may not be empty; fields of `sizes` found no size that fits when theirs is empty; `printed` are all
    words of persons and offices. Raises RenderingUnavailable naming the paper, the fields and the characters.
    """
    for field, value in needed.items():
        if not value:
            raise RenderingUnavailable(f"{paper}: {field} is empty and must be on the paper")
    for field, size in sizes.items():
        if not size:
            raise RenderingUnavailable(f"{paper}: {field} is too long for its place")
    named = []
    for field, text in printed:
        gaps = dict.fromkeys(c for c in text if ord(c) not in coverage)
        if gaps:
            named.append(f"{field}: {' '.join(f'{c} (U+{ord(c):04X})' for c in gaps)}")
    if named:
        raise RenderingUnavailable(f"{paper}: no font has {'; '.join(dict.fromkeys(named))}")
