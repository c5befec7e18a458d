"""Claims to work for a company: the station looks at the licence and says yes or no."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import accounts
from helpdesk.errors import Refused
from helpdesk.models import Grant
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import claim_for, may, me
from helpdesk.routes.page import answer, page

bp = Blueprint("claims", __name__, url_prefix="/claims")


@bp.get("")
@may("claims.list")
def index() -> Response:
    """Claims that wait for this person, oldest first."""
    rows = accounts.pending_claims(me())
    names = {company.id: company for company in accounts.companies_of(rows)}
    return page("claims/index.html", rows=[(row, names[row.company_id or 0]) for row in rows])


@bp.post("/<int:claim_id>")
@claim_for("claim.decide")
def decide(claim: Grant) -> Response:
    """Yes or no; decided twice it is told."""
    try:
        accounts.decide_claim(claim, me(), granted=request.form.get("decision") == "yes")
        flash(gettext("已处理"), "done")
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    return answer(url_for("claims.index"))
