"""Series: what comes again, set up from a case; changed, paused, ended by the station."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import series
from helpdesk.errors import Refused
from helpdesk.forms.series import EndSeriesForm, SeriesForm, values_for, values_of
from helpdesk.models import Case, Series
from helpdesk.presentation import series_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import case_for, may, me, series_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("series", __name__)


@bp.get("/series")
@may("series.list")
def index() -> Response:
    """The station's series: those that rest first, then by their next day."""
    rows = series.listed(me())
    return page("series/index.html", rows=[series_page.view(row) for row in rows], several=len(me().station_ids) != 1)


@bp.route("/cases/<number>/series", methods=["GET", "POST"])
@case_for("case.begin_series")
def new(case: Case) -> Response:
    """Have this case come again; where it does already, the way there."""
    form, status = SeriesForm(**values_for(case)), 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: series.begin(case, me(), form.plan()))
        if refused is None:
            flash(gettext("定期回访设好了，已告诉企业"), "done")
            return answer(url_for("cases.show", number=case.number))
        status = refused
    live = series.live_of(case)
    return page(
        "series/new.html",
        status=status,
        case=case,
        form=form,
        live=series_page.view(live) if live is not None else None,
        has_errors=status != 200,
    )


@bp.route("/series/<int:series_id>", methods=["GET", "POST"])
@series_for("series.edit")
def edit(row: Series) -> Response:
    """How often, when next, what was made so far; and the form to change it."""
    form, status = SeriesForm(**values_of(row)), 200
    if not form.is_submitted():
        form.version.data = str(row.version)
    if request.method == "POST":
        refused = attempt(form, None, lambda: series.change(row, me(), form.plan(), seen=form.seen))
        if refused is None:
            flash(gettext("已保存，已告诉企业"), "done")
            return answer(url_for("series.edit", series_id=row.id))
        status = refused
        form.version.data = str(row.version)
    return page(
        "series/edit.html",
        status=status,
        view=series_page.view(row),
        made=series.cases_of(row, me()),
        form=form,
        has_errors=status != 200,
    )


@bp.post("/series/<int:series_id>/pause")
@series_for("series.edit")
def pause(row: Series) -> Response:
    """Make none until somebody says so."""
    return _done(row, lambda: series.pause(row, me()), gettext("已暂停，已告诉企业"))


@bp.post("/series/<int:series_id>/resumption")
@series_for("series.edit")
def resume(row: Series) -> Response:
    """Go on with the next day."""
    return _done(row, lambda: series.resume(row, me()), gettext("已恢复，已告诉企业"))


def _done(row: Series, verb: Callable[[], None], said: str) -> Response:
    try:
        verb()
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    else:
        flash(said, "done")
    return answer(url_for("series.edit", series_id=row.id))


@bp.route("/series/<int:series_id>/end", methods=["GET", "POST"])
@series_for("series.edit")
def end(row: Series) -> Response:
    """For good, with a reason that the company reads."""
    form, status = EndSeriesForm(), 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: series.end(row, me(), reason=form.reason.data or ""))
        if refused is None:
            flash(gettext("定期回访结束了，已告诉企业"), "done")
            return answer(url_for("series.index"))
        status = refused
    return page("series/end.html", status=status, view=series_page.view(row), form=form, has_errors=status != 200)
