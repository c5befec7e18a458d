"""A table that somebody hands in, XLSX or CSV, as lines of text. Nothing in it is ever calculated or followed.

What it is comes from its content, never from its name. A workbook is measured before it is opened: `zipfile` gives no
more of a part than the directory says of its size, so the sizes there are a limit that holds.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 32 * 1024 * 1024
MOST_PARTS = 300
MOST_ROWS = 5000
MOST_COLUMNS = 60
LONGEST_CELL = 4000
# Empty lines in between are passed over, but not without end.
LAST_LINE = 4 * MOST_ROWS
DELIMITERS = ",;\t，；"


class BadTable(Exception):
    """It cannot be read as a table: a code, and what belongs to it."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Row:
    """One line: its number in the file, its cells as trimmed text, and which of them are formulas."""

    number: int
    cells: list[str]
    formulas: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Table:
    """The first line, and all others that are not empty."""

    heading: list[str]
    rows: list[Row]


def read(data: bytes) -> Table:
    """The table. Raises BadTable with its reason; at most MOST_ROWS lines beside the heading."""
    if not data:
        raise BadTable("table_missing")
    if len(data) > MOST_BYTES:
        raise BadTable("table_too_large", limit=MOST_BYTES // 1024 // 1024)
    if data.startswith(b"PK"):
        lines = _of_workbook(data)
    elif data.startswith(b"\xd0\xcf\x11\xe0"):
        raise BadTable("table_old_format")
    else:
        lines = _of_text(data)
    return _gathered(lines)


def _gathered(lines: Iterable[Row]) -> Table:
    heading: list[str] | None = None
    rows: list[Row] = []
    for row in lines:
        if not any(row.cells):
            continue
        if any(len(cell) > LONGEST_CELL for cell in row.cells):
            raise BadTable("table_cell_too_long", row=row.number, limit=LONGEST_CELL)
        if heading is None:
            heading = _shortened(row.cells)
            if len(heading) > MOST_COLUMNS:
                raise BadTable("table_too_wide", limit=MOST_COLUMNS)
            continue
        if any(row.cells[len(heading) :]):
            raise BadTable("table_row_too_wide", row=row.number)
        width = len(heading)
        rows.append(Row(row.number, (row.cells + [""] * width)[:width], [n for n in row.formulas if n < width]))
        if len(rows) > MOST_ROWS:
            raise BadTable("sheet_too_long", limit=MOST_ROWS)
    if heading is None or not rows:
        raise BadTable("sheet_empty")
    return Table(heading, rows)


def _shortened(cells: list[str]) -> list[str]:
    last = max(n for n, cell in enumerate(cells) if cell)
    return cells[: last + 1]


# --- a workbook ---


def _of_workbook(data: bytes) -> Iterator[Row]:
    _measure(data)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        # What a sheet says of its own size may be anything.
        sheet.reset_dimensions()
        lines = sheet.iter_rows(max_row=LAST_LINE + 1, max_col=MOST_COLUMNS + 1)
        for number, cells in enumerate(lines, 1):
            if number > LAST_LINE:
                raise BadTable("sheet_too_long", limit=MOST_ROWS)
            yield Row(
                number,
                [_text(cell.value) for cell in cells],
                [n for n, cell in enumerate(cells) if cell.data_type == "f"],
            )
    except BadTable:
        raise
    except Exception as trouble:  # openpyxl meets a broken part with whatever its parsers raise
        raise BadTable("table_unreadable") from trouble


def _measure(data: bytes) -> None:
    """How large it would become, and that no part defines entities of its own (a bomb without a ZIP)."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise BadTable("table_unpacks_too_large", limit=MOST_UNPACKED // 1024 // 1024)
            if "xl/workbook.xml" not in archive.namelist():
                raise BadTable("table_unreadable")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")) and _declares(archive.read(part)):
                    raise BadTable("table_unreadable")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, EOFError) as trouble:
        raise BadTable("table_unreadable") from trouble


def _declares(xml: bytes) -> bool:
    return any("<!DOCTYPE".encode(code) in xml for code in ("utf-8", "utf-16-le", "utf-16-be"))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return _tidy(str(value))


# --- text ---


def _of_text(data: bytes) -> Iterator[Row]:
    text = _decoded(data)
    if "\x00" in text:
        raise BadTable("table_unreadable")
    first = next((line for line in text.splitlines() if line.strip()), "")
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first), strict=True)
    try:
        for cells in lines:
            yield Row(lines.line_num, [_tidy(cell) for cell in cells])
    except csv.Error as trouble:
        raise BadTable("table_quotes", row=lines.line_num) from trouble


def _decoded(data: bytes) -> str:
    """UTF-8 with a mark or without; UTF-16 with one, as spreadsheets write "Unicode text"; GB18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codes: tuple[str, ...] = ("utf-16",)
    else:
        codes = ("utf-8-sig", "gb18030")
    for code in codes:
        try:
            return data.decode(code)
        except UnicodeDecodeError:
            continue
    raise BadTable("table_encoding")


def _delimiter(first: str) -> str:
    """The one that stands in the heading most often, outside quotes."""
    bare = "".join(first.split('"')[::2])
    counts = {mark: bare.count(mark) for mark in DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _tidy(text: str) -> str:
    """Without what cannot be seen at its ends or stored at all; line ends are one kind."""
    kept = "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c >= " " or c in "\n\t")
    return kept.strip().strip("\ufeff\u200b\u200c\u2060\u3000")
