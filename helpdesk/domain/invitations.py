"""Colleagues: a handler of a company asks one in, by mail or by a link to pass on, and may let one go.

Each has a part: a handler acts for the company, a viewer reads its cases. There is always a handler who can sign in.

A link is a secret made of a random nonce and the site's key; the database holds its hash, so that neither a copy of the
database nor the key alone opens anything. A letter says fixed words: the company's name is what somebody once typed,
and stands only on the page behind the link.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config
from helpdesk.db import db
from helpdesk.domain import accounts, chance, mailing
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Account, Company, CompanyPart, Grant, Invitation, Role
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

DAYS = 7
# So many may wait at once for one company.
MOST_OPEN = 20


def invite(company: Company, by: Who, *, address: str = "", part: CompanyPart = CompanyPart.HANDLER) -> Invitation:
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
        company_part=part,
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
    """Whether the link still lets somebody in: not used, not taken back, in time, and its sender still a handler."""
    if row.accepted_at is not None or row.revoked_at is not None or row.expires_at <= clock.now():
        return False
    return row.invited_by.is_active and any(
        grant.company_id == row.company_id and grant.company_part is CompanyPart.HANDLER and grant.is_current
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
    grant = accounts.grant(account, Role.MEMBER, company_id=row.company_id, company_part=row.company_part)
    if grant.confirmed_at is None or row.company_part is CompanyPart.HANDLER:
        # Whoever is a member already may be made more by it, never less.
        grant.company_part = row.company_part
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


def set_part(grant: Grant, by: Who, part: CompanyPart) -> None:
    """Make a colleague a handler or a viewer. A viewer's open invitations are taken back.

    Raises Refused for the last handler: somebody must be there to act for the company and to let others in.
    """
    policy.require(by, "member.set_part", grant)
    if part is CompanyPart.VIEWER:
        _keep_a_handler(grant)
        _take_back(grant)
    grant.company_part = part
    db.session.flush()


def remove(grant: Grant, by: Who) -> None:
    """Let a member go, or leave. What they sent stays the company's; their open invitations are taken back.

    Raises Refused for the last handler.
    """
    policy.require(by, "member.remove", grant)
    _keep_a_handler(grant)
    _take_back(grant)
    accounts.end_grant(grant)


def _keep_a_handler(grant: Grant) -> None:
    """Raise Refused when nobody but this handler could act for the company. Two who ask at once wait for each other."""
    db.session.scalar(select(Company.id).where(Company.id == grant.company_id).with_for_update())
    db.session.refresh(grant)
    others = (
        select(Grant.id)
        .join(Account, Account.id == Grant.account_id)
        .where(
            Grant.company_id == grant.company_id,
            Grant.company_part == CompanyPart.HANDLER,
            Grant.confirmed_at.is_not(None),
            Grant.ended_at.is_(None),
            Grant.id != grant.id,
            Account.is_active,
        )
        .limit(1)
    )
    if grant.company_part is CompanyPart.HANDLER and db.session.scalar(others) is None:
        raise Refused("last_handler")


def _take_back(grant: Grant) -> None:
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


def companies_of(by: Who) -> list[Company]:
    """The companies this person is a confirmed member of, by name."""
    return list(db.session.scalars(select(Company).where(policy.which(by, "company.read")).order_by(Company.name)))


def _secret(nonce: str) -> str:
    key = str(config.setting("SECRET_KEY")).encode()
    made = hmac.new(key, f"invitation\n{nonce}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
