"""Looking at what another process would see: the database's own state, not what this session remembers."""

from __future__ import annotations

from helpdesk.db import begin, db
from helpdesk.models import Case


def fresh(case: Case) -> Case:
    """The case as it is now."""
    return db.session.get_one(Case, case.id, populate_existing=True)


def anew(*, read_only: bool = True) -> None:
    """Forget everything and begin another transaction."""
    db.session.rollback()
    db.session.remove()
    begin(read_only=read_only)
