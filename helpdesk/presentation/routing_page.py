"""Routing rules in the words an operator reads: what a request has to be like, and what then happens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from helpdesk.domain import catalogue, routing
from helpdesk.domain.routing import Changed, Trial
from helpdesk.i18n import N_
from helpdesk.models import RoutingEntry, RoutingRule, SizeClass
from helpdesk.presentation import filters
from helpdesk.presentation.words import SIZES, acts_text, category_name, district_name, industry_label, named
from helpdesk.rules import sizes
from helpdesk.rules.routing import Acts, Conditions, When

TIMES = {
    When.ANY: N_("什么时候都算"),
    When.OPEN: N_("开放时间内"),
    When.SHUT: N_("开放时间外"),
    When.DAY_OFF: N_("休息日"),
}
ARRIVES = {
    When.OPEN: N_("在开放时间内提交"),
    When.SHUT: N_("在开放时间外提交"),
    When.DAY_OFF: N_("在休息日提交"),
}
# What a rule further up had set already.
LATE = {"station": N_("站点"), "urgency": N_("急缓"), "team": N_("专家组")}
SHOWN = 50


@dataclass(frozen=True)
class Line:
    """One rule of the list."""

    rule: RoutingRule
    whom: str
    does: str
    times: int
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class Difference:
    """One case of a dry run."""

    number: str
    title: str
    when: str
    before: str
    after: str
    agrees: bool


@dataclass(frozen=True)
class Entry:
    """One line of a rule's log."""

    number: str
    title: str
    when: str
    did: str
    late: str


def lines() -> list[Line]:
    """All rules in their order, with how often each held lately."""
    rows, counts = routing.listed(), routing.counts()
    return [
        Line(
            rule=row,
            whom=conditions_text(Conditions.read(row.conditions)),
            does=acts_text(row.acts),
            times=counts.get(row.id, 0),
            is_first=n == 0,
            is_last=n == len(rows) - 1,
        )
        for n, row in enumerate(rows)
    ]


def conditions_text(said: Conditions) -> str:
    """类别是法律或知识产权，所在区是南山区，问题里有“合同”或“违约”."""
    parts = []
    if said.categories:
        parts.append(gettext("类别是%(list)s", list=_any([category_name(c) for c in said.categories])))
    if said.districts:
        parts.append(gettext("所在区是%(list)s", list=_any([district_name(d) for d in said.districts])))
    if said.industries:
        parts.append(gettext("行业是%(list)s", list=_any([industry_label(i) for i in said.industries])))
    if said.sizes:
        parts.append(gettext("规模是%(list)s", list=_any([gettext(SIZES[SizeClass(s)]) for s in said.sizes])))
    if said.keywords:
        parts.append(gettext("问题里有%(list)s", list=_any([f"“{word}”" for word in said.keywords])))
    if said.when is not When.ANY:
        parts.append(gettext(ARRIVES[said.when]))
    return gettext("，").join(parts) or gettext("来了任何求助")


def _any(words: list[str]) -> str:
    return gettext("或").join(words)


def differences(trial: Trial) -> list[Difference]:
    """The first of the cases a draft would have begun otherwise, newest first."""
    return [_difference(row) for row in trial.changed[:SHOWN]]


def _difference(row: Changed) -> Difference:
    before, after = row.before.stored(), row.after.stored()
    # What stays as it is says nothing.
    same = {name for name in before if before[name] == after.get(name)}
    return Difference(
        number=row.case.number or "",
        title=row.case.title,
        when=filters.moment(row.case.submitted_at) if row.case.submitted_at else "",
        before=_or_nothing({k: v for k, v in before.items() if k not in same}),
        after=_or_nothing({k: v for k, v in after.items() if k not in same}),
        agrees=row.agrees,
    )


def _or_nothing(stored: dict[str, Any]) -> str:
    return acts_text(stored) if stored else gettext("照常")


def entries(rows: list[RoutingEntry]) -> list[Entry]:
    """A rule's log in words."""
    return [
        Entry(
            number=row.case.number or "",
            title=row.case.title,
            when=filters.moment(row.at),
            did=acts_text(row.did),
            late=gettext("、").join(gettext(LATE[name]) for name in row.late if name in LATE),
        )
        for row in rows
    ]


def when_choices() -> list[tuple[str, str]]:
    """Times as choices."""
    return [(when.value, gettext(label)) for when, label in TIMES.items()]


def size_choices() -> list[tuple[str, str]]:
    """Sizes as choices."""
    return [(size.value, gettext(SIZES[size])) for size in SizeClass]


def industry_choices() -> list[tuple[str, str]]:
    """Industries as choices."""
    return [(code, gettext(label)) for code, label in sizes.industry_choices()]


def station_choices() -> list[tuple[str, str]]:
    """Stations by their code, with "as ever" first."""
    return [("", gettext("按所在区，照常")), *((s.code, named(s)) for s in catalogue.stations())]


def team_choices() -> list[tuple[str, str]]:
    """Teams by their number, with none first."""
    return [("", gettext("不指定")), *((str(t.id), t.name) for t in routing.teams())]


def draft(rule: RoutingRule | None) -> dict[str, Any]:
    """What the form begins with."""
    if rule is None:
        return {"is_active": True, "when": ""}
    said, acts = Conditions.read(rule.conditions), Acts.read(rule.acts)
    return {
        "name": rule.name,
        "is_active": rule.is_active,
        "categories": list(said.categories),
        "districts": list(said.districts),
        "industries": list(said.industries),
        "sizes": list(said.sizes),
        "keywords": gettext("，").join(said.keywords),
        "when": said.when.value,
        "station": acts.station,
        "urgency": acts.urgency,
        "tags": gettext("，").join(acts.tags),
        "team": str(acts.team or ""),
    }
