"""Who else has this case open: a sign, never a lock."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk.domain import workspace
from helpdesk.models import Case
from helpdesk.presentation import desk_page
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import page

bp = Blueprint("presences", __name__, url_prefix="/cases/<number>/presence")


@bp.post("")
@case_for("case.note")
def say(case: Case) -> Response:
    """The page says that it is open, and hears who else is there."""
    workspace.look(case, me(), writing=request.form.get("writing") == "1")
    return page("presences/_others.html", present=desk_page.present(workspace.others(case, me())))
