"""Letters that come in: kept before they are read, read once, and never lost.

`keep` stores the raw message under its hash and asks for it to be read; `place` decides in one transaction what it is:
a machine's letter (filed), a participant's reply (said on its case), a known sender's new request (sent), a stranger's
(begun: company and consent are still missing), or something a person must decide (held). Only the sign that one of our
letters carried puts a letter on a case, and only when its sender takes part there; a number in a subject never does
(peers brief, B1 no. 1-4 and 20).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, or_, select

from helpdesk import clock, config
from helpdesk.adapters.letterbox import plain
from helpdesk.adapters.letterbox.letter import File, Letter
from helpdesk.adapters.storage import Storage
from helpdesk.db import db
from helpdesk.domain import attachments, consultation, intake, mailing
from helpdesk.domain.attachments import Upload
from helpdesk.domain.companies import CompanyFacts
from helpdesk.domain.intake import Contact
from helpdesk.domain.later import afresh, later
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    Account,
    Address,
    Case,
    Channel,
    Incoming,
    IncomingKind,
    IncomingStatus,
    Mail,
    MailboxState,
    MailStatus,
    Message,
    Station,
    Status,
)
from helpdesk.rules import given, policy
from helpdesk.rules import incoming as rules
from helpdesk.rules.policy import Who

READ = "incoming.read"
# How the keys of messages that were letters begin.
KEY = "mail-"
# A mailbox that nobody could read for so long is a fault that people must hear of.
SILENT_MINUTES = 15
# A problem of more letters is cut; the whole of it lies beside it as a file.
LONGEST_PROBLEM = 1000
# Stands where a letter says nothing at all.
NO_WORDS = "—"
# An inline picture of fewer bytes is a line or a dot of a signature.
TINY = 1024
PAGE = 50
# What mail programs put before a subject when a letter is answered or handed on.
BEFORE_SUBJECT = re.compile(r"^(?:\s*(?:re|fwd?|回复|回覆|答复|转发|轉發|转寄|轉寄|aw|wg)\s*[:：]\s*)+", re.IGNORECASE)
# What asks for somebody's decision.
TO_DO = (IncomingStatus.HELD, IncomingStatus.BEGUN, IncomingStatus.BROKEN)


# --- keeping ---


def keep(raw: bytes, storage: Storage, *, source: str, to: str = "", is_cut: bool = False) -> tuple[Incoming, bool]:
    """Keep the raw message and ask for it to be read. Returns its row, and whether it is new.

    The same bytes again are the same letter. One that is larger than we take is kept as far as it came and waits for a
    person (`is_cut`).
    """
    digest = hashlib.sha256(raw).hexdigest()
    known = db.session.scalar(select(Incoming).where(Incoming.sha256 == digest))
    if known is not None:
        return known, False
    storage.put(_key(digest), raw)
    row = Incoming(
        sha256=digest,
        size=len(raw),
        source=source[:120],
        envelope_to=mailing.tidy(to)[:254],
        received_at=clock.now(),
        files=[],
        why="too_large" if is_cut else "",
        station_id=_desk(),
    )
    db.session.add(row)
    db.session.flush()
    later(READ, key=str(row.id), incoming_id=row.id)
    return row, True


def raw_of(row: Incoming, storage: Storage) -> bytes:
    """The message as it came. Raises adapters.storage.MissingFile."""
    return storage.get(_key(row.sha256))


def key_of(row: Incoming) -> str:
    """Where its raw bytes lie in the store."""
    return _key(row.sha256)


def _key(digest: str) -> str:
    return f"mail/{digest[:2]}/{digest}"


def _desk() -> int | None:
    """The station that looks after letters of no case: MAIL_STATION; without one, the operator alone does."""
    slug = str(config.setting("MAIL_STATION"))
    return db.session.scalar(select(Station.id).where(Station.slug == slug)) if slug else None


# --- placing ---


def place(incoming_id: int, letter: Letter, storage: Storage) -> Incoming:
    """Decide what a letter is and do it, once: a letter that was placed already stays where it is."""
    row = db.session.get_one(Incoming, incoming_id, with_for_update=True)
    if row.status is not IncomingStatus.KEPT:
        return row
    _write_down(row, letter)
    verdict = rules.classify(letter, _our_addresses())
    row.kind = verdict.kind
    ours = _letter_it_answers(row, letter)
    if verdict.kind is IncomingKind.BOUNCE:
        _note_bounce(letter)
    if verdict.kind is not IncomingKind.PERSON:
        return _settle(row, IncomingStatus.FILED, verdict.why)
    row.maybe_case_id = _named_case(letter)
    if row.why == "too_large":
        return _settle(row, IncomingStatus.HELD, "too_large")
    if not row.address:
        return _settle(row, IncomingStatus.HELD, "no_sender")
    if _sent_lately(row) > rules.MOST_AN_HOUR:
        return _settle(row, IncomingStatus.HELD, "too_many")
    if rules.is_forged(letter, str(config.setting("MAIL_AUTHSERV"))):
        return _settle(row, IncomingStatus.HELD, "forged")
    if ours is not None and ours.case is not None and ours.case.status is not Status.DRAFT:
        row.maybe_case_id = ours.case.id
        return _reply(row, letter, ours, ours.case, storage)
    if ours is not None and ours.address == row.address:
        # What only reached this address came back from it.
        _prove(row.address)
    return _request(row, letter, storage, may_answer=verdict.may_answer)


def _write_down(row: Incoming, letter: Letter) -> None:
    fresh, quoted = plain.fold(letter.text, letter.subject)
    row.address, row.name = letter.sender.address, letter.sender.name[:120]
    row.subject, row.text, row.quoted = letter.subject, fresh, quoted
    row.sent_at, row.read_at = letter.sent_at, clock.now()
    row.files = [[file.name, ""] for file in letter.files] + _what_was_cut(letter)
    db.session.flush()


def _what_was_cut(letter: Letter) -> list[list[str]]:
    """That not all of a letter was read, in the list of what was not kept; the original is whole."""
    return [["…", "letter_cut"]] if letter.cut else []


def _settle(row: Incoming, status: IncomingStatus, why: str = "") -> Incoming:
    row.status, row.why = status, why
    if row.maybe_case_id is not None and status in (IncomingStatus.HELD, IncomingStatus.BEGUN):
        case = db.session.get_one(Case, row.maybe_case_id)
        row.station_id = case.station_id or row.station_id
    db.session.flush()
    return row


def _our_addresses() -> frozenset[str]:
    return frozenset(mailing.tidy(str(config.setting(name))) for name in ("MAIL_FROM", "MAIL_IN")) - {""}


def _letter_it_answers(row: Incoming, letter: Letter) -> Mail | None:
    """Our letter that this one answers: by the sign in the address it went to, or by our own Message-ID, which nobody
    can make up (both are sealed)."""
    for address in (row.envelope_to, *letter.to):
        found = mailing.mail_of_address(address)
        if found is not None:
            return found
    ids = [known for known in letter.refers_to if len(known) <= 120]
    if not ids:
        return None
    return db.session.scalar(select(Mail).where(Mail.message_id.in_(ids)).order_by(Mail.id.desc()).limit(1))


def _named_case(letter: Letter) -> int | None:
    """The case whose number stands in the subject: a hint for people, never a way in."""
    for number in re.findall(r"\b[A-Z]{2,4}-\d{2}-\d{5}\b", letter.subject.upper())[:3]:
        found = db.session.scalar(select(Case.id).where(Case.number == number))
        if found is not None:
            return found
    return None


def _sent_lately(row: Incoming) -> int:
    """How many letters of a person came from this address within the hour, this one counted."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Incoming)
            .where(Incoming.address == row.address, Incoming.received_at > row.received_at - timedelta(hours=1))
        )
        or 0
    )


