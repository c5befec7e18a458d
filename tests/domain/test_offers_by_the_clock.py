"""The worker offers by a clock that goes on between two looks at it."""

from __future__ import annotations

from helpdesk import clock as house_clock
from helpdesk.domain import assignment
from helpdesk.rules.policy import SYSTEM


def test_what_the_worker_offers_never_leaves_before_it_was_offered(make):
    case = make.case("triaged")
    listed = assignment.candidates(case).listed
    token = house_clock._set_to.set(None)
    try:
        offer = assignment.offer(case, SYSTEM, to=listed[0].expert)
    finally:
        house_clock._set_to.reset(token)
    assert offer.leaves_at >= offer.offered_at
