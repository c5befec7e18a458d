"""Taking a pending offer back."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import assignment
from helpdesk.forms.desk import ReasonForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("recalls", __name__, url_prefix="/cases/<number>/recall")


@bp.route("", methods=["GET", "POST"])
@case_for("case.offer")
def new(case: Case) -> Response:
    """Why the offer is taken back."""
    form = form_for(case, ReasonForm)
    return life_step(
        case,
        form,
        lambda: assignment.recall(case, me(), reason=form.reason.data or "", seen=form.seen),
        step="recall",
        done=N_("已收回派单"),
        fields=[(form.reason, {})],
    )