def _is_proved(address: str) -> bool:
    known = db.session.get(Address, address)
    return known is not None and known.proved_at is not None


def _prove(address: str) -> None:
    known = db.session.get(Address, address)
    if known is None or known.stopped_at is None:
        mailing.vouch(address)


def _note_bounce(letter: Letter) -> None:
    """A mail server says one of our letters could not be delivered for good: the letter lies in the list of those."""
    ids = [*letter.headers.get("enclosed-message-id", []), *letter.refers_to]
    found = db.session.scalar(
        select(Mail).where(
            Mail.message_id.in_([known.strip() for known in ids if len(known) <= 122]), Mail.sent_at.is_not(None)
        )
    )
    if found is None:
        return
    for address, status, said in letter.reports:
        if status.startswith("5") and address in ("", found.address):
            found.status, found.sent_at, found.error = MailStatus.FAILED, None, f"{status} {said}"[:2000]
            db.session.flush()
            return


# --- a reply ---


def _reply(row: Incoming, letter: Letter, ours: Mail, case: Case, storage: Storage) -> Incoming:
    """Say it on the case, as the participant who wrote. Whoever takes no part there begins a request of their own."""
    if ours.address == row.address:
        _prove(row.address)
    who = _participant(case, ours, row.address)
    if who is None:
        if ours.address == row.address:
            return _settle(row, IncomingStatus.HELD, "no_right")
        return _request(row, letter, storage, may_answer=True)
    key = f"{KEY}{row.sha256[:32]}"
    try:
        with db.session.begin_nested():
            kept = _keep_files(case, who, key, letter, storage)
            message = consultation.reply(case, who, body=_words(row, case, who, key, kept, storage), form_key=key)
    except (Refused, NotAllowed) as refusal:
        db.session.refresh(case)
        return _settle(row, IncomingStatus.HELD, refusal.code if isinstance(refusal, Refused) else "no_right")
    row.files, row.case, row.message_id, row.maybe_case_id = kept, case, message.id, None
    row.station_id = case.station_id
    return _settle(row, IncomingStatus.SAID)


