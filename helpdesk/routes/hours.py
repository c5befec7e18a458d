"""An expert's own hours."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk.domain import experts
from helpdesk.presentation import hours_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import page

bp = Blueprint("hours", __name__)


@bp.get("/me/hours")
@may("hours.read")
def index() -> Response:
    """The ledger of one year, and what all of it adds up to."""
    year = request.args.get("year", "")
    expert = experts.expert_of(me())
    view = hours_page.build(expert, int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None)
    return page("hours/index.html", hours=view, expert=expert)
