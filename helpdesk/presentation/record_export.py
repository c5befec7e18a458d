"""One's own record to take along: CSV, a workbook, JSON. What a spreadsheet could run is text in all of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from helpdesk import clock
from helpdesk.domain.own_record import Record
from helpdesk.i18n import N_
from helpdesk.models import EntryKind, HoursEntry
from helpdesk.presentation.export import safe
from helpdesk.presentation.hours_page import VOUCHED
from helpdesk.presentation.words import how_word, named, word
from helpdesk.rules.credit import hours_text

FORMAT = "wenqu-record/1"
COLUMNS = (
    N_("服务日期"), N_("编号"), N_("标题"), N_("类别"), N_("方式"), N_("分钟"), N_("小时"), N_("由谁确认"),
    N_("记录单位"), N_("入账或冲正"), N_("冲正原因"), N_("入账时间"), N_("记录摘要"),
)  # fmt: skip
PAPER_COLUMNS = (N_("证书编号"), N_("案件编号"), N_("分钟"), N_("出具日期"), N_("状态"), N_("核验码"))
WIDTHS = (12, 15, 36, 16, 8, 8, 8, 12, 32, 12, 24, 18, 24)

Cell = str | int | float | date


def as_csv(record: Record) -> bytes:
    """The ledger, a line each, UTF-8 with a mark so that every spreadsheet reads Chinese."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([gettext(word) for word in COLUMNS])
    writer.writerows([_plain(cell) for cell in row] for row in _lines(record))
    return ("\ufeff" + out.getvalue()).encode()


def as_xlsx(record: Record) -> bytes:
    """A workbook: who and how much, the ledger, the papers. No cell is ever a formula."""
    book = Workbook(write_only=True)
    _sheet(book, gettext("汇总"), (gettext("项目"), gettext("内容")), _summary(record), (16, 44))
    _sheet(book, gettext("服务明细"), [gettext(word) for word in COLUMNS], _lines(record), WIDTHS)
    _sheet(book, gettext("证书"), [gettext(word) for word in PAPER_COLUMNS], _papers(record), (20, 15, 8, 12, 10, 24))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_json(record: Record) -> bytes:
    """The same for machines: names of fields stay, whatever the reader's language; times carry Shenzhen's offset."""
    expert = record.expert
    found = {
        "format": FORMAT,
        "taken_at": _iso(record.taken_at),
        "volunteer": {
            "name": expert.name,
            "number": expert.volunteer_number,
            "registered_on": expert.registered_on.isoformat(),
        },
        "minutes": record.minutes,
        "entries": [_entry(record, entry) for entry in record.entries],
        "certificates": [
            {
                "number": row.number,
                "case": row.facts["case_number"],
                "minutes": row.minutes,
                "issued_on": row.facts["issued_on"],
                "status": row.status.value,
                "code": row.code,
            }
            for row in record.papers
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


def _entry(record: Record, entry: HoursEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind.value,
        "served_on": entry.served_on.isoformat(),
        "case": entry.case.number if entry.case is not None else None,
        "activity": entry.activity.number if entry.activity is not None else None,
        "title": entry.service.title,
        "category": entry.category_code,
        "mode": entry.mode.value,
        "minutes": entry.minutes,
        "confirmed_by": entry.confirmed_by.value,
        "recorded_by": record.stations[entry.station_id].legal_entity,
        "recorded_at": _iso(entry.recorded_at),
        "reason": entry.reason,
        "hash": entry.hash,
    }


def _lines(record: Record) -> Iterator[list[Cell]]:
    for entry in record.entries:
        yield [
            entry.served_on,
            entry.service.number or "",
            entry.service.title,
            named(entry.service.category, short=True),
            how_word(entry),
            entry.minutes,
            float(hours_text(entry.minutes)),
            gettext(VOUCHED[entry.confirmed_by]),
            record.stations[entry.station_id].legal_entity,
            gettext("冲正") if entry.kind is EntryKind.REVERSAL else gettext("入账"),
            entry.reason,
            f"{clock.local(entry.recorded_at):%Y-%m-%d %H:%M}",
            entry.hash,
        ]


def _papers(record: Record) -> Iterator[list[Cell]]:
    for row in record.papers:
        issued_on = date.fromisoformat(row.facts["issued_on"])
        yield [row.number, row.facts["case_number"], row.minutes, issued_on, word(row.status), row.code]


def _summary(record: Record) -> Iterator[list[Cell]]:
    yield [gettext("姓名"), record.expert.name]
    yield [gettext("志愿者编号"), record.expert.volunteer_number]
    yield [gettext("登记日期"), record.expert.registered_on]
    yield [gettext("累计分钟"), record.minutes]
    yield [gettext("累计小时"), float(hours_text(record.minutes))]
    yield [gettext("导出时间"), f"{clock.local(record.taken_at):%Y-%m-%d %H:%M}"]
    yield [gettext("说明"), gettext("时间都是北京时间；小时按 0.1 向下取整，以分钟为准。")]


def _sheet(book: Workbook, title: str, head: Any, rows: Iterator[list[Cell]], widths: tuple[int, ...]) -> None:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[chr(64 + number)].width = width
    bold = Font(bold=True)
    first = [_cell(sheet, text) for text in head]
    for cell in first:
        cell.font = bold
    sheet.append(first)
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet: Any, value: Cell) -> Any:
    """Text is written as text whatever it begins with; a number and a date are what they are."""
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    cell.quotePrefix = value != safe(value)  # also after somebody has edited the cell
    return cell


def _plain(cell: Cell) -> str | int | float:
    if isinstance(cell, date):
        return cell.isoformat()
    return safe(cell) if isinstance(cell, str) else cell


def _iso(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="seconds")


KINDS = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "json": (as_json, "application/json"),
}
