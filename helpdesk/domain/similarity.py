"""Solved cases like this one: what was asked in the same words, and how it ended."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.adapters.search import runs, tokens
from helpdesk.db import db
from helpdesk.models import Answer, Case, Status
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# Looked at: the newest closed cases of the same field. Bounded, so that the cost does not grow with the years.
CANDIDATES = 300
SHOWN = 5
# A share of the asked case's words (weighed by rarity) that the other one has to hold to be called similar.
LEAST = 0.12
# A share of all words of two requests of one company, held by both, from which on one asks whether they are the same.
# In the demo city unrelated requests of one company share 0.02 at the median, and those about one matter 0.05 and more.
SAME_MATTER = 0.05


@dataclass(frozen=True)
class Similar:
    """A solved case, how much of the wording it shares (0 to 1), in which words, and what came of it."""

    case: Case
    share: float
    words: tuple[str, ...]
    result: str


def solved_like(case: Case, who: Who) -> list[Similar]:
    """The most similar closed cases that this person may read, best first, at most SHOWN; a fixed number of queries."""
    query = (
        select(Case)
        .where(policy.which(who, "case.read"), Case.status == Status.CLOSED, Case.id != case.id)
        .order_by(Case.closed_at.desc())
        .limit(CANDIDATES)
        .options(joinedload(Case.expert), joinedload(Case.station))
    )
    if case.category_code or case.wished_category:
        query = query.where(Case.category_code == (case.category_code or case.wished_category))
    others = list(db.session.scalars(query))
    held = {other.id: set(tokens(_text(other))) for other in others}
    frequency = Counter(token for found in held.values() for token in found)
    weights = {t: math.log(1 + len(others) / (1 + frequency[t])) for t in set(tokens(_text(case))) if len(t) > 1}
    whole = sum(weights.values()) or 1.0
    scored = [(sum(weights[t] for t in weights.keys() & held[other.id]) / whole, other) for other in others]
    best = sorted((row for row in scored if row[0] >= LEAST), key=lambda row: (-row[0], -row[1].id))[:SHOWN]
    results = _results([other.id for _, other in best])
    return [
        Similar(other, share, shared_words(_text(case), _text(other)), results.get(other.id, ""))
        for share, other in best
    ]


def likeness(one: Case, other: Case) -> float:
    """How much of their wording two cases share, 0 to 1."""
    first, second = set(tokens(_text(one))), set(tokens(_text(other)))
    return len(first & second) / len(first | second) if first | second else 0.0


def shared_words(one: str, other: str, *, most: int = 3) -> tuple[str, ...]:
    """The longest stretches of two characters or more, or Latin words, that stand in both texts; longest first."""
    text = " ".join(run for run, _ in runs(other))
    found: list[str] = []
    for run, is_chinese in runs(one):
        if not is_chinese:
            if len(run) > 1 and not run.isdecimal() and f" {run} " in f" {text} ":
                found.append(run)
            continue
        start = 0
        while start < len(run) - 1:
            end = start + 2
            if run[start:end] not in text:
                start += 1
                continue
            while end < len(run) and run[start : end + 1] in text:
                end += 1
            found.append(run[start:end])
            start = end
    return tuple(sorted(dict.fromkeys(found), key=len, reverse=True)[:most])


def _text(case: Case) -> str:
    return f"{case.title}\n{case.problem}"


def _results(case_ids: list[int]) -> dict[int, str]:
    """The result of the latest summary of each case."""
    rows = db.session.execute(
        select(Answer.case_id, Answer.result)
        .where(Answer.case_id.in_(case_ids))
        .order_by(Answer.round, Answer.sequence)
    )
    return {row.case_id: row.result for row in rows}