def _participant(case: Case, ours: Mail, address: str) -> Who | None:
    """As whom this address speaks on the case; None when it does not.

    The company's people: the contact, and members with a proved address. Experts and desks only by a letter that was
    written to that very account: what merely looks like their address is not enough.
    """
    if not _is_proved(address):
        return None
    for account in db.session.scalars(select(Account).where(func.lower(Account.email) == address, Account.is_active)):
        who = policy.who_is(account)
        if policy.can(who, "case.reply_as_company", case):
            return who
        if ours.account_id == account.id and policy.can(who, "case.reply", case):
            return who
    if mailing.tidy(case.contact_email or "") == address:
        return intake.requester(case)
    return None


def _words(row: Incoming, case: Case, who: Who, key: str, kept: list[list[str]], storage: Storage) -> str:
    """What is said: the new words; a word stands in for none; what is too long lies beside it whole."""
    text = row.text.strip() or row.subject.strip() or NO_WORDS
    if len(text) <= consultation.LONGEST:
        return text
    _keep_whole(case, who, key, row, text, kept, storage)
    return text[: consultation.LONGEST - 1] + "…"


def _keep_whole(
    case: Case, who: Who, key: str, row: Incoming, text: str, kept: list[list[str]], storage: Storage
) -> None:
    whole = File(f"{row.subject[:40] or 'letter'}.txt", "text/plain", text.encode())
    kept += _keep_each(case, who, key, [whole], storage)


def _keep_files(case: Case, who: Who, batch: str, letter: Letter, storage: Storage) -> list[list[str]]:
    """Keep the letter's files with what is said; of each one we do not take, why. Small inline pictures are none."""
    files = [file for file in letter.files if not (file.content_id and len(file.data) < TINY)]
    return _keep_each(case, who, batch, files, storage) + _what_was_cut(letter)


def _keep_each(case: Case, who: Who, batch: str, files: list[File], storage: Storage) -> list[list[str]]:
    told = []
    for file in files:
        try:
            attachments.keep(case, who, batch, [Upload(file.name, file.data)], storage)
            told.append([file.name, ""])
        except Refused as refusal:
            told.append([file.name, refusal.code])
    return told


# --- a request ---


@dataclass(frozen=True)
class Known:
    """A sender whose address is theirs, and the latest request they sent: the new one is of the same company."""

    latest: Case
    account: Account | None


def _known(address: str) -> Known | None:
    if not _is_proved(address):
        return None
    account = db.session.scalar(
        select(Account).where(func.lower(Account.email) == address, Account.is_active).order_by(Account.id).limit(1)
    )
    theirs = func.lower(Case.contact_email) == address
    if account is not None:
        theirs = or_(theirs, Case.contact_account_id == account.id)
    latest = db.session.scalar(
        select(Case)
        .where(theirs, Case.number.is_not(None), Case.company_id.is_not(None))
        .order_by(Case.id.desc())
        .limit(1)
    )
    return Known(latest, account) if latest is not None else None


