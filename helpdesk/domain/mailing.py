"""Letters: who gets one of an event, whether their address is theirs, what they wish, and what became of it.

Rows are the truth: a letter is written in the transaction of its event and the worker delivers it. An address that has
not said yes gets one fixed question and nothing else; what was meant for it waits until then.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, func, select, update

from helpdesk import clock, config
from helpdesk.db import db
from helpdesk.domain.later import later
from helpdesk.errors import Refused
from helpdesk.i18n import DEFAULT_LOCALE
from helpdesk.models import (
    Account,
    Act,
    ActLink,
    Address,
    Case,
    CommendationEvent,
    CompanyPart,
    ComplaintStep,
    DossierCorrection,
    Event,
    Grant,
    Mail,
    MailKind,
    MailStatus,
    MailWish,
    Nomination,
    Offer,
    OfferStatus,
    Outage,
    Role,
    TeamMember,
)
from helpdesk.rules import mailing, policy
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.mailing import GROUP_OF, Group, How, Part
from helpdesk.rules.policy import Who

SEND = "mail.send"
# A link in a letter works so long; an offer's ends with the offer anyway.
LINK_DAYS = 30
# What waited for an address to be proved is sent afterwards unless it is older than that.
KEEP_DAYS = 14
# The question goes to an address at most once in this time, however often a stranger types it.
ASK_AGAIN_DAYS = 7
# Whoever writes to us is told so at most once in this time.
ASK_SENDER_HOURS = 24
# The hour in Shenzhen at which the day's letters are gathered into one.
DIGEST_HOUR = 8
# Whoever invites, one address gets no more than these.
INVITATIONS_A_WEEK = 3
# In all at most so many questions to unknown addresses an hour: an open form is no relay.
QUESTIONS_AN_HOUR = 200


def tidy(address: str) -> str:
    """An address as it is stored and compared: without spaces around it, in small letters."""
    return address.strip().lower()


# --- writing ---


@dataclass(frozen=True)
class Reader:
    """Somebody who is to be told, and as whom."""

    address: str
    name: str
    locale: str
    part: Part
    account_id: int | None = None


def write(event: Event, case: Case, told_as: dict[int, Part], *, leaves_at: datetime | None = None) -> list[Mail]:
    """The letters of an event, to the accounts in `told_as` and to the company's contact; in its transaction.

    The contact is told of what others did, and gets a receipt for the request itself.
    """
    if not mailing.makes_letters(event.kind):
        return []
    readers = {reader.address: reader for reader in _contact(event, case)}
    if told_as:
        for account in db.session.scalars(select(Account).where(Account.id.in_(told_as), Account.is_active)):
            if account.email:
                address = tidy(account.email)
                readers[address] = Reader(
                    address, account.name, account.locale or case.locale, told_as[account.id], account.id
                )
    wishes = _wishes([r.account_id for r in readers.values() if r.account_id])
    known = {row.address: row for row in db.session.scalars(select(Address).where(Address.address.in_(list(readers))))}
    return [
        mail
        for reader in readers.values()
        if (mail := _write_one(event, case, reader, wishes, known.get(reader.address), leaves_at)) is not None
    ]


def write_of_outage(outage: Outage, account: Account, *, is_over: bool) -> Mail | None:
    """To somebody who runs the desk: a mailbox cannot be read, or can be again. It cannot be switched off.

    None where there is no address, or its owner wants no mail.
    """
    address = tidy(account.email or "")
    known = db.session.get(Address, address) if address else None
    if not address or (known is not None and known.stopped_at is not None):
        return None
    reader = Reader(address, account.name, account.locale or DEFAULT_LOCALE, Part.HOUSE, account.id)
    proved = known is not None and known.proved_at is not None
    mail = _row(
        MailKind.OUTAGE,
        reader,
        MailStatus.WAITING if proved else MailStatus.UNPROVED,
        clock.now(),
        identity=f"outage:{outage.id}:{is_over}",
        outage=(outage.id, is_over),
    )
    if proved:
        _send_later(mail)
    else:
        _ask_for_proof(reader, None, known)
    return mail


def write_of_complaint(step: ComplaintStep, reader: Reader) -> Mail | None:
    """About a step of a complaint, to whoever complained or has to answer. It cannot be switched off.

    None where the address's owner wants no mail.
    """
    return _write_about(
        MailKind.COMPLAINT,
        reader,
        identity=f"complaint:{step.id}",
        stops=reader.account_id is None,
        complaint_step_id=step.id,
    )


def _write_about(kind: MailKind, reader: Reader, *, identity: str, stops: bool = False, **thing: int) -> Mail | None:
    """A letter that cannot be switched off: at once, or as soon as the address is proved. With a link that stops all
    letters where `stops`. None where the address's owner wants no mail."""
    known = db.session.get(Address, reader.address)
    if known is not None and known.stopped_at is not None:
        return None
    proved = known is not None and known.proved_at is not None
    status = MailStatus.WAITING if proved else MailStatus.UNPROVED
    mail = _row(kind, reader, status, clock.now(), identity=identity, **thing)  # type: ignore[arg-type]
    if stops:
        _links(mail, Act.STOP)
    if proved:
        _send_later(mail)
    else:
        _ask_for_proof(reader, None, known)
    return mail


