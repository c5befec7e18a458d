"""Nominations: a station's and the corps' own, and the reviewers' worklist with evidence and signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import awards, cycles, nominations
from helpdesk.errors import NotFound
from helpdesk.forms.base import HouseForm
from helpdesk.forms.commendations import AssessForm, AwardForm, DecideForm, NominateForm, WhyForm
from helpdesk.i18n import N_
from helpdesk.models import Award, Nomination
from helpdesk.presentation import commendation_page, scheme_page
from helpdesk.routes.guard import may, me, nomination_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("nominations", __name__, url_prefix="/nominations")

# The forms of a nomination's page that ask for a reason and nothing else.
FOR_A_REASON: dict[str, type[AwardForm | WhyForm]] = {
    "award": AwardForm,
    "confirm": WhyForm,
    "withdraw": WhyForm,
    "revoke": WhyForm,
}


@bp.get("")
@may("nominations.list")
def index() -> Response:
    """What waits for this person's review, what they may put forward for, and the rest they may read."""
    rows = nominations.listed(me())
    turn = [n for n in rows if nominations.may_assess(n, me()) and nominations.conflict_of(n, me()) is None]
    ids = {n.id for n in turn}
    can_make = policy.can(me(), "nominations.make")
    return page(
        "nominations/index.html",
        turn=[commendation_page.row(n) for n in turn],
        others=[commendation_page.row(n) for n in rows if n.id not in ids],
        open_cycles=[(c, scheme_page.scheme_name(c.scheme)) for c in cycles.open_now()] if can_make else [],
        reviews=policy.scopes_for(me(), "nomination.assess"),
        runs_cycles=policy.can(me(), "cycles.run"),
    )


@bp.route("/new/<int:cycle_id>", methods=["GET", "POST"])
@may("nominations.make")
def new(cycle_id: int) -> Response:
    """Put somebody forward, with the list of who would qualify beside the form."""
    cycle = cycles.by_id(cycle_id)
    form = NominateForm(nominee=request.args.get("nominee", ""))
    rows = nominations.nominees(me(), cycle)
    form.nominee.choices = [
        ("", gettext("请选择")),
        *((str(number), scheme_page.thing_name(thing)) for number, thing in rows.items()),
    ]
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: nominations.nominate(me(), cycle, int(form.nominee.data), reason=form.reason.data or ""),
        )
        if refused is None:
            flash(gettext("已推荐"), "done")
            return answer(url_for("nominations.index"))
        status = refused
    return page(
        "nominations/new.html",
        status=status,
        form=form,
        cycle=cycle,
        scheme_name=scheme_page.scheme_name(cycle.scheme),
        version=scheme_page.view(cycle.version),
        candidates=commendation_page.cycle_candidates(cycle, me()),
        has_errors=status != 200,
    )


@bp.get("/<int:nomination_id>")
@nomination_for("nomination.read")
def show(nomination: Nomination) -> Response:
    """Evidence, signals, what was decided, what can be done."""
    return _show(nomination)


def _show(nomination: Nomination, form: HouseForm | None = None, status: int = 200, about: str = "") -> Response:
    """The page with every form that this person may fill in; `about` is the one that was refused."""
    forms: dict[str, Any] = {
        "assess": AssessForm(formdata=None),
        **{name: kind(formdata=None, prefix=f"{name}-") for name, kind in FOR_A_REASON.items()},
    }
    view = commendation_page.build(nomination, me())
    is_mine = not policy.can(me(), "nominations.list")
    decide = {o.id: DecideForm(formdata=None, prefix=f"o{o.id}-") for o in view.objections if o.decision is None}
    if form is not None and about.isdigit():
        decide[int(about)] = form  # type: ignore[assignment]
    elif form is not None:
        forms[about] = form
    return page(
        "nominations/show.html",
        status=status,
        is_mine=is_mine,
        back=url_for("commendations.index" if is_mine else "nominations.index"),
        view=view,
        forms=forms,
        decide=decide,
        form=form,
        has_errors=status != 200,
    )


def _try(nomination: Nomination, form: HouseForm, about: str, verb: Callable[[], object], done: str) -> Response:
    refused = attempt(form, None, verb)
    if refused is not None:
        return _show(nomination, form, refused, about)
    flash(gettext(done), "done")
    return answer(url_for("nominations.show", nomination_id=nomination.id))


def _for_a_reason(
    nomination: Nomination, about: str, verb: Callable[..., object], done: str, given: Award | None = None
) -> Response:
    """Do it to the nomination, or to what was given for it, with the reason that was written."""
    form = FOR_A_REASON[about](prefix=f"{about}-")
    thing = given or nomination
    return _try(nomination, form, about, lambda: verb(thing, me(), reason=form.reason.data or ""), done)


@bp.post("/<int:nomination_id>/assessment")
@nomination_for("nomination.assess")
def assess(nomination: Nomination) -> Response:
    """Pass, decline, or step back."""
    form = AssessForm()

    def verb() -> None:
        if form.verdict.data == "recused":
            nominations.recuse(nomination, me(), reason=form.reason.data or "")
        else:
            nominations.assess(nomination, me(), passed=form.verdict.data == "passed", reason=form.reason.data or "")

    return _try(nomination, form, "assess", verb, N_("已记下您的意见"))


@bp.post("/<int:nomination_id>/confirmation")
@nomination_for("nomination.confirm")
def confirm(nomination: Nomination) -> Response:
    """What fell since the freeze was looked at; the nomination stands."""
    return _for_a_reason(nomination, "confirm", nominations.confirm, N_("已记下，推荐仍然成立"))


@bp.post("/<int:nomination_id>/withdrawal")
@nomination_for("nomination.withdraw")
def withdraw(nomination: Nomination) -> Response:
    """Take it back before the cut-off."""
    return _for_a_reason(nomination, "withdraw", nominations.withdraw, N_("已撤回推荐"))


@bp.post("/<int:nomination_id>/award")
@nomination_for("nomination.award")
def award(nomination: Nomination) -> Response:
    """A person awards."""
    return _for_a_reason(nomination, "award", awards.award, N_("已决定表彰"))


@bp.post("/<int:nomination_id>/revocation")
@nomination_for("nomination.award")
def revoke(nomination: Nomination) -> Response:
    """Take an award back, with a reason."""
    given = awards.of_nomination(nomination)
    if given is None:
        raise NotFound("award")
    return _for_a_reason(nomination, "revoke", awards.revoke, N_("已撤销表彰"), given)


@bp.post("/<int:nomination_id>/objections/<int:objection_id>")
@nomination_for("nomination.award")
def decide(nomination: Nomination, objection_id: int) -> Response:
    """Answer an objection."""
    row = next((o for o in awards.objections_of(nomination) if o.id == objection_id), None)
    if row is None:
        raise NotFound("objection")
    form = DecideForm(prefix=f"o{row.id}-")
    return _try(
        nomination,
        form,
        str(row.id),
        lambda: awards.decide(row, me(), upheld=form.decision.data == "upheld", reply=form.reply.data or ""),
        N_("已答复"),
    )
