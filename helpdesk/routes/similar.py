"""Solved cases like this one, asked for when somebody wants to see them."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import similarity
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import page_or_fragment

bp = Blueprint("similar", __name__, url_prefix="/cases/<number>/similar")


@bp.get("")
@case_for("case.read")
def index(case: Case) -> Response:
    """The list alone for htmx, else a page."""
    return page_or_fragment(
        "similar/index.html", "similar/_list.html", case=case, rows=similarity.solved_like(case, me())
    )
