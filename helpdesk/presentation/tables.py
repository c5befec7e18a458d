"""Tables as files: CSV line by line, XLSX by openpyxl's writer that keeps no rows. No cell is ever a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from helpdesk.presentation.export import safe

Cell = str | int | float | None
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX}
TOGETHER = 200
CHUNK = 64 * 1024


def csv_pieces(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """UTF-8 with a mark, so that spreadsheets read it; text that begins like a formula is made text."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    for n, row in enumerate(rows, 1):
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
        if n % TOGETHER == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def xlsx_pieces(title: str, rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """One sheet. Text is written as text, so `=1+1` stays what it is; numbers are numbers."""
    return book_pieces([Sheet(title, rows)])


@dataclass(frozen=True)
class Sheet:
    """One page of a workbook: its lines, and how wide its columns are, in characters (0: as usual)."""

    title: str
    rows: Iterable[Sequence[Cell]]
    widths: Sequence[int] = ()


def book_pieces(sheets: Iterable[Sheet]) -> Iterator[bytes]:
    """A workbook. Text is text, as in `xlsx_pieces`."""
    book = Workbook(write_only=True)
    for sheet in sheets:
        page = book.create_sheet(sheet.title[:31])
        for number, width in enumerate(sheet.widths, 1):
            page.column_dimensions[get_column_letter(number)].width = width or None
        for row in sheet.rows:
            page.append([_cell(page, value) for value in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece


def _cell(page: object, value: Cell) -> object:
    if not isinstance(value, str):
        return value
    # XML takes no control characters; a string cell is never calculated, whatever it begins with.
    cell = WriteOnlyCell(page, value="".join(c for c in value if c >= " " or c in "\t\n")[:32767])
    cell.data_type = "s"
    return cell


def pieces(kind: str, title: str, rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """The table as "csv" or "xlsx"."""
    return xlsx_pieces(title, rows) if kind == "xlsx" else csv_pieces(rows)
