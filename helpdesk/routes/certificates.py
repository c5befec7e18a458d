"""Certificates: one's own list, one paper with its state, and the PDF itself."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response

from helpdesk.adapters.storage import MissingFile
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.domain import certificates, experts
from helpdesk.errors import NotFound
from helpdesk.models import Certificate
from helpdesk.presentation import paper_page
from helpdesk.routes.guard import certificate_for, may, me
from helpdesk.routes.page import page, wants_fragment
from helpdesk.rules import policy

bp = Blueprint("certificates", __name__)


@bp.get("/me/certificates")
@may("hours.read")
def index() -> Response:
    """One's own papers, newest first."""
    expert = experts.expert_of(me())
    rows = [paper_page.row_of(row) for row in certificates.of_expert(expert.id)]
    return page("certificates/index.html", rows=rows, expert=expert)


@bp.get("/certificates/<number>")
@certificate_for("certificate.read")
def show(certificate: Certificate) -> Response:
    """The paper as it stands. While the PDF is being drawn, the page's pulse asks here again."""
    may_download = policy.can(me(), "certificate.download", certificate)
    view = paper_page.page_of(certificate, may_download=may_download)
    if wants_fragment():
        # Nothing new: nothing moves. Drawn: the whole page is asked for once more.
        response = make_response("", 204)
        if view.is_ready:
            response.headers["HX-Refresh"] = "true"
        return response
    return page("certificates/show.html", paper=view, may_download=may_download)


@bp.get("/certificates/<number>.pdf")
@certificate_for("certificate.download")
def download(certificate: Certificate) -> Response:
    """The PDF as a file of its own name. Raises NotFound while it is not drawn."""
    if certificate.pdf_key is None:
        raise NotFound("certificate")
    try:
        data = storage_from(current_app.config).get(certificate.pdf_key)
    except MissingFile:
        raise NotFound("certificate") from None
    response = make_response(data)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{certificate.number}.pdf"'
    return response
