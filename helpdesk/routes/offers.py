"""Asking an expert: everybody who could be asked, with reasons, and who was left out and why."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.db import db
from helpdesk.domain import assignment
from helpdesk.forms.desk import OfferForm
from helpdesk.models import Case, Expert
from helpdesk.presentation import desk_page
from helpdesk.presentation.words import left_out_text
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page_or_fragment
from helpdesk.routes.steps import attempt, form_for, where_from

bp = Blueprint("offers", __name__, url_prefix="/cases/<number>/offers")


@bp.route("", methods=["GET", "POST"])
@case_for("case.offer")
def new(case: Case) -> Response:
    """The list with a word to the expert; one press asks them. They may say no without penalty (rule R08)."""
    form = form_for(case, OfferForm)
    found = assignment.candidates(case, limit=30)
    status = 200
    if request.method == "POST":
        expert = db.session.get(Expert, form.expert_id.data) if form.expert_id.data else None
        reasons = next((c.reasons for c in found.listed if expert and c.expert.id == expert.id), ())
        note = form.note.data or ""
        refused = attempt(
            form,
            case,
            lambda: assignment.offer(case, me(), to=expert, note=note, reasons=reasons, seen=form.seen),
        )
        if refused is None:
            flash(gettext("已派给%(name)s，等答复", name=expert.name if expert else ""), "done")
            return answer(where_from(case, url_for("queues.index", view="triaged")))
        status = refused
    return page_or_fragment(
        "offers/new.html",
        "offers/_form.html",
        status=status,
        case=case,
        form=form,
        has_errors=status != 200,
        back=where_from(case),
        experts=[desk_page.suggested(c, case, where_from(case)) for c in found.listed],
        left_out=left_out_text(found.left_out),
    )
