"""The coordinator's desk in a browser: keys, the pane beside the list, and what moves while one reads."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk import config
from helpdesk.db import db
from helpdesk.models import Case, Status
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


def test_what_was_offered_with_one_key_is_taken_back_with_another(desk, sit, monkeypatch):
    """The desk says what happened, and Z undoes it while there is time."""
    monkeypatch.setitem(config._in_use, "OFFER_UNDO_SECONDS", 60)
    with desk.inside() as make:
        number = make.case("triaged").number
    wang = sit("wang", wide=True)
    wang.open("/queue?view=triaged")
    wang.page.keyboard.press("1")
    expect(wang.page.locator("#flash")).to_contain_text("等答复")
    wang.look()
    wang.page.keyboard.press("z")
    expect(wang.page.locator("#flash")).to_contain_text("撤销了")
    with desk.inside():
        assert db.session.scalar(select(Case.status).where(Case.number == number)) is Status.TRIAGED


def test_on_a_phone_a_tap_opens_the_case_and_the_way_back_leads_to_the_list(desk, sit):
    """The pane does not stand beside the list there: the case is a page of its own."""
    with desk.inside() as make:
        number = make.case("submitted").number
    wang = sit("wang")
    wang.open("/queue")
    expect(wang.page.locator("#pane")).to_be_hidden()
    wang.page.locator("[data-row] .t1").first.tap()
    wang.page.wait_for_url(f"**/queue/{number}*")
    expect(wang.page.locator("#pane h2")).to_be_visible()
    expect(wang.page.locator("[data-row]")).to_be_hidden()
    wang.look()
    wang.page.locator(".only-pane a").tap()
    expect(wang.page.locator("[data-row]")).to_be_visible()


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


ASKS = (
    "银行说要抽贷，月底工资都发不出，能不能找家银行谈谈",
    "想贷款买设备，没有抵押，哪家银行肯做信用贷",
    "客户压款四个月，周转不开，应收账款能不能融资",
)


def test_a_queue_of_thirty_is_worked_by_keyboard_alone(desk, sit):
    """Sorted with one key, offered with another, two refused; no pointer is touched from the first case to the last."""
    with desk.inside() as make:
        for n in range(30):
            make.case("submitted", phone=f"139001391{n:02}", problem=f"{ASKS[n % 3]}（{n}）")
    wang = sit("wang", wide=True)
    wang.open("/queue?view=new")
    page, offered, refused = wang.page, 0, 0
    keys = page.keyboard
    for n in range(30):
        expect(page.locator("[data-row][aria-current=true]")).to_have_count(1)
        if n % 15 == 7:
            keys.press("d")
            page.wait_for_url(re.compile("/rejection"))
            _tab_to(page, "ground")
            keys.press("Space")
            _tab_to(page, "reason")
            keys.type("这一件正在仲裁，请向仲裁委员会提出。")
            keys.press("Control+Enter")
            page.wait_for_url(re.compile(r"/queue\?"))
            refused += 1
            continue
        number = page.locator("#pane .num").first.inner_text()
        keys.press("q")
        page.wait_for_url(f"**/queue/{number}*")
        wang.settle()
        if page.locator("#experts [data-key='1']").count():
            keys.press("1")
            page.wait_for_url(re.compile(r"/queue\?"))
            offered += 1
        else:
            keys.press("g")
            keys.press("n")
            page.wait_for_url("**/queue?view=new*")
        wang.settle()
    wang.sees("都分完了")
    with desk.reading():
        cases = db.session.scalars(select(Case).where(Case.number.is_not(None))).all()
        states = [case.status for case in cases]
        assert len(states) == 30
        assert states.count(Status.REJECTED) == refused == 2
        assert states.count(Status.OFFERED) == offered > 0
        assert states.count(Status.TRIAGED) == 28 - offered
        assert {case.category_code for case in cases if case.status is not Status.REJECTED} == {"finance"}


def _tab_to(page, name: str) -> None:
    """Tab until a field of this name has the focus."""
    for _ in range(40):
        if page.evaluate("document.activeElement && document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no field {name} is reached with Tab")


BEAT = """(document.querySelector('#pulse') || document.querySelector('#present'))
  .dispatchEvent(new CustomEvent('wq:pulse', {bubbles: true}))"""


def test_what_comes_in_moves_nothing_that_is_being_worked_on(queue, desk):
    """Live refresh: numbers follow and a bar tells of the new case; ticks, the open case and the scroll stay."""
    wang, numbers = queue
    page = wang.page
    page.locator(f"#q-{numbers[1]} input[type=checkbox]").check()
    page.locator(f"#q-{numbers[2]} .t1").click()
    wang.settle()
    before = page.evaluate("document.scrollingElement.scrollTop = 40, document.scrollingElement.scrollTop")
    with desk.inside() as make:
        new = make.case("submitted", phone="13900139009").number
    page.evaluate(BEAT)
    expect(page.locator("#new-items-slot")).not_to_be_empty()
    expect(page.locator("#counts a", has_text="待受理").locator(".cnt")).to_have_text("4")
    assert page.locator(f"#q-{new}").count() == 0, "the list itself does not move"
    expect(page.locator(f"#q-{numbers[1]} input[type=checkbox]")).to_be_checked()
    expect(page.locator(f"#q-{numbers[2]}")).to_have_attribute("aria-current", "true")
    assert page.evaluate("document.scrollingElement.scrollTop") == before
    wang.look()
    page.locator("#new-items-slot a").click()
    expect(page.locator(f"#q-{new}")).to_be_visible()


def test_two_at_one_case_see_each_other(queue, sit):
    """Presence is a sign and never a lock: who has it open, on the case and in the list, and both may act."""
    wang, numbers = queue
    qian = sit("qian", wide=True)
    qian.open(f"/queue/{numbers[0]}")
    qian.settle()
    wang.open(f"/queue/{numbers[0]}")
    expect(wang.page.locator("#present")).to_contain_text("钱进也在看")
    qian.page.evaluate(BEAT)
    expect(qian.page.locator("#present")).to_contain_text("王岚也在看")
    wang.open("/queue")
    expect(wang.page.locator(f"#q-{numbers[0]} .watch")).to_contain_text("钱进在看")
    wang.page.locator(f"#q-{numbers[0]} .t1").click()
    wang.settle()
    wang.choose("category", "policy")
    wang.press("受理并找专家")
    wang.sees("待派单")
