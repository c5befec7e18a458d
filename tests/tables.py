"""Tables to import, as bytes and as rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from helpdesk.adapters import table_file
from helpdesk.db import db
from helpdesk.domain import table_imports
from helpdesk.models import TableImport, TableKind, TableUpload
from helpdesk.presentation import import_page
from helpdesk.rules.policy import Who
from tests.cast import Cast

HONOURS = "志愿者编号,姓名,荣誉名称,授予单位,授予日期,怎么核实\n"
EXPERTS = "志愿者编号,姓名,邮箱,手机,工作站,服务类别,服务区\n"


def xlsx(*rows: Sequence[Any]) -> bytes:
    """A workbook of one sheet; what begins with = is a formula."""
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def uploaded(who: Who, kind: TableKind, data: bytes | str) -> TableUpload:
    """The table as if it had come through the page."""
    table = table_file.read(data.encode() if isinstance(data, str) else data)
    keys = import_page.keys_of(kind, table.heading)
    return table_imports.take(who, kind, file_name="a.csv", sha256="0" * 64, columns=keys, rows=table.rows)


def honour_lines(*names: str) -> str:
    """Honours of Chen's by name."""
    return HONOURS + "".join(f"440300000001,陈明远,{name},市义工联,2025-05-04,证书\n" for name in names)


def imported(who: Who, *names: str) -> TableImport:
    """Past honours of Chen's, imported and not verified."""
    return table_imports.carry_out(uploaded(who, TableKind.HONOURS, honour_lines(*names)), who)


def both(cast: Cast) -> dict[str, Any]:
    """An upload that waits and an import whose line waits, both the coordinator's."""
    batch = imported(cast.wang, "优秀志愿者")
    found = {"batch": batch, "upload": uploaded(cast.wang, TableKind.HONOURS, honour_lines("五星志愿者"))}
    db.session.commit()
    return found
