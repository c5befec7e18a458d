"""The cards beside a case's conversation: checklist, hours, company, who was asked, transfer, certificates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.db import db
from helpdesk.domain import hours
from helpdesk.i18n import N_, counted
from helpdesk.models import (
    COUNTS,
    Case,
    Certificate,
    Event,
    Message,
    Offer,
    OfferStatus,
    PaperStatus,
    Side,
    SizeClass,
    Status,
    Transfer,
    TransferStatus,
    Visit,
    VisitStatus,
)
from helpdesk.presentation import case_thread, filters
from helpdesk.presentation.words import district_name, industry_label, kept, named, word
from helpdesk.rules import lifecycle, policy
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_phone
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Point:
    """A point of the flow bar, or of the checklist."""

    label: str
    state: str = "later"
    small: str = ""
    done: bool = False
    url: str = ""


@dataclass(frozen=True)
class Hours:
    """The hours of this case: all, those already confirmed, and how far the expert is from the next star."""

    total: str
    confirmed: str
    total_minutes: int
    confirmed_minutes: int
    visits: int
    foot: str
    details_url: str


@dataclass(frozen=True)
class CompanyCard:
    """The company as this reader may see it; `phone_url` is empty for those who never see the number."""

    name: str
    size: str
    industry: str
    district: str
    contact: str
    phone: str
    phone_url: str
    times: str | None
    meeting: str | None


@dataclass(frozen=True)
class OfferLine:
    """Who was asked, and what became of it."""

    name: str
    state: str
    tone: str
    when: str
    reason: str


@dataclass(frozen=True)
class Paper:
    """A certificate of the case."""

    number: str
    name: str
    hours: str
    state: str
    url: str


@dataclass(frozen=True)
class Rows:
    """What was loaded for one reader."""

    may: frozenset[str]
    events: list[Event]
    messages: list[Message]
    visits: list[Visit]
    offers: list[Offer]


def checklist(case: Case, rows: Rows) -> list[Point]:
    """What is still missing until the end; empty before somebody has the case, and after its end."""
    if case.status not in (Status.ACCEPTED, Status.CONSULTING, Status.ANSWERED):
        return []
    answered = case.status is Status.ANSWERED
    taken_at = next((e.at for e in reversed(rows.events) if e.kind in ("case.accepted", "case.taken")), None)
    points = [
        Point(gettext("接单"), done=True, small=_took(rows.offers, taken_at)),
        _first_reply(rows.messages, taken_at),
    ]
    if case.expert_id is not None:
        points.append(_visits_point(case, rows))
    may_write = "case.answer" in rows.may and case.status is Status.CONSULTING
    points.append(
        Point(
            gettext("写小结"),
            done=answered,
            small=gettext("三句话：问题、建议、结果"),
            url=url_for("answers.new", number=case.number) if may_write else "",
        )
    )
    points.append(Point(gettext("企业确认"), small=gettext("%(n)s 天没有回应，由站点核定", n=lifecycle.SILENCE_DAYS)))
    return points


def _took(offers: list[Offer], taken_at: datetime | None) -> str:
    asked = next((o.offered_at for o in reversed(offers) if o.status is OfferStatus.ACCEPTED), None)
    if asked is None or taken_at is None:
        return ""
    return gettext("派单后 %(span)s", span=filters.span_words((taken_at - asked).total_seconds() / 60))


def _first_reply(messages: list[Message], taken_at: datetime | None) -> Point:
    label = gettext("首次回复")
    first = next((m for m in messages if m.side is not Side.COMPANY and (not taken_at or m.at >= taken_at)), None)
    if first is None:
        return Point(label, small=gettext("先打个招呼，说说打算怎么帮"), url="#composer")
    if taken_at is None:
        return Point(label, done=True)
    span = filters.span_words((first.at - taken_at).total_seconds() / 60)
    return Point(label, done=True, small=gettext("接单后 %(span)s", span=span))


def _visits_point(case: Case, rows: Rows) -> Point:
    label = gettext("至少记一次服务")
    logged = [v for v in rows.visits if v.status is not VisitStatus.VOID]
    if not logged:
        url = url_for("visits.new", number=case.number) if "visit.log" in rows.may else ""
        return Point(label, small=gettext("没有服务记录，就没有时长和证书"), url=url)
    total = hours_text(sum(v.counted_minutes for v in logged))
    return Point(label, done=True, small=counted("%(n)s 次，共 %(hours)s 小时", len(logged), hours=total))


def hours_of(case: Case, who: Who, rows: list[Visit]) -> Hours | None:
    """The hours of the case's expert, or of the reader who served in it; nothing where nobody can earn any."""
    reader = who.expert_id
    expert_id = reader if reader is not None and any(v.expert_id == reader for v in rows) else case.expert_id
    if expert_id is None:
        return None
    logged = [v for v in rows if v.expert_id == expert_id and v.status is not VisitStatus.VOID]
    total = sum(v.counted_minutes for v in logged)
    confirmed = sum(v.counted_minutes for v in logged if v.status in COUNTS)
    own = expert_id == reader
    return Hours(
        total=hours_text(total),
        confirmed=hours_text(confirmed),
        total_minutes=total,
        confirmed_minutes=confirmed,
        visits=len(logged),
        foot=_to_next_star(case, expert_id) if own else "",
        details_url=url_for("hours.index") if own else "",
    )


