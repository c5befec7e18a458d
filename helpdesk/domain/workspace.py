"""What a coordinator keeps for their own work: views they named, and who else has the same case open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import queues
from helpdesk.domain.queues import Filters
from helpdesk.errors import Refused
from helpdesk.models import Account, Case, Presence, SavedView
from helpdesk.rules.policy import Who

# A view nobody gives away: more than these make the side bar a list of its own.
MOST_VIEWS = 12
# The number beside a saved view is counted no further: the first page says more than a big number.
COUNTED = 100
# The page says every ten seconds that it is still open; three missed, and its reader is gone.
PRESENT = timedelta(seconds=35)


@dataclass(frozen=True)
class Counted:
    """A saved view and how many cases it holds, at the most COUNTED."""

    view: SavedView
    filters: Filters
    n: int


def saved_views(by: Who) -> list[SavedView]:
    """This person's views, oldest first."""
    mine = select(SavedView).where(SavedView.account_id == by.account_id).order_by(SavedView.id)
    return list(db.session.scalars(mine))


def counted(by: Who) -> list[Counted]:
    """The same with what they hold now: one bounded query a view."""
    rows = []
    for view in saved_views(by):
        filters = Filters(**view.asks)
        rows.append(Counted(view, filters, queues.count(by, filters, most=COUNTED)))
    return rows


def save_view(by: Who, *, name: str, filters: Filters) -> SavedView:
    """Keep a combination of filters under a name. Raises Refused for no name, a name twice, or too many."""
    name = name.strip()[:40]
    if not name:
        raise Refused("view_name_missing", field="name")
    known = saved_views(by)
    if any(view.name == name for view in known):
        raise Refused("name_taken", field="name")
    if len(known) >= MOST_VIEWS:
        raise Refused("too_many_views", field="name", limit=MOST_VIEWS)
    asks: dict[str, Any] = {
        key: value for key, value in filters.__dict__.items() if value and key not in ("after", "before")
    }
    row = SavedView(account_id=by.account_id, name=name, asks=asks, created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    return row


def forget_view(view: SavedView) -> None:
    """Take a view out of the side bar."""
    db.session.delete(view)
    db.session.flush()


def look(case: Case, by: Who, *, writing: bool = False) -> None:
    """This person has the case open now. Old signs are swept as new ones come."""
    if by.account_id is None:
        return
    row = db.session.get(Presence, (case.id, by.account_id), with_for_update=True)
    if row is None:
        db.session.add(Presence(case_id=case.id, account_id=by.account_id, seen_at=clock.now(), is_writing=writing))
    else:
        row.seen_at, row.is_writing = clock.now(), writing
    db.session.execute(
        delete(Presence)
        .where(Presence.seen_at < clock.now() - timedelta(hours=1))
        .execution_options(synchronize_session=False)
    )
    db.session.flush()


def others(case: Case, by: Who) -> list[tuple[str, bool]]:
    """Who else has this case open just now, with whether they are writing; whoever writes first."""
    rows = db.session.execute(
        select(Account.name, Presence.is_writing)
        .join(Account, Account.id == Presence.account_id)
        .where(Presence.case_id == case.id, Presence.account_id != (by.account_id or 0))
        .where(Presence.seen_at >= clock.now() - PRESENT)
        .order_by(Presence.is_writing.desc(), Account.name)
        .limit(5)
    )
    return [(name, writing) for name, writing in rows]


def watched(numbers: list[int], by: Who) -> dict[int, str]:
    """Case to the name of somebody else who has it open, for the rows of a list: one query."""
    rows = db.session.execute(
        select(Presence.case_id, func.min(Account.name))
        .join(Account, Account.id == Presence.account_id)
        .where(Presence.case_id.in_(numbers), Presence.account_id != (by.account_id or 0))
        .where(Presence.seen_at >= clock.now() - PRESENT)
        .group_by(Presence.case_id)
    )
    return {row[0]: row[1] for row in rows}
