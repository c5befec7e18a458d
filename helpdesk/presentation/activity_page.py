"""Activities in words; and the way to what a line of the ledger is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import activities, catalogue, hours
from helpdesk.i18n import N_, counted
from helpdesk.models import (
    Activity,
    ActivityAct,
    ActivityKind,
    ActivityState,
    ActivityStep,
    Case,
    Meeting,
    Role,
    Visit,
    VisitStatus,
)
from helpdesk.presentation import filters
from helpdesk.presentation.words import SCORES, category_name, listed, named
from helpdesk.rules import policy
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_name
from helpdesk.rules.policy import Who

KINDS: dict[ActivityKind, str] = {
    ActivityKind.TALK: N_("讲座培训"),
    ActivityKind.CLINIC: N_("集中咨询"),
    ActivityKind.TOUR: N_("上门走访"),
    ActivityKind.FAIR: N_("展销对接"),
    ActivityKind.OTHER: N_("其他"),
}
# An activity is not by telephone.
MODES: dict[Meeting, str] = {
    Meeting.ONSITE: N_("现场"),
    Meeting.STATION: N_("在工作站"),
    Meeting.ONLINE: N_("线上"),
}
STATES: dict[ActivityState, tuple[str, str, str]] = {
    ActivityState.RECORDED: (N_("等核定"), "wait", "clock"),
    ActivityState.RETURNED: (N_("已退回"), "wait", "undo"),
    ActivityState.VERIFIED: (N_("已核定"), "done", "check"),
    ActivityState.WITHDRAWN: (N_("已撤回"), "off", "s-slash"),
    ActivityState.REVERSED: (N_("已冲正"), "off", "s-slash"),
}
ICONS: dict[ActivityAct, str] = {
    ActivityAct.RECORDED: "note",
    ActivityAct.CHANGED: "edit",
    ActivityAct.RETURNED: "undo",
    ActivityAct.VERIFIED: "shield",
    ActivityAct.WITHDRAWN: "s-slash",
    ActivityAct.ASKED: "question",
    ActivityAct.CORRECTED: "edit",
    ActivityAct.KEPT: "check",
    ActivityAct.REVERSED: "s-slash",
    ActivityAct.WARNED: "clock",
    ActivityAct.FILED: "clip",
    ActivityAct.UNFILED: "trash",
}


def service_url(service: Case | Activity) -> str:
    """The page of the case or the activity."""
    if isinstance(service, Case):
        return url_for("cases.show", number=service.number)
    return url_for("activities.show", activity_id=service.id)


@dataclass(frozen=True)
class Row:
    """One activity in a list."""

    url: str
    number: str
    title: str
    meta: str
    reach: str
    state: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Served:
    """One expert at it."""

    id: int
    name: str
    number: str
    when: str
    part: str
    minutes: str
    hours: str
    is_off: bool


@dataclass(frozen=True)
class Step:
    """One thing that was done."""

    text: str
    reason: str
    when: str
    icon: str


@dataclass(frozen=True)
class View:
    """One activity with everything about it."""

    row: Row
    facts: list[tuple[str, str]]
    content: str
    experts: list[Served]
    total: str
    steps: list[Step]


def row_of(activity: Activity) -> Row:
    """A line of the list."""
    state, tone, icon = STATES[activity.state]
    return Row(
        url=url_for("activities.show", activity_id=activity.id),
        number=activity.number,
        title=activity.title,
        meta=" · ".join((filters.full_day(activity.starts_at), gettext(KINDS[activity.kind]), named(activity.station))),
        reach=_reach(activity),
        state=gettext(state),
        tone=tone,
        icon=icon,
    )


def _reach(activity: Activity) -> str:
    return listed(counted("%(n)s 家企业", activity.companies), counted("%(n)s 人", activity.people))


def view(activity: Activity, who: Who) -> View:
    """The page. An overseer reads names masked (rule R16); an expert what is about everybody or about themselves."""
    masked = who.holds(Role.OVERSEER)
    visits = _visits(activity)
    minutes = hours.minutes_of_visits([visit.id for visit in visits])
    counted_for = {
        visit.id: minutes.get(visit.id, 0) if visit.status is not VisitStatus.LOGGED else visit.counted_minutes
        for visit in visits
    }
    served = [_served(visit, counted_for[visit.id], masked=masked) for visit in visits]
    starts, ends = activity.starts_at, activity.ends_at
    facts = [
        (gettext("时间"), f"{filters.full_day(starts)} {filters.hour(starts)}–{filters.hour(ends)}"),
        (gettext("方式"), listed(gettext(MODES[activity.mode]), activity.place)),
        (gettext("哪种活动"), gettext(KINDS[activity.kind])),
        (gettext("类别"), category_name(activity.category_code)),
        (gettext("组织单位"), activity.organiser),
        (gettext("活动负责人"), mask_name(activity.leader) if masked else activity.leader),
        (gettext("到场"), _reach(activity)),
        (gettext("记录人"), _by(activity.recorded_by, activity.recorded_at, masked=masked)),
    ]
    if activity.verified_at is not None:
        facts.append((gettext("核定人"), _by(activity.verified_by or "", activity.verified_at, masked=masked)))
    total = sum(counted_for.values())
    return View(
        row=row_of(activity),
        facts=facts,
        content=activity.content,
        experts=served,
        total=gettext("%(hours)s 小时", hours=hours_text(total)),
        steps=[
            Step(
                step_text(s, masked=masked),
                "" if masked and _is_of_one(s) else s.reason,
                filters.moment(s.at),
                ICONS[s.act],
            )
            for s in _steps_for(activity, who)
        ],
    )


def _visits(activity: Activity) -> list[Visit]:
    if activity.state in (ActivityState.VERIFIED, ActivityState.REVERSED):
        return activities.settled(activity)
    return activities.struck(activity) if activity.state is ActivityState.WITHDRAWN else activities.of(activity)


# What an expert reads of an activity besides what is about themselves.
FOR_ALL = (ActivityAct.RECORDED, ActivityAct.VERIFIED, ActivityAct.WITHDRAWN)


def _is_of_one(step: ActivityStep) -> bool:
    return "about" in step.facts


def _steps_for(activity: Activity, who: Who) -> list[ActivityStep]:
    if who.holds(Role.OVERSEER) or policy.can(who, "activity.read_files", activity):
        return activity.steps
    return [step for step in activity.steps if step.act in FOR_ALL or step.facts.get("about") in who.expert_ids]


def _by(name: str, at: Any, *, masked: bool) -> str:
    return f"{mask_name(name) if masked else name} · {filters.moment(at)}"


def _served(visit: Visit, minutes: int, *, masked: bool) -> Served:
    extra = [
        gettext("准备 %(n)s 分钟", n=visit.preparation_minutes) if visit.preparation_minutes else "",
        gettext("路上 %(n)s 分钟", n=visit.travel_minutes) if visit.travel_minutes else "",
    ]
    return Served(
        id=visit.id,
        name=mask_name(visit.expert.name) if masked else visit.expert.name,
        number=visit.expert.volunteer_number,
        when=f"{filters.hour(visit.starts_at)}–{filters.hour(visit.ends_at)}",
        part=visit.summary,
        minutes=listed(*extra, visit.long_day_reason),
        hours=hours_text(minutes),
        is_off=visit.status is VisitStatus.VOID,
    )


def step_text(step: ActivityStep, *, masked: bool = False) -> str:
    """What somebody did, as a sentence."""
    facts: dict[str, Any] = step.facts
    who = mask_name(step.by_name) if masked else step.by_name
    expert = str(facts.get("expert", ""))
    expert = mask_name(expert) if masked else expert
    length = hours_text(int(facts.get("minutes", 0)))
    before = hours_text(int(facts.get("before", 0)))
    act = step.act
    if act is ActivityAct.RECORDED:
        return gettext("%(who)s记下活动，共 %(hours)s 小时", who=who, hours=length)
    if act is ActivityAct.CHANGED:
        return gettext("%(who)s改了活动记录，共 %(hours)s 小时", who=who, hours=length)
    if act is ActivityAct.RETURNED:
        return gettext("%(who)s退回修改", who=who)
    if act is ActivityAct.VERIFIED:
        score = gettext(SCORES[int(facts.get("score", 0))]) if int(facts.get("score", 0)) in SCORES else ""
        return gettext("%(who)s核定，%(hours)s 小时入账，评价“%(score)s”", who=who, hours=length, score=score)
    if act is ActivityAct.WITHDRAWN:
        return gettext("%(who)s撤回了这场活动", who=who)
    if act is ActivityAct.ASKED:
        return gettext("%(expert)s说自己的记录有误", expert=expert)
    if act is ActivityAct.CORRECTED:
        return gettext(
            "%(who)s更正了%(expert)s的时长：%(before)s → %(hours)s 小时",
            who=who, expert=expert, before=before, hours=length,
        )  # fmt: skip
    if act is ActivityAct.KEPT:
        return gettext("%(who)s核实后没有更正%(expert)s的记录", who=who, expert=expert)
    if act is ActivityAct.REVERSED:
        return gettext("%(who)s冲正了%(expert)s的 %(hours)s 小时", who=who, expert=expert, hours=length)
    if act in (ActivityAct.FILED, ActivityAct.UNFILED):
        added = act is ActivityAct.FILED
        words = gettext("%(who)s加了证明材料") if added else gettext("%(who)s移除了一份证明材料")
        return words % {"who": who}
    return counted("结束后第 %(n)s 个工作日了，还没有核定", int(facts.get("days", 0)))


def pills_of(state: ActivityState | None) -> list[dict[str, object]]:
    """The states to choose from, above the list."""
    here = url_for("activities.index")
    chosen: Iterable[ActivityState] = STATES
    found: list[dict[str, object]] = [{"label": gettext("全部"), "url": here, "current": state is None}]
    return found + [
        {"label": gettext(STATES[one][0]), "url": f"{here}?state={one.value}", "current": state is one}
        for one in chosen
    ]


def category_choices() -> list[tuple[str, str]]:
    """The ten fields for a form."""
    return [("", gettext("请选")), *((row.code, named(row)) for row in catalogue.categories())]
