"""What people have written on a case and not sent: kept while they type, shown again on any machine, theirs alone.

Keeping is no act on the case: no event, no new version, no presence. Sending drops the draft in its own transaction.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import chance
from helpdesk.errors import Refused
from helpdesk.models import Box, Case, Message, Note, Status, Unsent
from helpdesk.rules import lifecycle, policy
from helpdesk.rules.policy import Who

# What nobody sent is forgotten after so many days.
KEEP_DAYS = 60
# Longer than what can be sent, so that shortening it can wait.
LONGEST = 20000
RIGHTS = {Box.REPLY: "case.reply", Box.NOTE: "case.note"}


def keep(case: Case, by: Who, box: Box, *, body: str, form_key: str, seen: str | None = None) -> Unsent | None:
    """Keep what stands in a box now; an empty box keeps nothing and forgets what was kept.

    `seen` is the mark of the draft the window knows ("" for none; None does not ask). Raises Refused when another
    window has written since, when this very form was sent already, when the text is endless or the case has ended.
    """
    policy.require(by, RIGHTS[box], case)
    if len(body) > LONGEST:
        raise Refused("text_too_long", field="body", over=len(body) - LONGEST)
    if box is Box.REPLY and (lifecycle.STATES[case.status].is_end or case.status is Status.DRAFT):
        raise Refused("case_ended", status=case.status.value)
    known = of(case, by).get(box)
    if _is_sent(case, box, form_key):
        # A save that was under way must not bring its words back; another window's own draft goes on.
        if known is None or seen is None or mark(known) != seen:
            raise Refused("draft_sent")
        form_key = known.form_key
    if seen is not None and known is not None and mark(known) != seen and known.body != body:
        raise Refused("draft_newer", at=known.saved_at)
    if not body.strip():
        forget(case, by, box)
        return None
    values = {"body": body, "form_key": form_key[:40], "saved_at": clock.now()}
    insert: Any = pg_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    db.session.execute(
        insert(Unsent)
        .values(case_id=case.id, account_id=by.account_id, box=box, **values)
        .on_conflict_do_update(index_elements=["case_id", "account_id", "box"], set_=values)
    )
    return of(case, by).get(box)


def of(case: Case, by: Who) -> dict[Box, Unsent]:
    """What this person has not sent on this case: one query."""
    if by.account_id is None:
        return {}
    rows = db.session.scalars(
        select(Unsent)
        .where(Unsent.case_id == case.id, Unsent.account_id == by.account_id)
        .execution_options(populate_existing=True)
    )
    return {row.box: row for row in rows}


def mark(row: Unsent) -> str:
    """What tells one state of a draft from another."""
    return row.saved_at.isoformat()


def sent(case: Case, by: Who, box: Box, *, body: str, form_key: str, seen: str | None = None) -> None:
    """The words of a window were sent: its draft is dropped. What another window wrote since is newer, and stays.

    `seen` is the mark of the draft the window knows; without one the form's key says whose draft it is.
    """
    known = of(case, by).get(box)
    if known is None:
        return
    is_its_own = known.form_key == form_key if seen is None else mark(known) == seen
    # An earlier state of the very words, saved while they were on their way, is no other draft.
    if is_its_own or body.strip().startswith(known.body.strip()):
        forget(case, by, box)
    elif known.form_key == form_key:
        # Both windows began with one form; its key is used up.
        known.form_key = chance.token()[:40]
        db.session.flush()


def forget(case: Case, by: Who, box: Box) -> None:
    """Drop a draft: it was sent, or is wanted no more."""
    db.session.execute(
        delete(Unsent).where(Unsent.case_id == case.id, Unsent.account_id == (by.account_id or 0), Unsent.box == box)
    )


def sweep() -> int:
    """Forget what nobody has sent for a long time. Returns how many."""
    old = delete(Unsent).where(Unsent.saved_at < clock.now() - timedelta(days=KEEP_DAYS))
    gone: Any = db.session.execute(old.execution_options(synchronize_session=False))
    return int(gone.rowcount)


def _is_sent(case: Case, box: Box, form_key: str) -> bool:
    """Whether this very form has been sent."""
    model: Any = Message if box is Box.REPLY else Note
    return bool(db.session.scalar(select(model.id).where(model.case_id == case.id, model.form_key == form_key)))
