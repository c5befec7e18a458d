"""What the staff's page of a case shows: domain objects become plain values that the macros take.

One gathering of rows (a constant number of queries, however long the conversation), then pure assembling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import (
    canned_replies,
    closure,
    consultation,
    deadlines,
    follows,
    incoming,
    life,
    links,
    mentions,
    record,
    routing,
    visits,
)
from helpdesk.i18n import N_
from helpdesk.models import Answer, CannedReply, Case, Channel, Event, Feedback, Message, Offer, Review, Side, Status
from helpdesk.presentation import article_page, case_cards, case_thread, filters
from helpdesk.presentation.case_cards import CompanyCard, Hours, OfferLine, Paper, Point, Rows
from helpdesk.presentation.case_thread import Entry, Parts
from helpdesk.presentation.file_views import files_of, staff_door
from helpdesk.presentation.incoming_page import came
from helpdesk.presentation.words import case_title, kept, named, refusal_text, status_icon, status_label
from helpdesk.rules import lifecycle, policy, promises
from helpdesk.rules.policy import Who

# What the page asks the policy about besides the steps' own rights, in one query.
ASKED = ("case.triage", "case.tag",
    "case.reply", "case.note", "case.read_notes", "case.read_contact", "case.answer", "case.offer", "visit.log",
    "attempt.log", "case.follow", "case.hold_data", "case.begin_series",
)  # fmt: skip

# A step that is only about something which is not there now (no transfer, no review, no appeal) is not shown.
NOT_THERE = frozenset({"no_transfer_pending", "no_review", "no_appeal"})

STEP_ICONS = {
    "triage": "tag", "reject": "close", "refer": "external", "merge": "merge", "unmerge": "undo",
    "uphold_appeal": "flag", "offer": "send", "recall": "undo", "take": "check", "hand_back": "swap",
    "ask": "question", "answer": "check", "decide_review": "shield", "verify": "shield",
    "close_unreachable": "phone", "request_transfer": "external", "accept_transfer": "check",
    "bounce_transfer": "undo", "cancel_transfer": "close", "reopen": "refresh",
}  # fmt: skip

# The six points of the bar, and how far each state is: the points before the number are done.
POINTS = (N_("已提交"), N_("受理"), N_("接单"), N_("服务中"), N_("企业确认"), N_("办结出证"))
RANKS = {
    Status.DRAFT: 0, Status.SUBMITTED: 1, Status.TRIAGED: 2, Status.OFFERED: 2, Status.ACCEPTED: 3,
    Status.CONSULTING: 3, Status.ANSWERED: 4, Status.CLOSED: 6,
}  # fmt: skip


@dataclass(frozen=True)
class Button:
    """A step or an act as a button or a line of the menu. `obstacle` says why it is greyed out, or is empty."""

    name: str
    label: str
    url: str
    icon: str
    kind: str = ""
    obstacle: str = ""


@dataclass(frozen=True)
class CasePage:
    """Everything that templates/cases/show.html and its pieces show."""

    case: Case
    title: str
    state: str
    state_label: str
    category: str
    company: str
    station: str
    clock: filters.ClockWords | None
    back_label: str
    flow: list[Point]
    buttons: list[Button]
    menu: list[Button]
    notices: list[tuple[str, str]]
    thread: list[Entry]
    may_reply: bool
    may_note: bool
    openings: list[str]
    canned: list[CannedReply]
    checklist: list[Point]
    hours: Hours | None
    log_url: str
    company_card: CompanyCard | None
    offers: list[OfferLine]
    related: list[links.Related]
    hold_url: str
    series_url: str
    link_url: str
    tags: list[str]
    tags_url: str
    transfer: tuple[str, str] | None
    papers: list[Paper]
    answer: Answer | None
    feedback: Feedback | None
    articles: article_page.CaseArticles
    may_follow: bool = False
    is_followed: bool = False

    @property
    def obstacles(self) -> dict[str, list[str]]:
        """Why buttons are greyed out, each reason once with the buttons it holds back."""
        found: dict[str, list[str]] = {}
        for button in self.buttons:
            if button.obstacle:
                found.setdefault(button.obstacle, []).append(button.label)
        return found

    @property
    def done(self) -> int:
        """How many points of the checklist are done."""
        return sum(point.done for point in self.checklist)


def build(case: Case, who: Who) -> CasePage:
    """The page of a case for this reader. The caller has authorised reading it."""
    may = policy.allowed(who, case, ASKED)
    rows = Rows(may, record.timeline(case), consultation.messages(case), visits.of(case), _offers(case))
    parts = _parts(case, who, may, rows)
    state = lifecycle.STATES[case.status]
    served = case.status in (Status.ACCEPTED, Status.CONSULTING)
    log_url = url_for("visits.new", number=case.number) if "visit.log" in may and served else ""
    buttons, menu = _buttons(case, who, may, log_url)
    is_mine = who.expert_id is not None and who.expert_id == case.expert_id
    answer = closure.latest_answer(case)
    return CasePage(
        case=case,
        title=case_title(case),
        state=status_icon(case),
        state_label=status_label(case),
        category=named(case.category, short=True),
        company=kept(case.company.name) if case.company else "",
        station=named(case.station),
        clock=_clock(case),
        back_label=gettext("我的案件") if is_mine else gettext("案件"),
        flow=_flow(case, rows.events),
        buttons=buttons,
        menu=menu,
        notices=_notices(case) + _maybe(case, may),
        thread=case_thread.thread(case, who, parts),
        may_reply="case.reply" in may and not state.is_end,
        may_note="case.note" in may,
        canned=canned_replies.for_case(case) if "case.reply" in may and not state.is_end else [],
        openings=_openings(case, who, rows.messages) if is_mine and not state.is_end else [],
        checklist=case_cards.checklist(case, rows),
        hours=case_cards.hours_of(case, who, rows.visits),
        log_url=log_url,
        company_card=case_cards.company_card(case, parts.may_contact),
        offers=case_cards.offer_lines(rows.offers) if parts.may_offers else [],
        related=links.of(case, who),
        hold_url=url_for("keeping.hold", number=case.number) if "case.hold_data" in may else "",
        series_url=url_for("series.new", number=case.number) if "case.begin_series" in may else "",
        link_url=url_for("links.new", number=case.number) if "case.triage" in may else "",
        tags=routing.tags_of([case.id]).get(case.id, []),
        tags_url=url_for("tags.new", number=case.number) if "case.tag" in may else "",
        transfer=case_cards.transfer_words(case),
        papers=case_cards.papers(case, who),
        answer=answer,
        feedback=closure.latest_feedback(case),
        articles=article_page.of_case(case, who, live=not state.is_end),
        may_follow="case.follow" in may,
        is_followed="case.follow" in may and follows.is_followed(case, who),
    )


def _parts(case: Case, who: Who, may: frozenset[str], rows: Rows) -> Parts:
    """What the conversation is made of, and what of it this reader may see."""
    notes = consultation.notes(case, who)
    return Parts(
        rows.events,
        rows.messages,
        notes,
        rows.visits,
        "case.read_contact" in may,
        _tells_who_was_asked(case, who, may),
        policy.can(who, "visit.verify", case),
        files_of(case, who, with_notes=bool(notes), door=staff_door(case)),
        came(case, rows.messages),
        mentions.of_notes(notes),
    )


def _openings(case: Case, who: Who, said: list[Message]) -> list[str]:
    """Three ways to begin, for an expert who has not said anything yet; none afterwards."""
    if any(message.side is not Side.COMPANY for message in said):
        return []
    names = {"name": case.contact_name, "me": who.name}
    return [
        gettext("%(name)s您好，我是志愿专家%(me)s，您的情况我看过了。先跟您确认两点：", **names),
        gettext("%(name)s您好，我是志愿专家%(me)s。这件事可以办，我建议先后次序是：", **names),
        gettext("%(name)s您好，我是志愿专家%(me)s。想约个时间细谈，您看这几个时间哪个方便：", **names),
    ]


def _clock(case: Case) -> filters.ClockWords | None:
    """The nearest promise with its name: 首次联系，剩 5 小时."""
    words = filters.clock_of(case)
    if words is None or case.due_kind is None or words.kind == "paused":
        return words
    label = gettext(promises.BY_KIND[case.due_kind].label)
    text = gettext("%(promise)s，%(left)s", promise=label, left=words.text)
    year = deadlines.unknown_year(case.due_at)
    if year is not None:
        text += gettext("（%(year)s 年放假还没公布，按周一到周五算）", year=year)
    return filters.ClockWords(text, words.kind)


def _offers(case: Case) -> list[Offer]:
    return list(
        db.session.scalars(
            select(Offer).where(Offer.case_id == case.id).options(joinedload(Offer.expert)).order_by(Offer.id)
        )
    )


def _tells_who_was_asked(case: Case, who: Who, may: frozenset[str]) -> bool:
    """Why colleagues said no is for those who assign, not for the one who said yes."""
    return "case.read_notes" in may and (who.expert_id is None or who.expert_id != case.expert_id)


# --- buttons ---


def _buttons(case: Case, who: Who, may: frozenset[str], log_url: str) -> tuple[list[Button], list[Button]]:
    """The forward steps as buttons, the last of them filled; all else in the menu."""
    forward: list[Button] = []
    menu: list[Button] = []
    for possible in life.steps_for(case, who):
        step, obstacle = possible.step, possible.obstacle
        if not step.page or (obstacle is not None and obstacle.code in NOT_THERE):
            continue
        button = Button(
            name=step.name,
            label=gettext(step.label),
            url=url_for(step.page, number=case.number),
            icon=STEP_ICONS.get(step.name, "next"),
            kind="d" if step.look == "danger" else "",
            obstacle=refusal_text(obstacle) if obstacle else "",
        )
        (forward if step.look == "primary" else menu).append(button)
    menu.append(Button("print", gettext("打印"), url_for("cases.paper", number=case.number), "print"))
    if forward:
        last = forward[-1]
        forward[-1] = Button(last.name, last.label, last.url, last.icon, "p", last.obstacle)
    if log_url:
        forward.insert(0, Button("visit", gettext("记一次服务"), log_url, "plus"))
    if "attempt.log" in may and case.status in lifecycle.IN_HANDS:
        url = url_for("attempts.new", number=case.number)
        menu.insert(0, Button("attempt", gettext("记一次联系"), url, "phone"))
    return forward, menu


# --- the flow bar ---


def points_reached(events: Iterable[Event]) -> tuple[dict[int, datetime], datetime | None]:
    """When each point of the bar was reached, and since when the case stands where it stands.

    A step back (a decline, a dispute, a new round) takes the later points away again.
    """
    reached: dict[int, datetime] = {}
    since = None
    for event in events:
        if event.from_status == event.to_status or event.to_status is None:
            continue
        before, after = RANKS.get(Status(event.from_status or "draft")), RANKS.get(Status(event.to_status))
        since = event.at
        if before is None or after is None:
            before, after = before or 0, after or before or 0
        for point in range(min(before, after), max(before, after)):
            if after > before:
                reached[point] = event.at
            else:
                reached.pop(point, None)
    return reached, since


def _flow(case: Case, events: list[Event]) -> list[Point]:
    reached, since = points_reached(events)
    rank = RANKS.get(case.status)
    verified = any(e.kind == "case.verified" for e in events[-6:])
    points = []
    for place, label in enumerate(POINTS):
        words = gettext("站点核定") if verified and place == 4 else gettext(label)
        if place in reached:
            points.append(Point(words, "done", f"{clock.local(reached[place]):%m-%d %H:%M}"))
        elif rank is None:
            points.append(Point(words, "skipped", "—"))
        elif place == rank:
            points.append(Point(_now_label(case, words), "now", _nth_day(since)))
        else:
            points.append(Point(words, "skipped" if place < rank else "later", "—"))
    return points


def _now_label(case: Case, words: str) -> str:
    """The point where the case stands is called as its state is."""
    return words if case.status is Status.CONSULTING else status_label(case)


def _nth_day(since: datetime | None) -> str:
    if since is None:
        return ""
    days = (clock.today() - clock.local(since).date()).days
    return gettext("第 %(n)s 天", n=days + 1)


# --- what stands above the conversation ---


def _maybe(case: Case, may: frozenset[str]) -> list[tuple[str, str]]:
    """A request by mail that named another case is perhaps the same matter: said to who can put them together."""
    other = incoming.may_belong(case) if case.channel is Channel.MAIL and "case.triage" in may else None
    if other is None:
        return []
    return [("info", gettext("来信里提到 %(number)s，可能是同一件事；是的话可以并案。", number=other.number))]


def _notices(case: Case) -> list[tuple[str, str]]:
    """Tone and sentence of what somebody must know before reading on."""
    found = []
    if case.status in (Status.ANSWERED, Status.CONSULTING) and db.session.scalar(
        select(Review.id).where(Review.case_id == case.id, Review.decision.is_(None))
    ):
        found.append(("warning", gettext("企业报告有收费，正在核查。结论出来前不能办结，时长不入账")))
    if case.is_paused and not lifecycle.STATES[case.status].is_end:
        found.append(("info", gettext("在等企业补充，计时暂停。企业一回复就接着走")))
    if case.anonymised_at is not None:
        found.append(("info", case_thread.removed_words(case)))
    elif case.held_reason:
        found.append(("info", gettext("到期也保留资料：%(reason)s", reason=case.held_reason)))
    ended = _how_it_ended(case)
    if ended:
        found.append(("info", ended))
    return found


def _how_it_ended(case: Case) -> str:
    if case.status is Status.REJECTED and case.reason_code in lifecycle.GROUNDS:
        return gettext("不予受理：%(ground)s", ground=gettext(lifecycle.GROUNDS[case.reason_code][0]))
    if case.status is Status.REFERRED and case.reason_code in lifecycle.OFFICES:
        return gettext("已转介给%(office)s", office=gettext(lifecycle.OFFICES[case.reason_code][0]))
    if case.status is Status.WITHDRAWN and case.reason_code in lifecycle.WITHDRAW_REASONS:
        return gettext("企业撤回：%(reason)s", reason=gettext(lifecycle.WITHDRAW_REASONS[case.reason_code]))
    if case.status is Status.MERGED and case.merged_into is not None:
        return gettext("已并入 %(number)s", number=case.merged_into.number)
    return ""
