"""The expert's door: offers to take or to leave, what waits, what is new."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Redirect

from helpdesk.domain import assignment, experts
from helpdesk.forms.inbox import AcceptanceForm, RefusalForm
from helpdesk.models import Offer, OfferStatus
from helpdesk.presentation import inbox_page
from helpdesk.routes.guard import may, me, offer_for
from helpdesk.routes.page import answer, page, page_or_fragment
from helpdesk.routes.steps import attempt, form_for

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@may("inbox.read")
def index() -> Response:
    """Offers first, then what waits for me, then news."""
    inbox = inbox_page.build(experts.expert_of(me()), me())
    return page("inbox/index.html", inbox=inbox, form=AcceptanceForm())


@bp.get("/offers/<int:offer_id>")
@offer_for("offer.read")
def offer(offer: Offer) -> Response:
    """One offer, also after it is over. The company has no name yet."""
    form = form_for(offer.case, AcceptanceForm)
    return page("inbox/offer.html", offer=inbox_page.offer_view(offer, me(), whole=True), form=form)


@bp.post("/offers/<int:offer_id>/acceptance")
@offer_for("offer.reply")
def accept(offer: Offer) -> Response | Redirect:
    """Take it, declaring no conflict of interest. Said twice it is once."""
    form = AcceptanceForm()
    if offer.status is OfferStatus.ACCEPTED and offer.expert_id == me().expert_id:
        return answer(url_for("cases.show", number=offer.case.number))
    refused = attempt(
        form,
        offer.case,
        lambda: assignment.accept(offer, me(), no_conflict=bool(form.no_conflict.data), seen=form.seen),
    )
    if refused is None:
        flash(gettext("接了。先打个招呼，说说您打算怎么帮"), "done")
        return answer(url_for("cases.show", number=offer.case.number))
    return page_or_fragment(
        "inbox/offer.html",
        "inbox/_offer_card.html",
        status=refused,
        offer=inbox_page.offer_view(offer, me(), whole=True),
        form=form,
        has_errors=True,
    )


@bp.route("/offers/<int:offer_id>/refusal", methods=["GET", "POST"])
@offer_for("offer.reply")
def refuse(offer: Offer) -> Response | Redirect:
    """Not this time, with a reason. A conflict of interest is remembered for good."""
    if offer.status is not OfferStatus.PENDING:
        return redirect(url_for("inbox.offer", offer_id=offer.id), 303)
    form = form_for(offer.case, RefusalForm)
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            offer.case,
            lambda: assignment.decline(offer, me(), reason=form.reason.data, note=form.note.data or "", seen=form.seen),
        )
        if refused is None:
            flash(gettext("已告诉工作站，由别的专家接手"), "done")
            return answer(url_for("inbox.index"))
        status = refused
    return page_or_fragment(
        "inbox/refusal.html",
        "inbox/_refusal_form.html",
        status=status,
        offer=inbox_page.offer_view(offer, me()),
        form=form,
        has_errors=status != 200,
    )
