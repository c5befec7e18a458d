"""Acts over many cases, and a whole queue given out at once."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import event, select

from helpdesk import config
from helpdesk.db import db
from helpdesk.domain import assignment, batch, bulk, triage
from helpdesk.models import BulkAct, Case, Offer, Status
from tests.domain.test_other_ends import later, refused

PHONES = (f"1390013{n}" for n in range(1000, 9000))


def cases(make, n: int, to: str = "submitted", **facts) -> list[Case]:
    return [make.case(to, phone=next(PHONES), **facts) for _ in range(n)]


def run_of(cast, act: BulkAct, chosen: list[Case], **params):
    return bulk.start(cast.wang, act, [bulk.item_of(c) for c in chosen], params)


def test_ten_at_a_time_until_all_are_done(town):
    chosen = cases(town, 12)
    run = run_of(town.cast, BulkAct.TRIAGE, chosen, category="finance")
    bulk.go_on(run, town.cast.wang)
    assert (run.position, run.finished_at) == (10, None)
    bulk.go_on(run, town.cast.wang)
    bulk.go_on(run, town.cast.wang)
    assert (run.position, run.done, run.refused) == (12, 12, 0)
    assert run.finished_at is not None
    assert {c.status for c in chosen} == {Status.TRIAGED}
    assert {c.category_code for c in chosen} == {"finance"}


def test_one_refusal_stops_nothing(town):
    first, moved, last = cases(town, 3)
    run = run_of(town.cast, BulkAct.REJECT, [first, moved, last], ground="other_legal", reason="请走诉讼。")
    triage.triage(moved, town.cast.wang, category_code="policy")
    bulk.go_on(run, town.cast.wang)
    assert [r["ok"] for r in run.results] == [True, False, True]
    assert run.results[1]["code"] == "stale"
    assert (first.status, moved.status, last.status) == (Status.REJECTED, Status.TRIAGED, Status.REJECTED)


def test_anothers_case_is_not_touched_and_not_told(make, cast):
    from tests.cast import LONGGANG

    ours = make.case("submitted")
    theirs = make.case("submitted", phone=next(PHONES))
    theirs.station_id = cast.station(LONGGANG).id
    db.session.flush()
    run = run_of(cast, BulkAct.TRIAGE, [ours, theirs], category="finance")
    bulk.go_on(run, cast.wang)
    assert [r.get("code") for r in run.results] == [None, "case_not_yours"]
    assert theirs.status is Status.SUBMITTED
    assert bulk.chosen(cast.wang, [ours.number, theirs.number]) == [ours]


def test_a_bulk_transfer_can_be_taken_back(make, cast):
    from tests.cast import LONGGANG

    chosen = cases(make, 3, "triaged")
    run = run_of(cast, BulkAct.TRANSFER, chosen, station_id=cast.station(LONGGANG).id, reason="企业都搬走了")
    bulk.go_on(run, cast.wang)
    assert run.done == 3
    bulk.undo(run, cast.wang)
    assert [r["undone"] for r in run.results] == [True] * 3
    with refused("no_way_back"):
        bulk.undo(run, cast.wang)


def test_a_rejection_has_no_way_back_here(make, cast):
    run = run_of(cast, BulkAct.REJECT, cases(make, 1), ground="other_legal", reason="请走诉讼。")
    bulk.go_on(run, cast.wang)
    with refused("no_way_back"):
        bulk.undo(run, cast.wang)


def test_nothing_chosen(cast):
    with refused("nothing_chosen"):
        bulk.start(cast.wang, BulkAct.TRIAGE, [], {})


# --- the batch ---


def test_the_whole_queue_goes_out_without_going_over_anybodys_room(town):
    cases(town, 9, "triaged")
    plan = batch.plan(town.cast.wang)
    room = {"chen": 3, "wu": 1, "qian": 3}
    taken: dict[str, int] = {}
    for pair in plan.pairs:
        taken[pair.candidate.expert.name] = taken.get(pair.candidate.expert.name, 0) + 1
    assert taken == {town.cast.expert(login).name: n for login, n in room.items()}
    assert len(plan.pairs) + len(plan.left) == 9
    assert plan.total >= plan.greedy


def test_the_preview_changes_nothing_and_accepting_it_does(make, cast):
    chosen = cases(make, 4, "triaged")
    plan = batch.plan(cast.wang)
    assert {c.status for c in chosen} == {Status.TRIAGED}
    items = [bulk.item_of(p.case, expert_id=p.candidate.expert.id) for p in plan.pairs]
    run = bulk.start(cast.wang, BulkAct.OFFER, items, {})
    bulk.go_on(run, cast.wang)
    assert run.refused == 0
    assert {c.status for c in chosen} == {Status.OFFERED}
    offers = {o.case_id: o.expert_id for o in db.session.scalars(select(Offer))}
    assert offers == {p.case.id: p.candidate.expert.id for p in plan.pairs}


def test_a_batch_can_be_taken_back_before_it_leaves(make, cast):
    config.use({"OFFER_UNDO_SECONDS": 10})
    try:
        chosen = cases(make, 2, "triaged")
        plan = batch.plan(cast.wang)
        items = [bulk.item_of(p.case, expert_id=p.candidate.expert.id) for p in plan.pairs]
        run = bulk.start(cast.wang, BulkAct.OFFER, items, {})
        bulk.go_on(run, cast.wang)
        with later(seconds=3):
            bulk.undo(run, cast.wang)
        assert {c.status for c in chosen} == {Status.TRIAGED}
    finally:
        config.use({"OFFER_UNDO_SECONDS": 0})


def test_what_waits_for_the_company_or_another_station_is_not_given_out(make, cast):
    paused = make.case("triaged", phone=next(PHONES))
    paused.waiting_on = "company"
    db.session.flush()
    assert batch.plan(cast.wang).pairs == []


@pytest.mark.parametrize("seed", range(12))
def test_the_best_is_never_worse_than_taking_turns(seed):
    """On random queues, by the same sums; and often better."""
    chance = random.Random(seed)
    queue = _random_queue(chance)
    best, greedy = batch._best(queue), batch._greedy(queue)
    assert len(best) >= len(greedy)
    gain = len(best) * batch.GIVEN_OUT + batch._total(queue, best)
    assert gain >= len(greedy) * batch.GIVEN_OUT + batch._total(queue, greedy) - 0.5
    for expert_id, places in queue.places.items():
        assert sum(1 for e in best.values() if e == expert_id) <= places


class _Thing:
    def __init__(self, **facts):
        self.__dict__.update(facts)


def _random_queue(chance: random.Random) -> batch._Queue:
    from helpdesk.rules.matching import Fit

    of_cases = [_Thing(id=n, number=f"SZ-{n}") for n in range(1, 15)]
    experts = {n: _Thing(id=n, max_open_cases=chance.randint(1, 4)) for n in range(1, 8)}
    fits = {
        (c.id, e): assignment.Candidate(experts[e], Fit({"skill": chance.randint(10, 90)}, ()))
        for c in of_cases
        for e in experts
        if chance.random() < 0.4
    }
    places = {e: min(3, x.max_open_cases) for e, x in experts.items()}
    return batch._Queue(of_cases, experts, fits, places, {c.id: {} for c in of_cases})


def test_the_plan_costs_the_same_for_many(make, cast):
    def queries() -> int:
        seen: list[str] = []

        def note(conn, cursor, statement, *_):
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            db.session.expire_all()
            batch.plan(cast.wang)
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        return len(seen)

    cases(make, 2, "triaged")
    few = queries()
    cases(make, 6, "triaged")
    assert queries() <= few + 4
