"""A number that no row could have is no page, whatever page asks for it."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("number", ["99999999999999999999", "2147483648", "0" * 30 + "1"])
@pytest.mark.parametrize(
    "path", ["experts", "series", "erasures", "nominations", "print-runs", "record-imports", "schemes", "cycles"]
)
def test_a_number_too_large_for_any_row_is_not_found(browser, path, number):
    browser.get(f"/{path}/{number}", as_="zhou", expect=404)


def test_the_largest_number_is_only_not_there(browser):
    browser.get("/experts/2147483647", as_="zhou", expect=404)
