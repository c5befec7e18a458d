"""How long personal data is kept, and which cases are kept longer."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import erasures, keeping
from helpdesk.errors import Refused
from helpdesk.forms.keeping import HoldForm, TermForm
from helpdesk.models import Case
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import case_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules.keeping import RECORD_YEARS

bp = Blueprint("keeping", __name__)


@bp.route("/keeping", methods=["GET", "POST"])
@may("keeping.edit")
def edit() -> Response:
    """The term in force, those before and to come, what is due, what is kept; and the form for a new term."""
    form, status = TermForm(months=keeping.in_force().months, from_on=clock.today()), 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: keeping.set_term(
                me(), months=form.months.data or 0, from_on=form.from_on.data or clock.today(), reason=form.reason.data
            ),
        )
        if refused is None:
            flash(gettext("已保存，到日子生效"), "done")
            return answer(url_for("keeping.edit"))
        status = refused
    return _page(form, status)


@bp.post("/keeping/<int:term_id>/withdrawal")
@may("keeping.edit")
def take_back(term_id: int) -> Response:
    """A term that has not begun never will."""
    try:
        keeping.take_back(keeping.rule(term_id), me())
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    else:
        flash(gettext("已收回，不会生效"), "done")
    return answer(url_for("keeping.edit"))


def _page(form: TermForm, status: int) -> Response:
    return page(
        "keeping/edit.html",
        status=status,
        form=form,
        today=clock.today(),
        latest=keeping.latest_day(),
        term=keeping.in_force(),
        terms=keeping.rules(),
        due=keeping.count_due(),
        held=keeping.held(me()),
        waiting=len(erasures.waiting(me())),
        record_years=RECORD_YEARS,
        has_errors=status != 200,
    )


@bp.route("/cases/<number>/hold", methods=["GET", "POST"])
@case_for("case.hold_data")
def hold(case: Case) -> Response:
    """Keep this case's data, with a reason, until somebody says otherwise."""
    form, status = HoldForm(reason=case.held_reason or ""), 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: keeping.hold(case, me(), reason=form.reason.data or ""))
        if refused is None:
            flash(gettext("这一件的资料会保留"), "done")
            return answer(url_for("cases.show", number=case.number))
        status = refused
    return page("keeping/hold.html", status=status, case=case, form=form, has_errors=status != 200)


@bp.post("/cases/<number>/release")
@case_for("case.hold_data")
def release(case: Case) -> Response:
    """The term holds again."""
    keeping.release(case, me())
    flash(gettext("到期照常去除个人信息"), "done")
    return answer(url_for("cases.show", number=case.number))
