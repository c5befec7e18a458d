"""How long promises may take: versions that are never changed, each made from the one before by one change.

A case keeps the version it was sent under, unless whoever makes a version says that it holds for what runs as well.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines
from helpdesk.errors import Refused
from helpdesk.models import Category, PromiseTarget, TargetVersion, Urgency
from helpdesk.rules import policy, promises
from helpdesk.rules.policy import Who
from helpdesk.rules.promises import Target, Unit

# The longest promise that still is one, for each unit.
LONGEST = {Unit.WORKDAYS: 60, Unit.WORKING_HOURS: 200, Unit.DAYS: 90, Unit.HOURS: 720}


def in_force() -> tuple[Target, ...]:
    """The targets for cases that are sent now: by promise, the general one first."""
    order = [promises.FIRST_ANSWER.kind, *(row.kind for row in promises.PROMISES)]
    return tuple(
        sorted(
            deadlines.targets(deadlines.newest_version()),
            key=lambda t: (order.index(t.kind), t.precision, t.category or "", t.urgency or ""),
        )
    )


def versions(most: int = 20) -> list[TargetVersion]:
    """What was in force, newest first."""
    rows = select(TargetVersion).options(selectinload(TargetVersion.targets)).order_by(TargetVersion.id.desc())
    return list(db.session.scalars(rows.limit(most)))


def put(by: Who, target: Target, *, running_too: bool = False, seen: int | None = None) -> TargetVersion:
    """A new version with this target in place of the one for the same promise, field and urgency, or beside it.

    Raises Refused for a number that is no promise, an unknown field, or when somebody made a version meanwhile.
    """
    policy.require(by, "targets.edit")
    if target.kind not in promises.BY_KIND:
        raise Refused("target_unknown", field="kind")
    if not 1 <= target.amount <= LONGEST[target.unit]:
        raise Refused("target_amount", field="amount", most=LONGEST[target.unit])
    if not 10 <= target.warn_percent <= 100:
        raise Refused("target_warn", field="warn_percent")
    if target.category is not None and db.session.get(Category, target.category) is None:
        raise Refused("target_unknown", field="category")
    old = _same(target)
    if old == target:
        raise Refused("target_no_change", field="amount")
    rows = [t for t in in_force() if t != old] + [target]
    return _make(by, rows, {"put": _told(target), "was": _told(old) if old else None}, running_too, seen)


def drop(by: Who, target: Target, *, running_too: bool = False, seen: int | None = None) -> TargetVersion:
    """A new version without this exception. The general target of a promise is never dropped."""
    policy.require(by, "targets.edit")
    old = _same(target)
    if old is None or not old.precision:
        raise Refused("target_unknown", field="kind")
    return _make(by, [t for t in in_force() if t != old], {"drop": _told(old)}, running_too, seen)


def seed() -> None:
    """The standard targets as the first version, when there is none."""
    if deadlines.newest_version() is None:
        _write("", promises.TARGETS, {})


def _same(target: Target) -> Target | None:
    key = (target.kind, target.category, target.urgency)
    return next((t for t in in_force() if (t.kind, t.category, t.urgency) == key), None)


def _make(by: Who, rows: list[Target], change: dict[str, object], running_too: bool, seen: int | None) -> TargetVersion:
    if seen is not None and seen != deadlines.newest_version():
        raise Refused("target_changed_meanwhile", field="amount")
    version = _write(by.name, rows, {**change, "running_too": running_too})
    if running_too:
        deadlines.reckon_later(key=f"targets:{version.id}", version_id=version.id)
    return version


def _write(name: str, rows: tuple[Target, ...] | list[Target], change: dict[str, object]) -> TargetVersion:
    version = TargetVersion(made_at=clock.now(), made_by=name, change=change)
    db.session.add(version)
    db.session.flush()
    db.session.add_all(
        PromiseTarget(
            version_id=version.id,
            kind=t.kind,
            category=t.category,
            urgency=t.urgency,
            amount=t.amount,
            unit=t.unit.value,
            warn_percent=t.warn_percent,
        )
        for t in rows
    )
    db.session.flush()
    return version


def _told(target: Target) -> dict[str, object]:
    return {
        "kind": target.kind,
        "category": target.category,
        "urgency": target.urgency.value if target.urgency else None,
        "amount": target.amount,
        "unit": target.unit.value,
        "warn_percent": target.warn_percent,
    }


def read(told: dict[str, object]) -> Target:
    """A target out of what a version's `change` holds."""
    urgency = told["urgency"]
    return Target(
        str(told["kind"]),
        int(str(told["amount"])),
        Unit(str(told["unit"])),
        int(str(told["warn_percent"])),
        str(told["category"]) if told["category"] else None,
        Urgency(str(urgency)) if urgency else None,
    )
