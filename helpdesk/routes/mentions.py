"""Who of a case's colleagues a note can name."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk.domain import mentions
from helpdesk.forms.base import clean_line
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import page_or_fragment

bp = Blueprint("mentions", __name__, url_prefix="/cases/<number>/colleagues")


@bp.get("")
@case_for("case.note")
def index(case: Case) -> Response:
    """Their names as links that put them into the note: the list under the box for htmx, else a page."""
    typed = clean_line(request.args.get("q", ""))[:40]
    return page_or_fragment(
        "mentions/index.html",
        "mentions/_list.html",
        case=case,
        typed=typed,
        colleagues=mentions.offered(case, me(), typed),
    )
