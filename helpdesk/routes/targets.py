"""How long promises may take: what is in force, a change of one target, the versions."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import deadlines, targets
from helpdesk.errors import Refused
from helpdesk.forms.targets import TargetForm
from helpdesk.models import Urgency
from helpdesk.presentation import choices, targets_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules.promises import Target, Unit

bp = Blueprint("targets", __name__, url_prefix="/targets")


@bp.route("", methods=["GET", "POST"])
@may("targets.edit")
def edit() -> Response:
    """Everything in force, and the form for one change; a link from a line fills the form."""
    wanted = {name: request.args.get(name, "") for name in ("kind", "category", "urgency")}
    known = targets_page.find(**wanted)
    if known is not None:
        form = TargetForm(
            **wanted, amount=str(known.amount), unit=known.unit.value, warn_percent=str(known.warn_percent)
        )
    else:
        form = TargetForm(unit=Unit.WORKDAYS.value, warn_percent="80")
    form.kind.choices = [("", gettext("请选择")), *targets_page.kinds()]
    form.category.choices = [("", gettext("所有类别")), *choices.categories()]
    form.urgency.choices = targets_page.urgencies()
    form.unit.choices = targets_page.units()
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: _put(form))
        if refused is None:
            flash(gettext("已保存，从现在起提交的案件按这一版"), "done")
            return answer(url_for("targets.edit"))
        status = refused
    form.version.data = str(deadlines.newest_version() or "")
    return page(
        "targets/edit.html",
        status=status,
        form=form,
        lines=targets_page.lines(),
        changes=targets_page.changes(),
        chosen=known is not None,
        has_errors=status != 200,
    )


def _put(form: TargetForm) -> None:
    target = Target(
        kind=form.kind.data or "",
        amount=_whole(form.amount.data, "target_amount", "amount", most=targets.LONGEST[Unit(form.unit.data)]),
        unit=Unit(form.unit.data),
        warn_percent=_whole(form.warn_percent.data, "target_warn", "warn_percent"),
        category=form.category.data or None,
        urgency=Urgency(form.urgency.data) if form.urgency.data else None,
    )
    targets.put(me(), target, running_too=bool(form.running_too.data), seen=form.seen)


def _whole(text: str | None, code: str, field: str, **facts: object) -> int:
    digits = (text or "").strip().removesuffix("%")
    if not (digits.isascii() and digits.isdigit()):
        raise Refused(code, field=field, **facts)
    return int(digits)


@bp.post("/removals")
@may("targets.edit")
def remove() -> Response:
    """Take an exception away; the general target holds for its cases again."""
    found = targets_page.find(*(request.form.get(name, "") for name in ("kind", "category", "urgency")))
    try:
        if found is None:
            raise Refused("target_unknown")
        targets.drop(me(), found, running_too=False)
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
        return answer(url_for("targets.edit"))
    flash(gettext("已去掉，这些案件按一般的时限"), "done")
    return answer(url_for("targets.edit"))
