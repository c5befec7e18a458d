"""Handing a government matter to the office in charge."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import triage
from helpdesk.forms.desk import ReferForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("referrals", __name__, url_prefix="/cases/<number>/referral")


@bp.route("", methods=["GET", "POST"])
@case_for("case.refer")
def new(case: Case) -> Response:
    """Which office, and a word to the company."""
    form = form_for(case, ReferForm)
    return life_step(
        case,
        form,
        lambda: triage.refer(case, me(), office=form.office.data, reason=form.reason.data or "", seen=form.seen),
        step="refer",
        done=N_("已转介，企业会看到该找谁"),
        lead=N_("登记、缴税、社保、投诉举报这类政务事项不由志愿专家办。"),
        fields=[(form.office, {"as_": "rows"}), (form.reason, {"optional": True})],
    )
