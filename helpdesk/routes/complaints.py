"""Complaints: made by anybody, answered by the district or the city, read by whoever complained."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import accounts, complaints
from helpdesk.errors import Refused
from helpdesk.forms.complaints import AnswerForm, ComplainForm, ComplaintTermForm, FurtherForm
from helpdesk.models import Case, Complaint, ComplaintState
from helpdesk.presentation import complaint_page
from helpdesk.presentation.language import current_locale
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import complaint_for, may, me, open_to_all, signed_in
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("complaints", __name__)

# Complaints from one address in a day: a household or an office behind one, no machine.
A_DAY, DAY = 10, timedelta(days=1)


@bp.route("/complaints/new", methods=["GET", "POST"])
@open_to_all
def new() -> Response:
    """Complain, with or without an account. Whoever has none gets a link that shows what comes of it."""
    form = ComplainForm(about=request.args.get("about"), number=request.args.get("number", ""))
    form.only(asks_name=not me().is_signed_in, asks_number=True)
    status = 200
    if request.method == "POST":
        key = f"complaint:{me().account_id or request.remote_addr}"
        accounts.check_tries(key, limit=A_DAY)
        made: list[Complaint] = []
        refused = attempt(
            form,
            None,
            lambda: made.append(complaints.make(me(), form.said(), form_key=form.key, locale=current_locale())),
        )
        if refused is None:
            accounts.count_try(key, window=DAY)
            flash(gettext("收到了，答复会写在这里"), "done")
            if me().is_signed_in:
                return answer(url_for("complaints.show", complaint_id=made[0].id))
            return answer(url_for("complaints.by_link", complaint_token=made[0].token))
        status = refused
    return page("complaints/new.html", status=status, form=form, days=complaints.workdays(), has_errors=status != 200)


def further_form(row: Complaint, **more: Any) -> FurtherForm:
    """One of several on the company's page."""
    return FurtherForm(prefix=f"further{row.id}-", **more)


def of_case(case: Case, url: str, back: str) -> Response:
    """The company's door: complain of how it was served or of a record, and what became of what it said."""
    form, status = ComplainForm(), 200
    form.only(asks_name=False, asks_number=False)
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: complaints.make(me(), form.said(), form_key=form.key, locale=current_locale(), case=case),
        )
        if refused is None:
            flash(gettext("收到了，答复会写在这里"), "done")
            return answer(url)
        status = refused
    return page(
        "own/complaints.html",
        status=status,
        form=form,
        url=url,
        back=back,
        rows=[(complaint_page.view(row), further_form(row, formdata=None)) for row in complaints.of_company(case)],
        days=complaints.workdays(),
        has_errors=status != 200,
    )


@bp.get("/complaints/mine")
@signed_in
def mine() -> Response:
    """What this account complained of."""
    return page("complaints/mine.html", rows=[complaint_page.view(row) for row in complaints.mine(me())])


@bp.get("/complaints/link/<complaint_token>")
@open_to_all
def by_link(complaint_token: str) -> Response:
    """Where a stranger's complaint stands, by its link."""
    return _public(complaints.by_token(complaint_token), FurtherForm(), 200)


@bp.post("/complaints/link/<complaint_token>/further")
@open_to_all
def further_by_link(complaint_token: str) -> Response:
    """Not content: to the city."""
    row, form = complaints.by_token(complaint_token), FurtherForm()
    refused = attempt(
        form, None, lambda: complaints.take_further(row, me(), reason=form.reason.data or "", token=complaint_token)
    )
    if refused is None:
        flash(gettext("已转总队，由没有办过的人答复"), "done")
        return answer(url_for("complaints.by_link", complaint_token=complaint_token))
    return _public(row, form, refused)


