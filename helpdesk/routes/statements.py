"""Statements of service: an expert draws one up for a period, waits a moment, downloads the PDF."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, request, url_for

from helpdesk import clock
from helpdesk.domain import experts, statements
from helpdesk.forms.statements import StatementForm
from helpdesk.models import Statement
from helpdesk.presentation import statement_page
from helpdesk.routes.guard import may, me, statement_for
from helpdesk.routes.page import answer, page, wants_fragment
from helpdesk.routes.paper_files import pdf_of, pulse_of
from helpdesk.routes.steps import attempt

bp = Blueprint("statements", __name__)


@bp.route("/me/statements", methods=["GET", "POST"])
@may("statements.make")
def index() -> Response:
    """The form with quick periods, and one's own statements, newest first."""
    expert = experts.expert_of(me())
    today = clock.today()
    first, last = _day("starts_on", date(today.year, 1, 1)), _day("ends_on", today)
    form, status = StatementForm(starts_on=first, ends_on=last), 200
    if request.method == "POST":
        made: list[Statement] = []
        refused = attempt(form, None, lambda: made.append(_draw_up(form)))
        if refused is None:
            return answer(url_for("statements.show", number=made[0].number))
        status = refused
    return page(
        "statements/index.html",
        status=status,
        form=form,
        periods=statement_page.periods(statements.span(expert.id), (form.starts_on.data, form.ends_on.data)),
        rows=[statement_page.row_of(row) for row in statements.of_expert(expert.id)],
        has_errors=status != 200,
    )


def _draw_up(form: StatementForm) -> Statement:
    return statements.draw_up(
        me(),
        starts_on=form.starts_on.data,
        ends_on=form.ends_on.data,
        id_tail=form.id_tail.data or "",
        form_key=form.key,
    )


def _day(name: str, otherwise: date) -> date:
    """A day of the address, or another one where it says none."""
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return otherwise


@bp.get("/statements/<number>")
@statement_for("statement.read")
def show(statement: Statement) -> Response:
    """The statement as it stands. While the PDF is being drawn, the page's pulse asks here again."""
    if wants_fragment():
        return pulse_of(statement)
    return page("statements/show.html", paper=statement_page.page_of(statement))


@bp.get("/statements/<number>.pdf")
@statement_for("statement.download")
def download(statement: Statement) -> Response:
    """The PDF as a file. Raises NotFound while it is not drawn."""
    return pdf_of(statement)
