"""What a reversed ledger line takes out of force: every statement that counted it (办法67 art. 13, 17)."""

from __future__ import annotations

from sqlalchemy import update

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import HoursEntry, PaperStatus, Statement


def note_reversal(entry: HoursEntry) -> None:
    """Mark the valid statements whose period and time hold the line that `entry` reverses, in its transaction."""
    reversed_line = db.session.get_one(HoursEntry, entry.reverses_id)
    db.session.execute(
        update(Statement)
        .where(Statement.expert_id == entry.expert_id, Statement.status == PaperStatus.VALID)
        .where(Statement.starts_on <= reversed_line.served_on, Statement.ends_on >= reversed_line.served_on)
        .where(Statement.last_entry_id >= reversed_line.id)
        .values(status=PaperStatus.SUPERSEDED, ended_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
