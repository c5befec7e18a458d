"""The 志愿服务记录证明 in words: a period of one volunteer, as many A4 pages as it takes.

办法67 art. 15 demands time, content and recording organisation; the other fields follow 民发〔2015〕149号. The wording
is fixed Chinese with English beside it, like the certificate's: an official text does not follow the reader.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpdesk.adapters.pdf import Facts
from helpdesk.adapters.pdf.titles import STATEMENT, STATEMENT_EN
from helpdesk.adapters.pdf.wording import (
    CONFIRMED,
    MARK,
    MODES,
    SEAL,
    UNNAMED_COMPANY,
    chinese_date,
    chinese_period,
    clamp,
    clean,
    english_period,
    hours,
    number_head,
    refuse_gaps,
    short_address,
    short_digest,
    without_pictures,
)

LONGEST_CONTENT = 120.0  # em squares: four lines of the column
BOTH = "企业确认、工作站核定"
NO_ID = "未登记（本站不收集证件号码）"


@dataclass(frozen=True, kw_only=True)
class StatementFacts(Facts):
    """Everything a statement says, as plain values; all times are whole minutes.

    `groups`: for each field `zh`, `en`, `minutes` and `lines` (`number`, `on`, `until`, `company` or None, `content`,
    `modes` {mode: minutes}, `minutes`, `confirmed_by` company, station or both, `recorder`; an activity has `kind`
    "activity"). `recorders`: `name`,
    `station`, `head`, `handlers`, `contact`, `minutes`, `cases`. `trainings`: `name`, `on`, `minutes`, `by`. `honours`:
    `name`, `on`, `by`. `transferred`: `origin`, `minutes`, `count`; never part of `minutes_total`. Days are ISO dates.
    """

    has_seal: bool = False
    expert_name: str
    expert_number: str
    id_masked: str = ""
    starts_on: date
    ends_on: date
    first_on: date
    last_on: date
    minutes_total: int
    minutes_by_company: int
    minutes_by_station: int
    groups: Sequence[dict[str, Any]]
    recorders: Sequence[dict[str, Any]]
    issuer_name: str
    issued_on: date
    ledger_digest: str
    trainings: Sequence[dict[str, Any]] = ()
    honours: Sequence[dict[str, Any]] = ()
    transferred: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class Line:
    """A case as a row of the table."""

    days: str
    number: str
    content: str
    how: str
    confirmed: str
    recorder: str
    hours: str


@dataclass(frozen=True)
class Group:
    """A field with its cases and their sum."""

    zh: str
    en: str
    hours: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Recorder:
    """One recording organisation with what it answers for."""

    name: str
    station: str
    head: str
    handlers: str
    contact: str
    cases: str
    hours: str


@dataclass(frozen=True)
class Other:
    """A training, an honour, or hours from elsewhere, as a row."""

    cells: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """The strings of one statement, cleaned. Escaping is the template's."""

    title: str
    title_en: str
    number: str
    name: str
    period: str
    total: str
    body: str
    english: str
    identity: tuple[tuple[str, str, str], ...]
    groups: tuple[Group, ...]
    number_head: tuple[str, str]
    total_cases: str
    recorders: tuple[Recorder, ...]
    trainings: tuple[Other, ...]
    honours: tuple[Other, ...]
    transferred: tuple[Other, ...]
    issuer: str
    issuers: tuple[str, ...]
    issued_on: str
    issued_iso: str
    address: str
    code: str
    digest: str
    digest_full: str
    qr_text: str
    city: str
    seal: str


def paper(facts: StatementFacts, coverage: Collection[int], tightness: float = 1.0) -> Statement:
    """The strings of this statement. Raises RenderingUnavailable when a field cannot be printed as it is."""
    total = hours(facts.minutes_total)
    groups = tuple(_group(group, coverage) for group in facts.groups)
    activities = sum(_is_activity(line) for group in facts.groups for line in group["lines"])
    cases = sum(len(group.lines) for group in groups) - activities
    period = chinese_period(facts.starts_on, facts.ends_on)
    name = clean(facts.expert_name)
    made = Statement(
        title=STATEMENT,
        title_en=STATEMENT_EN,
        number=clean(facts.number),
        name=name,
        period=period,
        total=total,
        body=(
            f"兹证明，{name}同志（志愿者编号{clean(facts.expert_number)}）于{period}期间，以志愿专家身份"
            f"{_served(cases, activities)}，服务时间累计{total}小时，"
            f"其中企业确认{hours(facts.minutes_by_company)}小时、工作站核定{hours(facts.minutes_by_station)}小时。"
        ),
        english=(
            f"This is to certify {total} hours of volunteer expert service to small and medium enterprises in "
            f"{_english_count(cases, activities)}, {english_period(facts.starts_on, facts.ends_on)}, "
            "as recorded by the organisations named below."
        ),
        identity=(
            ("姓名", "Name", name),
            ("志愿者编号", "Volunteer No.", clean(facts.expert_number)),
            ("身份证件", "ID", clean(facts.id_masked) or NO_ID),
            ("起止时间", "First to last service", chinese_period(facts.first_on, facts.last_on)),
        ),
        groups=groups,
        number_head=number_head(activities > 0),
        total_cases=_count(cases, activities, "、活动", " "),
        recorders=tuple(_recorder(row) for row in facts.recorders),
        trainings=trainings(facts.trainings),
        honours=honours(facts.honours),
        transferred=transferred(facts.transferred),
        issuer=clean(facts.issuer_name),
        issuers=_issuers([clean(row["name"]) for row in facts.recorders]),
        issued_on=chinese_date(facts.issued_on),
        issued_iso=facts.issued_on.isoformat(),
        address=short_address(facts.verify_url),
        code=clean(facts.verification_code),
        digest=short_digest(facts.ledger_digest[:16]),
        digest_full=clean(facts.ledger_digest),
        qr_text=facts.verify_url.upper(),
        city=facts.city,
        seal=SEAL if facts.has_seal else MARK,
    )
    _refuse_gaps(made, coverage)
    return made


