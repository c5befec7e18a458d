"""One's own record in words: every line of the ledger, and the papers, for oneself to keep. It certifies nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from helpdesk.adapters.pdf import Facts
from helpdesk.adapters.pdf.statement import LONGEST_CONTENT, Line, Other, honours, trainings, transferred
from helpdesk.adapters.pdf.wording import (
    CONFIRMED,
    MODES,
    chinese_date,
    clamp,
    clean,
    hours,
    number_head,
    refuse_gaps,
    short_digest,
    without_pictures,
)

# Of the letters that the titles' face has (titles.py).
TITLE = "志愿服务记录"
TITLE_EN = "Record of volunteer service"
STATES = {"valid": "有效", "superseded": "已更正", "revoked": "已作废"}


@dataclass(frozen=True, kw_only=True)
class RecordFacts(Facts):
    """Everything the copy says, as plain values; all times are whole minutes, days ISO dates.

    `lines`: `on`, `number`, `title`, `field`, `mode`, `confirmed_by` company or station, `recorder`, `minutes` (less
    than none for a reversal), `reason`. `papers`: `number`, `case`, `on`, `state`, `minutes`. Others as on a statement.
    """

    has_seal: bool = False
    expert_name: str
    expert_number: str
    registered_on: date
    taken_on: date
    minutes_total: int
    minutes_by_company: int
    minutes_by_station: int
    ledger_digest: str
    lines: Sequence[dict[str, Any]] = ()
    papers: Sequence[dict[str, Any]] = ()
    trainings: Sequence[dict[str, Any]] = ()
    honours: Sequence[dict[str, Any]] = ()
    transferred: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True)
class OwnRecord:
    """The strings of one copy, cleaned. Escaping is the template's."""

    title: str
    title_en: str
    number: str
    code: str
    name: str
    body: str
    english: str
    identity: tuple[tuple[str, str, str], ...]
    lines: tuple[Line, ...]
    number_head: tuple[str, str]
    total: str
    papers: tuple[Other, ...]
    trainings: tuple[Other, ...]
    honours: tuple[Other, ...]
    transferred: tuple[Other, ...]
    issuer: str
    issued_on: str
    issued_iso: str
    digest: str
    digest_full: str
    qr_text: str
    city: str


def paper(facts: RecordFacts, coverage: Collection[int], tightness: float = 1.0) -> OwnRecord:
    """The strings of this copy. Raises RenderingUnavailable when a character has no glyph."""
    name, total = clean(facts.expert_name), _signed(facts.minutes_total)
    taken = chinese_date(facts.taken_on)
    made = OwnRecord(
        title=TITLE,
        title_en=TITLE_EN,
        number=clean(facts.number),
        code="",
        name=name,
        body=(
            f"{name}（志愿者编号{clean(facts.expert_number)}）截至{taken}的服务记录：服务时间累计{total}小时，"
            f"其中企业确认{_signed(facts.minutes_by_company)}小时、工作站核定{_signed(facts.minutes_by_station)}小时。"
        ),
        english=(
            f"{total} hours of volunteer expert service to small and medium enterprises on record until "
            f"{facts.taken_on.isoformat()}."
        ),
        identity=(
            ("姓名", "Name", name),
            ("志愿者编号", "Volunteer No.", clean(facts.expert_number)),
            ("登记日期", "Registered", chinese_date(facts.registered_on)),
            ("导出日期", "Taken", taken),
        ),
        lines=tuple(_line(line, coverage) for line in facts.lines),
        number_head=number_head(any(line.get("kind") == "activity" for line in facts.lines)),
        total=total,
        papers=tuple(_paper(row) for row in facts.papers),
        trainings=trainings(facts.trainings),
        honours=honours(facts.honours),
        transferred=transferred(facts.transferred),
        issuer=name,
        issued_on=taken,
        issued_iso=facts.taken_on.isoformat(),
        digest=short_digest(facts.ledger_digest[:16]) if facts.ledger_digest else "—",
        digest_full=clean(facts.ledger_digest),
        qr_text="",
        city=facts.city,
    )
    refuse_gaps(f"record {made.number}", {}, {}, _printed(made), coverage)
    return made


def _signed(minutes: int) -> str:
    return hours(minutes) if minutes >= 0 else f"−{hours(-minutes)}"


def _line(line: dict[str, Any], coverage: Collection[int]) -> Line:
    title = without_pictures(clean(line["title"]), coverage).strip()
    said = f"{clean(line['field'])}：{title}" if title else clean(line["field"])
    if line["minutes"] < 0:
        reason = without_pictures(clean(line["reason"]), coverage).strip()
        said = f"冲正：{reason}。{said}" if reason else f"冲正。{said}"
    return Line(
        days=f"{date.fromisoformat(line['on']):%Y.%m.%d}",
        number=clean(line["number"]),
        content=clamp(said, LONGEST_CONTENT),
        how=MODES.get(line["mode"], line["mode"]),
        confirmed=CONFIRMED[line["confirmed_by"]],
        recorder=clean(line["recorder"]),
        hours=_signed(line["minutes"]),
    )


def _paper(row: dict[str, Any]) -> Other:
    day = chinese_date(date.fromisoformat(row["on"]))
    return Other((clean(row["number"]), clean(row["case"]), day, STATES[row["state"]], hours(row["minutes"])))


def _printed(made: OwnRecord) -> Iterator[tuple[str, str]]:
    """Every string with words of a person or an office in it, under the name that the refusal gives it."""
    yield "expert_name", made.name + made.body
    for line in made.lines:
        yield f"line of {line.number}", line.content + line.how + line.recorder + line.number
    for name in ("papers", "trainings", "honours", "transferred"):
        for other in getattr(made, name):
            yield name, "".join(other.cells)
