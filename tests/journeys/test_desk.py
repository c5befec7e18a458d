"""The coordinator's desk in a browser: keys, the pane beside the list, and what moves while one reads."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.seat import measure


@pytest.fixture
def queue(desk, sit):
    """Wang before a queue of three."""
    with desk.inside() as make:
        numbers = [make.case("submitted", phone=f"1390013900{n}").number for n in range(3)]
    wang = sit("wang", wide=True)
    wang.open("/queue")
    return wang, numbers


def test_the_queue_is_walked_with_keys_alone(queue):
    """Check 13, as far as there are acts: J and K walk, the pane follows, O opens, ? and Esc, / finds."""
    wang, _ = queue
    page = wang.page
    rows = [r.get_attribute("id") for r in page.locator("[data-row]").all()]
    assert len(rows) == 3
    marked, pane = page.locator("[data-row][aria-current=true]"), page.locator("#pane")
    expect(marked).to_have_attribute("id", rows[0])
    page.keyboard.press("j")
    expect(marked).to_have_attribute("id", rows[1])
    page.wait_for_url(f"**/queue/{rows[1].removeprefix('q-')}*")
    expect(pane.locator(".num").first).to_have_text(rows[1].removeprefix("q-"))
    page.keyboard.press("k")
    page.wait_for_url(f"**/queue/{rows[0].removeprefix('q-')}*")
    wang.settle()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    wang.look()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"


def test_a_triaged_case_leaves_the_list(queue):
    """What was triaged is where it belongs: it has left this list."""
    wang, _ = queue
    page = wang.page
    first = page.locator("[data-row]").first.get_attribute("id")
    page.locator("[data-row] .t1").first.click()
    wang.settle()
    wang.choose("category", "policy")
    wang.press("受理并找专家")
    wang.sees("待派单")
    wang.open("/queue")
    assert page.locator("[data-row]").count() == 2
    assert page.locator(f"[id='{first}']").count() == 0


def test_nothing_jumps_while_a_page_loads_or_a_pane_changes(queue):
    """Check 19: the sum of all layout shifts stays within 0.02."""
    wang, _ = queue
    page = wang.page
    page.reload()
    wang.settle()
    for row in page.locator("[data-row] .t1").all():
        row.click()
        wang.settle()
    assert measure(page, "shifts") <= 0.02
