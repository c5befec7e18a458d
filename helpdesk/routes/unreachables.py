"""Three tries on three days and nobody there (rule R09)."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import closure, consultation
from helpdesk.forms.desk import StepForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("unreachables", __name__, url_prefix="/cases/<number>/unreachable")


@bp.route("", methods=["GET", "POST"])
@case_for("case.close_unreachable")
def new(case: Case) -> Response:
    """The tries so far, and a yes."""
    form = form_for(case, StepForm)
    return life_step(
        case,
        form,
        lambda: closure.close_unreachable(case, me(), seen=form.seen),
        step="close_unreachable",
        done=N_("已以“联系不上”办结"),
        lead=N_("不产生时长和证书；企业 30 天内可以重开。"),
        extra="unreachables/_attempts.html",
        attempts=consultation.attempts(case),
    )
