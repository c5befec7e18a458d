"""Service records: what an expert's say, and what waits for the desk."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import corrections
from helpdesk.presentation import record_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import page

bp = Blueprint("records", __name__, url_prefix="/records")


@bp.get("")
@may("records.list")
def index() -> Response:
    """Corrections: those that wait, and those decided lately."""
    found = corrections.listed(me())
    return page(
        "records/index.html",
        waiting=[record_page.correction_view(row) for row in found.open],
        decided=[record_page.correction_view(row) for row in found.decided],
    )
