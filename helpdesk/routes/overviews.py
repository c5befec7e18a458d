"""The figures of everything its reader may read: the city, or a district."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import reports
from helpdesk.presentation import overview_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import page

bp = Blueprint("overviews", __name__)


@bp.get("/overview")
@may("overview.read")
def index() -> Response:
    """This month beside the last, twelve weeks, the ten fields, the districts."""
    return page("overviews/index.html", view=overview_page.build(reports.overview(me()), me()))
