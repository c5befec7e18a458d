"""What counts as hours, how hours are shown, where a volunteer stands."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from helpdesk.rules import credit
from helpdesk.rules.credit import RungNeeds

NATIONAL = [RungNeeds(n, h * 60, 0) for n, h in ((1, 100), (2, 300), (3, 600), (4, 1000), (5, 1500))]
SINCE, TODAY = date(2024, 1, 1), date(2026, 11, 18)


def test_contact_counts_preparation_only_by_policy_and_travel_never():
    assert credit.counted_minutes(60, 90, counts_preparation=False, preparation_cap=60) == 60
    assert credit.counted_minutes(60, 90, counts_preparation=True, preparation_cap=60) == 120
    assert credit.counted_minutes(60, 20, counts_preparation=True, preparation_cap=60) == 80
    assert credit.counted_minutes(60, 90, counts_preparation=True, preparation_cap=60, already_prepared=50) == 70
    assert credit.counted_minutes(60, 90, counts_preparation=True, preparation_cap=60, already_prepared=99) == 60


def test_hours_are_rounded_down_to_a_tenth():
    assert [credit.hours_text(m) for m in (0, 5, 6, 59, 60, 209, 210)] == [
        "0.0",
        "0.0",
        "0.1",
        "0.9",
        "1.0",
        "3.4",
        "3.5",
    ]
    assert credit.hours_text(-90) == "-1.5"


@given(st.integers(0, 10**7))
def test_shown_hours_never_exceed_the_minutes(minutes):
    shown = float(credit.hours_text(minutes))
    assert shown * 60 <= minutes + 1e-6 < (shown + 0.1) * 60 + 1e-6


def test_the_next_star_and_what_it_lacks():
    none = credit.progress(86 * 60, SINCE, TODAY, NATIONAL)
    assert (none.star, none.next_star, none.missing_minutes) == (0, 1, 14 * 60)
    one = credit.progress(100 * 60, SINCE, TODAY, NATIONAL)
    assert (one.star, one.next_star, one.missing_minutes) == (1, 2, 200 * 60)
    top = credit.progress(2000 * 60, SINCE, TODAY, NATIONAL)
    assert (top.star, top.next_star, top.share) == (5, None, 1.0)


def test_hours_alone_are_not_enough_where_months_are_asked():
    longgang = [RungNeeds(1, 6000, 6), RungNeeds(2, 18000, 6)]
    fresh = credit.progress(7000, date(2026, 9, 1), TODAY, longgang)
    assert (fresh.star, fresh.next_star, fresh.missing_minutes, fresh.missing_months) == (0, 1, 0, 4)


def test_months_are_whole():
    assert credit.months_between(date(2026, 1, 31), date(2026, 2, 28)) == 0
    assert credit.months_between(date(2026, 1, 15), date(2026, 3, 15)) == 2
    assert credit.months_between(date(2026, 3, 15), date(2026, 1, 15)) == 0
