"""The bytes of a file: by a signed address alone, without looking at any cookie or setting one."""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, current_app, make_response

from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.domain import attachments
from helpdesk.routes.guard import open_to_all

bp = Blueprint("files", __name__)


@bp.get("/files/<token>")
@open_to_all
def show(token: str) -> Response:
    """As a download of its own name, never as a page of ours: nothing in it can run here."""
    row, data, is_preview = attachments.read_by_token(token, storage_from(current_app.config))
    response = make_response(data)
    headers = response.headers
    headers["Content-Type"] = "image/jpeg" if is_preview else row.media_type
    if row.media_type.startswith("text/"):
        headers["Content-Type"] = "application/octet-stream"
    how = "inline" if is_preview else "attachment"
    headers["Content-Disposition"] = f"{how}; filename=\"file\"; filename*=UTF-8''{quote(row.name)}"
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = f"private, max-age={attachments.LINK_SECONDS}"
    return response
