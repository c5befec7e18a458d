"""The paper of an award: how it stands, and the PDF itself."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, make_response

from helpdesk.adapters.storage import MissingFile
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.errors import NotFound
from helpdesk.models import Award
from helpdesk.presentation import award_page
from helpdesk.routes.guard import award_for
from helpdesk.routes.page import page, wants_fragment

bp = Blueprint("awards", __name__, url_prefix="/awards")


@bp.get("/<number>")
@award_for("award.read")
def show(award: Award) -> Response:
    """The award as it stands. While its PDF is being drawn, the page's pulse asks here again."""
    if wants_fragment():
        response = make_response("", 204)
        if award.pdf_key is not None:
            response.headers["HX-Refresh"] = "true"
        return response
    return page("awards/show.html", paper=award_page.page_of(award))


@bp.get("/<number>.pdf")
@award_for("award.read")
def download(award: Award) -> Response:
    """The PDF as a file of its own name. Raises NotFound while it is not drawn."""
    if award.pdf_key is None:
        raise NotFound("pdf")
    try:
        data = storage_from(current_app.config).get(award.pdf_key)
    except MissingFile:
        raise NotFound("pdf") from None
    response = make_response(data)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{award.number}.pdf"'
    return response
