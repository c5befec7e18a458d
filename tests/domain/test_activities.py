"""Activities: recorded by one, verified by another, in the one ledger; corrected and reversed there (办法67 art. 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import (
    activities,
    activity_log,
    complaints,
    corrections,
    evidence,
    expert_merges,
    expert_persons,
    hours,
    ledger_checks,
    monthly,
    national_sync,
    notices,
    own_record,
    record_terms,
    reports,
    statements,
    visits,
)
from helpdesk.domain.activities import ActivityFacts, Attendance
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    Activity,
    ActivityState,
    ComplaintAbout,
    CorrectionState,
    Evaluation,
    HoursEntry,
    IdentityKind,
    PaperStatus,
    RecordTerm,
    Sex,
    Subject,
    Visit,
    VisitStatus,
)
from helpdesk.presentation import activity_page
from helpdesk.rules import policy


def facts_of(row: Activity, **other) -> ActivityFacts:
    names = (
        "kind", "category_code", "title", "content", "starts_at", "ends_at", "mode", "place", "organiser", "leader",
        "companies", "people",
    )  # fmt: skip
    return replace(ActivityFacts(**{name: getattr(row, name) for name in names}), **other)


def served(row: Activity, expert, **other) -> Attendance:
    return replace(Attendance(expert.id, row.starts_at, row.ends_at, "主讲"), **other)


def acts(row: Activity) -> list[str]:
    db.session.refresh(row)
    return [step.act.value for step in row.steps]


def told(who) -> list[str]:
    return [step.act.value for _, step, _ in notices.of_activities(who)]


def test_it_counts_only_when_somebody_else_has_verified_it(town):
    make, cast = town, town.cast
    row = make.activity("chen", "wu")
    assert row.number == "HD-26-00001" and row.state is ActivityState.RECORDED
    assert hours.totals(cast.expert("chen").id).minutes == 0
    assert activities.verify(row, cast.li, score=4, note="看了签到表") == 240
    assert (row.state, row.verified_by) == (ActivityState.VERIFIED, "李区")
    totals = hours.totals(cast.expert("chen").id)
    assert (totals.minutes, totals.by_station, totals.cases, totals.activities) == (120, 120, 0, 1)
    entry = db.session.scalars(select(HoursEntry).where(HoursEntry.expert_id == cast.expert("wu").id)).one()
    assert (entry.case_id, entry.activity_id, entry.category_code, entry.recorded_by) == (
        None,
        row.id,
        "policy",
        "李区",
    )
    assert entry.service is row
    assert hours.first_bad_row() is None and ledger_checks.look().troubles == []
    assert acts(row) == ["recorded", "verified"]


@pytest.mark.parametrize("who", ["wang", "zhao", "sun", "lin", "feng", "chu", "chen"])
def test_nobody_verifies_what_they_recorded_served_at_or_have_nothing_to_do_with(make, cast, who):
    row = make.activity("chen")
    with pytest.raises(NotAllowed):
        activities.verify(row, getattr(cast, who), score=5)
    assert row.state is ActivityState.RECORDED


def test_an_expert_who_is_a_coordinator_neither_records_nor_verifies_their_own(make, cast):
    with pytest.raises(Refused) as refusal, db.session.begin_nested():
        make.activity("chen", "qian", by="qian")
    assert (refusal.value.code, refusal.value.field) == ("own_activity", "experts-1-expert")
    row = make.activity("chen", "qian")
    with pytest.raises(NotAllowed):
        activities.verify(row, cast.qian, score=5)
    # Of one at which they did not serve they are a colleague like any other.
    other = make.activity("chen", end=house_clock.now() - timedelta(days=3))
    assert activities.verify(other, cast.qian, score=5) == 120


def test_the_database_itself_refuses_a_recorder_who_verifies(make, cast):
    from sqlalchemy.exc import IntegrityError

    row = make.activity("chen", verified_by="li")
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text(f"UPDATE activities SET verified_by_id = recorded_by_id WHERE id = {row.id}"))
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text(f"UPDATE visits SET case_id = 1 WHERE activity_id = {row.id}"))


def test_who_is_asked_to_verify_is_who_may(make, cast):
    """The station's other coordinators; where they all served, the district; where there is none, the corps."""
    make.activity("chen")
    assert told(cast.qian) == ["recorded"] and told(cast.li) == [] and activities.to_verify(cast.qian) == 1
    make.activity("qian", end=house_clock.now() - timedelta(days=4))
    assert told(cast.li) == ["recorded"]
    assert activities.to_verify(cast.wang) == 0


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"title": "  "}, "text_missing", "title"),
        ({"leader": ""}, "text_missing", "leader"),
        ({"place": ""}, "place_missing", "place"),
        ({"companies": -1}, "number_out_of_range", "companies"),
        ({"people": 100_001}, "number_out_of_range", "people"),
        ({"category_code": "cooking"}, "category_unknown", "category"),
        ({"ends_at": house_clock.now() + timedelta(days=400)}, "visit_in_future", "day"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(make, cast, change, code, field):
    row = make.activity("chen")
    with pytest.raises(Refused) as refusal:
        activities.change(row, cast.wang, facts=facts_of(row, **change), experts=[served(row, cast.expert("chen"))])
    assert (refusal.value.code, refusal.value.field) == (code, field)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"part": ""}, "summary_missing", "experts-1-part"),
        ({"preparation_minutes": -1}, "minutes_out_of_range", "experts-1-preparation_minutes"),
        ({"starts_at": timedelta(minutes=-5)}, "attendance_outside", "experts-1-starts"),
        ({"ends_at": timedelta(minutes=5)}, "attendance_outside", "experts-1-ends"),
        ({"ends_at": timedelta(hours=-3)}, "visit_ends_before_start", "experts-1-ends"),
        ({"expert_id": 0}, "expert_twice", "experts-1-expert"),
        ({"registered": True}, "before_registered", "experts-1-expert"),
    ],
)
def test_what_is_wrong_with_one_expert_is_said_in_their_row(make, cast, change, code, field):
    row = make.activity("chen")
    chen, wu = cast.expert("chen"), cast.expert("wu")
    if change == {"registered": True}:
        wu.registered_on, change = house_clock.today(), {}
    moved = {name: getattr(row, name) + by for name, by in change.items() if isinstance(by, timedelta)}
    change = {**change, **moved} if "expert_id" not in change else {"expert_id": chen.id}
    with pytest.raises(Refused) as refusal:
        activities.change(row, cast.wang, facts=facts_of(row), experts=[served(row, chen), served(row, wu, **change)])
    assert (refusal.value.code, refusal.value.field) == (code, field)
    with pytest.raises(Refused, match="activity_without_experts"):
        activities.change(row, cast.wang, facts=facts_of(row), experts=[])


