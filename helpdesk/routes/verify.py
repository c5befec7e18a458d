"""Anybody checks a certificate by its code: from the paper, or by scanning it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk.domain import certificates
from helpdesk.presentation import verdict_page
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import page_or_fragment

bp = Blueprint("verify", __name__)


@bp.get("/verify")
@open_to_all
def index() -> Response:
    """The field, and the result when a code was given."""
    return _page(request.args.get("code", ""))


@bp.get("/verify/<code>")
@bp.get("/v/<code>")
@bp.get("/V/<code>")
@open_to_all
def show(code: str) -> Response:
    """The result for a scanned code. The QR holds capital letters, hence the third address."""
    return _page(code)


def _page(code: str) -> Response:
    code = code.strip()[:60]
    verdict = verdict_page.view(certificates.check(code)) if code else None
    pages = ("verify/index.html", "verify/_result.html")
    asked_nothing = not code and "code" in request.args
    response = page_or_fragment(*pages, current="verify", code=code, verdict=verdict, asked_nothing=asked_nothing)
    # A paper's data is for its holder's reader, not for search engines.
    response.headers["X-Robots-Tag"] = "noindex"
    return response
