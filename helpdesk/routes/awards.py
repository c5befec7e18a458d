"""The paper of an award: how it stands, and the PDF itself."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.models import Award
from helpdesk.presentation import award_page
from helpdesk.routes.guard import award_for
from helpdesk.routes.page import page, wants_fragment
from helpdesk.routes.paper_files import pdf_of, pulse_of

bp = Blueprint("awards", __name__, url_prefix="/awards")


@bp.get("/<number>")
@award_for("award.read")
def show(award: Award) -> Response:
    """The award as it stands. While its PDF is being drawn, the page's pulse asks here again."""
    if wants_fragment():
        return pulse_of(award)
    return page("awards/show.html", paper=award_page.page_of(award))


@bp.get("/<number>.pdf")
@award_for("award.read")
def download(award: Award) -> Response:
    """The PDF as a file. Raises NotFound while it is not drawn."""
    return pdf_of(award)
