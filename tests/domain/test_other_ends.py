"""All other ends, and what each refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import (
    assignment,
    certificates,
    closure,
    consultation,
    deadlines,
    hours,
    intake,
    life,
    papers,
    transfers,
    triage,
    visits,
)
from helpdesk.errors import NotAllowed, Refused, Stale
from helpdesk.models import (
    Conflict,
    Feedback,
    HoursEntry,
    Job,
    Notice,
    Offer,
    Outcome,
    PaperStatus,
    Review,
    Status,
    VisitStatus,
)
from helpdesk.rules.credit import GATE_STATION
from tests.cast import LONGGANG, OTHER


def refused(code: str):
    return pytest.raises(Refused, match=f"^{code}")


def later(**span):
    return house_clock.at(house_clock.now() + timedelta(**span))


# --- refusing and referring ---


def test_a_rejection_needs_one_of_seven_grounds_and_a_reason(make, cast):
    case = make.case("submitted")
    with refused("ground_missing"):
        triage.reject(case, cast.wang, ground="too_much_work", reason="忙")
    with refused("reason_missing"):
        triage.reject(case, cast.wang, ground="secret_privacy", reason=" ")
    triage.reject(case, cast.wang, ground="secret_privacy", reason="材料里有客户的商业秘密")
    assert (case.status, case.reason_code) == (Status.REJECTED, "secret_privacy")
    assert case.due_at is None


def test_the_judge_of_an_appeal_is_not_who_rejected_and_there_must_be_one(make, cast):
    case = make.case("submitted")
    triage.reject(case, cast.wang, ground="other_legal", reason="不归我们")
    with refused("no_appeal"):
        triage.uphold_appeal(case, cast.li, reason="成立")
    triage.appeal(case, make.link(case), reason="这就是中小企业的事")
    with pytest.raises(NotAllowed):
        triage.uphold_appeal(case, cast.wang, reason="成立")
    triage.uphold_appeal(case, cast.li, reason="成立")
    assert (case.status, case.reason_code) == (Status.SUBMITTED, None)


def test_an_appeal_comes_too_late_after_fifteen_days(make, cast):
    case = make.case("submitted")
    triage.reject(case, cast.wang, ground="other_legal", reason="不归我们")
    with later(days=16), refused("too_late"):
        triage.appeal(case, make.link(case), reason="不服")


def test_a_referral_names_the_office(make, cast):
    case = make.case("submitted")
    with refused("office_missing"):
        triage.refer(case, cast.wang, office="somebody")
    triage.refer(case, cast.wang, office="tax", reason="开票问题")
    assert (case.status, case.referred_to) == (Status.REFERRED, "税务局 12366 纳税服务热线")


# --- duplicates ---


def test_a_merge_links_only_cases_of_one_company_and_can_be_undone_for_a_week(make, cast):
    first, second = make.case("triaged"), make.case("submitted", phone="13800138001")
    other = make.case("submitted", company=OTHER, phone="13900139000")
    with refused("merge_into_itself"):
        triage.merge(second, cast.wang, into=second)
    with refused("merge_target_missing"):
        triage.merge(second, cast.wang, into=other)
    triage.merge(second, cast.wang, into=first)
    assert (second.status, second.merged_into_id) == (Status.MERGED, first.id)
    with later(days=8), refused("too_late"):
        triage.unmerge(second, cast.wang)
    triage.unmerge(second, cast.wang)
    assert (second.status, second.merged_into_id) == (Status.SUBMITTED, None)


def test_undoing_a_merge_is_no_way_to_be_in_time_again(make, cast):
    first, second = make.case("triaged"), make.case("submitted", phone="13800138001")
    due = second.due_at
    with later(days=5):
        assert second.due_at < house_clock.now()
        triage.merge(second, cast.wang, into=first)
        assert second.due_at is None
        triage.unmerge(second, cast.wang)
        assert second.due_at == due


# --- offers ---


def test_a_declined_case_is_back_in_the_queue_with_the_reason(make, cast):
    case = make.case("offered")
    offer = make.offer(case)
    with refused("reason_missing"):
        assignment.decline(offer, cast.chen, reason="lazy")
    assignment.decline(offer, cast.chen, reason="no_time", note="这周出差")
    assert case.status is Status.TRIAGED
    assert (offer.reason_code, offer.reason_text) == ("no_time", "这周出差")
    assert "expert_declined_before" in assignment.candidates(case).left_out


def test_only_the_asked_expert_answers(make, cast):
    offer = make.offer(make.case("offered"))
    with pytest.raises(NotAllowed):
        assignment.accept(offer, cast.wu, no_conflict=True)
    with refused("conflict_undeclared"):
        assignment.accept(offer, cast.chen, no_conflict=False)


def test_a_declared_conflict_is_for_good(make, cast):
    assignment.decline(make.offer(make.case("offered")), cast.chen, reason="conflict")
    assert db.session.scalar(select(func.count()).select_from(Conflict)) == 1
    again = make.case("triaged", phone="13800138009")
    with refused("expert_conflict"):
        assignment.offer(again, cast.wang, to=cast.expert("chen"))


def test_the_hard_filter(make, cast):
    policy_case = make.case("triaged")
    law_case = make.case("triaged", category="legal", phone="13800138002")
    with refused("expert_other_field"):
        assignment.offer(law_case, cast.wang, to=cast.expert("wu"))
    with refused("expert_licence"):
        assignment.offer(law_case, cast.wang, to=cast.expert("zheng"))
    cast.expert("chen").paused_until = house_clock.today()
    with refused("expert_paused"):
        assignment.offer(policy_case, cast.wang, to=cast.expert("chen"))
    make.case("accepted", expert="wu", phone="13800138003")
    with refused("expert_at_capacity"):
        assignment.offer(policy_case, cast.wang, to=cast.expert("wu"))


def test_an_offer_nobody_answers_expires_and_is_offered_again(make, cast):
    case = make.case("offered")
    assert assignment.expire_due() == 0
    with later(days=6):
        assert assignment.expire_due() == 1
        assert assignment.expire_due() == 0
    asked = db.session.execute(select(Offer.expert_id, Offer.status, Offer.offered_by_name).order_by(Offer.id)).all()
    assert [row.status for row in asked] == ["expired", "pending"]
    assert asked[0].expert_id != asked[1].expert_id
    assert case.status is Status.OFFERED


def test_accepted_but_never_contacted_goes_back(make):
    case = make.case("accepted")
    with later(days=3):
        assert assignment.return_uncontacted() == 0
    with later(days=12):
        assert assignment.return_uncontacted() == 1
    assert (case.status, case.expert_id) == (Status.TRIAGED, None)


# --- waiting ---


def test_asking_pauses_every_clock_and_an_answer_lets_them_run(make, cast):
    case = make.case("consulting")
    due = case.due_at
    consultation.ask(case, cast.chen, question="锁里有没有蓝牙？", form_key="q1")
    assert case.is_paused
    assert case.due_at is None
    with later(days=2):
        consultation.reply(case, make.link(case), body="有蓝牙。", form_key="a1")
        assert not case.is_paused
        assert case.due_at > due
    assert deadlines.calendar().is_known(house_clock.today())


def test_the_same_message_sent_twice_is_one(make, cast):
    case = make.case("consulting")
    before = case.message_count
    first = consultation.reply(case, cast.chen, body="看过了", form_key="same")
    second = consultation.reply(case, cast.chen, body="看过了", form_key="same")
    assert first.id == second.id
    assert case.message_count == before + 1


def test_notes_stay_with_their_station(make, cast):
    case = make.case("triaged")
    consultation.note(case, cast.wang, body="这家上次投诉过", form_key="n1")
    transfers.request(case, cast.wang, to=cast.station(LONGGANG), reason="企业搬走了")
    transfers.accept(case, cast.zhao)
    assert consultation.notes(case, cast.zhao) == []
    assert len(consultation.notes(case, cast.zhou)) == 1
    with pytest.raises(NotAllowed):
        consultation.note(case, make.link(case), body="我", form_key="n2")


# --- transfer ---


def test_the_first_station_stays_accountable_until_the_next_accepts(make, cast):
    case = make.case("triaged")
    nanshan = case.station_id
    with refused("same_station"):
        transfers.request(case, cast.wang, to=cast.station(), reason="就近")
    transfers.request(case, cast.wang, to=cast.station(LONGGANG), reason="企业搬到龙岗")
    assert case.station_id == nanshan
    with refused("transfer_pending"):
        assignment.offer(case, cast.wang, to=cast.expert("chen"))
    transfers.bounce(case, cast.zhao, reason="没搬")
    assert case.station_id == nanshan
    transfers.request(case, cast.wang, to=cast.station(LONGGANG), reason="真搬了")
    transfers.accept(case, cast.zhao)
    assert case.station_id == cast.station(LONGGANG).id
    assert case.status is Status.SUBMITTED
    with pytest.raises(NotAllowed):
        triage.triage(case, cast.wang, category_code="policy")


# --- the end ---


def test_nobody_confirms_their_own_hours(make, cast):
    case = make.case("consulting", expert="qian")
    visit = make.visit(case, by="qian")
    with pytest.raises((Refused, NotAllowed)):
        visits.verify(visit, cast.qian)
    with pytest.raises((Refused, NotAllowed)):
        visits.confirm(visit, cast.qian.with_link(case.id, "钱进"))
    assert visit.status is VisitStatus.LOGGED
    with refused("not_silent_yet"):
        visits.verify(visit, cast.wang)
    with refused("not_silent_yet"):
        visits.void(visit, cast.wang, reason="不信")
    with later(days=7):
        visits.verify(visit, cast.wang)
    assert visit.status is VisitStatus.VERIFIED


def test_silence_alone_never_confirms(make, cast):
    case = make.case("answered")
    declared = dict.fromkeys(GATE_STATION, True)
    decisions = {visit.id: True for visit in visits.of(case)}
    with refused("not_silent_yet"):
        closure.verify(case, cast.wang, decisions=decisions, declared=declared)
    with later(days=8):
        assert case.status is Status.ANSWERED
        with refused("visits_undecided"):
            closure.verify(case, cast.wang, decisions={}, declared=declared)
        with refused("gate_undeclared"):
            closure.verify(case, cast.wang, decisions=decisions, declared={})
        closure.verify(case, cast.wang, decisions=decisions, declared=declared)
    assert (case.status, case.outcome) == (Status.CLOSED, Outcome.UNCONFIRMED)
    expert = cast.expert("chen")
    assert (hours.totals(expert.id).by_station, hours.totals(expert.id).by_company) == (60, 0)
    assert db.session.scalar(select(func.count()).select_from(Feedback)) == 0


def test_a_refused_verification_leaves_the_visits_as_they_were(make, cast):
    case = make.case("answered")
    visit = visits.of(case)[0]
    with later(days=8), refused("gate_undeclared"):
        closure.verify(case, cast.wang, decisions={visit.id: True}, declared={})
    db.session.refresh(visit)
    assert visit.status is VisitStatus.LOGGED


def test_no_minute_is_settled_that_the_company_has_not_confirmed(make):
    case = make.case("answered")
    with refused("visits_undecided"):
        make.confirm(case)
    assert case.status is Status.ANSWERED
    assert db.session.scalar(select(func.count()).select_from(HoursEntry)) == 0


def test_money_blocks_the_hours_and_opens_a_review(make, cast):
    case = make.case("answered")
    for visit in visits.of(case):
        visits.confirm(visit, make.link(case))
    make.confirm(case, paid=True, comment="收了 500 块材料费")
    assert case.status is Status.ANSWERED
    review = db.session.scalars(select(Review)).one()
    with refused("review_open"):
        make.confirm(case)
    with pytest.raises(NotAllowed):
        closure.decide_review(case, cast.wang, upheld=False, reason="没有")
    closure.decide_review(case, cast.li, upheld=True, reason="查实收费")
    assert review.decision == "upheld"
    assert {visit.status for visit in visits.of(case)} == {VisitStatus.VOID}
    make.confirm(case)
    assert db.session.scalar(select(func.count()).select_from(HoursEntry)) == 0
    assert certificates.of_case(case.id) == []


def test_nobody_says_whether_money_was_paid_and_nothing_closes(make):
    case = make.case("answered")
    for visit in visits.of(case):
        visits.confirm(visit, make.link(case))
    with refused("paid_unsaid"):
        make.confirm(case, paid=None)


def test_unreachable_needs_three_days_and_earns_nothing(make, cast):
    case = make.case("accepted")
    for key in ("a", "b", "b", "c"):
        consultation.log_attempt(case, cast.chen, note="没人接", form_key=key)
    with refused("too_few_attempts"):
        closure.close_unreachable(case, cast.wang)
    for days in (1, 2):
        with later(days=days):
            consultation.log_attempt(case, cast.chen, note="没人接", form_key=f"after-{days}")
    with later(days=2):
        closure.close_unreachable(case, cast.wang)
    assert (case.status, case.outcome) == (Status.CLOSED, Outcome.UNREACHABLE)
    assert certificates.of_case(case.id) == []
    closure.reopen(case, make.link(case), reason="换了号码")
    assert case.status is Status.CONSULTING


def test_a_dispute_goes_back_to_the_expert(make, cast):
    case = make.case("answered")
    with refused("reason_missing"):
        closure.dispute(case, make.link(case), reason="")
    closure.dispute(case, make.link(case), reason="税务那边还是不认")
    assert (case.status, case.expert_id) == (Status.CONSULTING, cast.expert("chen").id)


def test_a_reopened_case_closed_again_has_one_valid_paper_that_names_the_whole(make, cast):
    case = make.case("closed")
    first = certificates.of_case(case.id)[0]
    with later(days=31), refused("too_late"):
        closure.reopen(case, make.link(case), reason="还有")
    with later(days=3):
        closure.reopen(case, make.link(case), reason="还有一个问题")
        make.visit(case, minutes=30, start=house_clock.now() - timedelta(hours=1))
        make.answer(case)
        for visit in visits.undecided(case):
            visits.confirm(visit, make.link(case))
        make.confirm(case)
    issued = certificates.of_case(case.id)
    assert [(p.status, p.minutes) for p in issued] == [
        (PaperStatus.VALID, 90),
        (PaperStatus.SUPERSEDED, 60),
    ]
    assert first.superseded_by_id == issued[0].id
    assert papers.check(first.code).state == "superseded"
    assert hours.totals(cast.expert("chen").id).minutes == 90
    assert db.session.scalar(select(func.count()).select_from(Job)) == 2


def test_a_withdrawn_case_keeps_what_was_served_and_can_be_resumed(make, cast):
    case = make.case("consulting")
    visits.confirm(make.visit(case), make.link(case))
    closure.withdraw(case, make.link(case), reason="solved_elsewhere")
    assert case.status is Status.WITHDRAWN
    assert hours.totals(cast.expert("chen").id).minutes == 60
    assert len(certificates.of_case(case.id)) == 1
    closure.resume(case, make.link(case))
    assert case.status is Status.SUBMITTED


def test_a_case_taken_by_the_station_earns_nobody_hours(make, cast):
    case = make.case("triaged")
    assignment.take_for_station(case, cast.wang)
    consultation.reply(case, cast.wang, body="这个政策今年不办了。", form_key="r1")
    assert case.status is Status.CONSULTING
    with pytest.raises(NotAllowed):
        make.visit(case, by="chen")
    closure.answer(case, cast.wang, problem="问", advice="议", result="果", declared={})
    make.confirm(case)
    assert case.status is Status.CLOSED
    assert certificates.of_case(case.id) == []


# --- visits ---


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"minutes": 0}, "visit_ends_before_start"),
        ({"minutes": -30}, "visit_ends_before_start"),
        ({"minutes": 10_000}, "visit_before_case|visit_too_long"),
        ({"minutes": 60, "contact_minutes": 0}, "minutes_not_positive"),
        ({"minutes": 60, "contact_minutes": 61}, "contact_longer_than_visit"),
        ({"minutes": 60, "summary": " "}, "summary_missing"),
    ],
)
def test_visits_that_cannot_be(make, facts, code):
    case = make.case("consulting")
    with refused(code):
        make.visit(case, **facts)


def test_visits_in_the_future_before_the_case_and_overlapping(make):
    case = make.case("consulting")
    now = house_clock.now()
    with refused("visit_in_future"):
        make.visit(case, start=now)
    with refused("visit_before_case"):
        make.visit(case, start=now - timedelta(days=2))
    make.visit(case, start=now - timedelta(hours=2))
    with refused("visit_overlaps"):
        make.visit(case, start=now - timedelta(minutes=61), minutes=30)
    make.visit(case, start=now - timedelta(minutes=60), minutes=30)


def test_a_day_over_ten_hours_needs_a_reason(make):
    case = make.case("consulting")
    with later(hours=14):
        now = house_clock.now()
        make.visit(case, start=now - timedelta(hours=13), minutes=540)
        with refused("long_day_needs_reason"):
            make.visit(case, start=now - timedelta(hours=3), minutes=90)
        make.visit(case, start=now - timedelta(hours=3), minutes=90, long_day_reason="现场调试不能停")


def test_preparation_counts_by_the_stations_policy_up_to_its_cap(make):
    case = make.case("consulting")
    first = make.visit(case, preparation_minutes=45, travel_minutes=90)
    second = make.visit(case, preparation_minutes=45)
    assert (first.counted_minutes, second.counted_minutes) == (105, 75)


@pytest.mark.parametrize("minutes", [{"preparation_minutes": -1}, {"travel_minutes": 1441}], ids=str)
def test_preparation_and_travel_are_minutes_of_one_day(make, minutes):
    case = make.case("consulting")
    with refused("minutes_out_of_range") as told:
        make.visit(case, **minutes)
    assert told.value.field in minutes


def test_a_disputed_visit_is_corrected_and_confirmed(make, cast):
    case = make.case("consulting")
    visit = make.visit(case)
    visits.dispute(visit, make.link(case), reason="只有半小时")
    start = visit.starts_at
    changed = visits.change(
        visit,
        cast.chen,
        facts=visits.VisitFacts(start, start + timedelta(minutes=30), visit.mode, "", "讲了口径"),
    )
    assert (changed.status, changed.counted_minutes) == (VisitStatus.LOGGED, 30)
    with refused("visit_changed_meanwhile"):
        visits.confirm(visit, make.link(case), seen=1)
    visits.confirm(visit, make.link(case), seen=visit.version)
    with refused("visit_decided"):
        visits.change(
            visit, cast.chen, facts=visits.VisitFacts(start, start + timedelta(minutes=50), visit.mode, "", "改")
        )


# --- stale, and the rest ---


def test_a_stale_step_is_told_who_was_first_and_changes_nothing(make, cast):
    case = make.case("submitted")
    seen = case.version
    triage.triage(case, cast.wang, category_code="policy", seen=seen)
    with pytest.raises(Stale) as told:
        triage.reject(case, cast.qian, ground="secret_privacy", reason="涉密", seen=seen)
    assert told.value.facts == {"who": "王岚", "event": "case.triaged", "status": "triaged"}
    assert case.status is Status.TRIAGED


def test_a_sixth_open_request_from_one_phone_is_refused(make):
    for _ in range(5):
        make.case("submitted")
    with refused("too_many_open_cases"):
        make.case("submitted")


def test_without_consent_nothing_is_sent(app, cast):
    from helpdesk.domain.intake import Contact
    from tests.cast import SOUTHLIGHT

    case = intake.start("想问问专精特新", category=None, locale="zh_Hans_CN")
    case.contact_name = "林女士"
    with refused("consent_missing"):
        intake.submit(
            case, intake.requester(case), company=SOUTHLIGHT, contact=Contact("林女士", "13800138000"), consents={}
        )


def test_notices_reach_who_should_hear_and_not_who_acted(make, cast):
    case = make.case("offered")
    readers = db.session.scalars(select(Notice.account_id)).all()
    assert cast.account("chen").id in readers
    assert cast.account("qian").id in readers, "the other coordinator of the station"
    mine = db.session.scalars(select(Notice).where(Notice.account_id == cast.account("wang").id)).all()
    assert len(mine) == 1, "the submission; not what she did herself"
    assert life.steps_for(case, cast.wang)
