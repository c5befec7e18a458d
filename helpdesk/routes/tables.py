"""A table as a download: written to a file first, so that nothing is sent of what then fails, and sent from there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from flask import Response

from helpdesk.adapters.storage import CHUNK, Chunks
from helpdesk.presentation import tables
from helpdesk.routes.files import disposition

# Up to a megabyte stays in memory.
SMALL = 1024 * 1024


def file_of(pieces: Iterator[bytes], name: str, kind: str) -> Response:
    """The table as an attachment of this name; `kind` is "csv" or "xlsx"."""
    file = tempfile.SpooledTemporaryFile(SMALL)  # noqa: SIM115 - closed by whoever sends it
    size = sum(file.write(piece) for piece in pieces)
    file.seek(0)
    response = Response(Chunks(iter(lambda: file.read(CHUNK), b""), file.close), content_type=tables.MEDIA[kind])
    response.content_length = size
    response.headers["Content-Disposition"] = disposition(f"{name}.{kind}")
    return response
