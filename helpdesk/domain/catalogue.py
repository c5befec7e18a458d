"""The fields, topics, districts and stations as lists to choose from."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk.db import db
from helpdesk.models import Category, District, Station


def categories() -> list[Category]:
    """The ten fields in the plan's order, with their topics; asked for once a request."""
    info = db.session().info
    if "categories" not in info:
        query = select(Category).options(selectinload(Category.topics)).order_by(Category.position)
        info["categories"] = list(db.session.scalars(query))
    found: list[Category] = info["categories"]
    return list(found)


def districts() -> list[District]:
    """The eleven districts."""
    return list(db.session.scalars(select(District).order_by(District.position)))


def stations(*, district: str = "") -> list[Station]:
    """Stations that take cases, by district."""
    query = (
        select(Station).where(Station.takes_cases, Station.closed_at.is_(None)).order_by(Station.district, Station.id)
    )
    return list(db.session.scalars(query.where(Station.district == district) if district else query))
