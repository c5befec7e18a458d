"""What waits for an expert: offers told without the company's name, cases whose next word is theirs, news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import experts, notices
from helpdesk.i18n import N_
from helpdesk.models import (
    Case,
    Event,
    Expert,
    Message,
    Notice,
    Offer,
    OfferKind,
    OfferStatus,
    Side,
    Status,
    Visit,
    VisitStatus,
)
from helpdesk.presentation import filters
from helpdesk.presentation.case_cards import size_words
from helpdesk.presentation.filters import ClockWords
from helpdesk.presentation.words import district_name, event_text, industry_label, named, reason_text, word
from helpdesk.rules import anonymity, lifecycle
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.policy import Who

# What an offer that is over says, kindly.
OVER = {
    OfferStatus.RESCINDED: N_("工作站收回了这次派单，您不用再做什么。谢谢您看过"),
    OfferStatus.EXPIRED: N_("过了答复时间，已经请别的专家接手。没关系，不影响以后派单"),
    OfferStatus.DECLINED: N_("您说了不方便，已经回到工作站，由别的专家接手"),
    OfferStatus.ACCEPTED: N_("您已经接了这一单"),
}
SOON_MINUTES = 4 * 60
PREVIEW = 140


@dataclass(frozen=True)
class OfferView:
    """An offer as its expert may see it before accepting: the company has a trade, a size and a district, no name."""

    id: int
    title: str
    text: str
    kicker: str
    clock: ClockWords | None
    facts: list[tuple[str, str]]
    reasons: list[str]
    note: str
    asked_by: str
    state: OfferStatus
    state_text: str
    is_mine: bool
    case_url: str
    url: str
    version: int


@dataclass(frozen=True)
class Todo:
    """One thing that waits for this expert, as the macro `todo_list` takes it."""

    icon: str
    tone: str
    title: str
    text: str
    url: str
    label: str


@dataclass(frozen=True)
class News:
    """One notice."""

    text: str
    about: str
    when: str
    icon: str
    url: str
    is_new: bool


@dataclass(frozen=True)
class InboxPage:
    """The whole inbox."""

    offers: list[OfferView]
    gone: list[OfferView]
    todo: list[Todo]
    resting: list[Todo]
    news: list[News]
    leave: str
    is_serving: bool
    leave_url: str


def build(expert: Expert, who: Who) -> InboxPage:
    """The inbox of an expert: a constant number of queries, however much waits."""
    found = experts.inbox(expert.id)
    told = _Told.gather([case.id for case in found.cases])
    entries = [(case, _todo(case, told)) for case in found.cases]
    paused = expert.paused_until is not None and expert.paused_until >= clock.today()
    return InboxPage(
        offers=[offer_view(row, who) for row in found.offers],
        gone=[offer_view(row, who) for row in found.gone],
        todo=[entry for case, entry in entries if _is_mine_to_do(case, told)],
        resting=[entry for case, entry in entries if not _is_mine_to_do(case, told)],
        news=_news(expert, who),
        leave=_leave_words(expert, paused),
        is_serving=not paused,
        leave_url=f"/experts/{expert.id}",
    )


def _leave_words(expert: Expert, paused: bool) -> str:
    if paused and expert.paused_until is not None:
        return gettext("您在休假，到%(day)s为止不会派新的单", day=filters.day(expert.paused_until))
    return gettext("您现在“%(state)s”，上限 %(n)s 件", state=word(expert.status), n=expert.max_open_cases)


# --- an offer ---


def offer_view(row: Offer, who: Who, *, whole: bool = False) -> OfferView:
    """An offer in words; `whole` gives the whole text of the problem instead of its beginning."""
    case = row.case
    hide = hider(case)
    is_mine = who.expert_id == row.expert_id
    open_case = is_mine and row.status is OfferStatus.ACCEPTED and case.expert_id == who.expert_id
    text = hide(case.problem)
    return OfferView(
        id=row.id,
        title=hide(case.title),
        text=text if whole or len(text) <= PREVIEW else text[:PREVIEW].rstrip() + "……",
        kicker=_kicker(row, is_mine),
        clock=_time_left(row),
        facts=offer_facts(row),
        reasons=[reason_text(reason) for reason in row.reasons],
        note=hide(row.note),
        asked_by=row.offered_by_name,
        state=row.status,
        state_text="" if row.status is OfferStatus.PENDING else gettext(OVER[row.status]),
        is_mine=is_mine,
        case_url=url_for("cases.show", number=case.number) if open_case else "",
        url=url_for("inbox.offer", offer_id=row.id),
        version=case.version,
    )


def hider(case: Case) -> Callable[[str], str]:
    """Takes the company's name out of a text in which it, or the coordinator, wrote it."""
    spellings = anonymity.spellings(case.company.name if case.company else "")

    def hide(text: str) -> str:
        for spelling in spellings:
            text = text.replace(spelling, gettext("〈企业〉"))
        return text

    return hide