def write_of_nominee(line: CommendationEvent, account: Account) -> Mail | None:
    """To a nominee, or who speaks for one: what was done about the nomination; as they wish, and once.

    None where there is no address, its owner wants no mail, or they wish for no letters of this group.
    """
    address = tidy(account.email or "")
    known = db.session.get(Address, address) if address else None
    if not address or (known is not None and known.stopped_at is not None):
        return None
    group = mailing.BY_NAME[mailing.NOMINEE[line.kind]]
    how = _wishes([account.id]).get((account.id, group.name), mailing.default(group, Part.NOMINEE))
    if how is How.NEVER and group.optional:
        return None
    reader = Reader(address, account.name, account.locale or DEFAULT_LOCALE, Part.NOMINEE, account.id)
    proved = known is not None and known.proved_at is not None
    status = MailStatus.UNPROVED if not proved else MailStatus.DAILY if how is How.DAILY else MailStatus.WAITING
    mail = _row(MailKind.COMMENDATION, reader, status, line.at, identity=f"line:{line.id}", line_id=line.id)
    if group.optional:
        _links(mail, Act.MUTE)
    if status is MailStatus.WAITING:
        _send_later(mail)
    elif status is MailStatus.UNPROVED:
        _ask_for_proof(reader, None, known)
    return mail


def write_of_dossier(correction: DossierCorrection, account: Account, part: Part) -> Mail | None:
    """To the expert, or whoever asked: what was decided about a training or award that is recorded wrongly. It cannot
    be switched off.

    None where there is no address, or its owner wants no mail.
    """
    address = tidy(account.email or "")
    if not address:
        return None
    reader = Reader(address, account.name, account.locale or DEFAULT_LOCALE, part, account.id)
    return _write_about(
        MailKind.DOSSIER, reader, identity=f"dossier:{correction.id}", dossier_correction_id=correction.id
    )


def contact_of(case: Case) -> tuple[Account | None, str]:
    """Who speaks for the company in this case: their account, and its address or the one they left ("" for none)."""
    account = db.session.get(Account, case.contact_account_id) if case.contact_account_id else None
    return account, (account.email if account else None) or case.contact_email or ""


def _contact(event: Event, case: Case) -> list[Reader]:
    if "company" not in BY_KIND[event.kind].tells:
        return []
    account, address = contact_of(case)
    if not address or (account is not None and not account.is_active):
        return []
    own_act = event.actor_role is Role.REQUESTER or (account is not None and event.actor_id == account.id)
    if own_act and event.kind != "case.submitted":
        return []
    locale = (account.locale if account else None) or case.locale
    return [Reader(tidy(address), case.contact_name, locale, Part.COMPANY, account.id if account else None)]


