"""Choices of select and radio fields, in the reader's language. The domain gives the things, here are the words."""

from __future__ import annotations

from flask_babel import gettext

from helpdesk.domain import catalogue
from helpdesk.domain.accounts import GIVABLE
from helpdesk.models import Role
from helpdesk.presentation.words import ROLES, named
from helpdesk.rules import sizes
from helpdesk.rules.policy import Who

Pair = tuple[str, str]


def categories(*, unsure: bool = False) -> list[Pair]:
    """The ten fields by their short names; `unsure` adds 「说不准，你们定」 with an empty value."""
    pairs = [(c.code, named(c, short=True)) for c in catalogue.categories()]
    return [*pairs, ("", gettext("说不准，你们定"))] if unsure else pairs


def topics() -> dict[str, list[Pair]]:
    """Topics grouped by field, with an empty first choice."""
    grouped: dict[str, list[Pair]] = {"": [("", gettext("不指定"))]}
    for category in catalogue.categories():
        grouped[named(category, short=True)] = [(t.code, named(t)) for t in category.topics]
    return grouped


def districts() -> list[Pair]:
    """The eleven districts, with an empty first choice."""
    return [("", gettext("请选择")), *((d.code, named(d)) for d in catalogue.districts())]


def stations(*, besides: int | None = None) -> dict[str, list[Pair]]:
    """Stations grouped by district."""
    names = {d.code: named(d) for d in catalogue.districts()}
    grouped: dict[str, list[Pair]] = {"": [("", gettext("请选择"))]}
    for station in catalogue.stations():
        if station.id != besides:
            grouped.setdefault(names[station.district], []).append((str(station.id), named(station)))
    return grouped


def stations_of(who: Who) -> list[Pair]:
    """Stations this person works at; for whoever works for the city every one, and none chosen first."""
    rows = catalogue.stations()
    if not who.holds(Role.OPERATOR):
        return [(str(s.id), named(s)) for s in rows if s.id in who.station_ids]
    return [("", gettext("全部站点")), *((str(s.id), named(s)) for s in rows)]


def industries() -> list[Pair]:
    """The sectors of the size table and those outside it, with an empty first choice."""
    return [("", gettext("请选择")), *((code, gettext(label)) for code, label in sizes.industry_choices())]


def parts() -> dict[str, list[Pair]]:
    """What an administrator may give: `role` or `role:unit`."""
    grouped: dict[str, list[Pair]] = {
        "": [("", gettext("请选择"))],
        gettext("全市"): [(role.value, gettext(ROLES[role])) for role in GIVABLE[2:]],
        gettext(ROLES[Role.DISTRICT]): [(f"district:{d.code}", named(d)) for d in catalogue.districts()],
        gettext(ROLES[Role.COORDINATOR]): [(f"coordinator:{s.id}", named(s)) for s in catalogue.stations()],
    }
    return grouped
