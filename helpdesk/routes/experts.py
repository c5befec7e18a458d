"""The roster: who serves in what, how busy they are; leave and capacity."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import certificates, expert_merges, experts, hours
from helpdesk.forms.people import LeaveForm, MergeExpertForm
from helpdesk.models import Expert
from helpdesk.presentation import choices
from helpdesk.routes.guard import expert_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("experts", __name__, url_prefix="/experts")


@bp.get("")
@may("roster.read")
def index() -> Response:
    """Experts by name, filtered by field, district and name."""
    args = request.args
    category, district, q = args.get("category", ""), args.get("district", ""), args.get("q", "")[:40]
    return page(
        "experts/index.html",
        rows=experts.roster(me(), category=category, district=district, q=q),
        categories=choices.categories(),
        districts=choices.districts(),
        category=category,
        district=district,
        q=q,
    )


@bp.get("/<int:expert_id>")
@expert_for("expert.read")
def show(expert: Expert) -> Response:
    """One expert: fields, load, hours, stars; the form for leave for those who may set it."""
    return _page(expert, LeaveForm(until=expert.paused_until, max_open_cases=expert.max_open_cases))


@bp.post("/<int:expert_id>/leave")
@expert_for("expert.pause")
def leave(expert: Expert) -> Response:
    """Go on leave, come back, take more or fewer cases at once."""
    form = LeaveForm()
    refused = attempt(
        form,
        None,
        lambda: experts.set_leave(
            expert, me(), until=form.until.data, max_open_cases=int(form.max_open_cases.data or 0)
        ),
    )
    if refused is not None:
        return _page(expert, form, refused)
    flash(gettext("已保存"), "done")
    return answer(url_for("experts.show", expert_id=expert.id))


@bp.route("/<int:expert_id>/merge", methods=["GET", "POST"])
@expert_for("expert.merge")
def merge(expert: Expert) -> Response:
    """Somebody registered twice becomes one."""
    form, status = MergeExpertForm(), 200
    if request.method == "POST":
        survivor = expert_merges.find(form.volunteer_number.data or "")
        reason = form.reason.data or ""
        name = form.survivor_name.data or ""
        refused = attempt(
            form, None, lambda: expert_merges.merge(expert, me(), survivor=survivor, named=name, reason=reason)
        )
        if refused is None and survivor is not None:
            flash(gettext("已并入%(name)s，时长和证书都转过去了", name=survivor.name), "done")
            return answer(url_for("experts.show", expert_id=survivor.id))
        status = refused or 422
    found = expert_merges.preview(expert)
    return page("experts/merge.html", status=status, expert=expert, form=form, found=found, has_errors=status != 200)


def _page(expert: Expert, form: LeaveForm, status: int = 200) -> Response:
    return page(
        "experts/show.html",
        status=status,
        expert=expert,
        form=form,
        standing=experts.standing(expert),
        totals=hours.totals(expert.id),
        progress=hours.progress(expert),
        papers=len(certificates.of_expert(expert.id)),
        may_merge=expert.merged_into_id is None and policy.can(me(), "expert.merge", expert),
        merged_into=expert_merges.survivor_of(expert),
        may_pause=expert.merged_into_id is None and policy.can(me(), "expert.pause", expert),
        may_read_record=policy.can(me(), "expert.read_record", expert),
        has_errors=status != 200,
    )
