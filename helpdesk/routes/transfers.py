"""Asking another station to take over; the first stays accountable until it accepts (rule R10)."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext

from helpdesk.db import db
from helpdesk.domain import transfers
from helpdesk.forms.desk import ReceiveForm, StepForm, TransferForm
from helpdesk.i18n import N_
from helpdesk.models import Case, Station
from helpdesk.presentation import choices
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("transfers", __name__, url_prefix="/cases/<number>/transfer")


@bp.route("", methods=["GET", "POST"])
@case_for("case.transfer")
def new(case: Case) -> Response:
    """Which station, and why."""
    form = form_for(case, TransferForm)
    form.station.choices = choices.stations(besides=case.station_id)
    return life_step(
        case,
        form,
        lambda: transfers.request(
            case, me(), to=_station(form.station.data), reason=form.reason.data or "", seen=form.seen
        ),
        step="request_transfer",
        done=N_("已申请转站，对方接收前仍由本站负责"),
        lead=N_("对方接收前，这一件仍由本站负责，时限照算。"),
        fields=[(form.station, {}), (form.reason, {})],
    )


@bp.route("/decision", methods=["GET", "POST"])
@case_for("case.receive")
def edit(case: Case) -> Response:
    """Accept, or send back with a reason."""
    form = form_for(case, ReceiveForm)
    bounce = request.form.get("decision") == "bounce"

    def decide() -> None:
        if bounce:
            transfers.bounce(case, me(), reason=form.reason.data or "", seen=form.seen)
        else:
            transfers.accept(case, me(), seen=form.seen)

    return life_step(
        case,
        form,
        decide,
        step="accept_transfer",
        done=N_("已退回") if bounce else N_("已接收，请分诊"),
        fields=[(form.reason, {"optional": True, "hint": gettext("退回时要写")})],
        buttons=[("accept", gettext("接收"), "p"), ("bounce", gettext("退回"), "")],
        extra="transfers/_request.html",
        transfer=transfers.pending(case),
        goes_to=url_for("queues.index", view="incoming" if bounce else "new"),
    )


@bp.route("/undoing", methods=["GET", "POST"])
@case_for("case.transfer")
def undo(case: Case) -> Response:
    """The sender thinks better of it."""
    form = form_for(case, StepForm)
    return life_step(
        case, form, lambda: transfers.cancel(case, me(), seen=form.seen), step="cancel_transfer", done=N_("已撤销转站")
    )


def _station(text: str | None) -> Station | None:
    return db.session.get(Station, int(text)) if text and text.isascii() and text.isdigit() else None
