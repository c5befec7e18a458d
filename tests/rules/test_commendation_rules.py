"""The rule language of commendations: conditions, scores, what fell, signals; pure, so every case is a line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from helpdesk.domain import schemes
from helpdesk.models import Subject
from helpdesk.rules import commendation as rules
from helpdesk.rules.commendation import (
    AT_LEAST,
    AT_MOST,
    MEASURES,
    Condition,
    Criteria,
    Level,
    Rated,
    Served,
    Weight,
)
from helpdesk.rules.promises import Calendar

# The National Day holiday of 2026 as far as these tests need it.
CALENDAR = Calendar(holidays=frozenset(date(2026, 10, day) for day in range(1, 8)))


def stars(*hours: int) -> Criteria:
    return Criteria(
        tuple(
            Level(n, f"{n}星", f"{n} stars", (Condition("total_minutes", AT_LEAST, h * 60),))
            for n, h in enumerate(hours, 1)
        )
    )


@pytest.mark.parametrize("measure", [m.code for m in MEASURES])
@pytest.mark.parametrize(("operator", "below", "same", "above"), [(AT_LEAST, 0, 1, 1), (AT_MOST, 1, 1, 0)])
def test_every_measure_is_compared_at_its_very_figure(measure, operator, below, same, above):
    condition = Condition(measure, operator, 60)
    for figure, holds in ((59, below), (60, same), (61, above)):
        assert condition.holds({measure: figure}) is bool(holds)
    assert not condition.holds({measure: None}), "what is not known meets nothing"
    assert not condition.holds({})


@pytest.mark.parametrize(("hours", "star"), [(0, 0), (99, 0), (100, 1), (299, 1), (300, 2), (1500, 5), (9000, 5)])
def test_the_highest_star_all_of_whose_needs_hold(hours, star):
    finding = rules.judge(stars(100, 300, 600, 1000, 1500), {"total_minutes": hours * 60})
    assert finding.level == star
    assert finding.qualifies is (star > 0)


def test_who_qualifies_for_nothing_is_told_what_the_first_level_lacks():
    finding = rules.judge(stars(100, 300), {"total_minutes": 50})
    assert [(c.condition.value, c.figure, c.holds) for c in finding.checks] == [(6000, 50, False)]


def test_a_wanted_level_is_looked_at_even_when_a_higher_one_is_reached():
    finding = rules.judge(stars(100, 300), {"total_minutes": 300 * 60}, wanted=1)
    assert (finding.level, finding.looked_at) == (2, 1)


def test_the_score_is_a_sum_of_shares_and_never_more_than_full():
    criteria = Criteria(stars(1).levels, weights=(Weight("minutes", 60, 6000), Weight("rating", 40, 500)))
    assert rules.judge(criteria, {"minutes": 3000, "rating": 400}).score == 62.0
    assert rules.judge(criteria, {"minutes": 99999, "rating": 500}).score == 100.0
    assert rules.judge(criteria, {"minutes": None, "rating": None}).score == 0.0


def test_what_is_stored_reads_back_the_same():
    for _, _, subject, _, _, _, draft in schemes.SHIPPED:
        assert rules.read(rules.dump(draft.criteria)) == draft.criteria
        assert rules.problem_with(draft.criteria, subject) is None


@pytest.mark.parametrize(
    ("criteria", "code"),
    [
        (Criteria(()), "scheme_no_level"),
        (Criteria((Level(1, "一", "1"),)), "scheme_no_condition"),
        (Criteria((*stars(1).levels, *stars(2).levels)), "scheme_level_twice"),
        (Criteria(stars(1).levels, (Condition("charm", AT_LEAST, 1),)), "scheme_measure"),
        (Criteria(stars(1).levels, (Condition("cases", "==", 1),)), "scheme_measure"),
        (Criteria(stars(1).levels, (Condition("experts", AT_LEAST, 1),)), "scheme_measure"),
        (Criteria(stars(1).levels, (Condition("cases", AT_LEAST, -1),)), "scheme_figure"),
        (Criteria(stars(1).levels, weights=(Weight("cases", 101, 5),)), "scheme_figure"),
        (Criteria(stars(1).levels, weights=(Weight("cases", 10, 0),)), "scheme_figure"),
    ],
)
def test_criteria_that_cannot_be(criteria, code):
    assert rules.problem_with(criteria, Subject.EXPERT)[0] == code


@pytest.mark.parametrize(
    ("measure", "text", "value"),
    [
        ("total_minutes", "100", 6000), ("total_minutes", "1.5", 90), ("rating", "4.67", 467), ("rating", "4.5", 450),
        ("timely", "80%", 80), ("cases", "", None), ("cases", "many", None), ("cases", "-1", None),
        ("cases", "１２", None),
        ("cases", "1.2.3", None), ("cases", "12345678", None),
    ],
)  # fmt: skip
def test_what_is_typed(measure, text, value):
    assert rules.typed(measure, text) == value


@pytest.mark.parametrize(
    ("measure", "value", "text"),
    [("total_minutes", 6000, "100"), ("total_minutes", 90, "1.5"), ("rating", 467, "4.67"), ("cases", None, "—")],
)
def test_what_is_shown(measure, value, text):
    assert rules.shown(measure, value) == text


def test_what_fell_since_the_freeze():
    criteria = Criteria(stars(100).levels, (Condition("upheld", AT_MOST, 0),), (Weight("rating", 10, 500),))
    before = {"total_minutes": 6100, "upheld": 0, "rating": 450, "cases": 9}
    assert rules.fell(before, before, criteria, 1) == ()
    assert rules.fell(before, {**before, "total_minutes": 6200, "cases": 1}, criteria, 1) == ()
    assert set(rules.fell(before, {**before, "total_minutes": 6099, "upheld": 1}, criteria, 1)) == {
        "total_minutes",
        "upheld",
    }
    assert rules.fell(before, {**before, "rating": None}, criteria, 1) == ("rating",)


@pytest.mark.parametrize(
    ("served", "longest"),
    [
        (set(), 12),
        ({(2025, m) for m in range(11, 13)} | {(2026, m) for m in range(1, 11)}, 0),
        ({(2026, 5)}, 6),
        ({(2025, 11), (2026, 10)}, 10),
    ],
)
def test_the_longest_time_without_service(served, longest):
    assert rules.longest_idle(served, date(2020, 1, 1), date(2026, 11, 18)) == longest


def test_nobody_is_idle_before_they_registered():
    assert rules.longest_idle(set(), date(2026, 9, 20), date(2026, 11, 18)) == 2


def test_ten_working_days_jump_over_a_holiday():
    ended = date(2026, 9, 30)
    assert rules.workdays_later(ended, 5, CALENDAR) == date(2026, 10, 14)
    assert rules.recorded_in_time(ended, date(2026, 10, 21), CALENDAR)
    assert not rules.recorded_in_time(ended, date(2026, 10, 22), CALENDAR)


def served(n: int, start: datetime, minutes: int = 60, *, case: int = 0, company: int = 1, late: int = 0) -> Served:
    day = start.date()
    return Served(
        n, case or n, 1, company, start, start + timedelta(minutes=minutes), day, minutes, day + timedelta(days=late)
    )


MORNING = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)


def kinds(visits=(), ratings=()):
    return {s.kind: s for s in rules.signals(visits, ratings, CALENDAR)}


def test_overlapping_visits():
    rows = [served(1, MORNING, company=1), served(2, MORNING + timedelta(minutes=59), company=2)]
    assert kinds(rows)["overlap"].visits == (1, 2)
    rows = [served(1, MORNING), served(2, MORNING + timedelta(minutes=60), company=2)]
    assert "overlap" not in kinds(rows)


def test_a_long_visit_overlaps_all_that_lie_in_it():
    rows = [
        served(1, MORNING, 240),
        served(2, MORNING + timedelta(minutes=10), 20),
        served(3, MORNING + timedelta(minutes=120), 20),
    ]
    assert kinds(rows)["overlap"].visits == (1, 2, 3)


def test_more_than_ten_hours_a_day():
    rows = [served(1, MORNING, 300), served(2, MORNING + timedelta(hours=6), 301)]
    assert kinds(rows)["long_day"].visits == (1, 2)
    assert "long_day" not in kinds([served(1, MORNING, 300), served(2, MORNING + timedelta(hours=6), 300)])


def test_the_same_pair_again_and_again():
    rows = [served(n, MORNING + timedelta(days=n), case=n) for n in range(1, 4)]
    assert kinds(rows)["same_pair"].cases == (1, 2, 3)
    wide = [*rows, *(served(n, MORNING + timedelta(days=n), case=n, company=n) for n in range(4, 20))]
    assert "same_pair" not in kinds(wide), "three of many are no pattern"
    assert "same_pair" not in kinds([served(n, MORNING + timedelta(days=n), case=1) for n in range(1, 9)])


def test_late_records():
    assert kinds([served(1, MORNING, late=20), served(2, MORNING + timedelta(days=1))])["late"].visits == (1,)


def test_ratings_given_all_at_once():
    at_once = [Rated(n, MORNING + timedelta(minutes=20 * n), f"p{n}") for n in range(1, 4)]
    assert kinds(ratings=at_once)["ratings_at_once"].cases == (1, 2, 3)
    spread = [Rated(n, MORNING + timedelta(hours=2 * n), f"p{n}") for n in range(1, 9)]
    assert not kinds(ratings=spread)


def test_ratings_all_by_the_same_person():
    rows = [Rated(n, MORNING + timedelta(days=n), "13800138000") for n in range(1, 5)]
    assert kinds(ratings=rows)["ratings_at_once"].cases == (1, 2, 3, 4)