def trainings(rows: Sequence[dict[str, Any]]) -> tuple[Other, ...]:
    """Trainings as rows: day, name, who held them, hours."""
    return tuple(
        Other((_day(row["on"]), clean(row["name"]), clean(row.get("by", "")), hours(int(row.get("minutes", 0)))))
        for row in rows
    )


def honours(rows: Sequence[dict[str, Any]]) -> tuple[Other, ...]:
    """Honours as rows: day, name, who gave them."""
    return tuple(Other((_day(row["on"]), clean(row["name"]), clean(row.get("by", "")))) for row in rows)


def transferred(rows: Sequence[dict[str, Any]]) -> tuple[Other, ...]:
    """Hours from elsewhere as rows: who recorded them, how many records, hours."""
    return tuple(Other((clean(row["origin"]), str(row["count"]), hours(int(row["minutes"])))) for row in rows)


def _issuers(names: list[str]) -> tuple[str, ...]:
    """Who recorded issues (民发〔2015〕149号): each by its name, or all of the table when they are many."""
    several = dict.fromkeys(names)
    return tuple(several) if len(several) <= 3 else (f"以上{len(several)}家记录单位",)


def _day(text: str) -> str:
    return chinese_date(date.fromisoformat(text))


def _group(group: dict[str, Any], coverage: Collection[int]) -> Group:
    return Group(
        zh=clean(group["zh"]),
        en=clean(group["en"]),
        hours=hours(group["minutes"]),
        lines=tuple(_line(line, coverage) for line in group["lines"]),
    )


def _is_activity(line: dict[str, Any]) -> bool:
    return line.get("kind") == "activity"


def _count(cases: int, activities: int, joined: str, space: str = "") -> str:
    """3件, 3件、活动2场 or 活动2场 alone."""
    parts = [f"{cases}{space}件"] if cases or not activities else []
    if activities:
        parts.append(f"{joined if parts else joined.lstrip('、')}{space}{activities}{space}场")
    return "".join(parts)


def _served(cases: int, activities: int) -> str:
    """What was done, in the sentence of the paper."""
    if cases or not activities:
        return f"为中小企业提供公益服务{_count(cases, activities, '、参加活动')}"
    return f"参加面向中小企业的公益服务活动{activities}场"


def _english_count(cases: int, activities: int) -> str:
    parts = [f"{cases} {'case' if cases == 1 else 'cases'}"] if cases or not activities else []
    if activities:
        parts.append(f"{activities} {'activity' if activities == 1 else 'activities'}")
    return " and ".join(parts)


def _line(line: dict[str, Any], coverage: Collection[int]) -> Line:
    company = "活动" if _is_activity(line) else clean(line["company"] or "") or UNNAMED_COMPANY
    content = clamp(without_pictures(clean(line["content"]), coverage).strip(), LONGEST_CONTENT)
    return Line(
        days=_days(date.fromisoformat(line["on"]), date.fromisoformat(line["until"])),
        number=clean(line["number"]),
        content=f"{company}：{content}",
        how="、".join(MODES.get(mode, mode) for mode, minutes in line["modes"].items() if minutes > 0),
        confirmed=BOTH if line["confirmed_by"] == "both" else CONFIRMED[line["confirmed_by"]],
        recorder=clean(line["recorder"]),
        hours=hours(line["minutes"]),
    )


def _recorded(cases: int, activities: int) -> str:
    """The cases, and apart from them the activities, one organisation recorded."""
    return f"{cases}、活动{activities}" if activities else str(cases)


def _days(first: date, last: date) -> str:
    """2026.10.21, or 2026.10.21–11.02: narrow enough for a column."""
    begins = f"{first:%Y.%m.%d}"
    if first == last:
        return begins
    return f"{begins}–{last:%m.%d}" if first.year == last.year else f"{begins}–{last:%Y.%m.%d}"


def _recorder(row: dict[str, Any]) -> Recorder:
    return Recorder(
        name=clean(row["name"]),
        station=clean(row["station"]),
        head=clean(row["head"]),
        handlers=clean(row["handlers"]),
        contact=clean(row["contact"]),
        cases=_recorded(row["cases"], row.get("activities", 0)),
        hours=hours(row["minutes"]),
    )


def _printed(made: Statement) -> Iterator[tuple[str, str]]:
    """Every string with words of a person or an office in it, under the name that the refusal gives it."""
    yield "expert_name", made.name
    yield "number", made.number + made.code + made.address + made.digest + made.period
    yield "identity", "".join(value for _, _, value in made.identity)
    for group in made.groups:
        yield "category", group.zh + group.en
        for line in group.lines:
            yield f"content of {line.number}", line.content + line.how + line.recorder + line.number
    for row in made.recorders:
        yield "recorder", row.name + row.station + row.head + row.handlers + row.contact
    for name, rows in (("trainings", made.trainings), ("honours", made.honours), ("transferred", made.transferred)):
        for other in rows:
            yield name, "".join(other.cells)
    yield "issuer_name", made.issuer


def _refuse_gaps(made: Statement, coverage: Collection[int]) -> None:
    needed = {
        "expert_name": made.name,
        "issuer_name": made.issuer,
        "recorders": made.recorders,
        "groups": made.groups,
        "recorder": all(row.name for row in made.recorders),
    }
    refuse_gaps(f"statement {made.number}", needed, {}, _printed(made), coverage)
