"""One request that holds two problems becomes two cases."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import links
from helpdesk.forms.desk import SplitForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("splits", __name__, url_prefix="/cases/<number>/split")


@bp.route("", methods=["GET", "POST"])
@case_for("case.triage")
def new(case: Case) -> Response:
    """Both texts begin as the whole; the coordinator takes out of each what belongs to the other."""
    form = form_for(case, SplitForm, problem=case.problem, rest=case.problem)
    return life_step(
        case,
        form,
        lambda: links.split(case, me(), problem=form.problem.data or "", rest=form.rest.data or "", seen=form.seen),
        step="split",
        done=N_("已拆成两件，新的一件在“待受理”"),
        lead=N_("新的一件有自己的编号和时限，企业会收到两件的进度。原来的文字留在办理记录里。"),
        fields=[(form.problem, {}), (form.rest, {})],
    )
