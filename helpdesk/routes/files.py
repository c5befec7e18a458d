"""The bytes of a file: by a signed address alone, without looking at any cookie or setting one."""

from __future__ import annotations

from pathlib import PurePath
from urllib.parse import quote

from flask import Blueprint, Flask, Request, Response, current_app, flash, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.domain import attachments, letter_files
from helpdesk.errors import Refused
from helpdesk.models import Attachment, Scan
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import answer, page

bp = Blueprint("files", __name__)

COOKIELESS = "/files/"


class Sessions(SecureCookieSessionInterface):
    """Flask's own sessions, except below /files/: nothing there knows who asks, not even a page that says no."""

    def open_session(self, app: Flask, request: Request) -> SessionMixin | None:  # type: ignore[override]
        """An empty session for an address without cookies."""
        return self.session_class() if _is_cookieless(request.path) else super().open_session(app, request)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # type: ignore[override]
        """No cookie for such an address."""
        if not _is_cookieless(request.path):
            super().save_session(app, session, response)


def _is_cookieless(path: str) -> bool:
    return path.startswith(COOKIELESS)


@bp.get("/files/<token>")
@open_to_all
def show(token: str) -> Response:
    """As a download of its own name, never as a page of ours: nothing in it can run here."""
    opened = attachments.open_by_token(token, storage_from(current_app.config))
    row = opened.row
    response = Response(opened.chunks, direct_passthrough=True)
    if opened.size is not None:
        response.content_length = opened.size
    headers = response.headers
    # A text may hold anything; as a text it is never shown by a browser that guesses.
    is_text = row.media_type.startswith("text/")
    whole = "application/octet-stream" if is_text else row.media_type
    headers["Content-Type"] = "image/jpeg" if opened.is_preview else whole
    headers["Content-Disposition"] = "inline" if opened.is_preview else disposition(row.name)
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = f"private, max-age={attachments.LINK_SECONDS}"
    return response


@bp.get("/files/letters/<token>")
@open_to_all
def of_letter(token: str) -> Response:
    """A file out of a letter that is on no case yet, as a download like any other."""
    found = letter_files.open_by_token(token, storage_from(current_app.config))
    response = Response(found.data)
    headers = response.headers
    headers["Content-Type"] = "application/octet-stream" if found.media_type.startswith("text/") else found.media_type
    headers["Content-Disposition"] = disposition(found.name)
    headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Cache-Control"] = f"private, max-age={attachments.LINK_SECONDS}"
    return response


def disposition(name: str) -> str:
    """A download under this name (RFC 6266): in full for every browser of today, plain for what reads only that."""
    plain = "file" + "".join(c for c in PurePath(name).suffix if c.isascii() and (c.isalnum() or c == "."))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def to_file(row: Attachment, back: str) -> Response:
    """The way to the bytes of a file whose reader was authorised; or back, with a sentence why not now.

    What no scanner could look at is opened only by somebody who was told so.
    """
    try:
        attachments.check_open(row, storage_from(current_app.config))
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
        return answer(back)
    if row.scan is Scan.IMPOSSIBLE and request.args.get("anyway") != "1":
        here = url_for(request.endpoint or "", **(request.view_args or {}), anyway=1)
        return page("files/unscanned.html", name=row.name, url=here, back=back)
    return answer(url_for("files.show", token=attachments.link_token(row)))