def _kicker(row: Offer, is_mine: bool) -> str:
    station = named(row.case.station)
    if is_mine and row.kind is not OfferKind.SINGLE:
        return gettext("%(station)s同时请了几位，先接者办", station=station)
    if is_mine and row.offered_by_id is None:
        return gettext("%(station)s请您接手", station=station)
    if is_mine:
        return gettext("%(station)s %(name)s 派给您", station=station, name=row.offered_by_name)
    return gettext("%(station)s %(name)s 派出", station=station, name=row.offered_by_name)


def _time_left(row: Offer) -> ClockWords | None:
    """How long the expert may still answer; None when the offer is over."""
    if row.status is not OfferStatus.PENDING:
        return None
    left = (row.expires_at - clock.now()).total_seconds() / 60
    if left <= 0:
        return ClockWords(gettext("答复时间已到"), "over")
    words = gettext("请在 %(span)s内答复", span=filters.span_words(left))
    return ClockWords(words, "soon" if left <= SOON_MINUTES else "clock")


def offer_facts(row: Offer) -> list[tuple[str, str]]:
    """What an expert may know of a case before taking it: field, trade, size, district, way of meeting, until when."""
    case, company = row.case, row.case.company
    parts = []
    if company is not None:
        parts = [industry_label(company.industry), size_words(company.size, company.employees)]
    parts.append(district_name(case.district))
    facts = [
        (gettext("类别"), named(case.category, short=True)),
        (gettext("企业"), gettext("，").join(part for part in parts if part)),
        (gettext("希望方式"), word(case.meeting) if case.meeting else gettext("都可以")),
    ]
    if row.status is OfferStatus.PENDING:
        facts.append((gettext("最晚答复"), filters.moment(row.expires_at)))
    return facts


# --- what waits for me ---


@dataclass(frozen=True)
class _Told:
    """Of many cases at once: who spoke last, and in which a visit is disputed."""

    company_spoke: set[int]
    disputed: set[int]

    @classmethod
    def gather(cls, ids: list[int]) -> _Told:
        newest = select(func.max(Message.id)).where(Message.case_id.in_(ids)).group_by(Message.case_id)
        spoke = select(Message.case_id).where(Message.id.in_(newest), Message.side == Side.COMPANY)
        disputed = select(Visit.case_id).where(Visit.case_id.in_(ids), Visit.status == VisitStatus.DISPUTED)
        return cls(set(db.session.scalars(spoke)), set(db.session.scalars(disputed)))


def _is_mine_to_do(case: Case, told: _Told) -> bool:
    """Whether the next word is the expert's: not while the company has to answer or confirm."""
    if case.id in told.disputed:
        return True
    return case.status in lifecycle.IN_HANDS and not case.is_paused


def _todo(case: Case, told: _Told) -> Todo:
    """What to do on a case, and by when."""
    label = gettext("打开")
    if case.id in told.disputed:
        icon, tone, what, label = "alert", "bad", gettext("企业说服务时间不对，请改"), gettext("去改")
    elif case.is_paused:
        icon, tone, what = "pause", "wait", gettext("等企业补充，计时暂停")
    elif case.status is Status.ACCEPTED:
        icon, tone, what, label = "chat", "work", gettext("先和企业联系上"), gettext("去联系")
    elif case.status is Status.ANSWERED:
        icon, tone, what = "clock", "conf", gettext("等企业确认")
    elif case.id in told.company_spoke:
        icon, tone, what, label = "chat", "work", gettext("企业在等您回复"), gettext("去回复")
    else:
        icon, tone, what = "edit", "work", gettext("办完了就写小结")
    left = filters.clock_of(case)
    parts = [what, *([left.text] if left and not case.is_paused else []), case.company.name if case.company else ""]
    return Todo(
        icon, tone, case.title, " · ".join(p for p in parts if p), url_for("cases.show", number=case.number), label
    )


def _news(expert: Expert, who: Who) -> list[News]:
    """The newest notices in words, leading to the case, or to the offer while it is only offered."""
    rows = notices.latest(who, limit=8)
    asked = {case.id for _, event, case in rows if event.kind == "case.offered"}
    offers = dict(
        db.session.execute(
            select(Offer.case_id, func.max(Offer.id))
            .where(Offer.case_id.in_(asked), Offer.expert_id == expert.id)
            .group_by(Offer.case_id)
        ).all()
    )
    known = notices.open_contacts(who, (case for _, _, case in rows))
    return [_one_news(n, event, case, offers.get(case.id), masked=case.id not in known) for n, event, case in rows]


def _one_news(notice: Notice, event: Event, case: Case, offer_id: int | None, *, masked: bool) -> News:
    icon = BY_KIND[event.kind].icon
    is_offer = event.kind == "case.offered" and offer_id is not None
    return News(
        text=gettext("%(name)s派给您一单", name=event.actor_name) if is_offer else event_text(event, masked=masked),
        about=hider(case)(case.title) if is_offer else case.title,
        when=filters.moment(event.at),
        icon=icon,
        url=url_for("inbox.offer", offer_id=offer_id) if is_offer else url_for("cases.show", number=case.number),
        is_new=notice.read_at is None,
    )
