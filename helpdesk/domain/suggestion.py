"""The field a request probably belongs to: works on an empty database, and learns from every case that was triaged."""

from __future__ import annotations

import threading

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


class Memory:
    """What a process has learned from one database: its address, up to which event, the counts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._address = ""
        self._event_id = 0
        self._suggester = Suggester()

    def current(self) -> Suggester:
        """The counts, brought up to the latest triage; one cheap statement when there was none since."""
        address = str(db.engine.url)
        with self._lock:
            if self._address != address:
                self._address, self._event_id, self._suggester = address, 0, Suggester()
            for event_id, code, problem, title in reversed(_triaged_since(self._event_id)):
                self._suggester.learn(code, f"{problem}\n{title}")
                self._event_id = max(self._event_id, event_id)
            return self._suggester


# One for the process; whoever puts another database in its place puts a new one here.
memory = Memory()


def suggest(text: str) -> list[Guess]:
    """The three likeliest fields of a text, best first; nothing while there is too little to go by."""
    if len(text.strip()) < LEAST:
        return []
    return current().guesses(text)


def for_case(case: Case) -> list[Guess]:
    """The same for a case, from its title and problem."""
    return suggest(f"{case.problem}\n{case.title}")


def current() -> Suggester:
    """The counts of this process, up to the latest triage."""
    return memory.current()


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
