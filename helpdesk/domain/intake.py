"""How a request becomes a case: a draft on the server, four pages, one submission."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import attachments, chance, companies, deadlines, life, numbers, routing
from helpdesk.domain.companies import CompanyFacts
from helpdesk.errors import NotFound, Refused
from helpdesk.models import (
    Account,
    Case,
    Channel,
    Consent,
    Incoming,
    IncomingStatus,
    Meeting,
    Role,
    Station,
    StationKind,
    Status,
    Urgency,
)
from helpdesk.rules import guards, identifiers
from helpdesk.rules.policy import SYSTEM, Held, Who

# The wording of the consents that the form shows; a new wording is a new number (PIPL art. 17).
CONSENT_WORDING = "2026-11"
PURPOSES = ("handling", "referral", "example", "paper_name")
PAGES = ("problem", "company", "contact")
# In columns: a Chinese character takes two, a Latin letter one.
TITLE_COLUMNS = 60


@dataclass(frozen=True)
class Contact:
    """Who speaks for the company in this request; `phone` is tidy."""

    name: str
    phone: str
    email: str | None = None
    times: str | None = None
    meeting: Meeting | None = None


def start(problem: str, *, category: str | None, locale: str, sent_by: Who | None = None) -> Case:
    """A new draft with its unguessable token (128 bits) and the code that is read aloud."""
    case = Case(
        tracking_token=chance.token(),
        tracking_code=_free_code(),
        locale=locale,
        channel=Channel.WEB,
        created_at=clock.now(),
        contact_account_id=sent_by.account_id if sent_by else None,
        draft={"problem": {"problem": problem, "category": category}},
    )
    db.session.add(case)
    db.session.flush()
    return case


def _free_code() -> str:
    while True:
        code = identifiers.tracking_code(chance.choice)
        if not db.session.scalar(select(Case.id).where(Case.tracking_code == code)):
            return code


def draft_by_token(token: str) -> Case:
    """The draft, or the case it became. Raises NotFound for an unknown token."""
    case = db.session.scalar(select(Case).where(Case.tracking_token == token))
    if case is None:
        raise NotFound("draft")
    return case


def save_page(case: Case, page: str, values: dict[str, Any]) -> None:
    """Keep what a page of the form holds. A draft that was sent already takes nothing more."""
    if case.status is not Status.DRAFT:
        raise Refused("already_submitted", number=case.number)
    case.draft = {**case.draft, page: values}
    db.session.flush()


def missing_page(case: Case) -> str | None:
    """The first page that is not filled in yet; None when all are."""
    return next((page for page in PAGES if page not in case.draft), None)


def submit(
    case: Case,
    by: Who,
    *,
    company: CompanyFacts,
    contact: Contact,
    consents: dict[str, bool],
    station_id: int | None = None,
    opening: str = "",
) -> Case:
    """Send the request: company, contact, consents, the accountable station, and the case's number.

    `opening` is the key of the form that was sent: its files go along. Sent twice it stays one case. Raises Refused
    for a missing consent or contact, or too many open cases.
    """
    if case.status is not Status.DRAFT:
        return case
    case.company_id, case.district = companies.find_or_add(company).id, company.district
    case.contact_name, case.contact_phone, case.contact_email = contact.name, contact.phone, contact.email
    case.contact_times, case.meeting = contact.times, contact.meeting
    return _send(case, by, consents, station_id, opening)


def submit_again(case: Case, latest: Case, *, account: Account | None, email: str) -> Case:
    """Send a draft of somebody who has asked before: for the same company, with the same way to reach them.

    They wrote to us themselves, and from an address that is theirs; asking is the consent to have it handled (PIPL
    art. 13), noted with the wording in force, of which the receipt reminds them.
    """
    case.company_id, case.district = latest.company_id, latest.district
    case.contact_name, case.contact_phone, case.contact_email = latest.contact_name, latest.contact_phone, email
    case.contact_times, case.meeting = latest.contact_times, latest.meeting
    case.contact_account_id = account.id if account is not None else None
    return _send(case, requester(case), {"handling": True}, None)


def _send(case: Case, by: Who, consents: dict[str, bool], station_id: int | None, opening: str = "") -> Case:
    """What every request does when it is sent: its station, its number, its first promise."""
    said = case.draft["problem"]
    case.problem = said["problem"].strip()
    case.title = title_from(case.problem)
    case.wished_category = said.get("category") or None
    home = db.session.get_one(Station, station_id) if station_id else station_for(case.district or "")
    case.station_id = home.id
    case.submitted_at, case.target_version_id = clock.now(), deadlines.newest_version()
    db.session.flush()
    routed = routing.outcome_for(case, home, is_chosen=station_id is not None)
    if routed.acts.station:
        case.station_id = routing.station_of(routed, home).id
    _keep_consents(case, consents)
    number = numbers.case_number()
    life.take(
        case,
        "submit",
        by,
        asked={"consents": consents},
        sets={"number": number, "draft": {}},
        number=number,
        channel=case.channel.value,
    )
    attachments.bind(case, attachments.REQUEST)
    if opening:
        attachments.bind(case, attachments.of_opening(opening))
    # The letter that began it needs nobody any more.
    for letter in db.session.scalars(
        select(Incoming).where(Incoming.case_id == case.id, Incoming.status == IncomingStatus.BEGUN)
    ):
        letter.status, letter.why, letter.station_id = IncomingStatus.REQUESTED, "", case.station_id
    deadlines.begin_first_answer(case)
    routing.settle(case, routed)
    return case


def submit_beside(case: Case, first: Case) -> Case:
    """Send a draft that was split off another case: the same company, contact, district and station."""
    _take_over(case, first)
    number = numbers.case_number()
    life.take(
        case,
        "submit",
        requester(case),
        asked={"consents": {"handling": True}, "split_from": first.id},
        sets={"number": number, "draft": {}},
        number=number,
        channel=case.channel.value,
    )
    deadlines.begin_first_answer(case)
    return case


def submit_next(case: Case, before: Case, *, station: Station, title: str, urgency: Urgency) -> Case:
    """Send a draft that a series makes: company, contact and consents of the case before, at the series' station.

    Raises Refused when the consent does not stand any more, or for too many open cases.
    """
    _take_over(case, before)
    case.station_id, case.title, case.urgency, case.channel = station.id, title, urgency, Channel.STATION
    case.contact_account_id, case.wished_category = before.contact_account_id, before.category_code
    db.session.flush()
    number = numbers.case_number()
    life.take(
        case,
        "repeat",
        SYSTEM,
        asked={"consents": {"handling": consented(before, "handling")}},
        sets={"number": number, "draft": {}},
        number=number,
        channel=case.channel.value,
        previous=before.number,
    )
    take_over_consents(case, before)
    deadlines.begin_first_answer(case)
    return case


def is_at_the_cap(case: Case) -> bool:
    """Whether whoever speaks in this case has as many open ones as anybody may have."""
    try:
        guards.few_open_cases(guards.Asked(case, SYSTEM))
    except Refused:
        return True
    return False


def _take_over(case: Case, first: Case) -> None:
    """What a case made from another one begins with."""
    case.problem = case.draft["problem"]["problem"].strip()
    case.title = title_from(case.problem)
    case.company_id, case.district, case.station_id = first.company_id, first.district, first.station_id
    case.contact_name, case.contact_phone, case.contact_email = (
        first.contact_name,
        first.contact_phone,
        first.contact_email,
    )
    case.contact_times, case.meeting = first.contact_times, first.meeting
    case.submitted_at, case.target_version_id = clock.now(), deadlines.newest_version()
    db.session.flush()


def take_over_consents(case: Case, first: Case) -> None:
    """The consents of one case hold for another, as and when they were given."""
    for consent in db.session.scalars(select(Consent).where(Consent.case_id == first.id)).all():
        db.session.add(
            Consent(
                case_id=case.id,
                purpose=consent.purpose,
                wording=consent.wording,
                given_at=consent.given_at,
                withdrawn_at=consent.withdrawn_at,
            )
        )
    db.session.flush()


def requester(case: Case) -> Who:
    """The person who holds the case's tracking link."""
    return Who(name=case.contact_name, held=(Held(Role.ANYONE), Held(Role.REQUESTER)), link_case_id=case.id)