def test_times_of_cases_and_activities_do_not_overlap(make, cast):
    case = make.case("consulting")
    visit = make.visit(case, start=house_clock.now() - timedelta(minutes=90), minutes=60)
    with house_clock.at(house_clock.now() + timedelta(days=1)):
        with pytest.raises(Refused) as refusal:
            make.activity("wu", "chen", end=visit.ends_at - timedelta(minutes=10))
        assert (refusal.value.code, refusal.value.field) == ("visit_overlaps", "experts-1-starts")
    row = make.activity("chen", end=house_clock.now() - timedelta(hours=5))
    with pytest.raises(Refused, match="visit_overlaps"):
        make.visit(case, start=row.starts_at + timedelta(minutes=5), minutes=20)


def test_preparation_counts_by_the_stations_policy_and_travel_never(make, cast):
    row = make.activity("chen")
    one = served(row, cast.expert("chen"), preparation_minutes=200, travel_minutes=45)
    activities.change(row, cast.wang, facts=facts_of(row), experts=[one])
    assert activities.verify(row, cast.qian, score=5) == 120 + 60
    visit = activities.of(row)[0]
    assert (visit.contact_minutes, visit.preparation_minutes, visit.travel_minutes) == (120, 200, 45)


def test_it_can_be_changed_and_given_back_until_it_is_verified(make, cast):
    row = make.activity("chen", "wu")
    activities.give_back(row, cast.qian, reason="吴刚那天没有来")
    assert row.state is ActivityState.RETURNED and told(cast.wang) == ["returned"]
    with pytest.raises(Refused, match="activity_decided"):
        activities.verify(row, cast.qian, score=5)
    seen = row.version
    activities.change(row, cast.wang, facts=facts_of(row), experts=[served(row, cast.expert("chen"))], seen=seen)
    assert [visit.expert_id for visit in activities.of(row)] == [cast.expert("chen").id]
    with pytest.raises(Refused, match="activity_changed"):
        activities.verify(row, cast.li, score=5, seen=seen)
    # Who was struck can be brought back: the row is the same.
    both = [served(row, cast.expert("chen")), served(row, cast.expert("wu"))]
    activities.change(row, cast.wang, facts=facts_of(row), experts=both)
    assert db.session.scalar(select(func.count()).select_from(Visit).where(Visit.activity_id == row.id)) == 2
    assert activities.verify(row, cast.qian, score=5) == 240
    with pytest.raises(Refused, match="activity_decided"):
        activities.change(row, cast.wang, facts=facts_of(row), experts=both)
    assert acts(row) == ["recorded", "returned", "changed", "changed", "verified"]


