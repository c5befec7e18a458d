"""A company's members and the invitations that wait, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk.domain import invitations
from helpdesk.models import Company, CompanyPart
from helpdesk.presentation import filters
from helpdesk.presentation.mail_page import outside
from helpdesk.presentation.words import word
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Member:
    """Somebody who belongs to the company."""

    id: int
    name: str
    since: str
    is_me: bool
    part: str
    is_handler: bool
    is_only_handler: bool


@dataclass(frozen=True)
class Waiting:
    """An invitation nobody has answered; `link` only for whoever made one to pass on."""

    id: int
    to: str
    part: str
    says: str
    link: str


@dataclass(frozen=True)
class Colleagues:
    """Everything templates/colleagues/index.html shows."""

    company: Company
    members: list[Member]
    waiting: list[Waiting]
    may_manage: bool


def build(company: Company, who: Who) -> Colleagues:
    """A few queries, however many there are."""
    may_manage = policy.can(who, "company.invite", company)
    grants = invitations.members(company)
    handlers = [grant.id for grant in grants if grant.company_part is CompanyPart.HANDLER and grant.account.is_active]
    return Colleagues(
        company=company,
        members=[
            Member(
                grant.id,
                grant.account.name,
                filters.day(grant.confirmed_at) if grant.confirmed_at else "",
                grant.account_id == who.account_id,
                word(grant.company_part or CompanyPart.HANDLER),
                grant.company_part is CompanyPart.HANDLER,
                handlers == [grant.id],
            )
            for grant in grants
        ],
        waiting=[
            Waiting(
                id=row.id,
                to=(row.address if may_manage else None) or (gettext("邀请信") if row.address else gettext("链接")),
                part=word(row.company_part),
                says=gettext(
                    "%(name)s %(when)s 发出，%(until)s 前有效",
                    name=row.invited_by.name,
                    when=filters.moment(row.created_at),
                    until=filters.moment(row.expires_at),
                ),
                link=outside("invitations.show", token=invitations.token_of(row))
                if row.address is None and row.invited_by_id == who.account_id and may_manage
                else "",
            )
            for row in invitations.open_of(company)
        ],
        may_manage=may_manage,
    )
