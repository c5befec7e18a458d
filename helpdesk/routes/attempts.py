"""Tries to reach a company that does not answer: three on three days allow an end (rule R09)."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import consultation
from helpdesk.forms.consultation import AttemptForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.presentation import attempt_page
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, step_page

bp = Blueprint("attempts", __name__, url_prefix="/cases/<number>/contact-attempts")


@bp.route("", methods=["GET", "POST"])
@case_for("attempt.log")
def new(case: Case) -> Response:
    """Note one try, and see those made so far."""
    form = form_for(case, AttemptForm)
    return step_page(
        case,
        form,
        lambda: consultation.log_attempt(case, me(), note=form.body.data, form_key=form.key),
        page="attempts/new.html",
        fragment="attempts/_form.html",
        done=N_("已记下这次联系"),
        tries=attempt_page.build(case),
    )
