"""Asking an expert: everybody who could be asked, with reasons, and who was left out and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import assignment
from helpdesk.errors import Refused
from helpdesk.forms.desk import OfferForm
from helpdesk.i18n import counted
from helpdesk.models import Case, Expert, OfferMode
from helpdesk.presentation import desk_page
from helpdesk.presentation.words import left_out_text, refusal_text
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page_or_fragment
from helpdesk.routes.steps import attempt, form_for, where_from
from helpdesk.rules import policy

bp = Blueprint("offers", __name__, url_prefix="/cases/<number>/offers")


@bp.route("", methods=["GET", "POST"])
@case_for("case.offer")
def new(case: Case) -> Response:
    """The list with a word to the expert; one press asks them. They may say no without penalty (rule R08)."""
    form = form_for(case, OfferForm)
    found = assignment.candidates(case, limit=30)
    status = 200
    if request.method == "POST":
        how = request.form.get("how", "")
        chosen = form.other_id.data if how == "other" else form.expert_id.data
        # A number no column holds is nobody.
        expert = db.session.get(Expert, chosen) if chosen and 0 < chosen < 2**31 else None
        words: dict[str, Any] = {"note": form.note.data or "", "seen": form.seen}
        verbs: dict[str, Callable[[], object]] = {
            "several": lambda: assignment.offer_to_several(case, me(), **words),
            "pool": lambda: assignment.offer_to_several(case, me(), pool=True, **words),
            "other": lambda: assignment.offer_all_the_same(
                case, me(), to=expert, override=form.override.data or "", **words
            ),
        }
        refused = attempt(form, case, verbs.get(how, lambda: assignment.offer(case, me(), to=expert, **words)))
        if refused is None:
            _say_where_it_went(case)
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
        arguable=[desk_page.arguable(c) for c in found.arguable],
        left_out=left_out_text(found.left_out),
        mode=case.station.offer_mode if case.station else OfferMode.SUGGEST,
        total=found.total,
        station_url=url_for("stations.edit", station_id=case.station_id)
        if case.station is not None and policy.can(me(), "station.edit", case.station)
        else "",
        several=min(found.total, assignment.BROADCAST),
    )


@bp.post("/undo")
@case_for("case.offer")
def undo(case: Case) -> Response:
    """Take back what has not left yet; afterwards there is only the recall, with a word to the expert."""
    try:
        assignment.undo(case, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
    else:
        flash(gettext("撤销了，没有惊动专家"), "done")
    return answer(where_from(case, url_for("queues.show", number=case.number)))


def _say_where_it_went(case: Case) -> None:
    """What was done, with the way to undo it while there is one."""
    offers = assignment.pending_offers(case)
    names = gettext("、").join(o.expert.name for o in offers[:3])
    text = gettext("已派给%(name)s，等答复", name=names) if len(offers) < 4 else ""
    text = text or counted("请了 %(n)s 位专家，先接者办", len(offers))
    if any(o.leaves_at > clock.now() for o in offers):
        action = url_for("offers.undo", number=case.number, next=where_from(case, url_for("queues.index")))
        flash({"text": text, "action": action}, "undo")  # type: ignore[arg-type]
    else:
        flash(text, "done")
