"""Complaints in numbers: by when one is answered, when its desk is warned, how long it may be taken further.

条例 art. 26 and 办法67 art. 20 let everybody complain; neither text that we have names a time. Fifteen working days are
what a city begins with. They are working days of the country's calendar, as those of records are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk.clock import from_local, local
from helpdesk.rules.promises import Calendar
from helpdesk.rules.record_terms import workdays_after

# What holds before an operator sets something else, in working days.
WORKDAYS = 15
SHORTEST, LONGEST = 3, 60
# So many working days before the end whoever has to answer is warned.
WARN_BEFORE = 5
# Whoever is not content may take it further for so many days after the answer, once.
FURTHER_DAYS = 30
# What was told of a term: nothing, that it ends soon, that it is over.
NOTHING, WARNED, MISSED = 0, 1, 2


@dataclass(frozen=True)
class Term:
    """Moments: warned from, and the end of the last working day."""

    warn_at: datetime
    due_at: datetime


def term_of(begins_at: datetime, workdays: int, calendar: Calendar) -> Term:
    """The term of a complaint that came then; of a very short one the last day is the warning."""
    days = workdays_after(local(begins_at).date(), workdays, calendar)
    return Term(from_local(days[max(0, workdays - WARN_BEFORE)]), from_local(days[-1] + timedelta(days=1)))


def level_at(term: Term, moment: datetime) -> int:
    """What is to be told by then."""
    return MISSED if moment >= term.due_at else WARNED if moment >= term.warn_at else NOTHING