def test_whoever_recorded_or_changed_it_does_not_verify_it(make, cast):
    row = make.activity("chen")
    activities.change(row, cast.qian, facts=facts_of(row), experts=[served(row, cast.expert("chen"))])
    # A colleague's small edit does not make the first one a stranger to it.
    for who in (cast.qian, cast.wang):
        with pytest.raises(NotAllowed):
            activities.verify(row, who, score=5)
    assert told(cast.li) == ["changed"]
    assert activities.verify(row, cast.li, score=5) == 120


def test_withdrawn_it_stays_and_counts_for_nothing(make, cast):
    row = make.activity("chen")
    with pytest.raises(Refused, match="reason_missing"):
        activities.withdraw(row, cast.wang, reason=" ")
    activities.withdraw(row, cast.wang, reason="记重了")
    assert row.state is ActivityState.WITHDRAWN and activities.of(row) == []
    make.activity("chen")  # the time is free again
    assert db.session.scalar(select(func.count()).select_from(HoursEntry)) == 0


def test_the_same_form_twice_is_one_activity(make, cast):
    row = make.activity("chen")
    again = activities.record(
        cast.station(), cast.wang, facts=facts_of(row), experts=[served(row, cast.expert("chen"))],
        form_key=row.form_key,
    )  # fmt: skip
    assert again is row and db.session.scalar(select(func.count()).select_from(Activity)) == 1


def test_a_reversal_and_a_correction_are_lines_of_the_ledger(town):
    make, cast = town, town.cast
    row = make.activity("chen", "wu", verified_by="li")
    mine, other = activities.settled(row)
    asked = corrections.ask(mine, cast.chen, says="我只讲了一个半小时", form_key="k1")
    assert asked.case_id is None and corrections.listed(cast.wang).open == [asked]
    with pytest.raises(NotAllowed):
        corrections.ask(mine, cast.zheng, says="x", form_key="k2")
    with pytest.raises(NotAllowed):
        corrections.refuse(asked, cast.zhao, reason="x")
    facts = VisitFacts(mine.starts_at, mine.ends_at - timedelta(minutes=30), mine.mode, mine.place, mine.summary)
    away = replace(facts, starts_at=facts.starts_at - timedelta(minutes=5))
    with pytest.raises(Refused, match="attendance_outside"):
        corrections.grant(asked, cast.qian, facts=away, reason="看了议程")
    with pytest.raises(NotAllowed):
        corrections.grant(asked, cast.wang, facts=facts, reason="看了议程")  # who wrote it down is not the only word
    corrections.grant(asked, cast.qian, facts=facts, reason="看了议程")
    assert asked.state is CorrectionState.GRANTED and asked.after["counted_minutes"] == 90
    lines = db.session.scalars(select(HoursEntry).where(HoursEntry.visit_id == mine.id).order_by(HoursEntry.id)).all()
    assert [(line.kind.value, line.minutes, line.revision) for line in lines] == [
        ("credit", 120, 1), ("reversal", -120, 1), ("credit", 90, 2),
    ]  # fmt: skip
    with pytest.raises(NotAllowed):
        activities.reverse(other, cast.wang, reason="没有来")
    with pytest.raises(Refused, match="reason_missing"):
        activities.reverse(other, cast.zhou, reason="")
    activities.reverse(other, cast.zhou, reason="没有来")
    assert hours.totals(cast.expert("wu").id).minutes == 0 and other.status is VisitStatus.VOID
    assert hours.totals(cast.expert("chen").id).minutes == 90
    assert hours.first_bad_row() is None and ledger_checks.look().troubles == []
    assert acts(row) == ["recorded", "verified", "asked", "corrected", "reversed"]
    assert told(cast.wu) == ["reversed", "verified"] and told(cast.chen) == ["corrected", "verified"]
    assert [visit.expert_id for visit in activities.settled(row)] == [mine.expert_id, other.expert_id]