def _write_one(
    event: Event,
    case: Case,
    reader: Reader,
    wishes: dict[tuple[int, str], How],
    known: Address | None,
    leaves_at: datetime | None,
) -> Mail | None:
    group = GROUP_OF[event.kind]
    how = wishes.get((reader.account_id or 0, group.name), mailing.default(group, reader.part))
    if known is not None and known.stopped_at is not None:
        return None
    if how is How.NEVER and group.optional:
        return None
    proved = known is not None and known.proved_at is not None
    status = MailStatus.UNPROVED if not proved else MailStatus.DAILY if how is How.DAILY else MailStatus.WAITING
    mail = _row(
        MailKind.EVENT,
        reader,
        status,
        leaves_at or event.at,
        identity=f"event:{event.id}",
        case_id=case.id,
        event_id=event.id,
    )
    if reader.part is Part.OFFERED:
        _links(mail, Act.ACCEPT, Act.DECLINE)
    elif reader.account_id is None:
        _links(mail, Act.STOP)
    elif group.optional:
        _links(mail, Act.MUTE)
    if status is MailStatus.WAITING:
        _send_later(mail)
    elif status is MailStatus.UNPROVED:
        _ask_for_proof(reader, case, known)
    return mail


def _row(
    kind: MailKind,
    reader: Reader,
    status: MailStatus,
    leaves_at: datetime,
    *,
    identity: str,
    case_id: int | None = None,
    event_id: int | None = None,
    outage: tuple[int | None, bool | None] = (None, None),
    complaint_step_id: int | None = None,
    line_id: int | None = None,
    dossier_correction_id: int | None = None,
) -> Mail:
    """A letter's row. Its Message-ID is made of what it is, so that the same letter never gets a second one."""
    mail = Mail(
        kind=kind,
        status=status,
        address=reader.address,
        name=reader.name[:80],
        locale=reader.locale,
        account_id=reader.account_id,
        case_id=case_id,
        event_id=event_id,
        outage_id=outage[0],
        is_over=outage[1],
        complaint_step_id=complaint_step_id,
        line_id=line_id,
        dossier_correction_id=dossier_correction_id,
        part=reader.part.value,
        message_id=f"<{_seal(identity, reader.address)}@{domain()}>",
        created_at=clock.now(),
        leaves_at=leaves_at,
    )
    db.session.add(mail)
    db.session.flush()
    return mail


def domain() -> str:
    """What stands behind the @ of a Message-ID: the sender's domain, else the site's host."""
    sender = str(config.setting("MAIL_FROM")).rpartition("@")[2]
    return sender or urlsplit(str(config.setting("PUBLIC_URL"))).hostname or "localhost"


def _seal(*parts: str) -> str:
    """A short proof that we wrote this: nobody without the key can make one (RFC 5322 ids are no secret otherwise)."""
    key = str(config.setting("SECRET_KEY")).encode()
    return hmac.new(key, "\n".join(("mail", *parts)).encode(), hashlib.sha256).hexdigest()[:32]


def thread_root(mail: Mail) -> str:
    """The id every letter about one case to one address refers to, so that mailboxes show them as one conversation."""
    return f"<{_seal(f'case:{mail.case_id}', mail.address)}@{domain()}>"


def reply_address(mail: Mail) -> str:
    """Where a reply to this letter goes: the desk's address with a sign that names the letter and cannot be made up.

    "" when the desk reads no mail. In small letters only: some mail servers know no others.
    """
    user, _, host = str(config.setting("MAIL_IN")).partition("@")
    if mail.kind in (MailKind.COMPLAINT, MailKind.DOSSIER):
        # An answer would lie where the station reads it, or begin a request.
        return ""
    return f"{user}+{mail.id}.{_reply_seal(mail)}@{host}" if host else ""


def mail_of_address(address: str) -> Mail | None:
    """The letter whose reply address this is; None for any other address, and for a sign that is not ours."""
    user, _, host = str(config.setting("MAIL_IN")).lower().partition("@")
    local, _, at = address.lower().partition("@")
    number, dot, seal = local.removeprefix(f"{user}+").partition(".")
    if not host or at != host or not local.startswith(f"{user}+") or not dot or not re.fullmatch(r"\d{1,9}", number):
        return None
    mail = db.session.get(Mail, int(number))
    if mail is None or not hmac.compare_digest(seal.encode(), _reply_seal(mail).encode()):
        return None
    return mail


