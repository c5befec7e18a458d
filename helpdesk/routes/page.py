"""Whole page or the piece htmx asked for: the same file either way."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, render_template, request

from helpdesk.presentation import export


def wants_fragment() -> bool:
    """Whether htmx asks for a piece (and not to restore a whole page from history)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def page(template: str, *, status: int = 200, **context: Any) -> Response:
    """A whole page. A form that was refused is answered with 422 and everything typed in it."""
    return make_response(render_template(template, **context), status)


def page_or_fragment(template: str, fragment: str, *, status: int = 200, **context: Any) -> Response:
    """The page, or only its fragment when htmx asks: the page includes the very same file."""
    return make_response(render_template(fragment if wants_fragment() else template, **context), status)


def answer(url: str, fragment: str | None = None, **context: Any) -> Response:
    """After an act: 303 to the next page; to htmx the changed fragment, or the order to go there."""
    if not wants_fragment():
        return make_response(redirect(url, 303))
    if fragment is None:
        response = make_response("", 204)
        response.headers["HX-Redirect"] = url
        return response
    return make_response(render_template(fragment, **context), 200)


def table(lines: str | Iterable[str], total: int) -> Response:
    """A table for a spreadsheet, as a download; `X-Rows` says to programs how many lines of data it has."""
    response = Response(lines, mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{export.name_of(total)}"'
    response.headers["X-Rows"] = str(total)
    return response


def safe_next(target: str | None, otherwise: str) -> str:
    """A local path to go to, or `otherwise`: never another host, never //host, never a backslash."""
    if not target or not re.match(r"^/(?![/\\])", target) or "\\" in target or urlsplit(target).netloc:
        return otherwise
    return target if target.isprintable() else otherwise