def test_a_refused_correction_leaves_the_ledger(make, cast):
    row = make.activity("chen", verified_by="li")
    asked = corrections.ask(activities.settled(row)[0], cast.chen, says="少了", wished_minutes=200, form_key="k")
    corrections.refuse(asked, cast.qian, reason="签到表是两小时")
    assert acts(row)[-2:] == ["asked", "kept"] and told(cast.chen)[0] == "kept"
    assert hours.totals(cast.expert("chen").id).minutes == 120


def test_tampering_with_an_activity_is_found(make, cast):
    row = make.activity("chen", verified_by="li")
    entry = db.session.scalars(select(HoursEntry)).one()
    db.session.execute(text(f"UPDATE activities SET state = 'returned' WHERE id = {row.id}"))
    assert ledger_checks.look().troubles == [("undecided", str(entry.id))]
    db.session.execute(text(f"UPDATE activities SET state = 'verified' WHERE id = {row.id}"))
    db.session.execute(text("UPDATE visits SET counted_minutes = 5"))
    assert ledger_checks.look().troubles == [("undecided", str(entry.id))]


def test_a_line_can_not_be_given_to_another_activity(make, cast):
    """The activity is part of what is hashed."""
    make.activity("chen", verified_by="li")
    entry = db.session.scalars(select(HoursEntry)).one()
    assert hours.holds(entry, hours.GENESIS)
    db.session.expunge(entry)
    entry.activity_id += 1
    assert not hours.holds(entry, hours.GENESIS)


def test_the_ten_working_days_run_and_tell_once_for_all_experts(make, cast):
    row = make.activity("chen", "wu")
    assert record_terms.go_round() == 0
    terms = db.session.scalars(select(RecordTerm)).all()
    assert [term.case_id for term in terms] == [None, None]
    open_now = record_terms.waiting(cast.wang)
    assert [(one.needs_record, one.needs_evaluation) for one in open_now] == [(True, True)] * 2
    with house_clock.at(terms[0].warn_at + timedelta(hours=1)):
        assert record_terms.go_round() == 1 and record_terms.go_round() == 0
        assert acts(row) == ["recorded", "warned"] and told(cast.qian) == ["warned", "recorded"]
    activities.verify(row, cast.qian, score=4)
    assert db.session.scalar(select(func.count()).select_from(Evaluation)) == 2
    record_terms.go_round()
    assert all(term.done_at is not None for term in db.session.scalars(select(RecordTerm)))
    assert record_terms.waiting(cast.wang) == []


