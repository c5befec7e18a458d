"""The company stayed silent: the station looks at the visits, vouches or strikes, and signs (rule R04)."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import closure, visits
from helpdesk.forms.desk import VerifyForm, VisitDecisionForm
from helpdesk.i18n import N_
from helpdesk.models import Case, Visit
from helpdesk.presentation import file_views, own_page
from helpdesk.routes.guard import case_for, me, visit_of
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt, form_for, life_step, where_from
from helpdesk.rules.credit import GATE_STATION

bp = Blueprint("verifications", __name__, url_prefix="/cases/<number>")


@bp.route("/verification", methods=["GET", "POST"])
@case_for("case.verify")
def new(case: Case) -> Response:
    """Every undecided visit stands or is struck; then the gate; then the case is closed and marked so."""
    form = form_for(case, VerifyForm)
    waiting = visits.undecided(case)
    said = {visit.id: request.form.get(f"visit-{visit.id}", "") for visit in waiting}
    decisions = {visit_id: word == "stands" for visit_id, word in said.items() if word in ("stands", "struck")}
    return life_step(
        case,
        form,
        lambda: closure.verify(
            case,
            me(),
            decisions=decisions,
            declared=form.declared(),
            reason=form.reason.data or "",
            seen=form.seen,
        ),
        step="verify",
        done=N_("已核定办结"),
        lead=N_("企业一直没有回应。请核对服务记录或打电话向企业核实，再逐条确认。评分会空着。"),
        fields=[("visits", {}), (form.reason, {"optional": True}), *((form[name], {}) for name in GATE_STATION)],
        waiting=[(visit, own_page.visit_facts(visit), said[visit.id]) for visit in waiting],
    )


@bp.route("/visits/<int:visit_id>/verification", methods=["GET", "POST"])
@case_for("visit.verify")
def visit(case: Case, visit_id: int) -> Response:
    """One visit that nobody decided: vouch for it or strike it."""
    row = visit_of(case, visit_id)
    form = VisitDecisionForm()
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: _decide(row, form))
        if refused is None:
            flash(gettext("已处理"), "done")
            return answer(url_for("cases.show", number=case.number))
        status = refused
    return page(
        "verifications/visit.html",
        status=status,
        case=case,
        visit=row,
        form=form,
        facts=own_page.visit_facts(row),
        files=file_views.of_visit(case, me(), row.id),
        back=where_from(case),
        has_errors=status != 200,
    )


def _decide(row: Visit, form: VisitDecisionForm) -> None:
    if form.decision.data == "verify":
        visits.verify(row, me())
    else:
        visits.void(row, me(), reason=form.reason.data or "")