def _request(row: Incoming, letter: Letter, storage: Storage, *, may_answer: bool) -> Incoming:
    """A new request. Of a sender we know it is sent at once; a stranger is asked once, in fixed words, for the rest."""
    known = _known(row.address)
    locale = known.latest.locale if known else _locale(row)
    case = intake.start(_problem(row), category=None, locale=locale)
    case.channel = Channel.MAIL
    who = intake.requester(case)
    kept = _keep_files(case, who, attachments.REQUEST, letter, storage)
    if len(_told(row)) > LONGEST_PROBLEM:
        _keep_whole(case, who, attachments.REQUEST, row, _told(row), kept, storage)
    row.files = kept
    case.draft = {**case.draft, "mail": {"name": row.name[:60], "email": row.address}}
    case.contact_name = row.name[:60] or row.address[:60]
    db.session.flush()
    row.case = case
    if known is not None:
        try:
            with db.session.begin_nested():
                intake.submit_again(case, known.latest, account=known.account, email=row.address)
        except Refused as refusal:
            db.session.refresh(case)
            row.station_id = known.latest.station_id or row.station_id
            return _settle(row, IncomingStatus.BEGUN, refusal.code)
        row.station_id = case.station_id
        return _settle(row, IncomingStatus.REQUESTED)
    if may_answer:
        mailing.ask_to_complete(case, row.address, row.name, locale)
    return _settle(row, IncomingStatus.BEGUN)


def _told(row: Incoming) -> str:
    """The request in the writer's words: what it is about, then what they wrote. What they forward is what they ask."""
    subject = BEFORE_SUBJECT.sub("", row.subject)
    text = row.text.strip()
    if subject and not text.startswith(subject):
        text = f"{subject}\n\n{text}" if text else subject
    return text or NO_WORDS


def is_wordless(row: Incoming) -> bool:
    """Whether the request that a letter began says nothing yet: no subject, no text, nothing written since."""
    return row.case is not None and row.case.draft.get("problem", {}).get("problem") == NO_WORDS


def _problem(row: Incoming) -> str:
    text = _told(row)
    return text if len(text) <= LONGEST_PROBLEM else text[: LONGEST_PROBLEM - 1] + "…"


def _locale(row: Incoming) -> str:
    """The language to answer in: Chinese for whoever writes it, and for whoever writes nothing."""
    said = row.subject + row.text
    chinese = sum("\u4e00" <= letter <= "\u9fff" for letter in said)
    return "en" if len(said) >= 20 and chinese * 50 < len(said) else "zh_Hans_CN"


# --- what people decide ---


def listed(by: Who, statuses: tuple[IncomingStatus, ...], *, before: int | None = None) -> list[Incoming]:
    """Letters this person looks after, newest first."""
    query = select(Incoming).where(policy.which(by, "incoming.read"))
    if statuses:
        query = query.where(Incoming.status.in_(statuses))
    if before is not None:
        query = query.where(Incoming.id < before)
    return list(db.session.scalars(query.order_by(Incoming.id.desc()).limit(PAGE + 1)))


def counts(by: Who) -> dict[IncomingStatus, int]:
    """How many of them ask for a decision, by state."""
    rows = db.session.execute(
        select(Incoming.status, func.count())
        .where(policy.which(by, "incoming.read"), Incoming.status.in_(TO_DO))
        .group_by(Incoming.status)
    )
    return {row[0]: row[1] for row in rows}


def put_on(row: Incoming, by: Who, *, case: Case | None, letter: Letter, storage: Storage) -> Incoming:
    """Somebody at a desk says which case a letter belongs to: it is said there in its writer's name.

    Raises Refused for a case that is none, or one that ended; NotAllowed for one this person does not work on.
    """
    _open(row, by)
    if case is None:
        raise Refused("mail_case_unknown", field="number")
    key = f"{KEY}{row.sha256[:32]}"
    company = intake.requester(case)
    kept = _keep_files(case, company, key, letter, storage)
    words = _words(row, case, company, key, kept, storage)
    message = consultation.bring(case, by, author=row.name or row.address, body=words, form_key=key)
    _drop_draft(row)
    row.files, row.case, row.message_id, row.station_id = kept, case, message.id, case.station_id
    return _decided(row, by, IncomingStatus.SAID)


def complete(row: Incoming, by: Who, *, company: CompanyFacts, contact: Contact, problem: str = "") -> Case:
    """Somebody at a desk asked the sender on the phone for what was missing, and for consent: the request is sent.

    `problem` is what they said it is about, wanted of a letter without a word. Raises Refused when that is missing.
    """
    _open(row, by)
    case = row.case
    if case is None or case.status is not Status.DRAFT:
        raise Refused("mail_not_open")
    if is_wordless(row):
        if not problem.strip():
            raise Refused("text_missing", field="problem")
        intake.save_page(case, "problem", {**case.draft["problem"], "problem": problem.strip()})
    intake.submit(case, intake.requester(case), company=company, contact=contact, consents={"handling": True})
    row.station_id = case.station_id
    _decided(row, by, IncomingStatus.REQUESTED)
    return case