def test_a_statement_lists_it_beside_the_cases(town):
    make, cast = town, town.cast
    case = make.case("closed")
    row = make.activity("chen", verified_by="li")
    today = house_clock.today()
    paper = statements.draw_up(cast.chen, starts_on=today - timedelta(days=30), ends_on=today, form_key="s1")
    lines = [line for group in paper.facts["groups"] for line in group["lines"]]
    assert sorted((line["number"], line.get("kind", "case")) for line in lines) == sorted(
        [(case.number, "case"), (row.number, "activity")]
    )
    assert paper.minutes == 180 == sum(group["minutes"] for group in paper.facts["groups"])
    (recorder,) = paper.facts["recorders"]
    assert (recorder["cases"], recorder["activities"]) == (1, 1) and "李区" in recorder["handlers"]
    activities.reverse(activities.settled(row)[0], cast.zhou, reason="没有这场")
    assert paper.status is PaperStatus.SUPERSEDED


def test_it_is_in_the_own_record_the_national_file_and_the_figures(town):
    make, cast = town, town.cast
    make.case("closed")
    row = make.activity("chen", "wu", verified_by="li", companies=24)
    record = own_record.of(cast.expert("chen"))
    assert record.minutes == 180 and {entry.service.title for entry in record.entries} >= {row.title}
    assert national_sync.counts(cast.zhou).new == 3
    figures = monthly.sheet(date(2026, 11, 1), cast.zhou).total
    assert (figures.activities, figures.reached, figures.person_times, figures.companies) == (1, 24, 3, 1)
    assert figures.minutes == 300 == sum(db.session.scalars(select(HoursEntry.minutes)))
    with house_clock.at(house_clock.now() + timedelta(minutes=1)):
        overview = {figure.name: figure.value for figure in reports.overview(cast.li).figures}
    assert (overview["minutes"], overview["activities"]) == (300, 1)
    weighed = evidence.facts(Subject.EXPERT, date(2026, 1, 1), house_clock.today())
    chen = weighed[cast.expert("chen").id]
    assert (chen["minutes"], chen["cases"], chen["activities"], chen["companies"]) == (180, 1, 1, 1)
    assert weighed[cast.expert("wu").id]["timely"] == 100
    seen = evidence.visits_of(Subject.EXPERT, cast.expert("chen").id, date(2026, 1, 1), house_clock.today())
    assert [one.case_id is None for one, _ in seen].count(True) == 1


def test_two_records_of_one_person_bring_their_activities_together(town):
    make, cast = town, town.cast
    row = make.activity("wu", verified_by="li")
    minutes = expert_merges.merge(
        cast.expert("wu"), cast.zhou, survivor=cast.expert("chen"), named="陈明远", reason="登记了两次"
    )
    assert minutes == 120 and hours.totals(cast.expert("chen").id).minutes == 120
    assert acts(row)[-1] == "corrected" and hours.first_bad_row() is None and ledger_checks.look().troubles == []


def test_two_records_whose_account_recorded_the_others_activity_stay_two(make, cast):
    """Otherwise somebody would have recorded their own hours."""
    make.activity("chen", by="qian", verified_by="li")
    with pytest.raises(Refused, match="own_hours"):
        expert_merges.merge(
            cast.expert("chen"), cast.zhou, survivor=cast.expert("qian"), named="钱进", reason="登记了两次"
        )


def test_an_expert_is_found_by_number_name_or_both(make, cast):
    chen = cast.expert("chen")
    for words in (
        "陈明远",
        chen.volunteer_number,
        f"陈明远（{chen.volunteer_number}）",
        f" 陈明远({chen.volunteer_number}) ",
    ):
        assert activities.expert_by(words).id == chen.id, words
    cast.expert("wu").name = "陈明远"
    db.session.flush()
    with pytest.raises(Refused, match="expert_of_several"):
        activities.expert_by("陈明远")
    codes = {
        "": "expert_unnamed", "没有这个人": "expert_not_found", "（）": "expert_not_found",
        f"吴刚（{chen.volunteer_number}）": "expert_name_differs", "陈明远（12345）": "expert_not_found",
    }  # fmt: skip
    for words, code in codes.items():
        with pytest.raises(Refused, match=code):
            activities.expert_by(words)


