"""A station's own ways, set by its coordinator."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import channels, deadlines, stations
from helpdesk.domain.stations import DAYS
from helpdesk.forms.stations import StationForm, StationHoursForm
from helpdesk.models import OfferMode, Station
from helpdesk.presentation import channels_page
from helpdesk.routes.guard import may, me, station_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("stations", __name__, url_prefix="/station-settings")


@bp.get("")
@may("stations.list")
def index() -> Response:
    """The station one works at; those with several choose."""
    rows = stations.mine(me())
    if len(rows) == 1:
        return answer(url_for("stations.edit", station_id=rows[0].id))
    return page("stations/index.html", rows=rows)


@bp.route("/<int:station_id>", methods=["GET", "POST"])
@station_for("station.edit")
def edit(station: Station) -> Response:
    """How experts are asked, and whose."""
    form = StationForm(
        offer_mode=station.offer_mode.value, own_experts_only=station.own_experts_only, head_name=station.head_name
    )
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
                head_name=form.head_name.data or "",
            ),
        )
        if refused is None:
            flash(gettext("已保存"), "done")
            return answer(url_for("stations.edit", station_id=station.id))
        status = refused
    return _page(station, form, _hours_form(station), status)


@bp.post("/<int:station_id>/hours")
@station_for("station.edit")
def set_hours(station: Station) -> Response:
    """When it is open. What runs is reckoned anew by the worker."""
    form = StationHoursForm()
    refused = attempt(form, None, lambda: stations.set_hours(station, me(), [form[day].data or "" for day in DAYS]))
    if refused is None:
        flash(gettext("已保存，在办案件的期限稍后按新的开放时间重算"), "done")
        return answer(url_for("stations.edit", station_id=station.id))
    ways = StationForm(
        formdata=None,
        offer_mode=station.offer_mode.value,
        own_experts_only=station.own_experts_only,
        head_name=station.head_name,
    )
    return _page(station, ways, form, refused)


def _hours_form(station: Station) -> StationHoursForm:
    week = (stations.write_hours(hours) for hours in deadlines.week_of(station.id))
    return StationHoursForm(formdata=None, **dict(zip(DAYS, week, strict=True)))


def _page(station: Station, form: StationForm, hours: StationHoursForm, status: int) -> Response:
    return page(
        "stations/edit.html",
        status=status,
        station=station,
        form=form,
        hours=hours,
        days=DAYS,
        lines=channels_page.lines(channels.listed(me(), station)),
        has_errors=status != 200,
    )
