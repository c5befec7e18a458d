"""A station's own ways: how experts are asked, and whose."""

from __future__ import annotations

from helpdesk.db import db
from helpdesk.domain import assignment
from helpdesk.models import OfferMode, Station
from tests.cast import LONGGANG


def test_the_coordinator_sets_how_experts_are_asked(browser, make, cast):
    station_id = cast.station().id
    url = f"/station-settings/{station_id}"
    page = browser.get(url, as_="wang")
    form = page.form("/station-settings/" + str(station_id))
    assert form["offer_mode"] == "suggest"
    browser.post(url, form | {"offer_mode": "nonsense"}, as_="wang", page=url, expect=422)
    browser.post(url, form | {"offer_mode": ""}, as_="wang", page=url, expect=422)
    browser.post(url, form | {"offer_mode": "pool", "own_experts_only": "y"}, as_="wang", page=url)
    station = db.session.get_one(Station, station_id, populate_existing=True)
    assert (station.offer_mode, station.own_experts_only) == (OfferMode.POOL, True)


def test_the_way_there(browser, cast):
    assert browser.get("/station-settings", as_="wang", expect=303).location.endswith(str(cast.station().id))
    browser.get("/station-settings", as_="chen", expect=403)


def test_it_is_the_stations_own(browser, cast):
    other = cast.station(LONGGANG).id
    browser.get(f"/station-settings/{other}", as_="wang", expect=404)
    browser.get(f"/station-settings/{cast.station().id}", as_="chen", expect=404)
    browser.get("/station-settings/99999", as_="wang", expect=404)


def test_only_its_own_experts(make, cast):
    case = make.case("triaged")
    case.station.own_experts_only = True
    cast.expert("qian").station_id = cast.station(LONGGANG).id
    db.session.flush()
    found = assignment.candidates(case)
    assert found.left_out.get("expert_other_station") == 1
    assert cast.expert("qian").name not in [c.expert.name for c in found.listed]