def begin(row: Incoming, by: Who, *, letter: Letter, storage: Storage) -> Incoming:
    """Make a request of a letter that was filed or held: somebody has read it and found one."""
    _open(row, by, also=(IncomingStatus.FILED, IncomingStatus.DECIDED))
    if row.case is not None:
        raise Refused("mail_not_open")
    row.maybe_case_id = None
    _request(row, letter, storage, may_answer=False)
    row.decided_by, row.decided_at = by.name[:80], clock.now()
    return row


def dismiss(row: Incoming, by: Who, *, reason: str) -> Incoming:
    """Nothing is to be done with it; why, in a few words."""
    _open(row, by)
    reason = given.reason(reason)
    _drop_draft(row)
    row.case = None
    row.why = reason[:200]
    return _decided(row, by, IncomingStatus.DECIDED)


def read_again(row: Incoming, by: Who) -> Incoming:
    """Try a letter that could not be read once more, after the fault was mended."""
    policy.require(by, "incoming.decide", row)
    if row.status is not IncomingStatus.BROKEN:
        raise Refused("mail_not_open")
    row.status, row.why = IncomingStatus.KEPT, ""
    db.session.flush()
    afresh(READ, key=str(row.id), incoming_id=row.id)
    return row


def _open(row: Incoming, by: Who, also: tuple[IncomingStatus, ...] = ()) -> None:
    policy.require(by, "incoming.decide", row)
    db.session.refresh(row, with_for_update=True)
    if row.status not in (IncomingStatus.HELD, IncomingStatus.BEGUN, *also):
        raise Refused("mail_not_open")


def _drop_draft(row: Incoming) -> None:
    case = row.case
    if row.status is IncomingStatus.BEGUN and case is not None and case.status is Status.DRAFT:
        row.case, row.status = None, IncomingStatus.HELD
        db.session.flush()
        intake.discard(case, intake.requester(case))


def _decided(row: Incoming, by: Who, status: IncomingStatus) -> Incoming:
    row.status, row.decided_by, row.decided_at = status, by.name[:80], clock.now()
    db.session.flush()
    return row


def give_up(incoming_id: int, error: str) -> None:
    """A letter that no try could read waits, visibly, with its error; nothing of it is lost."""
    row = db.session.get_one(Incoming, incoming_id)
    if row.status is IncomingStatus.KEPT:
        row.status, row.why = IncomingStatus.BROKEN, error.strip().rsplit("\n", 1)[-1][:500]
        db.session.flush()


def came_by_mail(message: Message) -> bool:
    """Whether a message was a letter: its form's key says so."""
    return message.form_key.startswith(KEY)


def of_case(case: Case) -> list[Incoming]:
    """The letters that are a case's request or messages."""
    return list(db.session.scalars(select(Incoming).where(Incoming.case_id == case.id).order_by(Incoming.id)))


def may_belong(case: Case) -> Case | None:
    """The case that the writer of this request named: perhaps it is the same matter."""
    found = db.session.scalar(
        select(Incoming.maybe_case_id).where(Incoming.case_id == case.id, Incoming.maybe_case_id.is_not(None)).limit(1)
    )
    other = db.session.get(Case, found) if found else None
    return other if other is not None and other.id != case.id and other.number else None


# --- mailboxes ---


def asked(mailbox: str, error: str = "") -> None:
    """Note that a mailbox was read, or why it could not be."""
    row = db.session.get(MailboxState, mailbox[:120])
    if row is None:
        row = MailboxState(name=mailbox[:120], asked_at=clock.now(), read_at=None)
        db.session.add(row)
    row.asked_at, row.error = clock.now(), error[:500]
    if not error:
        row.read_at = clock.now()
    db.session.flush()


def only(mailboxes: Collection[str]) -> None:
    """Forget the state of mailboxes that are no longer read: one that was taken out of the settings is not silent."""
    db.session.execute(
        delete(MailboxState)
        .where(MailboxState.name.not_in([name[:120] for name in mailboxes]))
        .execution_options(synchronize_session=False)
    )


def silent() -> list[MailboxState]:
    """Mailboxes that nobody could read for too long."""
    edge = clock.now() - timedelta(minutes=SILENT_MINUTES)
    return [
        row
        for row in db.session.scalars(select(MailboxState))
        if (row.read_at or row.asked_at) < edge or (row.read_at is None and row.error)
    ]


def broken() -> int:
    """How many letters could not be read."""
    return (
        db.session.scalar(select(func.count()).select_from(Incoming).where(Incoming.status == IncomingStatus.BROKEN))
        or 0
    )
