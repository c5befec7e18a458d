"""Letters on their way: whether one is still needed, what a digest still tells, what became of it; and the list."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, func, select, update

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import mailing
from helpdesk.domain.later import afresh
from helpdesk.errors import Refused
from helpdesk.models import (
    Address,
    Case,
    Channel,
    CommendationEvent,
    Event,
    Invitation,
    Mail,
    MailKind,
    MailStatus,
    Notice,
    Role,
)
from helpdesk.rules import policy
from helpdesk.rules.mailing import Part
from helpdesk.rules.policy import Who


def needless(mail: Mail) -> str:
    """Why a letter need not be sent any more; "" when it should go."""
    if mail.status is not MailStatus.WAITING:
        return mail.error or mail.status.value
    known = db.session.get(Address, mail.address)
    if known is not None and known.stopped_at is not None:
        return "stopped"
    if mail.account is not None and not mail.account.is_active:
        return "inactive"
    if mail.kind is MailKind.DIGEST:
        return "" if told_in(mail) or told_of_nominee(mail) else "read"
    if mail.kind is MailKind.COMMENDATION:
        return "" if _speaks_for_nominee(mail) else "no_right"
    if mail.kind is MailKind.OUTAGE:
        return "" if mail.account is not None and _runs_the_desk(policy.who_is(mail.account)) else "no_right"
    if mail.kind is MailKind.COMPLAINT:
        return _needless_complaint(mail)
    if mail.kind is MailKind.DOSSIER:
        return "" if _may_know_of_dossier(mail) else "no_right"
    if mail.part == Part.INVITED:
        waits = select(Invitation.id).where(
            Invitation.mail_id == mail.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > clock.now(),
        )
        return "" if db.session.scalar(waits) else "over"
    if mail.kind is MailKind.PROOF:
        if asks_to_complete(mail):
            return ""
        return "proved" if known is not None and known.proved_at is not None else ""
    if mail.part == Part.OFFERED and mailing.offer_of(mail) is None:
        return "answered"
    if mail.account is not None and not _may_know(mail):
        return "no_right"
    return ""


def _needless_complaint(mail: Mail) -> str:
    step = mail.complaint_step
    if step is None or step.complaint.anonymised_at is not None:
        return "anonymised"
    if mail.account is None:
        return ""
    return "" if policy.can(policy.who_is(mail.account), "complaint.read", step.complaint) else "no_right"


def _may_know_of_dossier(mail: Mail) -> bool:
    """Whether the reader may still open the correction: parts may have ended since."""
    correction, account = mail.dossier_correction, mail.account
    if correction is None or account is None:
        return False
    return policy.can(policy.who_is(account), "dossier_correction.read", correction)


def _runs_the_desk(who: Who) -> bool:
    return who.holds(Role.OPERATOR) or who.holds(Role.ADMIN)


def _speaks_for_nominee(mail: Mail) -> bool:
    """Whether the reader still is the nominee, or speaks for them: parts may have ended since."""
    nomination = mail.line.nomination if mail.line is not None else None
    return nomination is not None and mail.account_id in mailing.accounts_of_nominee(nomination)


def asks_to_complete(mail: Mail) -> bool:
    """Whether a letter asks somebody who wrote to us for what their request still lacks."""
    case = mail.case
    return mail.kind is MailKind.PROOF and case is not None and case.channel is Channel.MAIL and case.number is None


def _may_know(mail: Mail) -> bool:
    """Whether the reader may still open the case: rights may have moved on since the event."""
    if mail.case is None or mail.account is None:
        return True
    who = policy.who_is(mail.account)
    if mail.part == Part.MENTIONED:
        return policy.can(who, "case.read_notes", mail.case)
    if mail.part == Part.COMPANY and mail.case.contact_account_id == mail.account_id:
        return True
    return any(policy.can(who, action, mail.case) for action in ("case.read", "offer.answer", "case.receive"))


def mark_sent(mail_id: int, subject: str) -> None:
    """The server has taken the letter."""
    mail = db.session.get_one(Mail, mail_id)
    mail.status, mail.sent_at, mail.subject, mail.error = MailStatus.SENT, clock.now(), subject[:200], None
    if mail.kind is MailKind.DIGEST:
        db.session.execute(
            update(Mail)
            .where(Mail.digest_id == mail.id)
            .values(status=MailStatus.TOLD)
            .execution_options(synchronize_session=False)
        )


def mark_dropped(mail_id: int, why: str) -> None:
    """The letter is not needed any more."""
    mail = db.session.get_one(Mail, mail_id)
    if mail.status is MailStatus.WAITING:
        mail.status, mail.error = MailStatus.DROPPED, why[:200]
        if mail.kind is MailKind.DIGEST:
            db.session.execute(
                update(Mail)
                .where(Mail.digest_id == mail.id)
                .values(status=MailStatus.DROPPED, error=why[:200])
                .execution_options(synchronize_session=False)
            )


def mark_failed(mail_id: int, subject: str, error: str) -> None:
    """Given up: the letter lies in the list of those until somebody sends it again."""
    mail = db.session.get_one(Mail, mail_id)
    if mail.status is MailStatus.WAITING:
        mail.status, mail.error = MailStatus.FAILED, error[:2000]
        mail.subject = subject[:200] or mail.subject


def send_again(mail: Mail, by: Who) -> None:
    """Put a letter that was given up back on its way, with all its tries."""
    policy.require(by, "mail.resend", mail)
    if mail.status is not MailStatus.FAILED:
        raise Refused("mail_not_failed")
    mail.status, mail.error = MailStatus.WAITING, None
    afresh(mailing.SEND, key=str(mail.id), mail_id=mail.id)


# --- what a digest tells ---


def told_in(digest: Mail) -> list[tuple[Mail, Event, Case]]:
    """What a digest tells, oldest first: nothing its reader has read by now, nothing they may no longer open."""
    if digest.account is None:
        return []
    who = policy.who_is(digest.account)
    rows = db.session.execute(
        select(Mail, Event, Case)
        .join(Event, Event.id == Mail.event_id)
        .join(Case, Case.id == Event.case_id)
        .outerjoin(Notice, and_(Notice.event_id == Event.id, Notice.account_id == digest.account_id))
        .where(Mail.digest_id == digest.id, Notice.read_at.is_(None))
        .where(policy.which(who, "case.read") | policy.which(who, "case.receive"))
        .order_by(Mail.id)
    )
    return [(mail, event, case) for mail, event, case in rows]


def told_of_nominee(digest: Mail) -> list[tuple[Mail, CommendationEvent]]:
    """What a digest tells of its reader's own nominations, oldest first; nothing they have read by now."""
    if digest.account is None:
        return []
    rows = db.session.execute(
        select(Mail, CommendationEvent)
        .join(CommendationEvent, CommendationEvent.id == Mail.line_id)
        .outerjoin(Notice, and_(Notice.line_id == CommendationEvent.id, Notice.account_id == digest.account_id))
        .where(Mail.digest_id == digest.id, Notice.read_at.is_(None))
        .order_by(Mail.id)
    )
    return [(mail, line) for mail, line in rows if _speaks_for_nominee(mail)]


# --- the list of letters ---


def page(status: MailStatus | None, *, before: int | None = None, size: int = 50) -> list[Mail]:
    """Letters, newest first; of one state, or all."""
    query = select(Mail).order_by(Mail.id.desc()).limit(size)
    if status is not None:
        query = query.where(Mail.status == status)
    if before is not None:
        query = query.where(Mail.id < before)
    return list(db.session.scalars(query))


def counts() -> dict[MailStatus, int]:
    """How many letters are in each state that asks for attention: failed, waiting, unproved."""
    rows = db.session.execute(
        select(Mail.status, func.count())
        .where(Mail.status.in_((MailStatus.FAILED, MailStatus.WAITING, MailStatus.UNPROVED)))
        .group_by(Mail.status)
    )
    return {row[0]: row[1] for row in rows}


def late(minutes: int = 15) -> int:
    """Letters that should have left so many minutes ago and have not: a sign that delivery does not work."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(Mail)
            .where(
                Mail.status == MailStatus.WAITING,
                Mail.leaves_at < clock.now() - timedelta(minutes=minutes),
            )
        )
        or 0
    )
