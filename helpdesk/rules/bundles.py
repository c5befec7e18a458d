"""A volunteer's records as a signed bundle: one canonical form, read narrowly (关系转接; PIPL art. 45).

{"format": "wenqu-transfer/1", "record": {...}, "signature": {...}}; the signature is over the canonical bytes of
`record`: keys sorted, no blanks, UTF-8, whole numbers and texts only, so that every program writes the same bytes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

FORMAT = "wenqu-transfer/1"
LARGEST = 4 * 1024 * 1024
MOST_RECORDS = 10_000
LONGEST_TEXT = 120
EARLIEST = date(2000, 1, 1)


class Unreadable(Exception):
    """What is wrong with a bundle: a code, where (`record` counts from 1), and which field."""

    def __init__(self, code: str, *, record: int = 0, name: str = "") -> None:
        super().__init__(f"{code} {record} {name}".strip())
        self.code, self.record, self.name = code, record, name


@dataclass(frozen=True)
class Line:
    """One record of service; `record_id` is its origin's own and never used twice there."""

    record_id: str
    served_on: date
    minutes: int
    mode: str
    category: str
    recorder: str
    confirmed_by: str


@dataclass(frozen=True)
class Bundle:
    """What a bundle says, once its shape is right."""

    origin_id: str
    origin_name: str
    volunteer_name: str
    volunteer_number: str
    exported_at: datetime
    consented_at: datetime
    receiver: str
    lines: tuple[Line, ...]


def canonical(value: Any) -> bytes:
    """The one way to write it down."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def opened(raw: bytes) -> tuple[dict[str, Any], Any]:
    """The record and its signature, neither checked yet. Raises Unreadable."""
    if len(raw) > LARGEST:
        raise Unreadable("bundle_too_large")
    try:
        whole = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError):
        raise Unreadable("bundle_no_json") from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT or not isinstance(whole.get("record"), dict):
        raise Unreadable("bundle_other_format")
    return whole["record"], whole.get("signature")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name could be read in two ways."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


def _never(text: str) -> None:
    raise ValueError(text)


def read(record: dict[str, Any], today: date) -> Bundle:
    """Everything in it, each value of its kind and in its bounds. Raises Unreadable naming the first that is not."""
    origin, volunteer, consent = (_part(record, name) for name in ("origin", "volunteer", "consent"))
    rows = record.get("entries")
    if not isinstance(rows, list) or not rows:
        raise Unreadable("bundle_empty")
    if len(rows) > MOST_RECORDS:
        raise Unreadable("bundle_too_large")
    lines = tuple(_line(row, number, today) for number, row in enumerate(rows, 1))
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if line.record_id in seen:
            raise Unreadable("bundle_record_twice", record=number, name="id")
        seen.add(line.record_id)
    return Bundle(
        origin_id=_text(origin, "id", 0, 64),
        origin_name=_text(origin, "name", 0),
        volunteer_name=_text(volunteer, "name", 0, 80),
        volunteer_number=_text(volunteer, "number", 0, 40),
        exported_at=_moment(record, "exported_at"),
        consented_at=_moment(consent, "given_at"),
        receiver=_text(consent, "receiver", 0),
        lines=lines,
    )


def _part(record: dict[str, Any], name: str) -> dict[str, Any]:
    part = record.get(name)
    if not isinstance(part, dict):
        raise Unreadable("bundle_field", name=name)
    return part


def _line(row: Any, number: int, today: date) -> Line:
    if not isinstance(row, dict):
        raise Unreadable("bundle_field", record=number, name="entries")
    minutes = row.get("minutes")
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= 1440:
        raise Unreadable("bundle_field", record=number, name="minutes")
    try:
        served_on = date.fromisoformat(_text(row, "served_on", number, 10))
    except ValueError:
        raise Unreadable("bundle_field", record=number, name="served_on") from None
    if not EARLIEST <= served_on <= today:
        raise Unreadable("bundle_field", record=number, name="served_on")
    return Line(
        record_id=_text(row, "id", number, 64),
        served_on=served_on,
        minutes=minutes,
        mode=_text(row, "mode", number, 20),
        category=_text(row, "category", number, 40),
        recorder=_text(row, "recorder", number),
        confirmed_by=_text(row, "confirmed_by", number, 20),
    )


def _text(row: dict[str, Any], name: str, number: int, longest: int = LONGEST_TEXT) -> str:
    text = row.get(name)
    if not isinstance(text, str) or not text.strip() or len(text) > longest or not text.isprintable():
        raise Unreadable("bundle_field", record=number, name=name)
    return text


def _moment(row: dict[str, Any], name: str) -> datetime:
    text = row.get(name)
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unreadable("bundle_field", name=name)
    return moment
