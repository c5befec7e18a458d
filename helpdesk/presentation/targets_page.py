"""Promises as the operator reads and changes them: how long, for which cases, since when, by whom."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk.domain import catalogue, targets
from helpdesk.i18n import N_, counted
from helpdesk.models import TargetVersion, Urgency
from helpdesk.presentation import filters
from helpdesk.presentation.words import URGENCIES, named
from helpdesk.rules import promises
from helpdesk.rules.promises import Target, Unit

UNITS = {
    Unit.WORKDAYS: N_("工作日"),
    Unit.WORKING_HOURS: N_("工作小时"),
    Unit.DAYS: N_("天（含休息日）"),
    Unit.HOURS: N_("小时（含休息时间）"),
}


@dataclass(frozen=True)
class Line:
    """One target: `key` finds it again, `is_exception` may be taken away."""

    kind: str
    label: str
    whom: str
    length: str
    warn: str
    key: dict[str, str]
    is_exception: bool


@dataclass(frozen=True)
class Change:
    """One version: what it changed, who made it and when."""

    number: int
    words: str
    who: str
    when: str


def lines() -> list[Line]:
    """What is in force, promise by promise, the general target before its exceptions."""
    return [
        Line(
            kind=t.kind,
            label=gettext(promises.BY_KIND[t.kind].label),
            whom=_whom(t),
            length=length(t),
            warn=f"{t.warn_percent}%",
            key={"kind": t.kind, "category": t.category or "", "urgency": t.urgency.value if t.urgency else ""},
            is_exception=t.precision > 0,
        )
        for t in targets.in_force()
    ]


def changes() -> list[Change]:
    """The versions, newest first."""
    return [_change(row) for row in targets.versions()]


def length(target: Target) -> str:
    """3 个工作日, 24 小时."""
    if target.unit is Unit.WORKDAYS:
        return counted("%(n)s 个工作日", target.amount)
    if target.unit is Unit.WORKING_HOURS:
        return counted("%(n)s 个工作小时", target.amount)
    return counted("%(n)s 天", target.amount) if target.unit is Unit.DAYS else counted("%(n)s 小时", target.amount)


def find(kind: str, category: str, urgency: str) -> Target | None:
    """The target in force with this key."""
    key = (kind, category or None, urgency or None)
    return next((t for t in targets.in_force() if (t.kind, t.category, t.urgency) == key), None)


def kinds() -> list[tuple[str, str]]:
    """The promises as choices."""
    return [
        (kind, gettext(row.label))
        for kind, row in sorted(promises.BY_KIND.items(), key=lambda x: x[0] != "first_answer")
    ]


def units() -> list[tuple[str, str]]:
    """The units as choices."""
    return [(unit.value, gettext(label)) for unit, label in UNITS.items()]


def urgencies() -> list[tuple[str, str]]:
    """Urgencies as choices, with "all" first."""
    return [("", gettext("不分急缓")), *((u.value, gettext(URGENCIES[u])) for u in Urgency)]


def _whom(target: Target) -> str:
    names = {c.code: c for c in catalogue.categories()}
    parts = []
    if target.category:
        parts.append(named(names[target.category], short=True) if target.category in names else target.category)
    if target.urgency:
        parts.append(gettext(URGENCIES[target.urgency]))
    return gettext("、").join(parts) or gettext("所有案件")


def _change(row: TargetVersion) -> Change:
    words = gettext("最初的时限")
    if "put" in row.change:
        new = targets.read(row.change["put"])
        label = gettext(promises.BY_KIND[new.kind].label)
        if row.change["was"]:
            old = targets.read(row.change["was"])
            words = gettext(
                "%(promise)s（%(whom)s）：%(old)s 改为 %(new)s",
                promise=label,
                whom=_whom(new),
                old=_full(old),
                new=_full(new),
            )
        else:
            words = gettext(
                "%(promise)s（%(whom)s）：新增 %(new)s",
                promise=label,
                whom=_whom(new),
                new=_full(new),
            )
    elif "drop" in row.change:
        old = targets.read(row.change["drop"])
        words = gettext(
            "%(promise)s（%(whom)s）：不再另定",
            promise=gettext(promises.BY_KIND[old.kind].label),
            whom=_whom(old),
        )
    if row.change.get("running_too"):
        words += gettext("；在办的也按新的算")
    return Change(row.id, words, row.made_by, filters.moment(row.made_at))


def _full(target: Target) -> str:
    return gettext("%(length)s（%(percent)s%% 时提醒）", length=length(target), percent=target.warn_percent)
