"""The company's page of its request: where it stands in words, what comes next and by when, the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import closure, consultation, deadlines, life, nominations, record, series, visits
from helpdesk.models import Answer, Case, Clock, Consent, Event, Feedback, Message, Side, Status, Visit, VisitStatus
from helpdesk.presentation import case_thread, filters, series_page
from helpdesk.presentation.case_page import POINTS, RANKS
from helpdesk.presentation.case_thread import (
    VISIT_TITLES,
    Entry,
    EventView,
    MessageView,
    VisitView,
    by_mail,
    is_repeated,
    iso,
    with_days,
)
from helpdesk.presentation.file_views import FilesOf, files_of, own_door
from helpdesk.presentation.incoming_page import Came, came
from helpdesk.presentation.words import CONSENTS, VISIT_STATES, event_text, kept, listed, named, word
from helpdesk.rules import events as table
from helpdesk.rules import lifecycle, policy, promises
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_phone
from helpdesk.rules.policy import Who

# Said by a bubble or a card already.
SILENT = {"message.posted", "visit.logged", "visit.changed", "visit.confirmed", "visit.verified", "case.submitted",
          "case.asked"}  # fmt: skip


# Nobody has the case yet: an expert of an earlier round is no longer its.
LOOKING = (Status.SUBMITTED, Status.TRIAGED, Status.OFFERED)


@dataclass(frozen=True)
class Point:
    """One of the six points of the bar."""

    label: str
    state: str
    small: str = ""


@dataclass(frozen=True)
class ConsentRow:
    """A consent as it stands."""

    purpose: str
    label: str
    stands: bool
    since: str


@dataclass(frozen=True)
class OwnPage:
    """Everything the templates of `own` show."""

    case: Case
    headline: str
    text: str
    points: list[Point]
    thread: list[Entry]
    undecided: list[Visit]
    answer: Answer | None
    feedback: Feedback | None
    consents: list[ConsentRow]
    told: list[tuple[str, str]]
    steps: set[str] = field(default_factory=set)
    may_reply: bool = False
    # A viewer only reads: nothing to press, and nothing by which the tracking link could be found.
    may_act: bool = True
    may_erase: bool = False
    may_correct: bool = False
    may_claim: bool = False
    # What is said instead of everything above, once the personal data is gone.
    removed: str = ""
    # The case comes again: how often, and when next.
    series: series_page.SeriesView | None = None
    rejected: Event | None = None


def build(case: Case, who: Who) -> OwnPage:
    """Gather and assemble; a constant number of queries."""
    log = record.timeline(case)
    held = visits.of(case)
    ended = lifecycle.STATES[case.status].is_end
    may = policy.allowed(who, case, ("case.confirm", "case.ask_erasure", "case.ask_correction", "case.claim"))
    may_act, is_gone = "case.confirm" in may, case.anonymised_at is not None
    return OwnPage(
        case=case,
        headline=headline(case),
        text=what_next(case),
        points=_points(case, log),
        thread=_thread(case, log, held, files_of(case, who, with_notes=False, door=own_door)),
        undecided=[visit for visit in held if visit.status in visits.DECIDABLE],
        answer=closure.latest_answer(case),
        feedback=closure.latest_feedback(case) if ended else None,
        consents=_consents(case),
        told=_told(case, with_phone=may_act),
        steps={p.step.name for p in life.steps_for(case, who) if p.obstacle is None},
        may_reply=may_act and not ended and case.status is not Status.DRAFT,
        may_act=may_act,
        may_erase="case.ask_erasure" in may and ended and case.company_id is not None,
        may_correct="case.ask_correction" in may and case.visit_count > 0,
        may_claim="case.claim" in may and case.contact_account_id is None,
        removed=case_thread.removed_words(case),
        series=None if is_gone else _series(case),
        rejected=next((e for e in reversed(log) if e.kind == "case.rejected"), None),
    )


def _series(case: Case) -> series_page.SeriesView | None:
    row = series.live_of(case)
    return series_page.view(row) if row is not None else None


def headline(case: Case) -> str:
    """Where it stands, in one plain sentence."""
    expert = case.expert.name if case.expert else ""
    station = named(case.station)
    if case.is_paused and not lifecycle.STATES[case.status].is_end:
        return gettext("想请您补充一点信息")
    helper = gettext("%(name)s老师", name=expert) if expert else station
    table_of = {
        Status.SUBMITTED: gettext("我们收到了，正在看"),
        Status.TRIAGED: gettext("%(station)s已受理，正在找合适的专家", station=station),
        Status.OFFERED: gettext("正在请一位专家接手"),
        Status.ACCEPTED: gettext("%(helper)s接手了，会先联系您", helper=helper),
        Status.CONSULTING: gettext("%(helper)s正在为您办", helper=helper),
        Status.ANSWERED: gettext("小结写好了，请您确认"),
        Status.CLOSED: gettext("已办结"),
        Status.REJECTED: gettext("这件事我们办不了，但有人能办"),
        Status.REFERRED: gettext("这件事请找%(office)s", office=gettext(case.referred_to) if case.referred_to else ""),
        Status.WITHDRAWN: gettext("您撤回了这件求助"),
        Status.MERGED: gettext("已并入您的另一件求助"),
        Status.DRAFT: gettext("还没有提交"),
    }
    return table_of[case.status]


def what_next(case: Case) -> str:
    """What happens next, and by when."""
    if case.anonymised_at is not None:
        return ""
    if case.is_paused and not lifecycle.STATES[case.status].is_end:
        return gettext("在下面回复就行，回复后继续办。")
    if case.status in (Status.SUBMITTED, Status.TRIAGED, Status.OFFERED) and case.first_answer_at is None:
        due = _first_answer_due(case)
        return gettext("最晚 %(when)s 前有人联系您，您不用做什么。", when=due) if due else ""
    if case.status in (Status.TRIAGED, Status.OFFERED):
        return gettext("有专家接手，这里马上会写出来。")
    if case.status is Status.ACCEPTED and case.due_at:
        return gettext("最晚 %(when)s 前会先给您回话。", when=_when(case.due_at))
    if case.status is Status.ANSWERED:
        return gettext("请核对服务时间，说说解决了没有。没解决可以退回，不用重新说。")
    if case.status is Status.CLOSED:
        until = case.closed_at and case.closed_at + timedelta(days=lifecycle.REOPEN_DAYS)
        if until is None or until < clock.now():
            return gettext("有新的问题，可以再提一件。")
        return gettext("觉得没办完，%(day)s前可以重开。", day=filters.day(until))
    if case.status is Status.WITHDRAWN and case.ended_at is not None:
        last = case.ended_at + timedelta(days=lifecycle.RESUME_DAYS)
        return gettext("%(day)s 前可以恢复，接着办。", day=filters.day(last)) if last > clock.now() else ""
    if case.status is Status.CONSULTING:
        return gettext("有话直接在下面说，专家和工作站都能看到。")
    return ""


def _first_answer_due(case: Case) -> str:
    row = db.session.scalar(
        select(Clock).where(Clock.case_id == case.id, Clock.kind == "first_answer", Clock.stopped_at.is_(None))
    )
    if row is None:
        return ""
    due = promises.due_at(row.started_at, row.target_minutes, row.unit, (), deadlines.calendar(case.station_id))
    return _when(due) if due else ""


def _when(moment: Any) -> str:
    return f"{filters.day(moment)} {filters.hour(moment)}"


def _points(case: Case, log: list[Event]) -> list[Point]:
    rank = RANKS.get(case.status)
    if rank is None:
        return []
    firsts = {}
    for row in log:
        if row.to_status and row.to_status != row.from_status:
            firsts[row.to_status] = filters.moment(row.at)
    if case.submitted_at:
        firsts["submitted"] = filters.moment(case.submitted_at)
    times = [firsts.get(s, "") for s in ("submitted", "triaged", "accepted", "consulting", "answered", "closed")]
    return [
        Point(gettext(label), "done" if n < rank else "now" if n == rank else "later", times[n] if n < rank else "")
        for n, label in enumerate(POINTS)
    ]


def _thread(case: Case, log: list[Event], held: list[Visit], files: FilesOf) -> list[Entry]:
    found: list[Entry] = []
    is_gone = case.anonymised_at is not None
    said = [] if is_gone else consultation.messages(case)
    letters = came(case, said)
    if case.submitted_at and not is_gone:
        first = by_mail(letters, 0)
        theirs = not is_repeated(log)
        author = case.contact_name if theirs else named(case.station)
        view = MessageView("0", author, "", filters.hour(case.submitted_at), iso(case.submitted_at),
                           case.problem, theirs, files.request, first.via, first.lost)  # fmt: skip
        found.append(Entry("m-0", "message", case.submitted_at, view))
    found += [_message(row, case, files, by_mail(letters, row.id)) for row in said]
    found += [_visit(row, files) for row in held]
    # The one line about what went says of an erased case that its files went too.
    silent = SILENT | {"file.forgotten"} if is_gone else SILENT
    for row in log:
        text = "" if row.kind in silent else event_text(row, for_company=True)
        if text:
            line = EventView(text, table.BY_KIND[row.kind].icon, filters.hour(row.at), iso(row.at))
            found.append(Entry(f"e-{row.seq}", "event", row.at, line))
    return list(with_days(sorted(found, key=lambda entry: entry.at)))


def _message(row: Message, case: Case, files: FilesOf, letter: Came) -> Entry:
    org = {Side.COMPANY: "", Side.EXPERT: gettext("专家"), Side.STATION: named(case.station)}[row.side]
    view = MessageView(str(row.id), row.author_name, org, filters.hour(row.at), iso(row.at), row.body,
                       row.side is Side.COMPANY, files.messages.get(row.id, []), letter.via, letter.lost)  # fmt: skip
    return Entry(f"m-{row.id}", "message", row.at, view)


def _visit(row: Visit, files: FilesOf) -> Entry:
    words, state = VISIT_STATES[row.status]
    view = VisitView(
        id=row.id,
        mode=row.mode.value,
        title=gettext(VISIT_TITLES[row.mode]),
        hours=hours_text(row.counted_minutes),
        when=f"{filters.hour(row.starts_at)}–{filters.hour(row.ends_at)}",
        text=kept(row.summary),
        state=state,
        state_text=_visit_state(row, words),
        edit_url="open" if row.status is VisitStatus.LOGGED else "",
        files=files.visits.get(row.id, []),
    )
    return Entry(f"v-{row.id}", "visit", row.starts_at, view)


def _visit_state(row: Visit, words: str) -> str:
    if row.status is VisitStatus.LOGGED:
        return gettext("等您确认")
    if row.status is VisitStatus.DISPUTED:
        return gettext("您说不对：%(why)s，等专家改", why=kept(row.dispute_reason).rstrip("。.!！"))
    return gettext(words)


def _told(case: Case, *, with_phone: bool) -> list[tuple[str, str]]:
    """What the company said of itself, so that a mistake is noticed; the link may be seen by others, so masked."""
    rows = [
        (gettext("企业"), kept(case.company.name) if case.company else ""),
        (gettext("称呼"), kept(case.contact_name)),
        (gettext("手机号"), mask_phone(case.contact_phone) if with_phone else ""),
        (gettext("方便的时间"), case.contact_times or ""),
        (gettext("想怎么谈"), word(case.meeting) if case.meeting else ""),
    ]
    return [row for row in rows if row[1]]


def _consents(case: Case) -> list[ConsentRow]:
    rows = {c.purpose: c for c in db.session.scalars(select(Consent).where(Consent.case_id == case.id))}
    found = []
    for purpose in ("handling", "referral", "example"):
        row = rows.get(purpose)
        stands = row is not None and row.withdrawn_at is None
        since = filters.moment(row.given_at) if row is not None and stands else ""
        found.append(ConsentRow(purpose, gettext(CONSENTS[purpose]), stands, since))
    return found


def visit_line(visit: Visit) -> str:
    """One visit in one line, under the question whether its time is right."""
    hours = gettext("%(hours)s 小时", hours=hours_text(visit.counted_minutes))
    if visit.counted_minutes > visit.contact_minutes:
        hours = gettext("%(hours)s 小时，含准备", hours=hours_text(visit.counted_minutes))
    return " · ".join(
        (
            f"{filters.hour(visit.starts_at)}–{filters.hour(visit.ends_at)}",
            word(visit.mode),
            f"{gettext('计入')} {hours}",
        )
    )


def _counted_words(visit: Visit) -> str:
    hours = gettext("%(hours)s 小时", hours=hours_text(visit.counted_minutes))
    extra = visit.counted_minutes - visit.contact_minutes
    if extra <= 0:
        return hours
    return hours + gettext("（当面 %(a)s 分，准备 %(b)s 分）", a=visit.contact_minutes, b=extra)


def visit_facts(visit: Visit) -> list[tuple[str, str]]:
    """One visit as the company checks it."""
    return [
        (gettext("日期"), filters.day(visit.starts_at)),
        (gettext("时间"), f"{filters.hour(visit.starts_at)}–{filters.hour(visit.ends_at)}"),
        (gettext("方式"), listed(word(visit.mode), visit.place)),
        (gettext("计入"), _counted_words(visit)),
        (gettext("做了什么"), visit.summary),
    ]


def commend_for(case: Case) -> str:
    """Whether the company can put its expert forward now: the open cycle's name, "done", or "" when it cannot."""
    if case.status is not Status.CLOSED or case.expert_id is None:
        return ""
    if nominations.commended(case):
        return "done"
    cycle = nominations.cycle_for(case)
    return cycle.name if cycle is not None else ""
