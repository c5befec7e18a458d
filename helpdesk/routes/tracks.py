"""Finding a request again: with its tracking code or its number, and the last four digits of the phone."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext

from helpdesk.domain import accounts, intake
from helpdesk.errors import NotFound
from helpdesk.forms.tracks import TrackForm
from helpdesk.models import Case
from helpdesk.routes.entry import keep_writes
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import answer, page
from helpdesk.rules.identifiers import read_case_number, read_tracking_code, squeeze

bp = Blueprint("tracks", __name__)

# From one address in ten minutes. A number can be guessed where a code cannot, and four digits are ten thousand: so
# five tries an hour for each number, whoever makes them.
TRIES = 20
TRIES_A_NUMBER, REST = 5, timedelta(hours=1)


@bp.route("/track", methods=["GET", "POST"])
@open_to_all
def new() -> Response:
    """One wording for what does not exist and for wrong digits; after too many tries it rests for a while."""
    form = TrackForm()
    if request.method == "GET":
        return page("tracks/new.html", form=form, current="track")
    key = f"track:{request.remote_addr}"
    accounts.check_tries(key, limit=TRIES)
    if form.validate_on_submit():
        keep_writes()
        accounts.count_try(key)
        try:
            case = _find(form.code.data or "", squeeze(form.digits.data or ""))
        except NotFound:
            form.form_errors = [gettext("查不到。请核对追踪码（或求助编号）和手机后四位")]
        else:
            return answer(url_for("tracking.show", token=case.tracking_token))
    return page("tracks/new.html", status=422, form=form, current="track", has_errors=True)


def _find(said: str, digits: str) -> Case:
    number = read_case_number(said)
    if number is None:
        return intake.case_by_code(read_tracking_code(said) or "", digits)
    # A number nobody has is counted, too: the answer must not tell which there are.
    key = f"track-number:{number}"
    accounts.check_tries(key, limit=TRIES_A_NUMBER)
    accounts.count_try(key, window=REST)
    case = intake.case_by_number(number, digits)
    accounts.forget_tries(key)
    return case
