"""Working time: make-up Saturdays, Spring Festival, National Day, midnight, pauses; against a slow oracle."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.clock import SHENZHEN, from_local
from helpdesk.models import Urgency
from helpdesk.rules import promises
from helpdesk.rules.promises import REAL, WORKDAY, WORKING, Calendar, Stretch, Target, Unit


def year_of(*years: int) -> Calendar:
    """The calendar of these years as the maintained package has it."""
    holidays, make_up = set(), set()
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            working = chinese_calendar.is_workday(day)
            if working != (day.weekday() < 5):
                (make_up if working else holidays).add(day)
            day += timedelta(days=1)
    return Calendar(frozenset(holidays), frozenset(make_up), frozenset(years))


CALENDAR = year_of(2025, 2026)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHENZHEN).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        # an ordinary Wednesday
        ("2026-11-18 10:00", 60, "2026-11-18 11:00"),
        ("2026-11-18 10:00", WORKDAY, "2026-11-19 10:00"),
        # Friday afternoon goes on on Monday
        ("2026-11-20 17:00", 120, "2026-11-23 10:00"),
        # at night and at midnight it begins with the next opening
        ("2026-11-18 23:30", 60, "2026-11-19 10:00"),
        ("2026-11-19 00:00", 60, "2026-11-19 10:00"),
        ("2026-11-18 18:00", 60, "2026-11-19 10:00"),
        # National Day 2025: 1-8 October off, 28 September and 11 October worked
        ("2025-09-27 12:00", 60, "2025-09-28 10:00"),
        ("2025-09-30 17:00", 120, "2025-10-09 10:00"),
        ("2025-10-10 17:00", 120, "2025-10-11 10:00"),
        # Spring Festival 2025: 28 January to 4 February off, 26 January and 8 February worked
        ("2025-01-27 10:00", WORKDAY, "2025-02-05 10:00"),
        ("2025-01-25 10:00", WORKDAY, "2025-01-26 18:00"),
        ("2025-02-07 17:00", 120, "2025-02-08 10:00"),
    ],
)
def test_hand_made_cases(start, minutes, due):
    assert promises.add_working(at(start), minutes, CALENDAR) == at(due)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati"])
def test_the_zone_a_moment_is_written_in_changes_nothing(zone):
    """A request sent on Friday evening here is on Friday morning in New York and on Saturday in Kiritimati."""
    start = at("2026-02-13 17:30").astimezone(ZoneInfo(zone))
    # 14 February 2026 is a worked Saturday; Spring Festival is off from 15 to 23 February.
    assert promises.add_working(start, 60, CALENDAR) == at("2026-02-14 09:30")
    assert promises.add_working(start, 30 + WORKDAY + 60, CALENDAR) == at("2026-02-24 10:00")
    assert promises.working_between(start, at("2026-02-24 10:00").astimezone(ZoneInfo(zone)), CALENDAR) == 630


def test_twenty_four_real_hours_do_not_know_weekends():
    start = at("2026-11-20 17:00")
    assert promises.due_at(start, 24 * 60, REAL, (), CALENDAR) == start + timedelta(days=1)


def test_a_pause_moves_the_due_date_by_as_long_as_it_took():
    start = at("2026-11-18 10:00")
    pause = Stretch(at("2026-11-18 11:00"), at("2026-11-18 15:00"))
    assert promises.due_at(start, 120, WORKING, [pause], CALENDAR) == at("2026-11-18 16:00")


def test_nothing_is_due_while_a_pause_lasts():
    start = at("2026-11-18 10:00")
    assert promises.due_at(start, 120, WORKING, [Stretch(at("2026-11-18 11:00"), None)], CALENDAR) is None


def test_a_pause_after_the_due_date_changes_nothing():
    start = at("2026-11-18 10:00")
    late = Stretch(at("2026-11-18 15:00"), None)
    assert promises.due_at(start, 120, WORKING, [late], CALENDAR) == at("2026-11-18 12:00")


def test_a_year_whose_holidays_are_unknown_is_said_to_be_unknown():
    assert CALENDAR.is_known(date(2026, 12, 31))
    assert not CALENDAR.is_known(date(2027, 1, 1))


def slow_due(start: datetime, minutes: int, pauses: list[Stretch], calendar: Calendar) -> datetime:
    """The oracle: minute by minute."""
    here, left = start, minutes
    while left:
        local = here.astimezone(SHENZHEN)
        paused = any(p.start <= here < (p.end or here + timedelta(1)) for p in pauses)
        open_now = any(opens <= local.time() < shuts for opens, shuts in calendar.hours(local.date()))
        if open_now and not paused:
            left -= 1
        here += timedelta(minutes=1)
    return here


moments = st.integers(0, 60 * 24 * 60).map(lambda n: from_local(date(2026, 9, 15)) + timedelta(minutes=n))


LUNCH = ((time(9), time(12)), (time(14), time(18)))
MORNING = ((time(9), time(12)),)
PARK = replace(CALENDAR, week=(LUNCH, LUNCH, LUNCH, LUNCH, LUNCH, MORNING, ()))


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        # over lunch, and at its very beginning
        ("2026-11-18 11:30", 60, "2026-11-18 14:30"),
        ("2026-11-18 11:00", 60, "2026-11-18 12:00"),
        ("2026-11-18 12:30", 60, "2026-11-18 15:00"),
        # an ordinary day there has seven hours
        ("2026-11-18 10:00", PARK.workday, "2026-11-19 10:00"),
        # Saturday morning is worked, the afternoon and Sunday are not
        ("2026-11-20 17:00", 120, "2026-11-21 10:00"),
        ("2026-11-21 11:00", 120, "2026-11-23 10:00"),
        # the Saturday of National Day 2025 is a holiday; Saturday 11 October is worked like any weekday
        ("2025-10-03 10:00", 60, "2025-10-09 10:00"),
        ("2025-10-10 17:00", 60 + PARK.workday, "2025-10-11 18:00"),
        # Sunday 28 September 2025 makes up for it: a whole ordinary day
        ("2025-09-27 11:30", 30 + PARK.workday, "2025-09-28 18:00"),
    ],
)
def test_opening_hours_of_a_station(start, minutes, due):
    assert promises.add_working(at(start), minutes, PARK) == at(due)


def test_a_week_without_an_open_day_is_refused():
    with pytest.raises(ValueError, match="open day"):
        Calendar(week=((),) * 7)


def test_the_most_precise_target_holds():
    rows = (
        Target("assign", 4, Unit.WORKDAYS, 50),
        Target("assign", 3, Unit.WORKDAYS, 50, urgency=Urgency.URGENT),
        Target("assign", 2, Unit.WORKDAYS, 50, category="law"),
        Target("assign", 1, Unit.WORKING_HOURS, 50, category="law", urgency=Urgency.URGENT),
    )
    amounts = {
        (category, urgency): promises.target_for(rows, "assign", category, urgency).amount
        for category in (None, "law", "finance")
        for urgency in Urgency
    }
    assert amounts == {
        (None, Urgency.NORMAL): 4, (None, Urgency.URGENT): 3,
        ("law", Urgency.NORMAL): 2, ("law", Urgency.URGENT): 1,
        ("finance", Urgency.NORMAL): 4, ("finance", Urgency.URGENT): 3,
    }  # fmt: skip
    # a promise that a version forgot is still promised
    assert promises.target_for(rows, "confirm", None, Urgency.NORMAL).amount == 7


def test_a_working_day_is_a_day_of_the_station():
    day = Target("assign", 2, Unit.WORKDAYS, 50)
    assert day.length(CALENDAR) == (2 * 540, WORKING)
    assert day.length(PARK) == (2 * 420, WORKING)
    assert Target("assign", 2, Unit.WORKING_HOURS, 50).length(PARK) == (120, WORKING)
    assert Target("assign", 2, Unit.DAYS, 50).length(PARK) == (2880, REAL)
    assert Target("assign", 24, Unit.HOURS, 50).length(PARK) == (1440, REAL)


@given(
    st.sampled_from([CALENDAR, PARK]),
    moments,
    st.integers(1, 3 * WORKDAY),
    st.lists(st.tuples(moments, st.integers(0, 3000)), max_size=2),
)
@settings(max_examples=40, deadline=None)
def test_due_dates_agree_with_counting_minutes(calendar, start, minutes, raw):
    pauses, last = [], start
    for begin, length in sorted(raw):
        if begin >= last:
            pauses.append(Stretch(begin, begin + timedelta(minutes=length)))
            last = begin + timedelta(minutes=length)
    due = promises.due_at(start, minutes, WORKING, pauses, calendar)
    assert due is not None
    assert abs((due - slow_due(start, minutes, pauses, calendar)).total_seconds()) < 1


@given(moments, moments)
@settings(max_examples=60, deadline=None)
def test_adding_and_measuring_are_inverse(one, other):
    start, end = min(one, other), max(one, other)
    minutes = promises.working_between(start, end, CALENDAR)
    if minutes:
        assert promises.add_working(start, minutes, CALENDAR) <= end
