"""Linking a duplicate to the case it repeats; for a week it can be undone."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from helpdesk.domain import triage
from helpdesk.forms.desk import MergeForm, StepForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step, where_from

bp = Blueprint("merges", __name__, url_prefix="/cases/<number>/merge")


@bp.route("", methods=["GET", "POST"])
@case_for("case.merge")
def new(case: Case) -> Response:
    """The number of the other case; those of the same company are listed beside this one."""
    form = form_for(case, MergeForm, target=request.args.get("target", ""))
    return life_step(
        case,
        form,
        lambda: triage.merge(case, me(), into=triage.by_number(me(), form.target.data or ""), seen=form.seen),
        step="merge",
        undo_url=url_for("merges.undo", number=case.number, next=where_from(case)),
        done=N_("已并案，7 天内可以撤销"),
        lead=N_("只是连在一起，两件的内容都不动。"),
        fields=[(form.target, {})],
        extra="merges/_others.html",
        others=triage.possible_duplicates(case, me()),
    )


@bp.route("/undoing", methods=["GET", "POST"])
@case_for("case.merge")
def undo(case: Case) -> Response:
    """On its own again."""
    form = form_for(case, StepForm)
    return life_step(
        case, form, lambda: triage.unmerge(case, me(), seen=form.seen), step="unmerge", done=N_("已恢复为单独的一件")
    )
