"""The summary of the expert, or of the station for its own case; then the company decides."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from helpdesk.domain import closure
from helpdesk.forms.closure import AnswerForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.presentation import visit_page
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, step_page
from helpdesk.rules.credit import GATE

bp = Blueprint("answers", __name__, url_prefix="/cases/<number>/answer")


@bp.route("", methods=["GET", "POST"])
@case_for("case.answer")
def new(case: Case) -> Response:
    """Three short boxes and the gate. After a dispute the boxes hold what was written before."""
    form = form_for(case, AnswerForm, **_before(case))
    has_gate = case.expert_id is not None
    if not has_gate:
        form.without_gate()
    return step_page(
        case,
        form,
        lambda: closure.answer(
            case,
            me(),
            problem=form.problem.data,
            advice=form.advice.data,
            result=form.result.data,
            declared=form.declared(),
            seen=form.seen,
        ),
        page="answers/new.html",
        fragment="answers/_form.html",
        done=N_("小结已发给企业，等对方确认"),
        gate=[form[name] for name in GATE] if has_gate else [],
        summary=visit_page.summary(case) if has_gate else None,
    )


def _before(case: Case) -> dict[str, Any]:
    """The texts of this round's last summary; the declarations are made anew each time."""
    written = closure.latest_answer(case)
    if written is None or written.round != case.round:
        return {}
    return {"problem": written.problem, "advice": written.advice, "result": written.result}
