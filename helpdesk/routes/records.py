"""Service records: what is not complete yet, what somebody says is wrong, and what was missed."""

from __future__ import annotations

import csv
import io
import re
from datetime import date

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import corrections, dossier_corrections, honours, record_terms
from helpdesk.forms.records import EvaluationForm
from helpdesk.models import Case
from helpdesk.presentation import dossier_page, record_page
from helpdesk.presentation.export import safe
from helpdesk.presentation.words import named
from helpdesk.routes.guard import case_for, may, me, visit_of
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("records", __name__)


@bp.get("/records")
@may("records.list")
def index() -> Response:
    """Visits whose record is not complete, soonest due first; corrections that wait, and those decided lately."""
    found = corrections.listed(me())
    may_evaluate = me().station_ids
    return page(
        "records/index.html",
        terms=[record_page.term_view(row, stations=may_evaluate, who=me()) for row in record_terms.waiting(me())],
        waiting=[record_page.correction_view(row) for row in found.open],
        decided=[record_page.correction_view(row) for row in found.decided],
        honours=honours.waiting(me()),
        dossier=[dossier_page.view(row) for row in dossier_corrections.waiting(me())],
        own_expert_id=me().expert_id,
        may_sync=policy.can(me(), "national.sync"),
        may_report=policy.can(me(), "records.report"),
    )


@bp.get("/records/report")
@may("records.report")
def report() -> Response:
    """What was complete in time, late or not yet, station by station, for one month."""
    month = _month()
    return page(
        "records/report.html",
        month=month,
        lines=record_terms.report(me(), month),
        months=record_page.months(month, clock.today()),
    )


@bp.get("/records/report.csv")
@may("records.report")
def report_csv() -> Response:
    """The same as a file for a spreadsheet."""
    month, out = _month(), io.StringIO()
    writer = csv.writer(out)
    writer.writerow([gettext(word) for word in record_page.REPORT_HEADINGS])
    for line in record_terms.report(me(), month):
        numbers = (line.due, line.in_time, line.late, line.open, line.missed)
        writer.writerow([f"{month:%Y-%m}", safe(named(line.station)), *map(str, numbers)])
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="records-{month:%Y-%m}.csv"'
    return response


@bp.route("/cases/<number>/visits/<int:visit_id>/evaluation", methods=["GET", "POST"])
@case_for("visit.evaluate")
def evaluate(case: Case, visit_id: int) -> Response:
    """The station says how a service was, where the company gave no score."""
    visit = visit_of(case, visit_id)
    form = EvaluationForm()
    status = 200
    if request.method == "POST":
        refused = attempt(
            form, None, lambda: record_terms.evaluate(visit, me(), score=form.points, note=form.note.data or "")
        )
        if refused is None:
            flash(gettext("已评价"), "done")
            return answer(url_for("records.index"))
        status = refused
    return page(
        "records/evaluation.html",
        status=status,
        case=case,
        visit=visit,
        facts=record_page.visit_facts(visit),
        form=form,
        has_errors=status != 200,
    )


def _month() -> date:
    """The month asked for as its first day; this month when none, or nonsense, is."""
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", request.args.get("month", ""), re.ASCII)
    return date(int(found[1]), int(found[2]), 1) if found else clock.today().replace(day=1)
