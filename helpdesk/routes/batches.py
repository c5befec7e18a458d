"""A whole queue given out at once: a preview that explains itself, then one press."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import batch, bulk
from helpdesk.forms.desk import StepForm
from helpdesk.models import BulkAct
from helpdesk.presentation import batch_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page

bp = Blueprint("batches", __name__, url_prefix="/queue/batch")


@bp.route("", methods=["GET", "POST"])
@may("queue.read")
def new() -> Response:
    """Who would be asked about what, and why; the ticked pairs are offered, each checked again as it is."""
    if request.method == "GET":
        plan = batch.plan(me(), request.args.getlist("case")[: bulk.MOST])
        return page("batches/new.html", view=batch_page.view(plan), form=StepForm())
    pairs = batch_page.chosen(request.form.getlist("pair"))
    seen = batch_page.versions(request.form.getlist("pair"))
    cases = bulk.chosen(me(), [number for number in pairs if number])
    items = [
        {**bulk.item_of(case, expert_id=pairs[case.number]), "version": seen[case.number]}
        for case in cases
        if case.number in pairs
    ]
    if not items:
        flash(gettext("先勾选要派的案件"), "warning")
        return answer(url_for("batches.new"))
    run = bulk.start(me(), BulkAct.OFFER, items, {"note": ""})
    bulk.go_on(run, me())
    return answer(url_for("bulk_runs.show", run_id=run.id, next=url_for("queues.index", view="triaged")))
