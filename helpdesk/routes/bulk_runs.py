"""Acts over many cases: choose, say once what they need, watch how far it is, take back what can be taken back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import bulk
from helpdesk.errors import Refused
from helpdesk.forms.bulk import FORMS, params_of
from helpdesk.models import BulkAct, BulkRun, Case
from helpdesk.presentation import bulk_page, choices, export
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import bulk_run_for, may, me
from helpdesk.routes.page import answer, page, page_or_fragment, safe_next, table
from helpdesk.routes.steps import attempt

bp = Blueprint("bulk_runs", __name__, url_prefix="/queue/bulk")


@bp.route("", methods=["GET", "POST"])
@may("queue.read")
def new() -> Response:
    """What the act needs, once for all chosen cases; POST writes the run down and shows how far it is."""
    numbers = request.values.getlist("case")
    back = safe_next(request.values.get("next"), url_for("queues.index"))
    cases = bulk.chosen(me(), numbers)
    if not cases:
        flash(gettext("先勾选要一起办的案件"), "warning")
        return answer(back)
    if request.values.get("act") == "export":
        return _csv(cases)
    try:
        act = BulkAct(request.values.get("act", ""))
        form = _form(act)
    except (ValueError, KeyError):
        abort(404)
    status = 200
    if request.method == "POST":
        made: list[BulkRun] = []
        items = [bulk.item_of(case) for case in cases]
        refused = attempt(form, None, lambda: made.append(bulk.start(me(), act, items, params_of(act, form))))
        if refused is None:
            bulk.go_on(made[0], me())
            return answer(url_for("bulk_runs.show", run_id=made[0].id, next=back))
        status = refused
    return page(
        "bulk_runs/new.html",
        status=status,
        act=act,
        label=gettext(bulk.ACTS[act].label),
        cases=cases,
        form=form,
        back=back,
        has_errors=status != 200,
    )


def _form(act: BulkAct) -> Any:
    form = FORMS[act]()
    if act is BulkAct.TRIAGE:
        form.category.choices, form.topic.choices = choices.categories(), choices.topics()
    if act is BulkAct.TRANSFER:
        form.station.choices = choices.stations()
    return form


@bp.get("/<int:run_id>")
@bulk_run_for("bulk_run.continue")
def show(run: BulkRun) -> Response:
    """How far it is and what came of each. The page itself asks for the next ten until it is over."""
    return _shown(run)


@bp.post("/<int:run_id>")
@bulk_run_for("bulk_run.continue")
def go_on(run: BulkRun) -> Response:
    """The next ten."""
    bulk.go_on(run, me())
    return _shown(run) if request.headers.get("HX-Request") else answer(_here(run))


@bp.post("/<int:run_id>/undo")
@bulk_run_for("bulk_run.continue")
def undo(run: BulkRun) -> Response:
    """Take back what can be taken back."""
    try:
        bulk.undo(run, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    return answer(_here(run))


def _here(run: BulkRun) -> str:
    return url_for("bulk_runs.show", run_id=run.id, next=safe_next(request.values.get("next"), url_for("queues.index")))


def _shown(run: BulkRun) -> Response:
    return page_or_fragment(
        "bulk_runs/show.html",
        "bulk_runs/_run.html",
        run=run,
        view=bulk_page.view(run),
        back=safe_next(request.values.get("next"), url_for("queues.index")),
    )


def _csv(cases: list[Case]) -> Response:
    """The chosen cases as a table for a spreadsheet: UTF-8 with a mark, cells that begin like a formula made text."""
    return table("".join(export.lines(cases, len(cases))), len(cases))