def discard(case: Case, by: Who) -> None:
    """Drop a draft; what it held is gone."""
    case.draft = {}
    attachments.let_go(case)
    life.take(case, "discard", by)


def station_for(district: str) -> Station:
    """The station accountable for a district from the first moment on (rule R10): its district station."""
    found = db.session.scalar(
        select(Station)
        .where(Station.district == district, Station.takes_cases, Station.closed_at.is_(None))
        .order_by((Station.kind == StationKind.DISTRICT).desc(), Station.id)
        .limit(1)
    )
    if found is None:
        found = db.session.scalar(
            select(Station).where(Station.takes_cases, Station.closed_at.is_(None)).order_by(Station.id).limit(1)
        )
    if found is None:
        raise Refused("no_station")
    return found


def title_from(problem: str) -> str:
    """A short title out of the first sentence; the coordinator may word it better."""
    first = re.split(r"[。！？!?\n；;]", problem.strip(), maxsplit=1)[0].strip() or problem.strip()
    columns, kept = 0, ""
    for letter in first:
        columns += 1 + (unicodedata.east_asian_width(letter) in "WFA")
        if columns > TITLE_COLUMNS:
            return kept[:-1].rstrip("，,、 ") + "…"
        kept += letter
    return first


def _keep_consents(case: Case, consents: dict[str, bool]) -> None:
    for purpose in PURPOSES:
        if consents.get(purpose):
            give_consent(case, purpose)


