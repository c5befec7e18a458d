"""What waits for the district or the corps: reported payments and appeals; and the decision about a payment."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import closure
from helpdesk.forms.desk import ReviewForm
from helpdesk.i18n import N_
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, may, me
from helpdesk.routes.page import page
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("reviews", __name__)


@bp.get("/reviews")
@may("reviews.list")
def index() -> Response:
    """Open reviews and appeals of cases this person may judge, oldest first."""
    return page("reviews/index.html", reviews=closure.open_reviews(me()), appeals=closure.open_appeals(me()))


@bp.route("/cases/<number>/review", methods=["GET", "POST"])
@case_for("case.judge_review")
def edit(case: Case) -> Response:
    """Money or not; upheld, nothing is earned."""
    form = form_for(case, ReviewForm)
    return life_step(
        case,
        form,
        lambda: closure.decide_review(
            case, me(), upheld=form.decision.data == "upheld", reason=form.reason.data or "", seen=form.seen
        ),
        step="decide_review",
        done=N_("结论已记录"),
        lead=N_("核查期间时长不入账。确有收费的，本件所有未入账的服务都不计。"),
        fields=[(form.decision, {}), (form.reason, {})],
    )
