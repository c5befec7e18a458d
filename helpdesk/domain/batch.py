"""A whole queue given out at once: the assignment with the best total fit, not the best for whoever comes first.

Cases, experts and their free places are a flow network; networkx finds the cheapest flow. A case that nobody can take
flows past the experts and is told why. Nothing is decided here: what comes out is a preview.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx
from sqlalchemy import select, true
from sqlalchemy.orm import joinedload

from helpdesk.db import db
from helpdesk.domain.assignment import Candidate
from helpdesk.models import Case, Expert, ExpertStatus, Skill, Status, Transfer, TransferStatus, WaitingOn
from helpdesk.rules import matching, policy
from helpdesk.rules.matching import WEIGHTS, Evidence
from helpdesk.rules.policy import Who

# How many cases one preview looks at, oldest first.
MOST = 200
# One more case given out is worth more than any gain in fit: a case without an expert is what hurts.
GIVEN_OUT = 1000.0


@dataclass(frozen=True)
class Pair:
    """A case and the expert it would be offered to; `place` is the expert's place in the case's own list, and `instead`
    the first of that list with the case that has them, when somebody else comes first."""

    case: Case
    candidate: Candidate
    place: int
    instead: Candidate | None = None
    instead_case: Case | None = None


@dataclass(frozen=True)
class Plan:
    """Who would be asked about what; the cases left over with how many experts of the field were left out, and why.

    `total` is the sum of points; `greedy` what the same cases get when each, oldest first, takes its own best.
    """

    pairs: list[Pair]
    left: list[tuple[Case, dict[str, int]]]
    total: float
    greedy: float
    greedy_pairs: int


@dataclass(frozen=True)
class _Queue:
    """Points of every possible pair, and the free places of every expert."""

    cases: list[Case]
    experts: dict[int, Expert]
    fits: dict[tuple[int, int], Candidate]
    places: dict[int, int]
    left_out: dict[int, dict[str, int]]

    def cost_of_place(self, expert_id: int, taken: int) -> float:
        """What each further case of the same round costs: the share of capacity it takes."""
        most = self.experts[expert_id].max_open_cases
        return WEIGHTS["capacity"] * taken / most if most else 0.0


def waiting(by: Who, numbers: Sequence[str] = ()) -> list[Case]:
    """Cases this person may offer now, oldest first: sorted, not paused, not on their way to another station; of
    these only `numbers`, if any are given."""
    leaving = select(Transfer.case_id).where(Transfer.status == TransferStatus.PENDING)
    return list(
        db.session.scalars(
            select(Case)
            .where(policy.which(by, "case.offer"), Case.status == Status.TRIAGED)
            .where(Case.waiting_on == WaitingOn.NOBODY, Case.id.notin_(leaving))
            .where(Case.number.in_(numbers) if numbers else true())
            .options(joinedload(Case.category), joinedload(Case.station), joinedload(Case.company))
            .order_by(Case.submitted_at, Case.id)
            .limit(MOST)
        )
    )


def plan(by: Who, numbers: Sequence[str] = ()) -> Plan:
    """The best assignment of everything that waits, beside what taking turns would give. Constant queries."""
    queue = _queue(waiting(by, numbers))
    best = _best(queue)
    greedy = _greedy(queue)
    return Plan(
        pairs=[_pair(queue, best, case) for case in queue.cases if case.id in best],
        left=[(case, queue.left_out[case.id]) for case in queue.cases if case.id not in best],
        total=_total(queue, best),
        greedy=_total(queue, greedy),
        greedy_pairs=len(greedy),
    )


def _queue(cases: list[Case]) -> _Queue:
    codes = {case.category_code for case in cases}
    experts = list(
        db.session.scalars(
            select(Expert)
            .where(Expert.id.in_(select(Skill.expert_id).where(Skill.category_code.in_(codes))))
            .where(Expert.status != ExpertStatus.LEFT)
            .order_by(Expert.id)
        )
    )
    known = matching.gather_many(cases, experts) if cases else {}
    fits: dict[tuple[int, int], Candidate] = {}
    left_out: dict[int, dict[str, int]] = {case.id: {} for case in cases}
    for case in cases:
        for expert in experts:
            evidence = known[case.id][expert.id]
            if case.category_code not in evidence.fields:
                continue
            against = matching.obstacles(expert, case, evidence)
            if against:
                left_out[case.id][against[0]] = left_out[case.id].get(against[0], 0) + 1
            else:
                fits[case.id, expert.id] = Candidate(expert, matching.fit(expert, case, evidence))
    some = next(iter(known.values()), {})
    places = {expert.id: _places(expert, some[expert.id]) for expert in experts if expert.id in some}
    return _Queue(cases, {e.id: e for e in experts}, fits, places, left_out)


def _places(expert: Expert, known: Evidence) -> int:
    """How many more offers may go to this expert: room for cases and room for offers."""
    room = expert.max_open_cases - known.open_cases - known.open_offers
    return max(0, min(room, matching.OPEN_OFFERS - known.open_offers))


def _best(queue: _Queue) -> dict[int, int]:
    """Case to expert with the highest total. Weights are whole tenths of points: the solver wants integers."""
    graph = networkx.DiGraph()
    graph.add_node("from", demand=-len(queue.cases))
    graph.add_node("to", demand=len(queue.cases))
    for case in queue.cases:
        graph.add_edge("from", ("case", case.id), capacity=1, weight=0)
        graph.add_edge(("case", case.id), "to", capacity=1, weight=0)
    for (case_id, expert_id), found in queue.fits.items():
        gain = GIVEN_OUT + found.fit.weight
        graph.add_edge(("case", case_id), ("expert", expert_id), capacity=1, weight=-round(gain * 10))
    for expert_id, places in queue.places.items():
        for taken in range(places):
            place = ("place", expert_id, taken)
            cost = round(queue.cost_of_place(expert_id, taken) * 10)
            graph.add_edge(("expert", expert_id), place, capacity=1, weight=cost)
            graph.add_edge(place, "to", capacity=1, weight=0)
    if not queue.cases:
        return {}
    _, flow = networkx.network_simplex(graph)
    return {
        case.id: target[1]
        for case in queue.cases
        for target, amount in flow["case", case.id].items()
        if amount and target != "to"
    }


def _greedy(queue: _Queue) -> dict[int, int]:
    """What taking turns gives: each case, oldest first, its own best who still has room."""
    taken: dict[int, int] = {}
    found: dict[int, int] = {}
    for case in queue.cases:
        options = [
            (queue.fits[case.id, e].fit.weight - queue.cost_of_place(e, taken.get(e, 0)), -e)
            for e in queue.experts
            if (case.id, e) in queue.fits and taken.get(e, 0) < queue.places.get(e, 0)
        ]
        if options:
            expert_id = -max(options)[1]
            found[case.id] = expert_id
            taken[expert_id] = taken.get(expert_id, 0) + 1
    return found


def _total(queue: _Queue, found: dict[int, int]) -> float:
    taken: dict[int, int] = {}
    total = 0.0
    for case_id, expert_id in found.items():
        total += queue.fits[case_id, expert_id].fit.weight - queue.cost_of_place(expert_id, taken.get(expert_id, 0))
        taken[expert_id] = taken.get(expert_id, 0) + 1
    return round(total, 1)


def _pair(queue: _Queue, best: dict[int, int], case: Case) -> Pair:
    own = sorted(
        (c for (case_id, _), c in queue.fits.items() if case_id == case.id), key=lambda c: (-c.fit.weight, c.expert.id)
    )
    place = next(n for n, c in enumerate(own, 1) if c.expert.id == best[case.id])
    first = own[0] if place > 1 else None
    holder = next((c for c in queue.cases if first and best.get(c.id) == first.expert.id), None)
    return Pair(case, own[place - 1], place, first, holder)