def _public(row: Complaint, form: FurtherForm, status: int) -> Response:
    response = page(
        "complaints/by_link.html",
        status=status,
        row=complaint_page.view(row),
        form=form,
        url=url_for("complaints.further_by_link", complaint_token=row.token),
        has_errors=status != 200,
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/complaints")
@may("complaints.list")
def index() -> Response:
    """What waits, soonest due first; what was answered lately; the last twelve months in numbers."""
    found = complaints.listed(me())
    return page(
        "complaints/index.html",
        waiting=[complaint_page.view(row, desk=me()) for row in found.open],
        answered=[complaint_page.view(row, desk=me()) for row in found.answered],
        tiles=complaint_page.tiles(complaints.figures(me())),
        days=complaints.workdays(),
        may_set_term=policy.can(me(), "complaints.set_term"),
    )


@bp.get("/complaints/<int:complaint_id>")
@complaint_for("complaint.read")
def show(complaint: Complaint) -> Response:
    """One complaint: for whoever made it, or with what the desk may do."""
    return _show(complaint)


@bp.post("/complaints/<int:complaint_id>/look")
@complaint_for("complaint.answer")
def look(complaint: Complaint) -> Response:
    """Somebody looks into it."""
    try:
        complaints.look(complaint, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    else:
        flash(gettext("已告诉投诉人正在核实"), "done")
    return answer(url_for("complaints.show", complaint_id=complaint.id))


@bp.post("/complaints/<int:complaint_id>/answer")
@complaint_for("complaint.answer")
def reply(complaint: Complaint) -> Response:
    """The answer."""
    form = AnswerForm()
    refused = attempt(
        form,
        None,
        lambda: complaints.answer(
            complaint,
            me(),
            outcome=form.chosen,
            reason=form.reason.data or "",
            done=form.done.data or "",
            link=form.link.data or "",
        ),
    )
    if refused is None:
        flash(gettext("已答复投诉人"), "done")
        return answer(url_for("complaints.show", complaint_id=complaint.id))
    return _show(complaint, form, refused)


@bp.post("/complaints/<int:complaint_id>/further")
@complaint_for("complaint.take_further")
def further(complaint: Complaint) -> Response:
    """Not content: to the city."""
    form = FurtherForm()
    refused = attempt(form, None, lambda: complaints.take_further(complaint, me(), reason=form.reason.data or ""))
    if refused is None:
        flash(gettext("已转总队，由没有办过的人答复"), "done")
        return answer(url_for("complaints.show", complaint_id=complaint.id))
    return _show(complaint, more=form, status=refused)


def _show(
    complaint: Complaint, form: AnswerForm | None = None, status: int = 200, more: FurtherForm | None = None
) -> Response:
    is_desk = complaint_page.is_of_desk(complaint, me())
    may_answer = complaint.state is not ComplaintState.ANSWERED and policy.can(me(), "complaint.answer", complaint)
    form = form or AnswerForm(formdata=None)
    form.link.choices = complaint_page.link_choices(complaint) if may_answer else []
    may_see_case = complaint.case is not None and is_desk and policy.can(me(), "case.read", complaint.case)
    return page(
        "complaints/show.html" if is_desk else "complaints/own.html",
        status=status,
        row=complaint_page.view(complaint, desk=me() if is_desk else None),
        case=complaint.case if may_see_case else None,
        form=form,
        more=more or FurtherForm(formdata=None),
        wrong=more or form,
        url=url_for("complaints.further", complaint_id=complaint.id),
        may_answer=may_answer,
        may_look=may_answer and complaint.state is ComplaintState.RECEIVED,
        has_errors=status != 200,
    )


@bp.route("/complaints/term", methods=["GET", "POST"])
@may("complaints.set_term")
def term() -> Response:
    """In how many working days complaints are answered."""
    form, status = ComplaintTermForm(workdays=complaints.workdays(), from_on=clock.today()), 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: complaints.set_term(
                me(), days=form.workdays.data or 0, from_on=form.from_on.data or clock.today(), reason=form.reason.data
            ),
        )
        if refused is None:
            flash(gettext("已保存，到日子生效"), "done")
            return answer(url_for("complaints.term"))
        status = refused
    return page(
        "complaints/term.html",
        status=status,
        form=form,
        days=complaints.workdays(),
        terms=complaints.terms(),
        has_errors=status != 200,
    )
