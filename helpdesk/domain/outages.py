"""A mailbox that nobody could read for too long, told by other ways than that mailbox (peers brief, B1 no. 5).

Once when the silence is noticed and once when it is over: to whoever runs the desk on the site and by letter, to the
corps' groups, to the platforms that wish for it. Rows, not memory: a restart tells nothing twice.
"""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from helpdesk import clock
from helpdesk.db import db, only_row
from helpdesk.domain import channels, incoming, mailing, webhooks
from helpdesk.models import Account, Grant, MailboxState, Notice, Outage, Role

# Who can do something about it: the operator, and whoever keeps the accounts.
TOLD = (Role.OPERATOR, Role.ADMIN)


def watch() -> int:
    """Tell of mailboxes that fell silent, and of those that can be read again; returns how many were told of.

    Run by the clock. Run twice, or by two workers at once, the open row of a mailbox lets one of them tell.
    """
    silent = {box.name: box for box in incoming.silent()}
    told = 0
    for box in silent.values():
        outage = _begin(box)
        if outage is not None:
            _tell(outage, is_over=False)
            told += 1
    for outage in db.session.scalars(select(Outage).where(Outage.ended_at.is_(None)).order_by(Outage.id)).all():
        if outage.mailbox in silent or not _end(outage):
            continue
        if db.session.get(MailboxState, outage.mailbox) is not None:
            _tell(outage, is_over=True)
            told += 1
    return told


def _begin(box: MailboxState) -> Outage | None:
    """The outage's row, if nobody wrote it before: insert, or nothing."""
    insert = pg_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    statement = (
        insert(Outage)
        .values(
            mailbox=box.name,
            since=box.read_at or box.asked_at,
            noticed_at=clock.now(),
            error=box.error,
        )
        .on_conflict_do_nothing()
    )
    made = db.session.scalar(statement.returning(Outage.id))
    return db.session.get_one(Outage, made) if made is not None else None


def _end(outage: Outage) -> bool:
    """Whether it was us who noted its end."""
    ended = db.session.execute(
        update(Outage)
        .where(Outage.id == outage.id, Outage.ended_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(outage)
    return only_row(ended)


def _tell(outage: Outage, *, is_over: bool) -> None:
    moment = clock.now()
    for account in _readers():
        db.session.add(Notice(account_id=account.id, outage_id=outage.id, is_over=is_over, shown_from=moment))
        mailing.write_of_outage(outage, account, is_over=is_over)
    db.session.flush()
    channels.write_of_outage(outage, is_over=is_over)
    webhooks.write_of_outage(outage, is_over=is_over)


def _readers() -> list[Account]:
    theirs = select(Grant.account_id).where(
        Grant.role.in_(TOLD), Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None)
    )
    return list(db.session.scalars(select(Account).where(Account.id.in_(theirs), Account.is_active)))
