"""What the paper says, in words: facts become the strings that stand on the certificate.

The wording is fixed Chinese with English beside it, because the paper is an official text and not a screen: it does
not follow the reader's language. No spaces between Han characters and digits (GB/T 15834 practice for documents).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from helpdesk.adapters.pdf import CertificateFacts, RenderingUnavailable

TITLE = "志愿服务证书"
TITLE_EN = "CERTIFICATE OF VOLUNTEER SERVICE"
UNNAMED_COMPANY = "一家中小企业"
MODES = {"onsite": "上门", "station": "到站", "online": "线上", "phone": "电话"}
CONFIRMED = {"company": "服务时长已经企业确认", "station": "服务时长已经工作站核定"}
CONFIRMED_EN = {
    "company": "hours confirmed by the company served",
    "station": "hours verified by the service station",
}
MONTHS = (
    "January February March April May June July August September October November December".split()
)  # fmt: skip
ENDINGS = "。．.；;，,、！!…"
MAX_COMPANY_EMS = 72.0

# Body sizes, largest first: CSS class, em squares in a line, lines in the box. They match certificate.css.
SIZES = (("large", 39.0, 5), ("medium", 45.5, 6), ("small", 54.0, 8), ("smallest", 63.0, 10))


@dataclass(frozen=True)
class Paper:
    """The strings of one certificate, cleaned, and the CSS class of its body size. Escaping is the template's."""

    title: str
    title_en: str
    number: str
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
    facts: tuple[tuple[str, str, str], ...]
    issuer: str
    issued_on: str
    issued_iso: str
    address: str
    code: str
    digest: str
    digest_full: str
    qr_text: str
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
    """Roughly how many em squares a text takes: a Han character is one, a Latin letter a little over a half."""
    return sum(1.0 if unicodedata.east_asian_width(c) in "WFA" else 0.56 for c in text)


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
    return text[:kept].rstrip(ENDINGS + " ") + "…"


def lines(text: str, width: float) -> int:
    """In how many lines a paragraph is likely to fall; one em per line is lost to line-breaking rules."""
    return max(1, -int(-ems(text) // (width - 1.0)))


def size_for(salutation: str, fixed: str, content: str) -> tuple[str, str]:
    """The largest body size that holds the text, and the content cut to what the smallest one holds."""
    for name, width, rows in SIZES:
        if lines(salutation, width) + lines(fixed + content, width) + 1 <= rows:
            return name, content
    name, width, rows = SIZES[-1]
    room = (rows - 1 - lines(salutation, width)) * (width - 1.0) - ems(fixed)
    if room < 8:
        raise RenderingUnavailable("the names on this certificate are too long for one page; shorten them")
    return name, clamp(content, room)


def paper(facts: CertificateFacts, coverage: Collection[int]) -> Paper:
    """The strings of this certificate. Raises RenderingUnavailable when a field cannot be printed as it is."""
    name = clean(facts.expert_name)
    company = clamp(clean(facts.company_name or ""), MAX_COMPANY_EMS) or UNNAMED_COMPANY
    content = without_pictures(clean(facts.content), coverage).strip().rstrip(ENDINGS + " ")
    period = chinese_period(facts.starts_on, facts.ends_on)
    total, modes = hours(facts.minutes_total), modes_text(dict(facts.minutes_by_mode))
    confirmation = CONFIRMED[facts.confirmed_by]
    fixed = f"　　您于{period}，以志愿专家身份为{company}提供{facts.category_zh}公益服务，累计{total}小时{modes}。"
    size, content = size_for(f"{name}{facts.salutation}：", f"{fixed}服务内容：{confirmation}。", content)
    made = Paper(
        title=TITLE,
        title_en=TITLE_EN,
        number=clean(facts.number),
        name=name,
        salutation=clean(facts.salutation),
        period=period,
        company=company,
        category=clean(facts.category_zh),
        hours=total,
        modes=modes,
        content=content,
        confirmation=confirmation,
        english=_english(facts, total),
        facts=_facts(facts),
        issuer=clean(facts.issuer_name),
        issued_on=chinese_date(facts.issued_on),
        issued_iso=facts.issued_on.isoformat(),
        address=_address(facts.verify_url),
        code=clean(facts.verification_code),
        digest=_grouped(facts.ledger_digest[:16]),
        digest_full=clean(facts.ledger_digest),
        qr_text=facts.verify_url.upper(),
        size=size,
    )
    _refuse_gaps(made, coverage)
    return made


def _english(facts: CertificateFacts, total: str) -> str:
    """One line for readers without Chinese."""
    field = clean(facts.category_en)
    kind = f"volunteer expert service ({field})" if field else "volunteer expert service"
    period = english_period(facts.starts_on, facts.ends_on)
    return f"{total} hours of {kind}, {period}; {CONFIRMED_EN[facts.confirmed_by]}."


def _facts(facts: CertificateFacts) -> tuple[tuple[str, str, str], ...]:
    """The strip under the text: Chinese label, English label, value."""
    rating = "未评价" if facts.rating is None else f"{facts.rating}分"
    return (
        ("志愿者编号", "Volunteer No.", clean(facts.expert_number) or "—"),
        ("案件编号", "Case No.", clean(facts.case_number)),
        ("服务站点", "Station", clean(facts.station_name) or "—"),
        ("经办人", "Handled by", clean(facts.handler_name) or "—"),
        ("企业评价", "Rating", rating),
        ("累计服务时长", "Total", f"{hours(facts.cumulative_minutes)}小时"),
    )


def _address(url: str) -> str:
    """The short address printed beside the QR code: host and path without scheme and code."""
    parts = urlsplit(url)
    return (parts.netloc + parts.path.rpartition("/")[0]).rstrip("/")


def _grouped(digest: str) -> str:
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
    for _, label, value in made.facts:
        yield label, value


def _refuse_gaps(made: Paper, coverage: Collection[int]) -> None:
    """No box instead of a character, ever: missing names or characters stop the paper."""
    for field, text in (("expert_name", made.name), ("issuer_name", made.issuer), ("content", made.content)):
        if not text:
            raise RenderingUnavailable(f"certificate {made.number}: {field} is empty and must be on the paper")
    gaps = {field: dict.fromkeys(c for c in text if ord(c) not in coverage) for field, text in _printed(made)}
    named = [f"{field}: {' '.join(f'{c} (U+{ord(c):04X})' for c in chars)}" for field, chars in gaps.items() if chars]
    if named:
        raise RenderingUnavailable(f"certificate {made.number}: no font has {'; '.join(named)}")
