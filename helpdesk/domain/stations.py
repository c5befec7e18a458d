"""How a station works: how it asks experts, and whose."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.db import db
from helpdesk.models import OfferMode, Station
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


def mine(by: Who) -> list[Station]:
    """The stations whose ways this person may set, in a fixed order."""
    return list(db.session.scalars(select(Station).where(policy.which(by, "station.edit")).order_by(Station.id)))


def set_ways(station: Station, by: Who, *, offer_mode: OfferMode, own_experts_only: bool) -> None:
    """From the next offer on; what was offered stays as it was."""
    policy.require(by, "station.edit", station)
    station.offer_mode, station.own_experts_only = offer_mode, own_experts_only
    db.session.flush()
