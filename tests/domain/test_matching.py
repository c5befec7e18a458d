"""Who is asked first and why; who is left out, and how a coordinator argues; cascade, broadcast, pool; the undo."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.db import db
from helpdesk.domain import assignment, experts, notices, transfers
from helpdesk.models import Meeting, Offer, OfferKind, OfferMode, OfferStatus, Status
from helpdesk.rules import matching
from tests.cast import LONGGANG
from tests.domain.test_other_ends import later, refused

OTHER_PHONES = (f"1380013{n}" for n in range(8100, 9000))


def names(case) -> list[str]:
    return [c.expert.name for c in assignment.candidates(case).listed]


def fit_of(case, cast, login: str) -> matching.Fit:
    expert = cast.expert(login)
    return matching.fit(expert, case, matching.gather(case, [expert])[expert.id])


def test_the_weights_are_a_hundred_and_no_part_is_worth_more_than_its_own(town):
    assert sum(matching.WEIGHTS.values()) == 100
    case = town.case("triaged")
    for found in assignment.candidates(case).listed:
        assert 0 <= found.points <= 100
        assert all(0 <= found.fit.parts[name] <= most for name, most in matching.WEIGHTS.items())


def test_whoever_solved_the_same_before_comes_first_and_says_so(town):
    """Qian closed one for this very company, Chen none."""
    town.case("closed", expert="qian", phone=next(OTHER_PHONES))
    with later(days=40):
        case = town.case("triaged", phone=next(OTHER_PHONES))
        first = assignment.candidates(case).listed[0]
        assert first.expert.name == town.cast.expert("qian").name
        said = {r.text for r in first.reasons}
        assert {"办过 %(n)s 件同类", "帮过这家企业"} <= said


def test_load_and_a_recent_offer_cost_points(town):
    case = town.case("triaged", phone=next(OTHER_PHONES))
    before = fit_of(case, town.cast, "chen")
    town.case("accepted", expert="chen", phone=next(OTHER_PHONES))
    after = fit_of(case, town.cast, "chen")
    assert after.parts["capacity"] < before.parts["capacity"]
    assert after.parts["fairness"] == 0
    with later(days=matching.PATIENT_DAYS):
        assert fit_of(case, town.cast, "chen").parts["fairness"] == matching.WEIGHTS["fairness"]


def test_few_scores_are_pulled_towards_the_mean(town):
    """One five-star rating is no proof: it moves less than many do."""
    case = town.case("triaged", phone=next(OTHER_PHONES))
    one = matching.Evidence(fields={"policy"}, scores=1, score_sum=5)
    many = matching.Evidence(fields={"policy"}, scores=30, score_sum=150)
    bad = matching.Evidence(fields={"policy"}, scores=30, score_sum=90)
    chen = town.cast.expert("chen")
    points = [matching.fit(chen, case, e).parts["results"] for e in (bad, one, many)]
    assert points == sorted(points) and points[0] < points[1] < points[2]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("expert_language", lambda case, expert: setattr(case, "locale", "en")),
        ("expert_mode", lambda case, expert: setattr(expert, "modes", ["phone"])),
        (
            "expert_far",
            lambda case, expert: (setattr(case, "meeting", Meeting.ONSITE), setattr(expert, "districts", [])),
        ),
        ("expert_week_full", lambda case, expert: setattr(expert, "weekly_minutes", 30)),
        ("expert_offers_full", None),
        ("expert_other_station", lambda case, expert: setattr(expert, "station_id", expert.station_id + 1)),
    ],
)
def test_what_can_be_argued_needs_a_reason_and_keeps_it(make, cast, code, change):
    expert = cast.expert("chen")
    expert.modes = ["online", "phone", "onsite"]
    if code == "expert_week_full":
        busy = make.case("consulting", phone=next(OTHER_PHONES))
        make.visit(busy, minutes=60)
    if code == "expert_offers_full":
        for _ in range(matching.OPEN_OFFERS):
            make.case("offered", phone=next(OTHER_PHONES))
    case = make.case("triaged", phone=next(OTHER_PHONES))
    if code == "expert_other_station":
        case.station.own_experts_only = True
    if change:
        change(case, expert)
    db.session.flush()
    found = assignment.candidates(case)
    assert code in found.left_out
    assert any(c.expert.id == expert.id for c in found.arguable)
    with refused(code):
        assignment.offer(case, cast.wang, to=expert)
    offer = assignment.offer(case, cast.wang, to=expert, override="企业点名，他答应了")
    assert offer.override_reason == "企业点名，他答应了"
    assert code in offer.ranked["obstacles"]
    assignment.accept(offer, cast.chen, no_conflict=True)


def test_no_word_argues_a_conflict_or_a_licence_away(make, cast):
    law_case = make.case("triaged", category="legal", phone=next(OTHER_PHONES))
    with refused("expert_licence"):
        assignment.offer(law_case, cast.wang, to=cast.expert("zheng"), override="我就要他")


def test_the_offer_keeps_how_it_was_ranked(make, cast):
    case = make.case("triaged")
    best = assignment.candidates(case).listed[0]
    offer = assignment.offer(case, cast.wang, to=best.expert)
    assert offer.ranked["place"] == 1
    assert offer.ranked["points"] == best.points
    assert offer.ranked["of"] == 3
    assert offer.override_reason == ""


# --- the ten seconds ---


@pytest.fixture
def ten_seconds(app):
    config.use({"OFFER_UNDO_SECONDS": 10})
    yield
    config.use({"OFFER_UNDO_SECONDS": 0})


def test_an_offer_leaves_after_ten_seconds(make, cast, ten_seconds):
    case = make.case("offered")
    chen = cast.expert("chen")
    assert experts.inbox(chen.id).offers == []
    assert notices.unread_count(cast.chen) == 0
    with later(seconds=11):
        assert [o.case_id for o in experts.inbox(chen.id).offers] == [case.id]
        assert notices.unread_count(cast.chen) == 1
        with refused("offer_left"):
            assignment.undo(case, cast.wang)


def test_what_was_undone_is_due_when_it_was(make, cast, ten_seconds):
    case = make.case("triaged")
    due, kind = case.due_at, case.due_kind
    with later(hours=30):
        assignment.offer(case, cast.wang, to=cast.expert("chen"))
        assignment.undo(case, cast.wang)
    assert (case.due_at, case.due_kind) == (due, kind)


def test_what_was_undone_was_never_told(make, cast, ten_seconds):
    case = make.case("offered")
    assignment.undo(case, cast.wang)
    assert case.status is Status.TRIAGED
    with later(seconds=30):
        inbox = experts.inbox(cast.expert("chen").id)
        assert (inbox.offers, inbox.gone) == ([], [])
        assert notices.unread_count(cast.chen) == 0
    assert "expert_declined_before" not in assignment.candidates(case).left_out


def test_nobody_answers_what_they_have_not_been_told(make, cast, ten_seconds):
    from helpdesk.errors import NotAllowed

    offer = make.offer(make.case("offered"))
    with pytest.raises(NotAllowed):
        assignment.accept(offer, cast.chen, no_conflict=True)


# --- modes ---


def test_several_are_asked_and_the_first_has_it(town):
    cast = town.cast
    case = town.case("triaged")
    offers = assignment.offer_to_several(case, cast.wang)
    assert len(offers) == min(assignment.BROADCAST, 3)
    assert {o.kind for o in offers} == {OfferKind.BROADCAST}
    of = {o.expert_id: o for o in offers}
    assignment.decline(of[cast.chen.expert_id], cast.chen, reason="no_time")
    assert case.status is Status.OFFERED
    assignment.accept(of[cast.wu.expert_id], cast.wu, no_conflict=True)
    assert (case.status, case.expert_id) == (Status.ACCEPTED, cast.wu.expert_id)
    left = {o.expert_id: o.status for o in db.session.scalars(select(Offer))}
    assert left[cast.qian.expert_id] is OfferStatus.RESCINDED
    with refused("offer_gone"):
        assignment.accept(of[cast.qian.expert_id], cast.qian, no_conflict=True)


def test_when_the_last_of_several_says_no_the_case_is_back(make, cast):
    case = make.case("triaged")
    for offer in assignment.offer_to_several(case, cast.wang, pool=True):
        who = next(w for w in (cast.chen, cast.wu, cast.qian) if w.expert_id == offer.expert_id)
        assignment.decline(offer, who, reason="no_time")
    assert case.status is Status.TRIAGED


def test_several_offers_expire_together_and_the_case_is_not_lost(make, cast):
    case = make.case("triaged")
    count = len(assignment.offer_to_several(case, cast.wang))
    with later(days=10):
        assert assignment.expire_due() == count
        assert assignment.expire_due() == 0
    assert case.status is Status.TRIAGED
    assert assignment.pending_offers(case) == []


def test_a_cascade_asks_the_next_in_the_same_breath(make, cast):
    case = make.case("offered")
    case.station.offer_mode = OfferMode.CASCADE
    asked = [make.offer(case).expert_id]
    while case.status is Status.OFFERED:
        offer = make.offer(case)
        who = next(w for w in (cast.chen, cast.wu, cast.qian) if w.expert_id == offer.expert_id)
        assignment.decline(offer, who, reason="no_time")
        if case.status is Status.OFFERED:
            asked.append(make.offer(case).expert_id)
    assert len(asked) == len(set(asked)) == 3
    assert case.status is Status.TRIAGED


def test_a_silent_pause_is_not_filled_while_the_company_has_to_answer(make, cast):
    """Nobody is asked about a case that waits for the company."""
    case = make.case("offered")
    case.waiting_on = "company"
    db.session.flush()
    offer = make.offer(case)
    offer.expires_at = house_clock.now() - timedelta(seconds=1)
    assert assignment.expire_due() == 1
    assert case.status is Status.TRIAGED


def test_what_silence_frees_is_offered_to_nobody_while_another_station_is_asked_to_take_it(make, cast):
    """And the clock goes on with everybody else's offers."""
    case, other = make.case("offered"), make.case("offered", phone=next(OTHER_PHONES))
    transfers.request(case, make.desk(case), to=cast.station(LONGGANG), reason="就近")
    with later(days=9):
        assert assignment.expire_due() >= 2
    assert (case.status, assignment.pending_offer(case)) == (Status.TRIAGED, None)
    assert other.status is Status.OFFERED