def _reply_seal(mail: Mail) -> str:
    return _seal("reply", mail.message_id)[:24]


def _send_later(mail: Mail) -> None:
    later(SEND, key=str(mail.id), run_at=mail.leaves_at, mail_id=mail.id)


def _links(mail: Mail, *acts: Act) -> None:
    for act in acts:
        db.session.add(ActLink(mail_id=mail.id, act=act, expires_at=mail.created_at + timedelta(days=LINK_DAYS)))
    db.session.flush()


def untell(case: Case) -> None:
    """Take back the letters of what nobody has been told yet."""
    of_case = select(Event.id).where(Event.case_id == case.id)
    db.session.execute(
        update(Mail)
        .where(
            Mail.event_id.in_(of_case),
            Mail.leaves_at > clock.now(),
            Mail.status.in_((MailStatus.WAITING, MailStatus.DAILY, MailStatus.UNPROVED)),
        )
        .values(status=MailStatus.DROPPED, error="undone")
        .execution_options(synchronize_session=False)
    )


# --- whose address it is ---


def _ask_for_proof(
    reader: Reader, case: Case | None, known: Address | None, again_after: timedelta | None = None
) -> None:
    """One fixed question to an address nobody vouched for; none if it was asked lately or too many were."""
    moment = clock.now()
    rest = again_after or timedelta(days=ASK_AGAIN_DAYS)
    if known is not None and known.asked_at and known.asked_at > moment - rest:
        return
    lately = db.session.scalar(
        select(func.count())
        .select_from(Mail)
        .where(Mail.kind == MailKind.PROOF, Mail.created_at > moment - timedelta(hours=1))
    )
    if (lately or 0) >= QUESTIONS_AN_HOUR:
        return
    row = known or db.session.get(Address, reader.address)
    if row is None:
        row = Address(address=reader.address)
        db.session.add(row)
    row.asked_at = moment
    asked = _row(
        MailKind.PROOF,
        reader,
        MailStatus.WAITING,
        moment,
        identity=f"proof:{moment.isoformat()}",
        case_id=case.id if case else None,
    )
    _links(asked, Act.PROVE, Act.STOP)
    _send_later(asked)


def ask_to_complete(case: Case, address: str, name: str, locale: str) -> None:
    """To whoever wrote to us without being known: one fixed letter a day at most, with the way to say the rest.

    No word of theirs is in it: what arrives from an address proves nothing about whose it is (peers brief, B1 no. 20).
    """
    known = db.session.get(Address, tidy(address))
    if known is not None and known.stopped_at is not None:
        return
    reader = Reader(tidy(address), name, locale, Part.COMPANY)
    _ask_for_proof(reader, case, known, again_after=timedelta(hours=ASK_SENDER_HOURS))


def invite(address: str, locale: str, *, identity: str) -> Mail:
    """Fixed words to an address that somebody typed, with a link in them. Raises Refused where it wants no mail, got
    enough invitations this week, or too many letters to unknown addresses went out this hour."""
    known = db.session.get(Address, address)
    if known is not None and known.stopped_at is not None:
        raise Refused("address_stopped", field="email")
    moment = clock.now()
    lately = select(func.count()).select_from(Mail).where(Mail.kind == MailKind.PROOF)
    of_week = lately.where(
        Mail.address == address, Mail.part == Part.INVITED, Mail.created_at > moment - timedelta(days=7)
    )
    if (db.session.scalar(of_week) or 0) >= INVITATIONS_A_WEEK or (
        db.session.scalar(lately.where(Mail.created_at > moment - timedelta(hours=1))) or 0
    ) >= QUESTIONS_AN_HOUR:
        raise Refused("too_many_letters", field="email")
    # A row of its own, so that its owner can say "no more" even though nothing else was ever sent there.
    if known is None:
        db.session.add(Address(address=address))
    mail = _row(
        MailKind.PROOF, Reader(address, "", locale, Part.INVITED), MailStatus.WAITING, moment, identity=identity
    )
    _links(mail, Act.STOP)
    _send_later(mail)
    return mail


