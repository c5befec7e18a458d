"""Service records in words: a visit in a line, a correction with what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from helpdesk.domain import hours
from helpdesk.i18n import N_
from helpdesk.models import Case, Correction, CorrectionState, Meeting, Side, Visit
from helpdesk.presentation import filters
from helpdesk.presentation.words import MEETINGS, VISIT_STATES, word
from helpdesk.rules.credit import hours_text

CORRECTION_STATES: dict[CorrectionState, tuple[str, str, str]] = {
    CorrectionState.OPEN: (N_("等站点核实"), "wait", "clock"),
    CorrectionState.GRANTED: (N_("已更正"), "done", "check"),
    CorrectionState.REFUSED: (N_("没有更正"), "off", "s-slash"),
}
ASKED_BY: dict[Side, str] = {
    Side.EXPERT: N_("专家提出"), Side.COMPANY: N_("企业提出"), Side.STATION: N_("站点提出")
}  # fmt: skip


@dataclass(frozen=True)
class CorrectionView:
    """One correction as every page shows it."""

    id: int
    number: str
    title: str
    day: str
    expert: str
    side: str
    says: str
    wished: str
    state: str
    tone: str
    icon: str
    reason: str
    decided: str
    changes: list[tuple[str, str, str]]


def correction_view(row: Correction) -> CorrectionView:
    """The row in words, with what was and what is now when it was granted."""
    state, tone, icon = CORRECTION_STATES[row.state]
    return CorrectionView(
        id=row.id,
        number=row.case.number or "",
        title=row.case.title,
        day=filters.full_day(row.visit.starts_at),
        expert=row.expert.name,
        side=gettext(ASKED_BY[row.side]),
        says=row.says,
        wished=gettext("提出的人说实际 %(n)s 分钟", n=row.wished_minutes) if row.wished_minutes is not None else "",
        state=gettext(state),
        tone=tone,
        icon=icon,
        reason=row.reason,
        decided=f"{row.decided_by} · {filters.moment(row.decided_at)}" if row.decided_at else "",
        changes=changes(row.before, row.after or {}),
    )


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What differs between two states of a record: what it is, before, after."""
    if not after:
        return []
    rows = (
        (gettext("时间"), _time(before), _time(after)),
        (gettext("方式"), _mode(before), _mode(after)),
        (gettext("地点"), before["place"], after["place"]),
        (gettext("计入"), _minutes(before), _minutes(after)),
        (gettext("内容"), before["summary"], after["summary"]),
    )
    return [(label, old or "—", new or "—") for label, old, new in rows if old != new]


def visit_choice(visit: Visit) -> str:
    """A visit in a line to choose it by: day, times, minutes, whether it counts."""
    return " · ".join(
        (
            filters.full_day(visit.starts_at),
            f"{filters.hour(visit.starts_at)}–{filters.hour(visit.ends_at)}",
            gettext("计入 %(hours)s 小时", hours=hours_text(hours.minutes_of_visit(visit.id))),
            gettext(VISIT_STATES[visit.status][0]),
        )
    )


def visit_facts(visit: Visit) -> list[tuple[str, str]]:
    """What the record of a visit says now."""
    return [
        (gettext("日期"), filters.full_day(visit.starts_at)),
        (gettext("时间"), f"{filters.hour(visit.starts_at)}–{filters.hour(visit.ends_at)}"),
        (gettext("方式"), word(visit.mode) + (f"，{visit.place}" if visit.place else "")),
        (gettext("服务、准备、路上"), gettext("%(a)s、%(b)s、%(c)s 分钟", a=visit.contact_minutes,
                                    b=visit.preparation_minutes, c=visit.travel_minutes)),
        (gettext("计入"), gettext("%(n)s 分钟", n=hours.minutes_of_visit(visit.id))),
        (gettext("内容"), visit.summary),
    ]  # fmt: skip


def case_line(case: Case) -> str:
    """Number and title."""
    return f"{case.number} {case.title}"


def _time(facts: dict[str, Any]) -> str:
    starts, ends = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    return f"{filters.full_day(starts)} {filters.hour(starts)}–{filters.hour(ends)}"


def _mode(facts: dict[str, Any]) -> str:
    return gettext(MEETINGS[Meeting(facts["mode"])])


def _minutes(facts: dict[str, Any]) -> str:
    return gettext("%(n)s 分钟", n=facts["counted_minutes"])
