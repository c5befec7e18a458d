"""Teams of experts that routing rules ask first."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import experts, routing
from helpdesk.errors import Refused
from helpdesk.forms.routing import TeamForm
from helpdesk.models import ExpertTeam
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("teams", __name__, url_prefix="/teams")


@bp.route("/new", methods=["GET", "POST"])
@may("routing.edit")
def new() -> Response:
    """Put one together."""
    return _edit(None)


@bp.route("/<int:team_id>", methods=["GET", "POST"])
@may("routing.edit")
def edit(team_id: int) -> Response:
    """Change its name or members."""
    return _edit(routing.team_by_id(me(), team_id))


def _edit(team: ExpertTeam | None) -> Response:
    form = TeamForm(name=team.name if team else "", members=[str(e.id) for e in team.members] if team else [])
    form.members.choices = [(str(e.id), e.name) for e in experts.serving()]
    if not form.is_submitted():
        form.version.data = str(team.version) if team is not None else ""
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: routing.write_team(
                me(),
                team,
                name=form.name.data or "",
                expert_ids=[int(x) for x in form.members.data or [] if x.isdigit()],
                seen=form.seen,
            ),
        )
        if refused is None:
            flash(gettext("已保存"), "done")
            return answer(url_for("routing_rules.index") + "#teams")
        status = refused
    return page("teams/edit.html", status=status, form=form, team=team, has_errors=status != 200)


@bp.post("/<int:team_id>/retirement")
@may("routing.edit")
def retire(team_id: int) -> Response:
    """Have it no more."""
    team = routing.team_by_id(me(), team_id)
    try:
        routing.retire_team(me(), team)
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    else:
        flash(gettext("已删除专家组：%(name)s", name=team.name), "done")
    return answer(url_for("routing_rules.index") + "#teams")
