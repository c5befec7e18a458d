"""How long promises may take: versions, exceptions, a station's hours; what runs follows only when it is told to."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import assignment, deadlines, stations, targets, triage
from helpdesk.errors import NotAllowed
from helpdesk.models import Case, Clock, Job, Urgency
from helpdesk.rules import promises
from helpdesk.rules.promises import ORDINARY_WEEK, Target, Unit
from tests.cast import LONGGANG
from tests.domain.test_other_ends import refused

LONG = Target("assign", 5, Unit.WORKDAYS, 50)


def run_reckoning() -> int:
    """What the worker would do."""
    done, seen = 0, set()
    while jobs := [j for j in db.session.scalars(select(Job).where(Job.name == deadlines.RECKON)) if j.id not in seen]:
        for job in jobs:
            seen.add(job.id)
            done += deadlines.reckon(job.payload)
    return done


def running(case: Case, kind: str) -> Clock:
    return db.session.scalars(
        select(Clock).where(Clock.case_id == case.id, Clock.kind == kind, Clock.stopped_at.is_(None))
    ).one()


def days(case: Case, kind: str) -> float:
    return running(case, kind).target_minutes / deadlines.calendar(case.station_id).workday


def test_a_case_keeps_the_version_it_was_sent_under(make, cast):
    old = make.case("submitted")
    version = targets.put(cast.zhou, LONG)
    new = make.case("submitted")
    for case in (old, new):
        triage.triage(case, cast.wang, category_code="finance")
    assert (days(old, "assign"), days(new, "assign")) == (2, 5)
    assert new.target_version_id == version.id != old.target_version_id
    assert run_reckoning() == 0


def test_what_runs_follows_when_it_is_told_to(make, cast, monkeypatch):
    monkeypatch.setattr(deadlines, "AT_ONCE", 2)
    cases = [make.case("triaged", category="finance") for _ in range(5)]
    before = [case.due_at for case in cases]
    version = targets.put(cast.zhou, LONG, running_too=True)
    assert [case.due_at for case in cases] == before, "the worker does it, piece by piece"
    assert run_reckoning() == 5
    assert {days(case, "assign") for case in cases} == {5}
    assert {case.target_version_id for case in cases} == {version.id}


def test_a_field_and_an_urgency_have_their_own(make, cast):
    targets.put(cast.zhou, Target("assign", 3, Unit.WORKING_HOURS, 90, category="legal"))
    case = make.case("submitted")
    triage.triage(case, cast.wang, category_code="legal")
    clock = running(case, "assign")
    assert (clock.target_minutes, clock.warn_percent) == (180, 90)
    triage.triage(case, cast.wang, category_code="finance", urgency=Urgency.URGENT)
    assert days(case, "assign") == 1, "triaged again, the running promise takes what fits now"
    triage.triage(case, cast.wang, category_code="finance")
    assert days(case, "assign") == 2


def test_the_offer_is_answered_within_its_target(make, cast):
    targets.put(cast.zhou, Target("offer", 4, Unit.HOURS, 50, urgency=Urgency.URGENT))
    case = make.case("submitted")
    triage.triage(case, cast.wang, category_code="policy", urgency=Urgency.URGENT)
    offer = assignment.offer(case, cast.wang, to=cast.expert("chen"))
    assert offer.expires_at == offer.leaves_at + timedelta(hours=4)


def test_an_exception_is_taken_away(cast):
    rows = targets.in_force()
    exception = next(t for t in rows if t.kind == "first_answer" and t.category == "policy")
    targets.drop(cast.zhou, exception)
    assert exception not in targets.in_force()
    with refused("target_unknown"):
        targets.drop(cast.zhou, exception)
    general = next(t for t in rows if t.kind == "first_answer" and not t.precision)
    with refused("target_unknown"):
        targets.drop(cast.zhou, general)
    newest = targets.versions()[0]
    assert targets.read(newest.change["drop"]) == exception
    assert newest.made_by == cast.zhou.name


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (Target("assign", 0, Unit.WORKDAYS, 50), "target_amount"),
        (Target("assign", 61, Unit.WORKDAYS, 50), "target_amount"),
        (Target("assign", 721, Unit.HOURS, 50), "target_amount"),
        (Target("assign", 3, Unit.WORKDAYS, 9), "target_warn"),
        (Target("assign", 3, Unit.WORKDAYS, 101), "target_warn"),
        (Target("lunch", 3, Unit.WORKDAYS, 50), "target_unknown"),
        (Target("assign", 3, Unit.WORKDAYS, 50, category="lunch"), "target_unknown"),
        (Target("assign", 2, Unit.WORKDAYS, 50), "target_no_change"),
    ],
)
def test_what_is_no_promise_is_refused(cast, target, code):
    before = deadlines.newest_version()
    with refused(code):
        targets.put(cast.zhou, target)
    assert deadlines.newest_version() == before


def test_two_operators_at_once(cast):
    seen = deadlines.newest_version()
    targets.put(cast.zhou, LONG, seen=seen)
    with refused("target_changed_meanwhile"):
        targets.put(cast.zhou, Target("assign", 6, Unit.WORKDAYS, 50), seen=seen)


@pytest.mark.parametrize("who", ["wang", "li", "chen", "feng"])
def test_only_the_operator(cast, who):
    with pytest.raises(NotAllowed):
        targets.put(getattr(cast, who), LONG)


# --- opening hours ---


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("", ()),
        (" ", ()),
        ("9:00-12:00, 14:00-18:00", ((time(9), time(12)), (time(14), time(18)))),
        ("14：00–18：00，09：00—12：00", ((time(9), time(12)), (time(14), time(18)))),
        ("9:00至17:30", ((time(9), time(17, 30)),)),
        ("9:00 ~ 12:00 13:00 ~ 17:00", ((time(9), time(12)), (time(13), time(17)))),
    ],
)
def test_hours_as_people_write_them(text, hours):
    assert stations.read_hours(text) == hours
    assert stations.read_hours(stations.write_hours(hours)) == hours


@pytest.mark.parametrize(
    "text",
    ["nine to five", "9-12", "12:00-9:00", "9:00-9:00", "25:00-26:00", "9:70-10:00", "9:00-12:00, 11:00-13:00",
     "9:00-12:00 或者下午", "0:00-1:00 2:00-3:00 4:00-5:00 6:00-7:00 8:00-9:00", "9:00-", "<script>"],
)  # fmt: skip
def test_hours_that_cannot_be_read(text):
    with pytest.raises(ValueError, match=r".*"):
        stations.read_hours(text)


def test_running_promises_follow_the_stations_hours(make, cast):
    here, elsewhere = make.case("triaged", category="finance"), make.case("triaged", category="finance")
    elsewhere.station_id = cast.station(LONGGANG).id
    deadlines.retarget(elsewhere)
    before, other = here.due_at, elsewhere.due_at
    assert before is not None
    stations.set_hours(cast.station(), cast.wang, ["10:00-11:00"] * 5 + ["", ""])
    assert run_reckoning() == 1
    assert here.due_at is not None and here.due_at != before
    assert time(10) <= house_clock.local(here.due_at).time() <= time(11)
    assert elsewhere.due_at == other
    assert db.session.scalar(select(func.count()).select_from(Job).where(Job.name == deadlines.RECKON)) == 1
    stations.set_hours(cast.station(), cast.wang, ["10:00-11:00"] * 5 + ["", ""])
    assert db.session.scalar(select(func.count()).select_from(Job).where(Job.name == deadlines.RECKON)) == 1


def test_hours_are_refused_beside_their_day(cast):
    week = ["9:00-18:00"] * 5 + ["", ""]
    with refused("station_hours") as refusal:
        stations.set_hours(cast.station(), cast.wang, [*week[:2], "noon", *week[3:]])
    assert refusal.value.field == "wednesday"
    with refused("station_never_open"):
        stations.set_hours(cast.station(), cast.wang, [""] * 7)
    with refused("station_hours_short"):
        stations.set_hours(cast.station(), cast.wang, ["9:00-9:10"] + [""] * 6)
    with pytest.raises(NotAllowed):
        stations.set_hours(cast.station(LONGGANG), cast.wang, week)


def test_a_station_without_hours_keeps_ordinary_ones(cast):
    assert deadlines.week_of(999999) == ORDINARY_WEEK
    assert deadlines.calendar(999999) == deadlines.calendar()


def test_a_due_date_in_an_unknown_year_is_said_to_be_one(cast):
    assert deadlines.unknown_year(house_clock.from_local(date(2027, 1, 4), 9)) == 2027
    assert deadlines.unknown_year(house_clock.from_local(date(2026, 12, 31), 9)) is None
    assert deadlines.unknown_year(None) is None


def test_the_standard_targets_cover_every_promise(cast):
    assert {t.kind for t in promises.TARGETS if not t.precision} == set(promises.BY_KIND)
    assert set(targets.in_force()) == set(promises.TARGETS)
