"""An expert's own hours, and the record to take along."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.db import db
from helpdesk.domain import experts, own_record, record_paper
from helpdesk.jobs import registry
from helpdesk.presentation import hours_page, record_export
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page

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
    record = own_record.of(experts.expert_of(me()))
    return _file(make(record), kind, _name(record, file_kind))


@bp.get("/me/hours.pdf")
@may("hours.read")
def export_pdf() -> Response:
    """The same to print and keep: one's own copy, not signed, no certificate."""
    record = own_record.of(experts.expert_of(me()))
    facts, name = record_paper.facts_of(record), _name(record, "pdf")
    # Drawing takes a second; what was read need not be held so long.
    db.session.rollback()
    try:
        return _file(registry.renderer_from(current_app.config).render(facts), "application/pdf", name)
    except RenderingUnavailable as trouble:
        current_app.logger.error("%s", trouble)
        flash(gettext("PDF 现在生成不了，请先用 Excel，或者过一会儿再试"), "error")
        return answer(url_for("hours.index"))


def _name(record: own_record.Record, file_kind: str) -> str:
    return f"record-{record.expert.volunteer_number}-{clock.today().isoformat()}.{file_kind}"


def _file(data: bytes, kind: str, name: str) -> Response:
    response = Response(data, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
