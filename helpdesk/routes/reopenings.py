"""Back to the same expert within thirty days."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import closure
from helpdesk.forms.desk import ReasonForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("reopenings", __name__, url_prefix="/cases/<number>/reopening")


@bp.route("", methods=["GET", "POST"])
@case_for("case.reopen")
def new(case: Case) -> Response:
    """Why it is opened again."""
    form = form_for(case, ReasonForm)
    return life_step(
        case,
        form,
        lambda: closure.reopen(case, me(), reason=form.reason.data or "", seen=form.seen),
        step="reopen",
        done=N_("已重开"),
        lead=N_("回到原来的专家。已经入账的时长不变，再次办结后证书会更正。"),
        fields=[(form.reason, {})],
    )
