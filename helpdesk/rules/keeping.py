"""How long personal data is kept, what is forgotten then, and what stays.

PIPL art. 19 and 47: no longer than the purpose needs, then deleted or made anonymous. What the law wants kept stays:
the service record (ledger, dates, minutes and modes of visits, certificates, consents as proof), for ten years at least
(《志愿服务记录与证明出具办法》民政部令67号, GB/T 40143; domain brief 1.6 and R15). Nothing here ever deletes that.
"""

from __future__ import annotations

from typing import Any

# Months after a case has ended; what holds until the operator says otherwise.
PERSONAL_MONTHS = 36
SHORTEST_MONTHS, LONGEST_MONTHS = 6, 120
RECORD_YEARS = 10
# A new term begins today or at most so many years ahead.
YEARS_AHEAD = 2

# Stands where words or a name were.
GONE = "—"

# Facts of events that somebody typed or that name somebody of the company. The names of experts and stations are part
# of the service record.
WORDED_FACTS = frozenset({"reason", "note", "question", "author", "names", "words", "says"})


def without_words(facts: dict[str, Any], codes: frozenset[str]) -> dict[str, Any]:
    """An event's facts without what was typed; a reason that is one of the house's `codes` stays."""
    return {
        name: GONE if name in WORDED_FACTS and value and value not in codes else value for name, value in facts.items()
    }
