"""What the form of a visit tells beside its fields: the sum so far, what will count, and a likely beginning."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import visits
from helpdesk.i18n import counted
from helpdesk.models import Case, Meeting, Station, VisitStatus
from helpdesk.presentation import filters
from helpdesk.presentation.words import word
from helpdesk.rules.credit import hours_text
from helpdesk.rules.policy import Who


def defaults(case: Case) -> dict[str, str]:
    """Today, and the way the company would like to be met."""
    mode = case.meeting or Meeting.ONLINE
    return {"day": clock.today().isoformat(), "mode": mode.value}


def sums(case: Case, who: Who, *, besides: int = 0) -> str:
    """本案已记 2 次，共 3.5 小时; `besides` leaves out the visit that is being corrected."""
    logged = [
        visit
        for visit in visits.of(case)
        if visit.expert_id == who.expert_id and visit.status is not VisitStatus.VOID and visit.id != besides
    ]
    if not logged:
        return gettext("这是本案第一次记服务")
    total = hours_text(sum(visit.counted_minutes for visit in logged))
    if besides:
        return counted("本案另外记了 %(n)s 次，共 %(hours)s 小时", len(logged), hours=total)
    return counted("本案已记 %(n)s 次，共 %(hours)s 小时", len(logged), hours=total)


def policy_words(station: Station) -> str:
    """What counts, by the station's own written policy (办法67 art. 7; rule R02)."""
    if not station.counts_preparation or not station.preparation_cap_minutes:
        return gettext("计入时长的是实际服务的时间。准备和路上的时间可以写下来，但不计入")
    return gettext(
        "计入时长的是实际服务的时间，加上准备时间（本案合计最多 %(cap)s 分钟）。路上的时间不计入",
        cap=station.preparation_cap_minutes,
    )


@dataclass(frozen=True)
class Summary:
    """The visits that a summary stands on."""

    lines: list[tuple[str, str]]
    total: str


def summary(case: Case) -> Summary:
    """Each visit that may count, and their sum: what the company will be asked to confirm."""
    logged = [visit for visit in visits.of(case) if visit.status is not VisitStatus.VOID]
    lines = [
        (
            gettext("%(day)s %(mode)s", day=filters.day(visit.starts_at), mode=word(visit.mode)),
            gettext("%(hours)s 小时", hours=hours_text(visit.counted_minutes)),
        )
        for visit in logged
    ]
    return Summary(lines, hours_text(sum(visit.counted_minutes for visit in logged)))
