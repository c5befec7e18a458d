"""How a station works: when it is open, how it asks experts, and whose."""

from __future__ import annotations

import re
from datetime import time
from itertools import pairwise

from sqlalchemy import delete, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines
from helpdesk.errors import Refused
from helpdesk.models import OfferMode, Station, StationHours
from helpdesk.rules import policy, promises
from helpdesk.rules.policy import Who
from helpdesk.rules.promises import Hours

# One span as people write it: 9:00-12:00, 9：00–12：00, 14:00~18:00, 14:00至18:00.
SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*(?:-|–|—|~|～|至|到)+\s*(\d{1,2})[:：](\d{2})")
BETWEEN = re.compile(r"[\s,，、;；]+")
MOST_SPANS = 4


def mine(by: Who) -> list[Station]:
    """The stations whose ways this person may set, in a fixed order."""
    return list(db.session.scalars(select(Station).where(policy.which(by, "station.edit")).order_by(Station.id)))


def set_ways(
    station: Station, by: Who, *, offer_mode: OfferMode, own_experts_only: bool, head_name: str | None = None
) -> None:
    """From the next offer on; what was offered stays as it was. `head_name` is named by new statements of service."""
    policy.require(by, "station.edit", station)
    if head_name is not None:
        station.head_name = head_name.strip()[:60]
    station.offer_mode, station.own_experts_only = offer_mode, own_experts_only
    db.session.flush()


def read_hours(text: str) -> Hours:
    """The spans of one day as people write them, in order; none for an empty text.

    Raises ValueError for what is no time, ends before it begins, or overlaps.
    """
    rest = BETWEEN.sub("", SPAN.sub("", text))
    if rest:
        raise ValueError(rest)
    found = []
    for begins_h, begins_m, ends_h, ends_m in SPAN.findall(text):
        opens, shuts = time(int(begins_h), int(begins_m)), time(int(ends_h), int(ends_m))
        if opens >= shuts:
            raise ValueError(text)
        found.append((opens, shuts))
    found.sort()
    if len(found) > MOST_SPANS or any(one[1] > other[0] for one, other in pairwise(found)):
        raise ValueError(text)
    return tuple(found)


def write_hours(hours: Hours) -> str:
    """The spans of one day as `read_hours` takes them."""
    return ", ".join(f"{opens:%H:%M}-{shuts:%H:%M}" for opens, shuts in hours)


def set_hours(station: Station, by: Who, week: list[str]) -> None:
    """When the station is open, Monday to Sunday, as people write it; running promises are reckoned anew.

    Raises Refused beside the day (`monday` to `sunday`) that cannot be read, or when no day is left.
    """
    policy.require(by, "station.edit", station)
    read: list[Hours] = []
    for name, text in zip(DAYS, week, strict=True):
        try:
            read.append(read_hours(text))
        except ValueError:
            raise Refused("station_hours", field=name) from None
    if not any(read):
        raise Refused("station_never_open", field=DAYS[0])
    # A week of ten minutes would put every promise years away.
    if max(promises.minutes_of(hours) for hours in read) < 60:
        raise Refused("station_hours_short", field=DAYS[0])
    if tuple(read) == deadlines.week_of(station.id):
        return
    db.session.execute(delete(StationHours).where(StationHours.station_id == station.id))
    db.session.add_all(
        StationHours(station_id=station.id, weekday=weekday, opens_at=opens, shuts_at=shuts)
        for weekday, hours in enumerate(read)
        for opens, shuts in hours
    )
    db.session.flush()
    deadlines.forget_calendar()
    deadlines.reckon_later([station.id], key=f"hours:{station.id}:{clock.now():%Y%m%d%H%M%S%f}")


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
