"""What every form with files does the same way: keep the files first, then try the verb; a refusal keeps both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import begin, db
from helpdesk.domain import attachments
from helpdesk.domain.attachments import Owner
from helpdesk.errors import Refused
from helpdesk.forms.base import HouseForm
from helpdesk.forms.files import FilesForm
from helpdesk.models import Case
from helpdesk.routes.guard import me
from helpdesk.routes.steps import attempt

V = TypeVar("V", bound=Callable[..., Any])

# A request with files may be as large as so many files of the largest kind.
FILES_A_REQUEST = 3
# So many times as much is still taken, and thrown away, before an answer says that it is too large.
DRAIN_ROOMS = 3


def takes_files(view: V) -> V:
    """Marks a view whose requests may be larger than others'. Stands outermost, so that the mark is on what is
    registered."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def make_room() -> None:
    """Before anything reads the request: a view that takes files gets the room for them.

    The request is then read whole, before a transaction is opened: on a slow line that takes minutes, in which nobody
    else could write. Raises RequestEntityTooLarge.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "takes_files", False):
        request.max_content_length = room()
    if request.method == "POST":
        _ = request.form


def room() -> int:
    """Bytes of the largest request with files."""
    return int(current_app.config["MAX_FILE_MB"] * FILES_A_REQUEST * 1024 + current_app.config["MAX_REQUEST_KB"]) * 1024


def drain() -> None:
    """Take what is still coming of a request that is too large, so that the browser is ready to read why.

    A browser that is cut off while it sends shows its own page of a broken connection. What is far too large is cut.
    """
    environ = request.environ
    # Only where the server ends the stream by itself: elsewhere reading on would wait for ever.
    if not environ.get("wsgi.input_terminated") or (request.content_length or 0) > DRAIN_ROOMS * room():
        return
    stream, left = environ["wsgi.input"], DRAIN_ROOMS * room()
    while left > 0 and (some := stream.read(min(left, 256 * 1024))):
        left -= len(some)


def keep(form: FilesForm, owner: Owner, batch: str) -> int | None:
    """Keep what came with the form, in a transaction of its own, so that a refusal of the rest does not lose it.

    None when that went well; otherwise 422, and the form carries the words. `drop` in the request takes one out.
    """
    if not form.csrf_is_good():
        return 422
    storage, ready, refused = storage_from(current_app.config), [], None
    given = form.uploads()
    if given:
        # Nothing was written yet. Looking at pictures and storing them takes seconds, in which others may write.
        db.session.rollback()
        try:
            ready = attachments.make_ready(given, storage)
        except Refused as refusal:
            refused = refusal
        begin(read_only=False)
        db.session.refresh(owner)
    try:
        if refused is not None:
            raise refused
        dropped = request.form.get("drop", type=int)
        if dropped:
            attachments.drop(owner, batch, dropped)
        attachments.keep_ready(owner, me(), batch, ready, storage)
    except Refused as refusal:
        form.refuse(refusal)
        return 422
    db.session.commit()
    begin(read_only=False)
    db.session.refresh(owner)
    return None


def attempt_with_files(form: FilesForm, case: Case, verb: Callable[[], object]) -> int | None:
    """As `attempt`, for a form with files: its key is their batch."""
    refused = keep(form, case, form.key)
    if refused is not None:
        return refused
    if form.wants_only_to_drop:
        return 200
    form.stand_in(bool(attachments.loose(case, form.key)))
    return attempt(_plain(form), case, verb)


def _plain(form: FilesForm) -> HouseForm:
    return form
