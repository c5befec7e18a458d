"""The suggested field: while the company types, as one key for the coordinator, and learning from what was sorted."""

from __future__ import annotations

from helpdesk.domain import suggestion
from helpdesk.models import Status
from tests.looking import fresh


def test_while_typing_the_field_is_offered(browser):
    words = {"problem": "银行说要抽贷，月底工资都发不出，能不能找家银行谈谈"}
    page = browser.post("/requests/suggestion", words, page="/requests/new", expect=200, htmx=True)
    assert page.says("听起来像") and page.says("融资")
    assert page.all("p")[0].get("data-prechoose") == "finance"


def test_too_little_says_nothing(browser):
    for text in ("", "你好", "贷款", "<script>alert(1)</script>", "x" * 5000):
        page = browser.post("/requests/suggestion", {"problem": text}, page="/requests/new", expect=200, htmx=True)
        assert not page.says("data-prechoose")


def test_the_coordinator_takes_it_with_one_press(browser, make):
    case = make.case("submitted", problem="银行说要抽贷，月底工资都发不出，能不能找家银行谈谈")
    page = browser.get(f"/queue/{case.number}", as_="wang")
    first = page.all("button", name="suggested")[0]
    assert (first.get("value"), first.get("data-key")) == ("finance", "Q")
    assert page.says("抽贷")
    form = page.form("/triage") | {"suggested": "finance"}
    browser.post(f"/cases/{case.number}/triage", form, as_="wang", page="/queue")
    assert (fresh(case).status, fresh(case).category_code) == (Status.TRIAGED, "finance")


def test_a_pressed_field_that_is_none_is_given_back(browser, make):
    case = make.case("submitted")
    url = f"/cases/{case.number}/triage"
    form = browser.get(url, as_="wang").form("/triage") | {"suggested": "astrology"}
    browser.post(url, form, as_="wang", page=url, expect=422)
    assert fresh(case).status is Status.SUBMITTED


def test_what_is_sorted_is_learned_at_the_next_question(make):
    text = "阿米巴经营推不动，巴长不肯算账"
    before = {g.code: g.share for g in suggestion.current().guesses(text, most=10)}
    for n in range(8):
        make.case(
            "triaged",
            category="knowledge",
            problem=f"我们推阿米巴经营，第{n}个巴长不肯算账，怎么办",
            phone=f"1360000{n:04d}",
        )
    after = {g.code: g.share for g in suggestion.current().guesses(text, most=10)}
    assert after["knowledge"] > before["knowledge"]


def test_a_new_memory_learns_the_database_anew(make):
    for n in range(3):
        make.case("triaged", category="knowledge", problem="巴长不肯算账，阿米巴推不动", phone=f"1360000{n:04d}")
    known, text = suggestion.current(), "巴长不肯算账"
    assert suggestion.current() is known, "learned once"
    anew = suggestion.Memory().current()
    assert anew is not known
    assert [(g.code, g.share) for g in anew.guesses(text)] == [(g.code, g.share) for g in known.guesses(text)]
