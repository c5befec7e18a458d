"""Following a case: hearing how it goes on without working on it. Following gives no right and keeps none."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Account, Case, Follow
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


def follow(case: Case, by: Who) -> None:
    """Hear of what the company hears of, too. Said twice it is once."""
    policy.require(by, "case.follow", case)
    if by.account_id is not None and not is_followed(case, by):
        db.session.add(Follow(case_id=case.id, account_id=by.account_id, since=clock.now()))
        db.session.flush()


def unfollow(case: Case, by: Who) -> None:
    """Hear no more of it. Said twice it is once."""
    row = db.session.get(Follow, (case.id, by.account_id or 0))
    if row is not None:
        db.session.delete(row)
        db.session.flush()


def is_followed(case: Case, by: Who) -> bool:
    """Whether this person follows the case."""
    return db.session.get(Follow, (case.id, by.account_id or 0)) is not None


def listening(case: Case) -> list[int]:
    """The accounts that follow the case and may still read it: asked anew each time something is told."""
    rows = db.session.scalars(
        select(Account)
        .join(Follow, Follow.account_id == Account.id)
        .where(Follow.case_id == case.id, Account.is_active)
        .options(selectinload(Account.grants))
        .order_by(Account.id)
    )
    return [account.id for account in rows if policy.can(policy.who_is(account), "case.follow", case)]
