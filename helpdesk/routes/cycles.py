"""Cycles of commendation, as the operator runs them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import commendation_log, cycles, nominations, schemes
from helpdesk.errors import Refused
from helpdesk.forms.commendations import CycleForm, WhyForm
from helpdesk.forms.schemes import day_of
from helpdesk.i18n import counted
from helpdesk.models import Cycle
from helpdesk.presentation import commendation_page, scheme_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("cycles", __name__, url_prefix="/cycles")


@bp.get("")
@may("cycles.run")
def index() -> Response:
    """All cycles with where they stand."""
    rows = cycles.listed()
    tallies = cycles.tally(rows)
    return page(
        "cycles/index.html",
        lines=[
            (c, scheme_page.scheme_name(c.scheme), *commendation_page.state_of(c), sum(tallies.get(c.id, {}).values()))
            for c in rows
        ],
    )


@bp.route("/new", methods=["GET", "POST"])
@may("cycles.run")
def new() -> Response:
    """Open one."""
    today = clock.today()
    form = CycleForm(
        scheme=request.args.get("scheme", ""),
        period_from=today.replace(month=1, day=1).isoformat(),
        period_to=today.isoformat(),
        nominations_until=(today + timedelta(days=14)).isoformat(),
    )
    rows = {str(s.id): s for s in schemes.every() if schemes.in_force(s)}
    form.scheme.choices = [("", gettext("请选择")), *((n, scheme_page.scheme_name(s)) for n, s in rows.items())]
    status = 200
    if request.method == "POST":
        made: list[Cycle] = []
        refused = attempt(
            form,
            None,
            lambda: made.append(
                cycles.open_(
                    me(),
                    rows[str(form.scheme.data)],
                    name=form.name.data or "",
                    period_from=day_of(form.period_from.data, "period_from"),
                    period_to=day_of(form.period_to.data, "period_to"),
                    nominations_until=day_of(form.nominations_until.data, "nominations_until"),
                )
            ),
        )
        if refused is None:
            flash(gettext("评选开始了，工作站现在可以推荐"), "done")
            return answer(url_for("cycles.show", cycle_id=made[0].id))
        status = refused
    return page("cycles/new.html", status=status, form=form, has_errors=status != 200)


@bp.get("/<int:cycle_id>")
@may("cycles.run")
def show(cycle_id: int) -> Response:
    """Where it stands, who is nominated, who else would qualify, what comes next."""
    return _show(cycles.by_id(cycle_id), WhyForm())


def _show(cycle: Cycle, form: WhyForm, status: int = 200) -> Response:
    rows = nominations.of_cycle(cycle)
    newest = schemes.in_force(cycle.scheme)
    return page(
        "cycles/show.html",
        status=status,
        cycle=cycle,
        form=form,
        has_errors=status != 200,
        scheme_name=scheme_page.scheme_name(cycle.scheme),
        state=commendation_page.state_of(cycle),
        version=scheme_page.view(cycle.version),
        newer=newest.number if newest and newest.id != cycle.version_id else None,
        rows=[commendation_page.row(n) for n in rows],
        counts={state.value: sum(n.state is state for n in rows) for state in commendation_page.STATES},
        unnamed=sum(n.state.value == "passed" and not cycles.may_be_named(n) for n in rows),
        notice_over=sum(commendation_page.notice_is_over(n) for n in rows),
        candidates=commendation_page.cycle_candidates(cycle, me()) if cycle.state.value == "open" else [],
        may_freeze=clock.today() > cycle.nominations_until,
        log=commendation_page.happened(commendation_log.of_cycle(cycle), named=True),
    )


@bp.post("/<int:cycle_id>/freeze")
@may("cycles.run")
def freeze(cycle_id: int) -> Response:
    """Close nominations and freeze the evidence."""
    return _step(cycle_id, lambda c: cycles.freeze(me(), c), gettext("材料已封存，开始评审"))


@bp.post("/<int:cycle_id>/notice")
@may("cycles.run")
def publish(cycle_id: int) -> Response:
    """Put who passed into public notice."""

    def verb(cycle: Cycle) -> None:
        count = cycles.publish(me(), cycle)
        flash(counted("已公示 %(n)s 位", count), "done")

    return _step(cycle_id, verb, "")


@bp.post("/<int:cycle_id>/end")
@may("cycles.run")
def finish(cycle_id: int) -> Response:
    """End it."""
    return _step(cycle_id, lambda c: cycles.finish(me(), c), gettext("评选已结束"))


@bp.post("/<int:cycle_id>/cancellation")
@may("cycles.run")
def call_off(cycle_id: int) -> Response:
    """Call it off, with a reason."""
    cycle, form = cycles.by_id(cycle_id), WhyForm()
    refused = attempt(form, None, lambda: cycles.call_off(me(), cycle, reason=form.reason.data or ""))
    if refused is not None:
        return _show(cycle, form, refused)
    flash(gettext("评选已取消"), "done")
    return answer(url_for("cycles.show", cycle_id=cycle_id))


def _step(cycle_id: int, verb: Callable[[Cycle], object], done: str) -> Response:
    cycle = cycles.by_id(cycle_id)
    try:
        verb(cycle)
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
        return answer(url_for("cycles.show", cycle_id=cycle_id))
    if done:
        flash(done, "done")
    return answer(url_for("cycles.show", cycle_id=cycle_id))
