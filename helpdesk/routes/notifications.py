"""What somebody with an account should hear of."""

from __future__ import annotations

from flask import Blueprint, Response, url_for

from helpdesk.domain import notices
from helpdesk.presentation import notice_page
from helpdesk.routes.guard import me, signed_in
from helpdesk.routes.page import answer, page

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
@signed_in
def index() -> Response:
    """The newest fifty, unread first in look; nothing of a case one may no longer read."""
    return page("notifications/index.html", rows=notice_page.rows(notices.latest(me()), me()))


@bp.post("/notifications/read")
@signed_in
def read() -> Response:
    """Everything up to now is read."""
    notices.mark_read(me())
    return answer(url_for("notifications.index"))