def test_everybody_reads_their_own_part_of_the_network(make, cast):
    row = make.activity("chen")
    for who, reads in (
        ("wang", 1),
        ("zhao", 0),
        ("li", 1),
        ("zhou", 1),
        ("sun", 1),
        ("chen", 1),
        ("wu", 0),
        ("lin", 0),
    ):
        assert len(activities.listed(getattr(cast, who))) == reads, who
    assert activities.listed(cast.zhou, state=ActivityState.VERIFIED) == []
    assert activities.listed(cast.zhou, before=row.id) == []
    assert activity_log.verifiers(row) == {cast.qian.account_id}


def test_ledger_of_cases_is_hashed_as_before(make, cast):
    make.case("closed")
    entry = db.session.scalars(select(HoursEntry)).one()
    assert hours._facts(entry)[4] == entry.case_id


def test_an_expert_complains_of_one_by_its_number(make, cast):
    """Whoever verified it neither reads nor answers the complaint (rule R05)."""
    row = make.activity("chen", verified_by="li")
    said = complaints.Said(ComplaintAbout.RECORD, "少记了一个小时，站点不改。", number=row.number)
    found = complaints.make(cast.chen, said, form_key="c1")
    assert (found.about_number, found.station_id, found.act_by_id) == (row.number, row.station_id, row.verified_by_id)
    assert not policy.can(cast.li, "complaint.read", found) and policy.can(cast.zhou, "complaint.answer", found)
    with pytest.raises(Refused, match="complaint_number_unknown"):
        complaints.make(cast.zheng, said, form_key="c2")


def test_two_records_at_one_activity_stay_two_also_before_it_is_verified(make, cast):
    """Otherwise one person would have the same hours twice."""
    make.activity("chen", "wu")
    with pytest.raises(Refused, match="merge_overlaps"):
        expert_merges.merge(
            cast.expert("wu"), cast.zhou, survivor=cast.expert("chen"), named="陈明远", reason="登记了两次"
        )


def test_time_that_counts_twice_is_found_and_not_verified(make, cast):
    first = make.activity("chen", verified_by="li")
    second = make.activity("wu")
    other = activities.of(second)[0]
    db.session.execute(text(f"UPDATE visits SET expert_id = {cast.expert('chen').id} WHERE id = {other.id}"))
    db.session.expire_all()
    with pytest.raises(Refused, match="visit_overlaps"), db.session.begin_nested():
        activities.verify(second, cast.li, score=5)
    db.session.execute(text(f"UPDATE visits SET expert_id = {cast.expert('wu').id} WHERE id = {other.id}"))
    db.session.expire_all()
    activities.verify(second, cast.li, score=5)
    entry = db.session.scalars(select(HoursEntry).where(HoursEntry.activity_id == second.id)).one()
    db.session.execute(text(f"UPDATE visits SET expert_id = {cast.expert('chen').id} WHERE id = {other.id}"))
    assert ("twice", str(entry.id)) in ledger_checks.look().troubles
    assert first.id != second.id


def test_what_was_reversed_as_untrue_is_not_put_back_by_a_correction(make, cast):
    row = make.activity("chen", verified_by="li")
    visit = activities.settled(row)[0]
    asked = corrections.ask(visit, cast.chen, says="少了", form_key="k")
    activities.reverse(visit, cast.zhou, reason="没有来")
    facts = VisitFacts(visit.starts_at, visit.ends_at, visit.mode, visit.place, "来了", contact_minutes=60)
    with pytest.raises(Refused, match="correction_reversed"):
        corrections.grant(asked, cast.qian, facts=facts, reason="x")
    corrections.refuse(asked, cast.qian, reason="总队已经核实")
    with pytest.raises(Refused, match="correction_reversed"):
        corrections.ask(visit, cast.chen, says="再看看", form_key="k2")
    assert hours.totals(cast.expert("chen").id).minutes == 0