def vouch(address: str) -> None:
    """Note that an address is its owner's: they pressed the button, or an administrator knows them."""
    moment = clock.now()
    row = db.session.get(Address, tidy(address))
    if row is None:
        row = Address(address=tidy(address))
        db.session.add(row)
    row.proved_at, row.stopped_at = row.proved_at or moment, None
    db.session.flush()
    _release(row.address)


def _release(address: str) -> None:
    """Send what waited for the proof: the newest letter of each case, nomination, complaint or correction; the page it
    leads to tells the rest."""
    waiting = db.session.scalars(
        select(Mail).where(Mail.address == address, Mail.status == MailStatus.UNPROVED).order_by(Mail.id.desc())
    )
    seen: set[tuple[int | None, ...]] = set()
    for mail in waiting:
        about = (
            mail.case_id,
            mail.line.nomination_id if mail.line is not None else None,
            mail.complaint_step.complaint_id if mail.complaint_step is not None else None,
            mail.dossier_correction_id,
        )
        if about in seen or mail.created_at < clock.now() - timedelta(days=KEEP_DAYS):
            mail.status, mail.error = MailStatus.DROPPED, "newer"
            continue
        seen.add(about)
        mail.status = MailStatus.WAITING
        db.session.flush()
        _send_later(mail)
    db.session.flush()


def stop(address: str) -> None:
    """The owner wants no mail from here, or says the address is not theirs. What waits is dropped."""
    row = db.session.get(Address, tidy(address))
    if row is None:
        row = Address(address=tidy(address))
        db.session.add(row)
    row.stopped_at = clock.now()
    db.session.execute(
        update(Mail)
        .where(
            Mail.address == row.address,
            Mail.status.in_((MailStatus.WAITING, MailStatus.DAILY, MailStatus.UNPROVED)),
        )
        .values(status=MailStatus.DROPPED, error="stopped")
        .execution_options(synchronize_session=False)
    )


def state_of(address: str | None) -> Address | None:
    """What is known of an address; None when nobody was ever asked."""
    return db.session.get(Address, tidy(address)) if address else None


def set_own_address(account: Account, address: str) -> None:
    """Change the address of one's own account. A new one is asked before anything else goes there."""
    cleaned = tidy(address)
    if cleaned == tidy(account.email or ""):
        return
    account.email = cleaned or None
    db.session.flush()
    if not cleaned:
        return
    known = db.session.get(Address, cleaned)
    if known is None or known.proved_at is None or known.stopped_at is not None:
        if known is not None and known.stopped_at is not None:
            raise Refused("address_stopped", field="email")
        reader = Reader(cleaned, account.name, account.locale or "zh_Hans_CN", Part.DESK, account.id)
        _ask_for_proof(reader, None, known)


# --- wishes ---


def _wishes(account_ids: Iterable[int]) -> dict[tuple[int, str], How]:
    rows = db.session.scalars(select(MailWish).where(MailWish.account_id.in_(list(account_ids))))
    return {(row.account_id, row.group): How(row.how) for row in rows}


def wishes_in_force(account: Account, who: Who) -> dict[str, str]:
    """What holds for this account, by group: its wish, else the default of the part it mostly plays."""
    said = _wishes([account.id])
    part = Part.EXPERT if who.expert_id else Part.DESK if _watches(who) else Part.COMPANY
    return {group.name: said.get((account.id, group.name), mailing.default(group, part)).value for group in groups(who)}


def groups(who: Who) -> tuple[Group, ...]:
    """What this person may be told of, as expert, at a desk, or for a company."""
    parts = {Part.OFFERED, Part.EXPERT} if who.expert_id else set()
    if _watches(who):
        parts.add(Part.DESK)
    if parts:
        parts.add(Part.MENTIONED)
    return mailing.groups_for(frozenset(parts or {Part.COMPANY}))


