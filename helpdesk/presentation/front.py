"""What the pages for everybody show: fields with examples, stations by district, three figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from helpdesk.domain import catalogue
from helpdesk.domain.reports import Public
from helpdesk.models import Station
from helpdesk.presentation.language import is_english
from helpdesk.presentation.words import named
from helpdesk.reference import load

# Figures say nothing before there is something to count.
ENOUGH = 30


@dataclass(frozen=True)
class Field:
    """One of the ten fields as the public reads it."""

    code: str
    label: str
    hint: str
    examples: list[str]


def fields() -> list[Field]:
    """The ten fields in the plan's order."""
    english = is_english()
    rows: dict[str, Any] = {row["code"]: row for row in load("categories")}
    return [
        Field(
            category.code,
            named(category, short=True),
            category.hint_en if english else category.hint_zh,
            rows[category.code]["examples_en" if english else "examples_zh"],
        )
        for category in catalogue.categories()
    ]


def figures(public: Public) -> list[tuple[str, str, str]]:
    """Number, unit, label; empty until there are enough cases."""
    if public.cases < ENOUGH:
        return []
    share = f"{public.in_time:.0f}%" if public.in_time is not None else "—"
    return [
        (str(public.closed), gettext("件"), gettext("累计办结")),
        (share, "", gettext("按时首次答复")),
        (str(public.experts), gettext("位"), gettext("在岗专家")),
    ]


def places(district: str = "") -> list[tuple[str, list[Station]]]:
    """Stations by district, in the order of the districts."""
    names = {d.code: named(d) for d in catalogue.districts()}
    grouped: dict[str, list[Station]] = {code: [] for code in names if not district or code == district}
    for station in catalogue.stations(district=district):
        grouped[station.district].append(station)
    return [(names[code], rows) for code, rows in grouped.items() if rows or district]