def test_a_reversed_visit_of_a_case_is_not_put_back_either(make, cast):
    case = make.case("closed")
    visit = visits.of(case)[0]
    asked = corrections.ask(visit, cast.chen, says="少了", form_key="k")
    hours.reverse(visit, cast.zhou, reason="没有发生")
    facts = VisitFacts(visit.starts_at, visit.ends_at, visit.mode, visit.place, "来了", contact_minutes=30)
    with pytest.raises(Refused, match="correction_reversed"):
        corrections.grant(asked, cast.wang, facts=facts, reason="x")


def test_one_of_which_nothing_stands_is_taken_off_the_sheet_of_that_month(make, cast):
    row = make.activity("chen", "wu", verified_by="li", companies=24)
    first, second = activities.settled(row)
    with house_clock.at(house_clock.now() + timedelta(days=20)):
        activities.reverse(first, cast.zhou, reason="没有来")
        assert row.state is ActivityState.VERIFIED
        activities.reverse(second, cast.zhou, reason="没有这场活动")
        assert row.state is ActivityState.REVERSED
        november, december = (monthly.sheet(date(2026, n, 1), cast.zhou).total for n in (11, 12))
    assert (november.activities, november.reached) == (1, 24)
    assert (december.activities, december.reached) == (-1, -24)
    assert ledger_checks.look().troubles == []


def test_pressed_twice_it_is_done_once(make, cast):
    row = make.activity("chen")
    activities.give_back(row, cast.qian, reason="少一位", seen=row.version)
    activities.give_back(row, cast.qian, reason="少一位", seen=1)
    activities.change(row, cast.wang, facts=facts_of(row), experts=[served(row, cast.expert("chen"))])
    assert [activities.verify(row, cast.qian, score=5, seen=row.version) for _ in range(2)] == [120, 120]
    assert acts(row) == ["recorded", "returned", "changed", "verified"]


def test_an_expert_does_not_read_what_was_said_of_another(app, make, cast):
    row = make.activity("chen", "wu", verified_by="li")
    corrections.ask(activities.settled(row)[0], cast.chen, says="我讲了整整一天", form_key="k")
    activities.reverse(activities.settled(row)[1], cast.zhou, reason="查实他没有到场")
    db.session.refresh(row)
    with app.test_request_context():
        told_to = {name: activity_page.view(row, getattr(cast, name)).steps for name in ("chen", "wu", "wang", "sun")}
    said = {name: " ".join(step.text + step.reason for step in steps) for name, steps in told_to.items()}
    assert "我讲了整整一天" in said["chen"] and "查实" not in said["chen"]
    assert "查实" in said["wu"] and "我讲了整整一天" not in said["wu"]
    assert "查实" in said["wang"] and "我讲了整整一天" in said["wang"]
    assert "查实" not in said["sun"] and "陈明远" not in said["sun"]


def test_colleagues_who_left_are_not_asked(make, cast):
    cast.account("qian").is_active = False
    db.session.flush()
    row = make.activity("chen")
    assert activity_log.verifiers(row) == {cast.li.account_id}


def test_the_national_file_says_what_each_line_was_written_from(app, make, cast):
    """Also after a correction: the old line keeps its old times."""
    row = make.activity("chen", verified_by="li")
    visit = activities.settled(row)[0]
    starts, ends = visit.starts_at, visit.ends_at
    person = PersonFacts(
        Sex.MALE, date(1979, 5, 12), "南山区", "0755-1", "申报", ("政策",), IdentityKind.PASSPORT, "E00000001"
    )
    expert_persons.write(
        cast.expert("chen"), cast.chen, person, consent=True, identity_consent=True, national_consent=True
    )
    asked = corrections.ask(visit, cast.chen, says="少讲了半小时", form_key="k")
    facts = VisitFacts(starts, ends - timedelta(minutes=30), visit.mode, visit.place, visit.summary)
    with house_clock.at(house_clock.now() + timedelta(hours=1)):
        corrections.grant(asked, cast.qian, facts=facts, reason="看了议程")
        lines = national_sync.export(cast.zhou)
    assert [(line.entry.minutes, line.visit.ends_at) for line in lines] == [
        (120, ends), (-120, ends), (90, ends - timedelta(minutes=30)),
    ]  # fmt: skip