def _watches(who: Who) -> bool:
    return any(who.holds(role) for role in (Role.COORDINATOR, Role.DISTRICT, Role.OPERATOR))


def set_wish(account: Account, group: str, how: How) -> None:
    """How this account wants to hear of a group. Raises Refused where the group must not be switched off."""
    found = mailing.BY_NAME.get(group)
    if found is None or how not in mailing.choices(found):
        raise Refused("wish_not_possible", field=group)
    row = db.session.get(MailWish, (account.id, group))
    if row is None:
        db.session.add(MailWish(account_id=account.id, group=group, how=how.value))
    else:
        row.how = how.value
    db.session.flush()


# --- who is meant ---


def accounts_of_nominee(nomination: Nomination) -> dict[int, Account]:
    """The expert's own account; who coordinates the station, handles the company, or is one of the team."""
    if nomination.expert_id is not None:
        theirs = and_(Grant.role == Role.EXPERT, Grant.expert_id == nomination.expert_id)
    elif nomination.station_id is not None:
        theirs = and_(Grant.role == Role.COORDINATOR, Grant.station_id == nomination.station_id)
    elif nomination.company_id is not None:
        theirs = and_(
            Grant.role == Role.MEMBER,
            Grant.company_id == nomination.company_id,
            Grant.company_part == CompanyPart.HANDLER,
        )
    else:
        members = select(TeamMember.expert_id).where(TeamMember.team_id == nomination.team_id)
        theirs = and_(Grant.role == Role.EXPERT, Grant.expert_id.in_(members))
    granted = select(Grant.account_id).where(theirs, Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None))
    rows = db.session.scalars(select(Account).where(Account.id.in_(granted), Account.is_active).order_by(Account.id))
    return {row.id: row for row in rows}


def offer_of(mail: Mail) -> Offer | None:
    """The offer a letter to an expert is about, while it waits for an answer."""
    if mail.account is None or mail.case_id is None:
        return None
    expert_id = policy.who_is(mail.account).expert_id
    return db.session.scalar(
        select(Offer).where(
            Offer.case_id == mail.case_id, Offer.expert_id == expert_id, Offer.status == OfferStatus.PENDING
        )
    )


# --- the day's digest ---


def gather_digests() -> int:
    """One letter for each reader with news from before this morning; returns how many were written.

    Run as often as one likes: what a digest holds is in no other.
    """
    local = clock.local(clock.now())
    morning = clock.from_local(local.date(), DIGEST_HOUR)
    if clock.now() < morning:
        return 0
    ready: ColumnElement[bool] = and_(
        Mail.status == MailStatus.DAILY, Mail.digest_id.is_(None), Mail.created_at < morning
    )
    written = 0
    for account_id in db.session.scalars(select(Mail.account_id).where(ready).distinct()).all():
        account = db.session.get(Account, account_id) if account_id else None
        if account is None or not account.email:
            continue
        reader = Reader(tidy(account.email), account.name, account.locale or "zh_Hans_CN", Part.DESK, account.id)
        identity = f"digest:{account.id}:{local.date().isoformat()}"
        if db.session.scalar(
            select(Mail.id).where(Mail.message_id == f"<{_seal(identity, reader.address)}@{domain()}>")
        ):
            continue
        digest = _row(MailKind.DIGEST, reader, MailStatus.WAITING, clock.now(), identity=identity)
        db.session.execute(
            update(Mail)
            .where(ready, Mail.account_id == account.id)
            .values(digest_id=digest.id)
            .execution_options(synchronize_session=False)
        )
        _send_later(digest)
        written += 1
    return written


# --- what a letter is about ---


def group_of(mail: Mail) -> str:
    """The group of a letter's event; "" for a letter about none."""
    group = told_group(mail)
    return group.name if group is not None else ""


def told_group(mail: Mail) -> Group | None:
    """The same as a group; None for a letter about nothing that can be wished for."""
    if mail.line is not None:
        return mailing.BY_NAME[mailing.NOMINEE[mail.line.kind]]
    return GROUP_OF[mail.event.kind] if mail.event is not None else None
