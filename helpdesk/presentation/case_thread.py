"""The conversation of a case for the staff: problem, replies, notes, visits and events in one line of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from helpdesk import clock
from helpdesk.domain import visits
from helpdesk.i18n import N_
from helpdesk.models import Case, Event, Meeting, Message, Note, Side, Status, Visit, VisitStatus
from helpdesk.presentation import filters
from helpdesk.presentation.file_views import NO_FILES, FilesOf, FileView
from helpdesk.presentation.incoming_page import NOT_BY_MAIL, Came
from helpdesk.presentation.words import VISIT_STATES, event_text, kept, named
from helpdesk.rules import mentions
from helpdesk.rules.credit import hours_text
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.identifiers import mask_name
from helpdesk.rules.policy import Who

# What a bubble or a card says already, and what only the log of looking keeps, needs no line of its own.
SILENT = frozenset({
    "case.submitted", "case.started", "message.posted", "message.brought", "note.posted", "note.mentioned",
    "visit.logged", "visit.confirmed", "visit.verified", "contact.viewed", "file.removed", "file.forgotten",
})  # fmt: skip

# Who was asked before and why not is for those who assign; the expert who said yes reads none of it.
SEARCHING = frozenset({"case.offered", "case.declined", "case.offer_expired", "case.recalled"})

CHANGEABLE = (Status.ACCEPTED, Status.CONSULTING, Status.ANSWERED)
VISIT_TITLES = {
    Meeting.ONLINE: N_("线上服务"),
    Meeting.PHONE: N_("电话服务"),
    Meeting.ONSITE: N_("上门服务"),
    Meeting.STATION: N_("到站服务"),
}


@dataclass(frozen=True)
class MessageView:
    """A bubble."""

    id: str
    author: str
    org: str
    when: str
    iso: str
    text: str
    mine: bool
    files: list[FileView] = field(default_factory=list)
    via: str = ""
    lost: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class NoteView:
    """A note that the company never sees."""

    id: str
    author: str
    when: str
    iso: str
    text: Markup
    files: list[FileView] = field(default_factory=list)


@dataclass(frozen=True)
class VisitView:
    """A visit as a card; an address is empty when this reader may not correct it, or not decide on it."""

    id: int
    mode: str
    title: str
    hours: str
    when: str
    text: str
    state: str
    state_text: str
    edit_url: str
    verify_url: str = ""
    files: list[FileView] = field(default_factory=list)


@dataclass(frozen=True)
class EventView:
    """One grey line."""

    text: str
    icon: str
    when: str
    iso: str


@dataclass(frozen=True)
class Entry:
    """One thing in the conversation: `kind` is message, note, visit or event; `day` is set on the first of a day."""

    key: str
    kind: str
    at: datetime
    view: Any
    day: str = ""


@dataclass(frozen=True)
class Parts:
    """What the conversation is made of, as loaded for one reader."""

    events: list[Event]
    messages: list[Message]
    notes: list[Note]
    visits: list[Visit]
    may_contact: bool
    may_offers: bool
    may_verify: bool
    files: FilesOf = NO_FILES
    came: dict[int, Came] = field(default_factory=dict)
    mentioned: dict[int, list[str]] = field(default_factory=dict)


def removed_words(case: Case) -> str:
    """What everybody reads first on a case whose personal data is gone, else empty. Its conversation has a line of
    its own."""
    if case.anonymised_at is None:
        return ""
    return gettext(
        "个人信息已于 %(day)s 去除，这一件只能看。留下的是服务记录和统计：时间、分钟数、结果。",
        day=filters.full_day(case.anonymised_at),
    )


def contact_name(case: Case, *, may_read: bool) -> str:
    """The name of the company's contact, for those who may know it; else its first character."""
    return case.contact_name if may_read else mask_name(case.contact_name)


def thread(case: Case, who: Who, parts: Parts) -> list[Entry]:
    """Everything in order of time, with a heading on the first of each day. Visits stand on the day they were."""
    found: list[Entry] = []
    if case.anonymised_at is None:
        found += [_problem(case, parts)] if case.submitted_at else []
        found += [_message(m, case, who, parts) for m in parts.messages]
        found += [_note(n, parts) for n in parts.notes]
    found += [_visit(v, case, who, parts) for v in parts.visits]
    found += _events(parts)
    return list(with_days(sorted(found, key=lambda entry: entry.at)))


def tail(entries: list[Entry], key: str) -> list[Entry]:
    """The entry with this key and all after it: what a page that was just written to still lacks."""
    for place, entry in enumerate(entries):
        if entry.key == key:
            return entries[place:]
    return []


def with_days(entries: Iterable[Entry]) -> Iterable[Entry]:
    last = None
    for entry in entries:
        here = clock.local(entry.at).date()
        if here == last:
            yield entry
            continue
        last = here
        words = gettext("今天") if here == clock.today() else filters.day(here)
        yield Entry(entry.key, entry.kind, entry.at, entry.view, words)


def iso(moment: datetime) -> str:
    return clock.local(moment).isoformat(timespec="minutes")


