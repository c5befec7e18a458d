"""The tries to reach a company, and how many more days of them are needed."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Case, ContactAttempt
from helpdesk.presentation import filters
from helpdesk.rules.lifecycle import CONTACT_ATTEMPTS


@dataclass(frozen=True)
class Try:
    """One line of the list, as the macro `timeline` takes it."""

    when: str
    text: str
    who: str
    icon: str = "phone"


@dataclass(frozen=True)
class Tries:
    """All of them, on how many different days, and on how many they must be."""

    lines: list[Try]
    days: int
    needed: int


def build(case: Case) -> Tries:
    """The tries of a case, newest first."""
    rows = db.session.scalars(
        select(ContactAttempt).where(ContactAttempt.case_id == case.id).order_by(ContactAttempt.id.desc())
    ).all()
    days = {clock.local(row.at).date() for row in rows}
    return Tries([Try(filters.moment(r.at), r.note, r.by_name) for r in rows], len(days), CONTACT_ATTEMPTS)
