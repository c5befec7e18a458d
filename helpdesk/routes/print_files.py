"""The bytes of a print run's files: by a signed address alone, below the place that knows no cookies."""

from __future__ import annotations

from flask import Blueprint, Response, current_app
from flask_babel import gettext

from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.domain import print_runs
from helpdesk.routes.files import COOKIELESS, disposition
from helpdesk.routes.guard import open_to_all

bp = Blueprint("print_files", __name__)

MEDIA = {"zip": "application/zip", "pdf": "application/pdf"}


@bp.get(f"{COOKIELESS}prints/<token>")
@open_to_all
def show(token: str) -> Response:
    """As a download of its own name, piece by piece."""
    opened = print_runs.open_by_token(token, storage_from(current_app.config))
    response = Response(opened.chunks, direct_passthrough=True)
    response.content_length = opened.size
    headers = response.headers
    headers["Content-Type"] = MEDIA[opened.what]
    name = gettext("服务确认书 第 %(n)s 批", n=opened.run.id)
    headers["Content-Disposition"] = disposition(f"{name}.{opened.what}")
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = f"private, max-age={print_runs.LINK_SECONDS}"
    return response
