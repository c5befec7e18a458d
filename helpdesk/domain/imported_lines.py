"""Lines that came in from elsewhere and wait for somebody: counted, chosen, and marked with who decided and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import Refused
from helpdesk.models import ImportedEntry, ImportedRecord
from helpdesk.rules.policy import Who

LONGEST_REASON = 200
Line = TypeVar("Line", ImportedRecord, ImportedEntry)


def count(owner: Any, waits: ColumnElement[bool], ids: Collection[int]) -> dict[int, int]:
    """How many lines of each of these imports wait; `owner` is the column that names the import."""
    rows = select(owner, func.count()).where(owner.in_(ids), waits).group_by(owner)
    return {key: int(n) for key, n in db.session.execute(rows)}


def chosen(waiting: Iterable[Line], record_ids: Collection[int] | None) -> list[Line]:
    """Those that are meant of the lines that wait; None means all of them. Raises Refused when that is none."""
    wanted = None if record_ids is None else set(record_ids)
    found = [row for row in waiting if wanted is None or row.id in wanted]
    if not found:
        raise Refused("no_records_chosen", field="record_ids")
    return found


def mark(row: ImportedRecord | ImportedEntry, by: Who, reason: str) -> None:
    """Who decided about a line, when, and how it was found out."""
    row.decided_at, row.decided_by_id, row.decided_by, row.reason = clock.now(), by.account_id, by.name, reason
