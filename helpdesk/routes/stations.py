"""A station's own ways, set by its coordinator."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import stations
from helpdesk.forms.stations import StationForm
from helpdesk.models import OfferMode, Station
from helpdesk.routes.guard import me, station_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("stations", __name__, url_prefix="/station-settings")


@bp.route("/<int:station_id>", methods=["GET", "POST"])
@station_for("station.edit")
def edit(station: Station) -> Response:
    """How experts are asked, and whose."""
    form = StationForm(offer_mode=station.offer_mode.value, own_experts_only=station.own_experts_only)
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: stations.set_ways(
                station,
                me(),
                offer_mode=OfferMode(form.offer_mode.data),
                own_experts_only=bool(form.own_experts_only.data),
            ),
        )
        if refused is None:
            flash(gettext("已保存"), "done")
            return answer(url_for("stations.edit", station_id=station.id))
        status = refused
    return page("stations/edit.html", status=status, station=station, form=form, has_errors=status != 200)
