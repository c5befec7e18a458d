"""Cases that belong together: a follow-up, a part of something bigger."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import links
from helpdesk.errors import Refused
from helpdesk.forms.desk import LinkForm
from helpdesk.models import Case, LinkKind
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("links", __name__, url_prefix="/cases/<number>/links")


@bp.route("", methods=["GET", "POST"])
@case_for("case.triage")
def new(case: Case) -> Response:
    """The other case's number, and what this one is to it."""
    form, status = LinkForm(), 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: links.link(
                case, me(), other=links.by_number(me(), form.target.data or ""), kind=LinkKind(form.kind.data)
            ),
        )
        if refused is None:
            flash(gettext("已关联"), "done")
            return answer(url_for("cases.show", number=case.number))
        status = refused
    return page(
        "links/new.html",
        status=status,
        case=case,
        form=form,
        related=links.of(case, me()),
        has_errors=status != 200,
    )


@bp.post("/<int:link_id>/removal")
@case_for("case.triage")
def remove(case: Case, link_id: int) -> Response:
    """Take a link back."""
    try:
        links.unlink(case, me(), link_id)
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    else:
        flash(gettext("已取消关联"), "done")
    return answer(url_for("links.new", number=case.number))