def _to_next_star(case: Case, expert_id: int) -> str:
    expert = case.expert if case.expert_id == expert_id else None
    if expert is None:
        return ""
    progress = hours.progress(expert)
    total = hours_text(progress.minutes)
    if progress.next_star is None:
        return gettext("您累计 %(hours)s 小时", hours=total)
    return gettext(
        "您累计 %(hours)s 小时，离 %(star)s 星还差 %(missing)s 小时",
        hours=total,
        star=progress.next_star,
        missing=hours_text(progress.missing_minutes),
    )


def company_card(case: Case, may_contact: bool) -> CompanyCard | None:
    company = case.company
    if company is None:
        return None
    is_gone = case.anonymised_at is not None
    return CompanyCard(
        name=kept(company.name),
        size=size_words(company.size, company.employees),
        industry=industry_label(company.industry),
        district=district_name(case.district),
        contact="" if is_gone else case_thread.contact_name(case, may_read=may_contact),
        phone="" if is_gone else mask_phone(case.contact_phone),
        phone_url=url_for("cases.view_contact", number=case.number) if may_contact else "",
        times=case.contact_times or None,
        meeting=word(case.meeting) if case.meeting else None,
    )


def size_words(size: SizeClass, employees: int | None) -> str:
    """小型，28 人."""
    parts = [word(size)] if size is not SizeClass.UNCLASSIFIED else []
    if employees is not None:
        parts.append(counted("%(n)s 人", employees))
    return gettext("，").join(parts) or word(size)


OFFER_TONES = {
    OfferStatus.PENDING: "offer",
    OfferStatus.ACCEPTED: "done",
    OfferStatus.DECLINED: "off",
    OfferStatus.EXPIRED: "wait",
    OfferStatus.RESCINDED: "off",
}
ASKED_STATES = {
    OfferStatus.PENDING: N_("等答复"),
    OfferStatus.ACCEPTED: N_("接了"),
    OfferStatus.DECLINED: N_("不方便"),
    OfferStatus.EXPIRED: N_("没答复"),
    OfferStatus.RESCINDED: N_("已收回"),
}


def offer_lines(offers: list[Offer]) -> list[OfferLine]:
    return [
        OfferLine(
            name=row.expert.name,
            state=gettext(ASKED_STATES[row.status]),
            tone=OFFER_TONES[row.status],
            when=filters.moment(row.answered_at or row.offered_at),
            reason=_declined_why(row),
        )
        for row in offers
    ]


def _declined_why(row: Offer) -> str:
    if row.status is not OfferStatus.DECLINED or not row.reason_code:
        return ""
    why = gettext(lifecycle.DECLINE_REASONS.get(row.reason_code, row.reason_code))
    return gettext("%(why)s：%(note)s", why=why, note=row.reason_text) if row.reason_text else why


def transfer_words(case: Case) -> tuple[str, str] | None:
    """The newest transfer: a sentence, and its reason or answer."""
    row = db.session.scalar(
        select(Transfer)
        .where(Transfer.case_id == case.id)
        .options(joinedload(Transfer.to_station), joinedload(Transfer.from_station))
        .order_by(Transfer.id.desc())
        .limit(1)
    )
    if row is None or row.status is TransferStatus.CANCELLED:
        return None
    names = {"station": named(row.to_station), "old": named(row.from_station)}
    if row.status is TransferStatus.PENDING:
        return gettext("已申请转给%(station)s，对方接收前仍由%(old)s负责", **names), row.reason
    if row.status is TransferStatus.BOUNCED:
        return gettext("%(station)s退回了转站，仍由%(old)s负责", **names), row.answer
    return gettext("由%(old)s转来，%(station)s已接收", **names), row.reason


def papers(case: Case, who: Who) -> list[Paper]:
    """The certificates of the case that this reader may open."""
    found = db.session.scalars(
        select(Certificate)
        .where(Certificate.case_id == case.id, policy.which(who, "certificate.read"))
        .order_by(Certificate.id.desc())
    )
    return [
        Paper(
            number=row.number,
            name=str(row.facts["expert_name"]),
            hours=hours_text(row.minutes),
            state=_paper_state(row),
            url=url_for("certificates.show", number=row.number),
        )
        for row in found
    ]


def _paper_state(row: Certificate) -> str:
    drawn = row.status is not PaperStatus.VALID or row.pdf_key is not None
    return word(row.status) if drawn else gettext("正在生成")
