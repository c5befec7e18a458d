"""Giving a case back, so that the station finds somebody else. No blame, but a reason and a word to the next."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import assignment
from helpdesk.forms.closure import HandoverForm
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page_or_fragment
from helpdesk.routes.steps import attempt, form_for, where_from

bp = Blueprint("handovers", __name__, url_prefix="/cases/<number>/handover")


@bp.route("", methods=["GET", "POST"])
@case_for("case.hand_back")
def new(case: Case) -> Response:
    """Afterwards the expert may no longer read the case, so the way goes to the inbox, never back to it."""
    form = form_for(case, HandoverForm)
    status, is_expert = 200, case.expert_id is not None and case.expert_id == me().expert_id
    if request.method == "POST":
        done = attempt(
            form,
            case,
            lambda: assignment.hand_back(
                case, me(), reason=form.reason.data, note=form.note.data or "", seen=form.seen
            ),
        )
        if done is None:
            thanks = gettext("已交回工作站，谢谢您为这家企业花的时间")
            flash(thanks if is_expert else gettext("已回到待派单"), "done")
            return answer(url_for("inbox.index" if is_expert else "queues.index"))
        status = done
    return page_or_fragment(
        "handovers/new.html",
        "handovers/_form.html",
        status=status,
        case=case,
        form=form,
        has_errors=status != 200,
        back=where_from(case),
        is_expert=is_expert,
    )
