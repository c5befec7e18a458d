"""The file for the national volunteer system, and the numbers that come back."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, flash, request
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import national_sync
from helpdesk.forms.records import ReturnedForm
from helpdesk.i18n import counted
from helpdesk.presentation import national_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import page
from helpdesk.routes.steps import attempt

bp = Blueprint("national", __name__, url_prefix="/records/national")


@bp.get("")
@may("national.sync")
def show() -> Response:
    """How far the ledger has come."""
    return _page(ReturnedForm(), [], 200)


@bp.post("/export")
@may("national.sync")
def export() -> Response:
    """The file: every line that has no number yet, marked as exported."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([gettext(word) for word in national_page.HEADINGS])
    writer.writerows(national_page.row(line) for line in national_sync.export(me()))
    response = Response("\ufeff" + out.getvalue(), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="service-records-{clock.today().isoformat()}.csv"'
    return response


@bp.post("/import")
@may("national.sync")
def take_in() -> Response:
    """Numbers that came back: all of the table or nothing, with what is wrong row by row."""
    form = ReturnedForm()
    said: list[tuple[int, list[national_sync.Verdict]]] = []
    refused = attempt(form, None, lambda: said.append(national_sync.take_in(me(), form.text.data or "")))
    if refused is not None:
        return _page(form, [], refused)
    fresh, verdicts = said[0]
    wrong = [row for row in verdicts if row.problem]
    if wrong:
        form.form_errors = [*form.form_errors, counted("有 %(n)s 行不对，整张表都没有导入", len(wrong))]
        return _page(form, wrong, 422)
    flash(counted("新登记了 %(n)s 个编号", fresh), "done")
    return _page(ReturnedForm(formdata=None), [], 200)


def _page(form: ReturnedForm, wrong: list[national_sync.Verdict], status: int) -> Response:
    return page(
        "national/show.html",
        status=status,
        form=form,
        counts=national_sync.counts(me()),
        missing=[(row, national_page.missing(row)) for row in national_sync.precheck(me())],
        wrong=[(row.n, row.ours, row.theirs, gettext(national_page.PROBLEMS[row.problem])) for row in wrong[:200]],
        has_errors=status != 200 and request.method == "POST",
    )
