"""What the page of every paper does the same way: hand out its PDF, and answer while it is being drawn."""

from __future__ import annotations

from flask import Response, current_app, make_response

from helpdesk.adapters.storage import MissingFile
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.domain.papers import AnyPaper
from helpdesk.errors import NotFound


def pdf_of(paper: AnyPaper) -> Response:
    """The PDF as a file of its own name. Raises NotFound while it is not drawn."""
    if paper.pdf_key is None:
        raise NotFound(paper.kind)
    try:
        data = storage_from(current_app.config).get(paper.pdf_key)
    except MissingFile:
        raise NotFound(paper.kind) from None
    response = make_response(data)
    response.headers["Content-Type"] = "application/pdf"
    response.headers["Content-Disposition"] = f'attachment; filename="{paper.number}.pdf"'
    return response


def pulse_of(paper: AnyPaper) -> Response:
    """Nothing new: nothing moves. Drawn: the whole page is asked for once more."""
    response = make_response("", 204)
    if paper.pdf_key is not None:
        response.headers["HX-Refresh"] = "true"
    return response
