"""An expert's own page: nominations, what may be published, asking to be looked at, what was awarded."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import awards, cycles, nominations
from helpdesk.errors import NotFound
from helpdesk.forms.commendations import AnswerForm, PublicityForm, WhyForm
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


@bp.get("/<int:nomination_id>/objections")
@nomination_for("nomination.answer")
def objections(nomination: Nomination) -> Response:
    """What is objected against me, without who said it, and what I said and was answered."""
    return _objections(nomination)


@bp.post("/<int:nomination_id>/objections/<int:objection_id>")
@nomination_for("nomination.answer")
def answer_objection(nomination: Nomination, objection_id: int) -> Response:
    """Say what I have to say to it, once, before it is decided."""
    row = next((o for o in awards.objections_of(nomination) if o.id == objection_id), None)
    if row is None:
        raise NotFound("objection")
    form = AnswerForm(prefix=f"o{row.id}-")
    refused = attempt(form, None, lambda: awards.answer(row, me(), text=form.answer.data or ""))
    if refused is not None:
        return _objections(nomination, {row.id: form}, refused)
    flash(gettext("记下了，答复异议的人会看到"), "done")
    return answer(url_for("commendations.objections", nomination_id=nomination.id))


def _objections(nomination: Nomination, forms: dict[int, AnswerForm] | None = None, status: int = 200) -> Response:
    rows = awards.objections_of(nomination)
    tried = forms or {}
    return page(
        "commendations/objections.html",
        status=status,
        nomination=nomination,
        row=commendation_page.row(nomination),
        objections=rows,
        decisions={code: gettext(words) for code, words in commendation_page.DECISIONS.items()},
        forms={o.id: tried.get(o.id) or AnswerForm(formdata=None, prefix=f"o{o.id}-") for o in rows},
        form=next(iter(tried.values()), None),
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
