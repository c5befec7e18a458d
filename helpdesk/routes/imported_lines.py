"""Deciding about imported lines that wait: what the pages of both kinds of import do the same way."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, request

from helpdesk.forms.imported_lines import LinesForm
from helpdesk.i18n import counted
from helpdesk.models import RecordImport, TableImport
from helpdesk.routes.guard import me
from helpdesk.routes.steps import attempt


def try_decision(form: LinesForm, batch: RecordImport | TableImport, decide: Callable[..., int]) -> int | None:
    """Try what was pressed: all, the ticked ones, or leave the ticked ones out. None when it is done and said;
    otherwise the status to answer with, as `attempt`."""
    act = request.form.get("act", "")
    done: list[int] = []

    def verb() -> None:
        lines = None if act == "verify_all" else form.chosen()
        done.append(decide(batch, me(), record_ids=lines, verified=act != "refuse", reason=form.reason.data or ""))

    refused = attempt(form, None, verb)
    if refused is None:
        flash(counted("%(n)s 条已处理", done[0]), "done")
    return refused
