"""An expert's own hours, and the record to take along."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk import clock
from helpdesk.domain import experts, own_record
from helpdesk.presentation import hours_page, record_export
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import page

bp = Blueprint("hours", __name__)


@bp.get("/me/hours")
@may("hours.read")
def index() -> Response:
    """What one has done: sums, months, fields, the way to the next star, kind words."""
    year = request.args.get("year", "")
    expert = experts.expert_of(me())
    view = hours_page.build(expert, int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None)
    return page("hours/index.html", hours=view, expert=expert)


@bp.get("/me/hours.<any(csv, xlsx, json):file_kind>")
@may("hours.read")
def export(file_kind: str) -> Response:
    """One's own record as a file; nobody can ask for another person's."""
    make, kind = record_export.KINDS[file_kind]
    expert = experts.expert_of(me())
    response = Response(make(own_record.of(expert)), content_type=kind)
    name = f"record-{expert.volunteer_number}-{clock.today().isoformat()}.{file_kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
