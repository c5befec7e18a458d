"""An appeal against a refusal: judged by the district, never by who refused."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import triage
from helpdesk.forms.desk import ReasonForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("appeals", __name__, url_prefix="/cases/<number>/appeal-decision")


@bp.route("", methods=["GET", "POST"])
@case_for("case.judge_appeal")
def new(case: Case) -> Response:
    """Why the appeal is right."""
    form = form_for(case, ReasonForm)
    return life_step(
        case,
        form,
        lambda: triage.uphold_appeal(case, me(), reason=form.reason.data or "", seen=form.seen),
        step="uphold_appeal",
        done=N_("申诉成立，案件回到待受理"),
        fields=[(form.reason, {})],
    )
