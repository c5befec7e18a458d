"""Asking the company for something that is missing; the clocks stand still until it answers."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import consultation
from helpdesk.forms.consultation import InquiryForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, step_page

bp = Blueprint("inquiries", __name__, url_prefix="/cases/<number>/inquiry")


@bp.route("", methods=["GET", "POST"])
@case_for("case.ask")
def new(case: Case) -> Response:
    """One question in plain words; the company gets it as a message."""
    form = form_for(case, InquiryForm)
    return step_page(
        case,
        form,
        lambda: consultation.ask(case, me(), question=form.question.data, form_key=form.key, seen=form.seen),
        page="inquiries/new.html",
        fragment="inquiries/_form.html",
        done=N_("已请企业补充，计时暂停"),
    )
