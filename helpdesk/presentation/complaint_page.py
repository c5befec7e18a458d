"""Complaints in words: where one stands for whoever complained, and what the desk reads of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import complaints
from helpdesk.i18n import N_
from helpdesk.models import (
    Certificate,
    Complaint,
    ComplaintAbout,
    ComplaintAct,
    ComplaintLevel,
    ComplaintOutcome,
    ComplaintState,
    ComplaintStep,
    Correction,
    Role,
    Side,
)
from helpdesk.presentation import filters
from helpdesk.presentation.words import named
from helpdesk.rules import complaints as rules
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

ABOUT: dict[ComplaintAbout, str] = {
    ComplaintAbout.SERVICE: N_("服务"),
    ComplaintAbout.RECORD: N_("服务记录"),
    ComplaintAbout.PAPER: N_("证书和证明"),
    ComplaintAbout.COMMENDATION: N_("表彰"),
}
STATES: dict[ComplaintState, tuple[str, str, str]] = {
    ComplaintState.RECEIVED: (N_("已收到"), "wait", "clock"),
    ComplaintState.LOOKING: (N_("正在核实"), "info", "eye"),
    ComplaintState.ANSWERED: (N_("已答复"), "done", "check"),
}
OUTCOMES: dict[ComplaintOutcome, str] = {
    ComplaintOutcome.UPHELD: N_("属实"),
    ComplaintOutcome.PARTLY: N_("部分属实"),
    ComplaintOutcome.REFUSED: N_("不属实"),
}
LEVELS: dict[ComplaintLevel, str] = {
    ComplaintLevel.DISTRICT: N_("区服务机构"),
    ComplaintLevel.CITY: N_("总队"),
}
# What a step says to whoever complained, and at the desk.
TOLD: dict[ComplaintAct, tuple[str, str]] = {
    ComplaintAct.RECEIVED: (N_("收到您的投诉"), N_("收到投诉")),
    ComplaintAct.LOOKING: (N_("%(level)s开始核实您的投诉"), N_("%(who)s开始核实")),
    ComplaintAct.ANSWERED: (N_("%(level)s答复了您的投诉：%(outcome)s"), N_("%(who)s答复：%(outcome)s")),
    ComplaintAct.FURTHER: (N_("您不满意区里的答复，已转总队"), N_("投诉人不满意区里的答复，转总队")),
    ComplaintAct.WARNED: ("", N_("投诉快到答复期限")),
    ComplaintAct.MISSED: ("", N_("投诉过了答复期限")),
}
ICONS: dict[ComplaintAct, str] = {
    ComplaintAct.RECEIVED: "flag", ComplaintAct.LOOKING: "eye", ComplaintAct.ANSWERED: "check",
    ComplaintAct.FURTHER: "right", ComplaintAct.WARNED: "clock", ComplaintAct.MISSED: "alert",
}  # fmt: skip


@dataclass(frozen=True)
class StepView:
    """One line of what was done."""

    text: str
    when: str
    icon: str
    reason: str
    done: str
    link: str
    link_url: str


@dataclass(frozen=True)
class View:
    """One complaint as its pages show it."""

    id: int
    number: str
    about: str
    about_number: str
    says: str
    state: str
    tone: str
    icon: str
    outcome: str
    lead: str
    received: str
    due: str
    is_late: bool
    is_soon: bool
    level: str
    where: str
    steps: list[StepView]
    can_go_further: bool
    further_until: str
    is_last: bool
    facts: list[tuple[str, str]]


def view(row: Complaint, *, desk: Who | None = None) -> View:
    """The row in words: for whoever complained, or with whom it is about for `desk`."""
    state, tone, icon = STATES[row.state]
    is_open = row.state is not ComplaintState.ANSWERED
    return View(
        id=row.id,
        number=row.number,
        about=gettext(ABOUT[row.about]),
        about_number=row.about_number,
        says=row.says,
        state=gettext(state),
        tone=tone,
        icon=icon,
        outcome=gettext(OUTCOMES[row.outcome]) if row.outcome is not None else "",
        lead=_lead(row),
        received=filters.moment(row.received_at),
        due=filters.full_day(row.due_at - timedelta(seconds=1)),
        is_late=is_open and row.due_at <= clock.now(),
        is_soon=is_open and row.warn_at <= clock.now() < row.due_at,
        level=gettext(LEVELS[row.level]),
        where=named(row.station) if row.station is not None else "",
        steps=[_step(step, desk=desk is not None) for step in row.steps if desk is not None or is_told(step)],
        can_go_further=complaints.can_go_further(row),
        further_until=filters.full_day(row.answered_at + timedelta(days=rules.FURTHER_DAYS)) if row.answered_at else "",
        is_last=row.state is ComplaintState.ANSWERED and row.level is ComplaintLevel.CITY,
        facts=_facts(row, desk) if desk is not None else [],
    )


def is_told(step: ComplaintStep) -> bool:
    """Whether whoever complained reads of it: of what is told of the term only the desk does."""
    return bool(TOLD[step.act][0])


def _lead(row: Complaint) -> str:
    """Where it stands, in one plain sentence to whoever complained."""
    level = gettext(LEVELS[row.level])
    day = filters.full_day(row.due_at - timedelta(seconds=1))
    if row.state is ComplaintState.ANSWERED and row.outcome is not None:
        return gettext("%(level)s核实了：%(outcome)s。", level=level, outcome=gettext(OUTCOMES[row.outcome]))
    if row.due_at <= clock.now():
        return gettext("答复期限过了，还没有答复。%(level)s已经收到催办，对不起让您久等。", level=level)
    if row.state is ComplaintState.LOOKING:
        return gettext("%(level)s正在核实，最晚 %(day)s 答复您。", level=level, day=day)
    return gettext("%(level)s收到了，最晚 %(day)s 答复您。", level=level, day=day)


def _facts(row: Complaint, who: Who | None) -> list[tuple[str, str]]:
    """What the desk has to know; supervision reads no contacts."""
    side = {Side.COMPANY: gettext("企业"), Side.EXPERT: gettext("专家")}
    contact = row.contact if who is not None and not who.holds(Role.OVERSEER) else ""
    return [
        (gettext("关于"), " ".join(part for part in (gettext(ABOUT[row.about]), row.about_number) if part)),
        (
            gettext("投诉人"),
            gettext("%(name)s（%(side)s）", name=row.name, side=side[row.side]) if row.side in side else row.name,
        ),
        *([(gettext("联系方式"), contact)] if contact else []),
        (gettext("工作站"), named(row.station) if row.station is not None else "—"),
        (gettext("由谁答复"), gettext(LEVELS[row.level])),
        (gettext("收到"), filters.moment(row.received_at)),
        (gettext("最晚答复"), filters.full_day(row.due_at - timedelta(seconds=1))),
    ]


def _step(step: ComplaintStep, *, desk: bool) -> StepView:
    link, url = "", ""
    if step.correction is not None:
        link = gettext("服务记录已更正")
        url = url_for("corrections.show", correction_id=step.correction.id) if desk else ""
    elif step.certificate is not None:
        link = gettext("证书 %(number)s", number=step.certificate.number)
        url = url_for("certificates.show", number=step.certificate.number) if desk else ""
    return StepView(
        text=step_text(step, desk=desk),
        when=filters.moment(step.at),
        icon=ICONS[step.act],
        reason=step.reason,
        done=step.done,
        link=link,
        link_url=url,
    )


def step_text(step: ComplaintStep, *, desk: bool) -> str:
    """What happened, as whoever complained reads it, or the desk."""
    words = TOLD[step.act][1 if desk else 0] or TOLD[step.act][1]
    return gettext(words) % {
        "who": step.by_name,
        "level": gettext(LEVELS[step.level]),
        "outcome": gettext(OUTCOMES[step.outcome]) if step.outcome is not None else "",
    }


def link_choices(row: Complaint) -> list[tuple[str, str]]:
    """What the answer may name."""
    return [("", gettext("没有")), *((value, _link_label(thing)) for value, thing in complaints.links(row))]


def _link_label(thing: Any) -> str:
    if isinstance(thing, Correction):
        return gettext("更正：%(day)s 的服务记录", day=filters.full_day(thing.visit.starts_at))
    assert isinstance(thing, Certificate)
    return gettext("证书 %(number)s", number=thing.number)


@dataclass(frozen=True)
class Tile:
    """One number of the list's head."""

    label: str
    value: int
    unit: str = ""


def tiles(found: complaints.Figures) -> list[Tile]:
    """Twelve months in five numbers."""
    return [
        Tile(gettext("等答复"), found.open),
        Tile(gettext("过了期限"), found.overdue),
        Tile(gettext("按时答复"), found.in_time),
        Tile(gettext("逾期答复"), found.late),
        Tile(gettext("属实或部分属实"), found.upheld),
    ]


def is_of_desk(row: Complaint, who: Who) -> bool:
    """Whether this person reads it for the desk and not as whoever complained."""
    return row.account_id != who.account_id and policy.can(who, "complaints.list")
