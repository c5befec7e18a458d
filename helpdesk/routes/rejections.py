"""Refusing on one of the seven grounds (rule R11)."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_babel import gettext

from helpdesk.domain import triage
from helpdesk.forms.desk import RejectForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step
from helpdesk.rules.lifecycle import GROUNDS

bp = Blueprint("rejections", __name__, url_prefix="/cases/<number>/rejection")


@bp.route("", methods=["GET", "POST"])
@case_for("case.reject")
def new(case: Case) -> Response:
    """Which ground, why, and where to go instead."""
    form = form_for(case, RejectForm)
    return life_step(
        case,
        form,
        lambda: triage.reject(case, me(), ground=form.ground.data, reason=form.reason.data or "", seen=form.seen),
        step="reject",
        done=N_("已告知企业不予受理"),
        lead=N_("只能用下面七条之一。企业会看到理由、您的说明和该去哪里，可以在 15 天内申诉。"),
        fields=[
            (form.ground, {"as_": "rows", "notes": {code: gettext(go) for code, (_, go) in GROUNDS.items()}}),
            (form.reason, {}),
        ],
    )
