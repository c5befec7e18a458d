"""Finding a request again with the tracking code and the last four digits of the phone."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext

from helpdesk.domain import accounts, intake
from helpdesk.errors import NotFound
from helpdesk.forms.tracks import TrackForm
from helpdesk.routes.entry import keep_writes
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import answer, page
from helpdesk.rules.identifiers import read_tracking_code, squeeze

bp = Blueprint("tracks", __name__)

TRIES = 20


@bp.route("/track", methods=["GET", "POST"])
@open_to_all
def new() -> Response:
    """One wording for a wrong code and wrong digits; after twenty tries from an address it rests ten minutes."""
    form = TrackForm()
    if request.method == "GET":
        return page("tracks/new.html", form=form, current="track")
    key = f"track:{request.remote_addr}"
    accounts.check_tries(key, limit=TRIES)
    if form.validate_on_submit():
        keep_writes()
        accounts.count_try(key)
        code = read_tracking_code(form.code.data or "")
        try:
            case = intake.case_by_code(code or "", squeeze(form.digits.data or ""))
        except NotFound:
            form.form_errors = [gettext("查不到。请核对追踪码和手机后四位")]
        else:
            return answer(url_for("tracking.show", token=case.tracking_token))
    return page("tracks/new.html", status=422, form=form, current="track", has_errors=True)
