"""An expert's own page: nominations, what may be published, asking to be looked at, what was awarded."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import cycles, nominations
from helpdesk.forms.commendations import PublicityForm, WhyForm
from helpdesk.models import Nomination, Publicity
from helpdesk.presentation import commendation_page, own_commendations
from helpdesk.routes.guard import may, me, nomination_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("commendations", __name__, url_prefix="/me/commendations")


@bp.get("")
@may("commendations.read")
def index() -> Response:
    """What I am nominated for, and what I may ask for."""
    return page("commendations/index.html", view=own_commendations.build(me()))


@bp.route("/<int:nomination_id>/publicity", methods=["GET", "POST"])
@nomination_for("nomination.consent")
def publicity(nomination: Nomination) -> Response:
    """What may be published; may be changed at any time."""
    form = PublicityForm(publicity=nomination.publicity.value if nomination.publicity else None)
    form.publicity.choices = [(p.value, gettext(label)) for p, label in commendation_page.PUBLICITY.items()]
    status = 200
    if request.method == "POST":
        refused = attempt(
            form, None, lambda: nominations.set_publicity(nomination, me(), Publicity(form.publicity.data))
        )
        if refused is None:
            flash(gettext("记下了，随时可以改"), "done")
            return answer(url_for("commendations.index"))
        status = refused
    return page(
        "commendations/publicity.html",
        status=status,
        form=form,
        nomination=nomination,
        row=commendation_page.row(nomination),
        notice_days=nomination.cycle.version.notice_days,
        has_errors=status != 200,
    )


@bp.route("/new/<int:cycle_id>", methods=["GET", "POST"])
@may("commendations.read")
def new(cycle_id: int) -> Response:
    """Ask to be looked at, where the route allows it."""
    cycle, form = cycles.by_id(cycle_id), WhyForm()
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: nominations.nominate_oneself(me(), cycle, reason=form.reason.data or ""))
        if refused is None:
            flash(gettext("已申报。截止以后按规则算，再由人评审"), "done")
            return answer(url_for("commendations.index"))
        status = refused
    return page(
        "commendations/new.html",
        status=status,
        form=form,
        cycle=cycle,
        view=own_commendations.standing(me(), cycle),
        has_errors=status != 200,
    )
