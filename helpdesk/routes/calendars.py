"""The working calendar: which years are known, from which notice, and how the next one is loaded."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import working_calendar
from helpdesk.forms.calendar import CalendarForm
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("calendars", __name__, url_prefix="/calendar")


@bp.route("", methods=["GET", "POST"])
@may("calendar.edit")
def edit() -> Response:
    """What is known, and the form for what was announced. A bad line loads nothing and is named."""
    form, status = CalendarForm(), 200
    if request.method == "POST":
        loaded: list[int] = []
        refused = attempt(
            form,
            None,
            lambda: loaded.extend(working_calendar.load(me(), form.text.data or "", source=form.source.data or "")),
        )
        if refused is None:
            years = gettext("、").join(str(year) for year in loaded)
            flash(gettext("已导入 %(years)s 年的放假安排，在办案件的时限已重算", years=years), "done")
            return answer(url_for("calendars.edit"))
        status = refused
    until = working_calendar.known_until()
    return page(
        "calendars/edit.html",
        status=status,
        form=form,
        years=working_calendar.years(),
        until=until,
        unknown=(until or clock.today().year - 1) + 1,
        has_errors=status != 200,
    )
