"""Corrections of settled records: said by the expert, decided by the desk; and records found untrue."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import closure, corrections, hours, visits
from helpdesk.forms.records import AskCorrectionForm, DecideCorrectionForm, RefuseCorrectionForm, ReverseForm
from helpdesk.forms.visits import values_of
from helpdesk.models import Case, Correction, CorrectionState
from helpdesk.presentation import record_page
from helpdesk.routes.guard import case_for, correction_for, me, visit_of
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("corrections", __name__)


@bp.route("/cases/<number>/corrections", methods=["GET", "POST"])
@case_for("case.ask_correction")
def ask(case: Case) -> Response:
    """What is wrong with one of my visits; and what became of what was said before."""
    return asking(case, url_for("corrections.ask", number=case.number), url_for("cases.show", number=case.number))


def asking(case: Case, url: str, back: str, template: str = "corrections/ask.html") -> Response:
    """The same page for the expert and, by its own door, for the company."""
    form = AskCorrectionForm(visit=request.args.get("visit", ""))
    served = corrections.served(case, me())
    form.visit.choices = [(str(visit.id), record_page.visit_choice(visit)) for visit in served]
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: _ask(case, form))
        if refused is None:
            flash(gettext("收到了。站点核实后会告诉您结果"), "done")
            return answer(url)
        status = refused
    rows = [record_page.correction_view(row) for row in corrections.of_case(case) if row.visit in served]
    return page(
        template, status=status, case=case, form=form, url=url, back=back, rows=rows, has_errors=status != 200,
        can_ask=bool(served),
    )  # fmt: skip


def _ask(case: Case, form: AskCorrectionForm) -> None:
    chosen = str(form.visit.data or "")
    visit = visit_of(case, int(chosen) if chosen.isascii() and chosen.isdigit() and len(chosen) < 10 else 0)
    corrections.ask(visit, me(), says=form.says.data or "", wished_minutes=form.minutes, form_key=form.key)


@bp.get("/corrections/<int:correction_id>")
@correction_for("correction.read")
def show(correction: Correction) -> Response:
    """What was said, what the record says, what was decided."""
    return _page(correction, DecideCorrectionForm(**_now(correction)), RefuseCorrectionForm(), 200)


@bp.post("/corrections/<int:correction_id>/grant")
@correction_for("correction.decide")
def grant(correction: Correction) -> Response:
    """It was wrong: reversal, new line, new paper."""
    form = DecideCorrectionForm()
    refused = attempt(
        form,
        None,
        lambda: corrections.grant(
            correction, me(), facts=form.facts(), reason=form.reason.data or "", content=form.content.data or ""
        ),
    )
    if refused is None:
        done = gettext("已更正，证书重新出具") if correction.case is not None else gettext("已更正")
        flash(done, "done")
        return answer(url_for("corrections.show", correction_id=correction.id))
    return _page(correction, form, RefuseCorrectionForm(formdata=None), refused)


@bp.post("/corrections/<int:correction_id>/refusal")
@correction_for("correction.decide")
def refuse(correction: Correction) -> Response:
    """It stands."""
    form = RefuseCorrectionForm(prefix="no")
    refused = attempt(form, None, lambda: corrections.refuse(correction, me(), reason=form.reason.data or ""))
    if refused is None:
        flash(gettext("已答复：不更正"), "done")
        return answer(url_for("corrections.show", correction_id=correction.id))
    return _page(correction, DecideCorrectionForm(formdata=None, **_now(correction)), form, refused, refusing=True)


def _now(correction: Correction) -> dict[str, str]:
    written = closure.latest_answer(correction.case) if correction.case is not None else None
    return values_of(correction.visit) | {"content": written.result if written is not None else ""}


def _page(
    correction: Correction,
    form: DecideCorrectionForm,
    no: RefuseCorrectionForm,
    status: int,
    *,
    refusing: bool = False,
) -> Response:
    if no._prefix != "no-":
        no = RefuseCorrectionForm(formdata=None, prefix="no")
    is_open = correction.state is CorrectionState.OPEN
    return page(
        "corrections/show.html",
        status=status,
        row=record_page.correction_view(correction),
        facts=record_page.visit_facts(correction.visit),
        form=form,
        no=no,
        wrong=no if refusing else form,
        may_decide=is_open and policy.can(me(), "correction.decide", correction),
        may_see_case=_may_see(correction),
        has_errors=status != 200,
    )


def _may_see(correction: Correction) -> bool:
    if correction.case is not None:
        return policy.can(me(), "case.read", correction.case)
    return policy.can(me(), "activity.read", correction.visit.activity)


@bp.route("/cases/<number>/visits/<int:visit_id>/reversal", methods=["GET", "POST"])
@case_for("case.reverse_hours")
def reverse(case: Case, visit_id: int) -> Response:
    """A record found untrue counts no more; the paper is issued anew or revoked."""
    visit = visit_of(case, visit_id)
    form = ReverseForm()
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: hours.reverse(visit, me(), reason=form.reason.data or ""))
        if refused is None:
            flash(gettext("已冲正，相应的证书已更正或作废"), "done")
            return answer(url_for("cases.show", number=case.number))
        status = refused
    return page(
        "corrections/reverse.html",
        status=status,
        number=case.number,
        lead=visit.expert.name,
        warning=gettext("这笔时长会扣除，证书按剩下的时长重新出具；一分钟都不剩时作废。撤不回来。"),
        url=url_for("corrections.reverse", number=case.number, visit_id=visit.id),
        back=url_for("corrections.reversals", number=case.number),
        visit=visit,
        facts=record_page.visit_facts(visit),
        is_settled=hours.standing_entry(visit.id) is not None,
        form=form,
        has_errors=status != 200,
    )


@bp.get("/cases/<number>/reversals")
@case_for("case.reverse_hours")
def reversals(case: Case) -> Response:
    """Which of the case's settled visits to take out."""
    settled = [visit for visit in visits.of(case) if hours.standing_entry(visit.id) is not None]
    return page(
        "corrections/reversals.html",
        case=case,
        rows=[(visit.id, record_page.visit_choice(visit), visit.expert.name) for visit in settled],
    )