def give_consent(case: Case, purpose: str) -> None:
    """Note a consent with the wording and the time; given twice it is one."""
    row = db.session.scalar(select(Consent).where(Consent.case_id == case.id, Consent.purpose == purpose))
    if row is None:
        db.session.add(Consent(case_id=case.id, purpose=purpose, wording=CONSENT_WORDING, given_at=clock.now()))
    else:
        row.withdrawn_at, row.wording, row.given_at = None, CONSENT_WORDING, clock.now()
    db.session.flush()


def withdraw_consent(case: Case, purpose: str) -> None:
    """Take a consent back: as easily as it was given (PIPL art. 15)."""
    row = db.session.scalar(select(Consent).where(Consent.case_id == case.id, Consent.purpose == purpose))
    if row is not None and row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        db.session.flush()


def consented(case: Case, purpose: str) -> bool:
    """Whether a consent stands now."""
    return bool(
        db.session.scalar(
            select(func.count())
            .select_from(Consent)
            .where(Consent.case_id == case.id, Consent.purpose == purpose, Consent.withdrawn_at.is_(None))
        )
    )


def case_by_code(code: str, last_digits: str) -> Case:
    """The case of a tracking code together with the phone's last four digits; NotFound is one word for all."""
    return _case_for(Case.tracking_code == code, last_digits)


def case_by_number(number: str, last_digits: str) -> Case:
    """The same by the case's number. Numbers follow one another, so the caller counts tries for each of them."""
    return _case_for(Case.number == number, last_digits)


def _case_for(wanted: ColumnElement[bool], last_digits: str) -> Case:
    case = db.session.scalar(select(Case).where(wanted, Case.status != Status.DRAFT))
    # A missing case is compared as well: the answer takes as long.
    phone = case.contact_phone if case is not None else "0" * 11
    given = last_digits.encode()
    fits = secrets.compare_digest(phone[-4:].encode(), given) | secrets.compare_digest(phone.encode(), given)
    if case is None or not fits:
        raise NotFound("case")
    return case
