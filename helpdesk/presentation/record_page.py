"""Service records in words: a visit in a line, a correction with what it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import expert_persons, hours
from helpdesk.domain.record_terms import Open
from helpdesk.i18n import N_
from helpdesk.models import (
    Case,
    Correction,
    CorrectionState,
    ExpertPerson,
    Honour,
    HonourState,
    IdentityKind,
    Meeting,
    Sex,
    Side,
    Visit,
)
from helpdesk.presentation import filters
from helpdesk.presentation.activity_page import service_url
from helpdesk.presentation.words import MEETINGS, VISIT_STATES, case_title, how_word, listed, service_title
from helpdesk.rules.credit import hours_text
from helpdesk.rules.policy import Who

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
    url: str
    is_activity: bool
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
        number=row.visit.service.number or "",
        title=service_title(row.visit.service),
        url=service_url(row.visit.service),
        is_activity=row.visit.activity is not None,
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
        (gettext("方式"), listed(how_word(visit), visit.place)),
        (gettext("服务、准备、路上"), gettext("%(a)s、%(b)s、%(c)s 分钟", a=visit.contact_minutes,
                                    b=visit.preparation_minutes, c=visit.travel_minutes)),
        (gettext("计入"), gettext("%(n)s 分钟", n=hours.minutes_of_visit(visit.id))),
        (gettext("内容"), visit.summary),
    ]  # fmt: skip


def case_line(case: Case) -> str:
    """Number and title."""
    return f"{case.number} {case_title(case)}"


def _time(facts: dict[str, Any]) -> str:
    starts, ends = (datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at"))
    return f"{filters.full_day(starts)} {filters.hour(starts)}–{filters.hour(ends)}"


def _mode(facts: dict[str, Any]) -> str:
    return gettext(MEETINGS[Meeting(facts["mode"])])


def _minutes(facts: dict[str, Any]) -> str:
    return gettext("%(n)s 分钟", n=facts["counted_minutes"])


REPORT_HEADINGS = (N_("月份"), N_("站点"), N_("应完成"), N_("按时"), N_("逾期后补上"), N_("还没完成"), N_("逾期合计"))
LEVELS: dict[int, tuple[str, str, str]] = {
    0: (N_("还有时间"), "off", "clock"),
    1: (N_("要抓紧"), "wait", "clock"),
    2: (N_("快到期"), "danger", "alert"),
    3: (N_("已逾期"), "danger", "alert"),
}


@dataclass(frozen=True)
class TermView:
    """A visit whose record is not complete yet."""

    number: str
    title: str
    url: str
    day: str
    expert: str
    missing: str
    due: str
    state: str
    tone: str
    icon: str
    evaluate_url: str


def term_view(row: Open, *, stations: tuple[int, ...], who: Who) -> TermView:
    """What is missing, by when, and the way to evaluate for who may."""
    state, tone, icon = LEVELS[row.level]
    parts = ((N_("核定"), row.needs_record), (N_("评价"), row.needs_evaluation))
    missing = [gettext(word) for word, needs in parts if needs]
    term = row.term
    mine = term.expert_id in who.expert_ids
    service = term.visit.service
    may_evaluate = row.needs_evaluation and not mine and term.case is not None and term.case.station_id in stations
    return TermView(
        number=service.number or "",
        title=service_title(service),
        url=service_url(service),
        day=filters.full_day(term.visit.starts_at),
        expert=term.expert.name,
        missing=gettext("、").join(missing),
        due=filters.full_day(term.due_at - timedelta(seconds=1)),
        state=gettext(state),
        tone=tone,
        icon=icon,
        evaluate_url=url_for("records.evaluate", number=service.number, visit_id=term.visit_id) if may_evaluate else "",
    )


def months(chosen: date, today: date) -> list[dict[str, object]]:
    """The last six months to choose from."""
    found, month = [], today.replace(day=1)
    for _ in range(6):
        label = gettext("%(year)s 年 %(month)s 月", year=month.year, month=month.month)
        url = url_for("records.report", month=f"{month:%Y-%m}")
        found.append({"label": label, "url": url, "current": month == chosen})
        month = (month - timedelta(days=1)).replace(day=1)
    return found


SEXES: dict[Sex, str] = {Sex.FEMALE: N_("女"), Sex.MALE: N_("男")}
IDENTITIES: dict[IdentityKind, str] = {
    IdentityKind.RESIDENT: N_("居民身份证"),
    IdentityKind.HK_MACAU: N_("港澳居民证件"),
    IdentityKind.TAIWAN: N_("台湾居民证件"),
    IdentityKind.FOREIGN_RESIDENT: N_("外国人永久居留身份证"),
    IdentityKind.PASSPORT: N_("护照"),
}
HONOUR_STATES: dict[HonourState, tuple[str, str, str]] = {
    HonourState.ASKED: (N_("等核实"), "wait", "clock"),
    HonourState.RECORDED: (N_("已记录"), "done", "check"),
    HonourState.REFUSED: (N_("没有核实到"), "off", "s-slash"),
    HonourState.STRUCK: (N_("已作废"), "off", "s-slash"),
}


def person_rows(row: ExpertPerson | None) -> list[tuple[str, str]]:
    """Personal data in words; of the identity number only the last four characters (rule R16)."""
    if row is None:
        return []
    identity = f"{gettext(IDENTITIES[row.identity_kind])} ****{row.identity_tail}" if row.identity_kind else "—"
    return [
        (gettext("性别"), gettext(SEXES[row.sex]) if row.sex else "—"),
        (gettext("出生日期"), filters.full_day(row.born_on) if row.born_on else "—"),
        (gettext("居住区域"), row.residence or "—"),
        (gettext("联系方式"), row.contact or "—"),
        (gettext("专业技能"), row.skills or "—"),
        (gettext("服务类别"), gettext("、").join(row.service_kinds) or "—"),
        (gettext("证件"), identity),
        (
            gettext("提供给国家平台"),
            gettext("%(day)s同意", day=filters.full_day(row.national_consent_at))
            if row.national_consent_at
            else gettext("没有同意"),
        ),
    ]


def person_values(row: ExpertPerson | None) -> dict[str, object]:
    """What the form shows; never the identity number."""
    if row is None:
        return {}
    return {
        "sex": row.sex.value if row.sex else "",
        "born_on": row.born_on.isoformat() if row.born_on else "",
        "residence": row.residence,
        "contact": row.contact,
        "skills": row.skills,
        "service_kinds": "、".join(row.service_kinds),
        # A tick that was given for other words is not given for these.
        "consent": not expert_persons.agreed_to_older(row),
        "national_consent": row.national_consent_at is not None,
        "identity_kind": row.identity_kind.value if row.identity_kind else "",
    }


def honour_state(row: Honour) -> tuple[str, str, str]:
    """State, tone and icon of an award."""
    label, tone, icon = HONOUR_STATES[row.state]
    return gettext(label), tone, icon
