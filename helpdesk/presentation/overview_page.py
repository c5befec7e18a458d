"""The overview in plain values: tiles with their change, the weekly line, bars by field, the districts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import reference
from helpdesk.domain.reports import Figure, Overview
from helpdesk.presentation import channels_page
from helpdesk.presentation.language import is_english
from helpdesk.presentation.words import named
from helpdesk.rules import policy
from helpdesk.rules.credit import hours_text
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class OverviewPage:
    """Everything the template shows."""

    title: str
    tiles: list[dict[str, Any]]
    weeks: list[str]
    series: list[dict[str, Any]]
    told: str
    fields: list[dict[str, Any]]
    districts: list[tuple[Any, int, int, int]]
    unknown_years: list[int]
    undelivered: list[tuple[str, str]]


def build(overview: Overview, who: Who) -> OverviewPage:
    """The figures as the macros take them; for whoever looks after deliveries, what did not arrive."""
    received = [row[1] for row in overview.weeks]
    closed = [row[2] for row in overview.weeks]
    year = clock.today().year
    return OverviewPage(
        title=_month(),
        tiles=[_tile(figure) for figure in overview.figures],
        weeks=[f"{day.month}/{day.day}" for day, _, _ in overview.weeks],
        series=[
            {"label": gettext("收到"), "points": received},
            {"label": gettext("办结"), "points": closed},
        ],
        told=gettext("%(n)s 周里收到 %(a)s 件，办结 %(b)s 件。", n=len(received), a=sum(received), b=sum(closed)),
        fields=[
            {
                "label": named(category, short=True),
                "value": count,
                "text": str(count),
                "url": url_for("cases.index", category=category.code),
            }
            for category, count in overview.by_category
        ],
        districts=overview.by_district,
        unknown_years=reference.unknown_years(year, year + 1),
        undelivered=channels_page.undelivered() if policy.can(who, "webhooks.edit") else [],
    )


def _month() -> str:
    today = clock.today()
    if is_english():
        return f"{today:%B %Y}"
    return f"{today.year} 年 {today.month} 月"


def _tile(figure: Figure) -> dict[str, Any]:
    """Label, value and unit; the change against last month, and whether it is for the better."""
    labels = {
        "received": (gettext("收到求助"), gettext("件")),
        "kept": (gettext("按时首次答复"), "%"),
        "solved": (gettext("企业确认解决"), "%"),
        "minutes": (gettext("服务时长"), gettext("小时")),
        "activities": (gettext("核定的活动"), gettext("场")),
        "experts": (gettext("在岗专家"), gettext("人")),
        "deflected": (gettext("看文章就解决了"), gettext("次")),
    }
    label, unit = labels[figure.name]
    if figure.value is None:
        return {"label": label, "value": "—", "missing": gettext("这个月还没有数据")}
    shown = hours_text(int(figure.value)) if figure.name == "minutes" else f"{figure.value:,.0f}"
    tile: dict[str, Any] = {"label": label, "value": shown, "unit": unit}
    if figure.before is not None and figure.before != figure.value:
        up = figure.value > figure.before
        tile |= {"change": _change(figure), "direction": "up" if up else "down", "better": up}
        if figure.name == "received":
            tile["better"] = None
    return tile


def _change(figure: Figure) -> str:
    value, before = figure.value or 0.0, figure.before or 0.0
    if figure.name in ("kept", "solved"):
        return gettext("%(n)s 点", n=f"{abs(value - before):.1f}")
    if figure.name in ("activities", "experts", "deflected") or not before:
        return f"{abs(value - before):,.0f}"
    return f"{100 * abs(value - before) / before:.0f}%"
