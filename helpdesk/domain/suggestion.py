"""The field a request probably belongs to: works on an empty database, and learns from every case that was triaged."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk.db import db
from helpdesk.models import Case, Event
from helpdesk.rules.suggestion import Guess, Suggester

# At its first question a process learns from the newest so many triaged cases; then from each as it comes.
REMEMBERED = 4000
# Texts shorter than this say nothing yet.
LEAST = 6
# From this share on the company's own page chooses before it is asked.
SURE = 0.6


@dataclass
class _Learned:
    """What this process knows: of which database, up to which event."""

    address: str = ""
    event_id: int = 0
    suggester: Suggester = field(default_factory=Suggester)


_learned: list[_Learned] = []
_lock = threading.Lock()


def suggest(text: str) -> list[Guess]:
    """The three likeliest fields of a text, best first; nothing while there is too little to go by."""
    if len(text.strip()) < LEAST:
        return []
    return current().guesses(text)


def for_case(case: Case) -> list[Guess]:
    """The same for a case, from its title and problem."""
    return suggest(f"{case.problem}\n{case.title}")


def current() -> Suggester:
    """The counts of this process, brought up to the latest triage; one cheap statement when there was none since."""
    address = str(db.engine.url)
    with _lock:
        if not _learned or _learned[0].address != address:
            _learned[:] = [_Learned(address)]
        known = _learned[0]
        for event_id, code, problem, title in reversed(_triaged_since(known.event_id)):
            known.suggester.learn(code, f"{problem}\n{title}")
            known.event_id = max(known.event_id, event_id)
        return known.suggester


def forget() -> None:
    """What this process has learned is learned anew: its database was put in place of another."""
    with _lock:
        _learned.clear()


def _triaged_since(event_id: int) -> list[tuple[int, str, str, str]]:
    """Event, field and words of cases that people sorted after an event, newest first."""
    rows = db.session.execute(
        select(Event.id, Case.category_code, Case.problem, Case.title)
        .join(Case, Case.id == Event.case_id)
        .where(Event.id > event_id, Event.kind == "case.triaged", Case.category_code.is_not(None))
        .order_by(Event.id.desc())
        .limit(REMEMBERED)
    )
    return [(row[0], row[1] or "", row[2], row[3]) for row in rows]