def _company(case: Case) -> str:
    return case.company.name if case.company else ""


def by_mail(came: dict[int, Came], message_id: int) -> Came:
    """How a message came; nothing to say for one that was written here."""
    return came.get(message_id, NOT_BY_MAIL)


def is_repeated(events: Iterable[Event]) -> bool:
    """Whether a series made the case: then its first words are the station's, not the company's."""
    return any(row.kind == "case.repeated" for row in events)


def _problem(case: Case, parts: Parts) -> Entry:
    """The company's first words are no message of the table, but they open the conversation."""
    at = case.submitted_at or case.created_at
    by_station = is_repeated(parts.events)
    view = MessageView(
        id="0",
        author=named(case.station) if by_station else contact_name(case, may_read=parts.may_contact),
        org="" if by_station else _company(case),
        when=filters.hour(at),
        iso=iso(at),
        text=case.problem,
        mine=False,
        files=parts.files.request,
        via=by_mail(parts.came, 0).via,
        lost=by_mail(parts.came, 0).lost,
    )
    return Entry("m-0", "message", at, view)


def _message(row: Message, case: Case, who: Who, parts: Parts) -> Entry:
    author = row.author_name
    org = ""
    if row.side is Side.COMPANY:
        author, org = (author if parts.may_contact else mask_name(author)), _company(case)
    elif row.side is Side.STATION:
        org = named(case.station)
    mine = row.author_id is not None and row.author_id == who.account_id and row.side is not Side.COMPANY
    files = parts.files.messages.get(row.id, [])
    came = by_mail(parts.came, row.id)
    view = MessageView(
        str(row.id), author, org, filters.hour(row.at), iso(row.at), row.body, mine, files, came.via, came.lost
    )
    return Entry(f"m-{row.id}", "message", row.at, view)


def _note(row: Note, parts: Parts) -> Entry:
    view = NoteView(
        f"n{row.id}",
        row.author_name,
        filters.hour(row.at),
        iso(row.at),
        with_mentions(row.body, parts.mentioned.get(row.id, [])),
        parts.files.notes.get(row.id, []),
    )
    return Entry(f"n-{row.id}", "note", row.at, view)


def with_mentions(text: str, names: list[str]) -> Markup:
    """A note's text with the colleagues it named marked; everything else is escaped."""
    marked, place = Markup(), 0
    for begin, end, _ in mentions.spans(text, names):
        marked += Markup("{}<mark>{}</mark>").format(text[place:begin], text[begin:end])
        place = end
    return marked + text[place:]


def _visit(row: Visit, case: Case, who: Who, parts: Parts) -> Entry:
    words, state = VISIT_STATES[row.status]
    said = gettext(words)
    if row.status is VisitStatus.DISPUTED and kept(row.dispute_reason):
        said = gettext("企业有异议：%(reason)s", reason=row.dispute_reason)
    mine = who.expert_id is not None and who.expert_id == row.expert_id == case.expert_id
    open_still = row.status in (VisitStatus.LOGGED, VisitStatus.DISPUTED) and case.status in CHANGEABLE
    to_verify = parts.may_verify and visits.is_for_the_station(row)
    title = gettext(VISIT_TITLES[row.mode])
    view = VisitView(
        id=row.id,
        mode=row.mode.value,
        title=gettext("%(what)s：%(place)s", what=title, place=row.place) if row.place else title,
        hours=hours_text(row.counted_minutes),
        when=f"{filters.hour(row.starts_at)}–{filters.hour(row.ends_at)}",
        text=kept(row.summary),
        state=state,
        state_text=said,
        edit_url=url_for("visits.edit", number=case.number, visit_id=row.id) if mine and open_still else "",
        verify_url=url_for("verifications.visit", number=case.number, visit_id=row.id) if to_verify else "",
        files=parts.files.visits.get(row.id, []),
    )
    return Entry(f"v-{row.id}", "visit", row.starts_at, view)


def _events(parts: Parts) -> Iterable[Entry]:
    """The lines between the bubbles; an offer and the yes to it are one line."""
    told = [e for e in parts.events if e.kind not in SILENT and (parts.may_offers or e.kind not in SEARCHING)]
    for place, row in enumerate(told):
        following = told[place + 1].kind if place + 1 < len(told) else ""
        if row.kind == "case.offered" and following == "case.accepted":
            continue
        before = told[place - 1] if place else None
        offered = before if before is not None and before.kind == "case.offered" else None
        yield _event(row, offered if row.kind == "case.accepted" else None, parts.may_contact)


def _event(row: Event, offered: Event | None, may_contact: bool) -> Entry:
    text = event_text(row, masked=not may_contact)
    if offered is not None:
        span = filters.span_words((row.at - offered.at).total_seconds() / 60)
        text = gettext("%(offered)s，%(span)s后接单", offered=event_text(offered), span=span)
    view = EventView(text, BY_KIND[row.kind].icon, filters.hour(row.at), iso(row.at))
    return Entry(f"e-{row.seq}", "event", row.at, view)
