"""Binding a print run: the ZIP and the PDF are written as certificates are read, outside any transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

from helpdesk import clock
from helpdesk.adapters.archive import Entry, zip_pieces
from helpdesk.adapters.pdf import binder
from helpdesk.adapters.storage import MissingFile, Storage, StorageTrouble
from helpdesk.db import db
from helpdesk.domain import print_runs
from helpdesk.domain.print_runs import Bound, Sheet
from helpdesk.models import LeftOut, PrintRun
from helpdesk.presentation import print_run_words


def bind(storage: Storage, payload: dict[str, Any]) -> tuple[Bound | None, Storage]:
    """Both files, under names of their own; None when there is nothing to bind any more.

    One certificate is in memory at a time, besides a line for each in the list.
    """
    run_id = int(payload["run_id"])
    if not print_runs.is_to_bind(run_id):
        return None, storage
    run = db.session.get_one(PrintRun, run_id)
    words = print_run_words.Words(run.locale, clock.now())
    stack = print_runs.sheets(run_id)
    db.session.rollback()
    left_out = {sheet.position: sheet.left_out for sheet in stack if sheet.left_out is not None}
    name = f"{print_runs.FOLDER}/{run_id}-{secrets.token_hex(8)}"

    def entries() -> Iterator[Entry]:
        for sheet, data in _originals(storage, stack, left_out):
            yield Entry(words.file_name(sheet), data, clock.local(sheet.issued_at))
        yield words.manifest(stack, left_out)

    archive = print_runs.keep(storage, f"{name}.zip", zip_pieces(entries()))
    known = len(left_out)
    pages = (data for _, data in _originals(storage, stack, left_out))
    book = print_runs.keep(storage, f"{name}.pdf", binder.bind(pages, title=words.title))
    if len(left_out) > known:
        raise StorageTrouble("a certificate's file went away between the two files; both are made again")
    return Bound(archive, book, left_out), storage


def _originals(storage: Storage, stack: list[Sheet], left_out: dict[int, LeftOut]) -> Iterator[tuple[Sheet, bytes]]:
    """Each certificate's own file. One that is not there, or is no single page, is left out, and noted as missing."""
    for sheet in stack:
        if sheet.position in left_out or sheet.key is None:
            continue
        try:
            data = storage.get(sheet.key)
            binder.check(data)
        except (MissingFile, binder.NotOnePage):
            left_out[sheet.position] = LeftOut.MISSING
            continue
        yield sheet, data
