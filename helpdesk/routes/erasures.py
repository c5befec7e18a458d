"""Wishes to have data erased: a company's handler asks here, the operator answers here."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import erasures
from helpdesk.errors import Refused
from helpdesk.forms.base import HouseForm
from helpdesk.forms.keeping import ErasureForm
from helpdesk.models import Company, Erasure
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import company_for, erasure_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("erasures", __name__)


@bp.route("/me/companies/<int:company_id>/erasure", methods=["GET", "POST"])
@company_for("company.ask_erasure")
def ask(company: Company) -> Response:
    """What goes, what stays and why; and the button."""
    form, status = HouseForm(), 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: erasures.ask_for_company(company, me()))
        if refused is None:
            flash(gettext("已提交，总队会答复"), "done")
            return answer(url_for("erasures.ask", company_id=company.id))
        status = refused
    return page(
        "erasures/ask.html",
        status=status,
        form=form,
        company=company,
        last=erasures.last_of(company),
        here=url_for("erasures.ask", company_id=company.id),
        back_url=url_for("colleagues.index", company_id=company.id),
        whole=True,
        has_errors=status != 200,
        current="me",
    )


@bp.get("/erasures")
@may("erasures.list")
def index() -> Response:
    """What waits for an answer, oldest first, and what was answered."""
    return page("erasures/index.html", waiting=erasures.waiting(me()), answered=erasures.answered(me()))


@bp.route("/erasures/<int:erasure_id>", methods=["GET", "POST"])
@erasure_for("erasure.decide")
def decide(erasure: Erasure) -> Response:
    """Yes or no, with the reason the company reads."""
    form, status = ErasureForm(), 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: erasures.decide(erasure, me(), granted=form.decision.data == "yes", reason=form.reason.data or ""),
        )
        if refused is None:
            flash(gettext("已答复"), "done")
            return answer(url_for("erasures.index"))
        status = refused
    elif erasure.decision is not None:
        flash(refusal_text(Refused("erasure_decided")), "warning")
        return answer(url_for("erasures.index"))
    return page("erasures/decide.html", status=status, row=erasure, form=form, has_errors=status != 200)
