"""Routing rules: their order, what each says and did, and what a draft would have done last month."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import routing
from helpdesk.forms.routing import RoutingRuleForm, words_of
from helpdesk.models import RoutingRule
from helpdesk.presentation import choices, routing_page, targets_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules.routing import Acts, Conditions, When

bp = Blueprint("routing_rules", __name__, url_prefix="/routing-rules")


@bp.get("")
@may("routing.edit")
def index() -> Response:
    """All rules in their order, in words."""
    return page("routing_rules/index.html", lines=routing_page.lines(), teams=routing.teams())


@bp.route("/new", methods=["GET", "POST"])
@may("routing.edit")
def new() -> Response:
    """Write one, or try it first."""
    return _edit(None)


@bp.route("/<int:rule_id>", methods=["GET", "POST"])
@may("routing.edit")
def edit(rule_id: int) -> Response:
    """Change one, or try the change first."""
    return _edit(routing.rule_by_id(me(), rule_id))


def _edit(rule: RoutingRule | None) -> Response:
    form = RoutingRuleForm(**routing_page.draft(rule))
    form.categories.choices, form.districts.choices = choices.categories(), choices.districts()[1:]
    form.industries.choices, form.sizes.choices = routing_page.industry_choices(), routing_page.size_choices()
    form.when.choices, form.station.choices = routing_page.when_choices(), routing_page.station_choices()
    form.urgency.choices = [("", gettext("不改")), *targets_page.urgencies()[1:]]
    form.team.choices = routing_page.team_choices()
    if not form.is_submitted():
        form.version.data = str(rule.version) if rule is not None else ""
    status, trial = 200, None
    if request.method == "POST":
        trials: list[routing.Trial] = []
        if request.form.get("how") == "trial":
            refused = attempt(form, None, lambda: trials.append(_try(form, rule)))
            trial = trials[0] if trials else None
        else:
            refused = attempt(form, None, lambda: _write(form, rule))
            if refused is None:
                flash(gettext("已保存，从下一件求助开始用"), "done")
                return answer(url_for("routing_rules.index"))
        status = refused or 200
    return page(
        "routing_rules/edit.html",
        status=status,
        form=form,
        rule=rule,
        trial=trial,
        differences=routing_page.differences(trial) if trial else [],
        has_errors=status != 200,
    )


def _conditions(form: RoutingRuleForm) -> Conditions:
    return Conditions(
        categories=tuple(form.categories.data or ()),
        districts=tuple(form.districts.data or ()),
        industries=tuple(form.industries.data or ()),
        sizes=tuple(form.sizes.data or ()),
        keywords=words_of(form.keywords.data),
        when=When(form.when.data or ""),
    )


def _acts(form: RoutingRuleForm) -> Acts:
    team = str(form.team.data or "")
    return Acts(
        station=form.station.data or "",
        urgency=form.urgency.data or "",
        tags=words_of(form.tags.data),
        team=int(team) if team.isdigit() else None,
    )


def _try(form: RoutingRuleForm, rule: RoutingRule | None) -> routing.Trial:
    return routing.dry_run(me(), rule, _conditions(form), _acts(form), is_active=bool(form.is_active.data))


def _write(form: RoutingRuleForm, rule: RoutingRule | None) -> None:
    routing.write(
        me(),
        rule,
        name=form.name.data or "",
        conditions=_conditions(form),
        acts=_acts(form),
        is_active=bool(form.is_active.data),
        seen=form.seen,
    )


@bp.get("/<int:rule_id>/log")
@may("routing.edit")
def log(rule_id: int) -> Response:
    """What it did, newest first."""
    rule = routing.rule_by_id(me(), rule_id)
    text = request.args.get("before", "")
    before = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
    rows = routing.log(rule, before=before, most=51)
    older = url_for("routing_rules.log", rule_id=rule.id, before=rows[49].id) if len(rows) > 50 else ""
    return page("routing_rules/log.html", rule=rule, entries=routing_page.entries(rows[:50]), older=older)


@bp.post("/<int:rule_id>/place")
@may("routing.edit")
def move(rule_id: int) -> Response:
    """One up or one down."""
    routing.move(me(), routing.rule_by_id(me(), rule_id), up=request.form.get("to") != "down")
    return answer(url_for("routing_rules.index"))


@bp.post("/<int:rule_id>/state")
@may("routing.edit")
def switch(rule_id: int) -> Response:
    """Have it hold, or rest."""
    routing.switch(me(), routing.rule_by_id(me(), rule_id), on=request.form.get("to") == "on")
    return answer(url_for("routing_rules.index"))


@bp.post("/<int:rule_id>/retirement")
@may("routing.edit")
def retire(rule_id: int) -> Response:
    """Take it away."""
    rule = routing.rule_by_id(me(), rule_id)
    routing.retire(me(), rule)
    flash(gettext("已删除规则：%(name)s", name=rule.name), "done")
    return answer(url_for("routing_rules.index"))
