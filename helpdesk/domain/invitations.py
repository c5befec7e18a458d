"""Colleagues: a member of a company asks one in, by mail or by a link to pass on, and may let one go.

A link is a secret made of a random nonce and the site's key; the database holds its hash, so that neither a copy of the
database nor the key alone opens anything. A letter says fixed words: the company's name is what somebody once typed,
and stands only on the page behind the link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config
from helpdesk.db import db
from helpdesk.domain import accounts, chance, mailing
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Account, Company, Grant, Invitation, Role
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

DAYS = 7
# So many may wait at once for one company.
MOST_OPEN = 20


def invite(company: Company, by: Who, *, address: str = "") -> Invitation:
    """Ask a colleague in: by mail to `address`, or with "" by a link that this member passes on.

    Raises Refused for too many that wait, for an address that is asked already, wants no mail or got enough of it.
    """
    policy.require(by, "company.invite", company)
    inviter = db.session.get_one(Account, by.account_id)
    cleaned = mailing.tidy(address)
    waiting = open_of(company)
    if len(waiting) >= MOST_OPEN:
        raise Refused("too_many_invitations", field="email", limit=MOST_OPEN)
    if cleaned and any(row.address == cleaned for row in waiting):
        raise Refused("invited_already", field="email")
    nonce = chance.token()
    row = Invitation(
        company_id=company.id,
        nonce=nonce,
        secret_hash=_hash(_secret(nonce)),
        address=cleaned or None,
        invited_by_id=inviter.id,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=DAYS),
    )
    db.session.add(row)
    db.session.flush()
    if cleaned:
        row.mail_id = mailing.invite(cleaned, inviter.locale or "zh_Hans_CN", identity=f"invitation:{row.id}").id
        db.session.flush()
    return row


def token_of(row: Invitation) -> str:
    """The address part of the link; only for the letter, or for whoever made a link to pass on."""
    return _secret(row.nonce)


def by_token(token: str) -> Invitation:
    """The invitation of a link. Raises NotFound for anything we did not make."""
    row = db.session.scalar(select(Invitation).where(Invitation.secret_hash == _hash(token)))
    if row is None:
        raise NotFound("invitation")
    return row


def of_mail(mail_id: int) -> Invitation | None:
    """The invitation a letter carries."""
    return db.session.scalar(select(Invitation).where(Invitation.mail_id == mail_id))


def is_open(row: Invitation) -> bool:
    """Whether the link still lets somebody in: not used, not taken back, in time, and its sender still a member."""
    if row.accepted_at is not None or row.revoked_at is not None or row.expires_at <= clock.now():
        return False
    return row.invited_by.is_active and any(
        grant.role is Role.MEMBER and grant.company_id == row.company_id and grant.is_current
        for grant in row.invited_by.grants
    )


def open_of(company: Company) -> list[Invitation]:
    """Those that wait for an answer, oldest first."""
    return list(
        db.session.scalars(
            select(Invitation)
            .where(
                Invitation.company_id == company.id,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
                Invitation.expires_at > clock.now(),
            )
            .options(joinedload(Invitation.invited_by))
            .order_by(Invitation.id)
        )
    )


def accept(row: Invitation, account: Account) -> Grant:
    """Become a member with an account one has. Of two at once one gets in. A link that came by mail proves the address.

    Raises Refused when the invitation is over.
    """
    db.session.refresh(row, with_for_update=True)
    if not is_open(row):
        raise Refused("invitation_over")
    row.accepted_at, row.accepted_by_id = clock.now(), account.id
    grant = accounts.grant(account, Role.MEMBER, company_id=row.company_id)
    # A claim that still waited for the station: a colleague's word is as good.
    grant.confirmed_at = grant.confirmed_at or clock.now()
    if row.address:
        account.email = account.email or row.address
        mailing.vouch(row.address)
    db.session.flush()
    return grant


def accept_anew(row: Invitation, *, login: str, name: str, password: str) -> Account:
    """Become a member with a new account. Raises Refused as `accept`, and for a login that is taken."""
    if not is_open(row):
        raise Refused("invitation_over")
    account = accounts.create(login=login, name=name, password=password, email=row.address)
    accept(row, account)
    return account


def revoke(row: Invitation, by: Who) -> None:
    """Take an invitation back. One that was used or is over stays as it is."""
    policy.require(by, "invitation.revoke", row)
    db.session.refresh(row, with_for_update=True)
    if row.accepted_at is None and row.revoked_at is None:
        row.revoked_at = clock.now()
        db.session.flush()


def members(company: Company) -> list[Grant]:
    """Who belongs to the company now, longest first."""
    return list(
        db.session.scalars(
            select(Grant)
            .where(
                Grant.company_id == company.id,
                Grant.role == Role.MEMBER,
                Grant.confirmed_at.is_not(None),
                Grant.ended_at.is_(None),
            )
            .options(joinedload(Grant.account))
            .order_by(Grant.confirmed_at, Grant.id)
        )
    )


def remove(grant: Grant, by: Who) -> None:
    """Let a member go, or leave. What they sent stays the company's; their open invitations are taken back.

    Raises Refused for the last one: somebody must be there to let others in.
    """
    policy.require(by, "member.remove", grant)
    company = db.session.scalar(select(Company).where(Company.id == grant.company_id).with_for_update())
    left = (
        select(func.count())
        .select_from(Grant)
        .where(
            Grant.company_id == grant.company_id,
            Grant.role == Role.MEMBER,
            Grant.confirmed_at.is_not(None),
            Grant.ended_at.is_(None),
            Grant.id != grant.id,
        )
    )
    if company is None or not db.session.scalar(left):
        raise Refused("last_member")
    db.session.execute(
        update(Invitation)
        .where(
            Invitation.company_id == grant.company_id,
            Invitation.invited_by_id == grant.account_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    accounts.end_grant(grant)


def companies_of(by: Who) -> list[Company]:
    """The companies this person is a confirmed member of, by name."""
    return list(db.session.scalars(select(Company).where(policy.which(by, "company.read")).order_by(Company.name)))


def _secret(nonce: str) -> str:
    key = str(config.setting("SECRET_KEY")).encode()
    made = hmac.new(key, f"invitation\n{nonce}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
