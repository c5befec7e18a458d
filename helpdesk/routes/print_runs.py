"""A season's certificates for the printer: choose, count, begin, watch, take away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from helpdesk import clock
from helpdesk.domain import print_runs
from helpdesk.errors import Refused
from helpdesk.forms.print_runs import PrintRunForm
from helpdesk.models import PrintRun, PrintRunState
from helpdesk.presentation import choices, print_run_page
from helpdesk.presentation.language import current_locale
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import may, me, print_run_for
from helpdesk.routes.page import answer, page, page_or_fragment
from helpdesk.rules import policy

bp = Blueprint("print_runs", __name__, url_prefix="/print-runs")


@bp.get("")
@may("print_runs.list")
def index() -> Response:
    """What would be printed, counted; and the runs so far."""
    return _chosen(_form(request.args), asked=bool(request.args.get("first")))


@bp.post("")
@may("print_runs.list")
def start() -> Response:
    """Begin with what was counted."""
    form = _form(request.form)
    if not form.validate():
        return _chosen(form, asked=True)
    try:
        run = print_runs.start(form.wish(), me(), locale=current_locale())
    except Refused as refusal:
        form.refuse(refusal)
        return _chosen(form, asked=True, refused=True)
    return answer(url_for("print_runs.show", print_run_id=run.id))


def _form(sent: MultiDict[str, str]) -> PrintRunForm:
    """The form with what was sent; at first the days since last month began, and what nobody has printed."""
    if not sent.get("first") and not sent.get("last"):
        today = clock.today()
        first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
        sent = MultiDict({"first": first.isoformat(), "last": today.isoformat(), "unprinted": "y"})
    form = PrintRunForm(sent)
    form.station.choices = choices.stations_of(me())
    form.category.choices = [("", gettext("全部类别")), *choices.categories()]
    # A coordinator prints for one station; somebody of several chooses.
    if not form.station.data and me().station_ids and not print_run_page.sees_all(me()):
        form.station.data = str(me().station_ids[0])
    return form


def _chosen(form: PrintRunForm, *, asked: bool, refused: bool = False) -> Response:
    good = not refused and form.validate()
    found = print_runs.count(form.wish(), me()) if good else None
    return page(
        "print_runs/index.html",
        status=200 if good else 422,
        form=form,
        has_errors=not good,
        count=found,
        too_many=found is not None and found.certificates > print_runs.MOST,
        most=print_runs.MOST,
        asked=asked,
        can_export=policy.can(me(), "exports.read"),
        runs=[print_run_page.view(run) for run in print_runs.of(me())],
    )


@bp.get("/<int:print_run_id>")
@print_run_for("print_run.read")
def show(run: PrintRun) -> Response:
    """How far it is; when it is over, what came of it. The page asks again by itself until then."""
    return page_or_fragment("print_runs/show.html", "print_runs/_run.html", view=print_run_page.view(run, whole=True))


@bp.get("/<int:print_run_id>/files/<any(zip, pdf):kind>")
@print_run_for("print_run.read")
def download(run: PrintRun, kind: str) -> Response:
    """To the file, by a link that is good for ten minutes; while, or after, there is none, back to the run's page."""
    if run.state is not PrintRunState.READY:
        return answer(url_for("print_runs.show", print_run_id=run.id))
    return answer(url_for("print_files.show", token=print_runs.link_token(run, kind)))


@bp.post("/<int:print_run_id>/cancellation")
@print_run_for("print_run.steer")
def cancel(run: PrintRun) -> Response:
    """Stop it."""
    return _steered(run, lambda: print_runs.cancel(run, me()))


@bp.post("/<int:print_run_id>/retry")
@print_run_for("print_run.steer")
def go_on(run: PrintRun) -> Response:
    """Take up what was given up."""
    return _steered(run, lambda: print_runs.go_on(run, me()))


def _steered(run: PrintRun, verb: Callable[[], object]) -> Response:
    try:
        verb()
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    return answer(url_for("print_runs.show", print_run_id=run.id))
