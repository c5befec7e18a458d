"""The station answers a small question itself; such a case earns nobody hours."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from helpdesk.domain import assignment
from helpdesk.forms.desk import StepForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("handlings", __name__, url_prefix="/cases/<number>/handling")


@bp.route("", methods=["GET", "POST"])
@case_for("case.take")
def new(case: Case) -> Response:
    """A yes."""
    form = form_for(case, StepForm)
    return life_step(
        case,
        form,
        lambda: assignment.take_for_station(case, me(), seen=form.seen),
        step="take",
        done=N_("已由站点直接办理"),
        lead=N_("适合一两句话能答清的事。由您直接答复企业，不派专家，不产生志愿服务时长。"),
        goes_to=url_for("cases.show", number=case.number),
    )
