"""The staff's list of cases, one case with its conversation, and the ways an expert moves it."""

from __future__ import annotations

import pytest

from helpdesk.db import db
from helpdesk.domain import consultation, record, triage
from helpdesk.models import Access, Case, Message, Note, Status
from helpdesk.presentation.case_page import points_reached
from helpdesk.rules.credit import GATE
from tests.looking import fresh


def show(case: Case) -> str:
    return f"/cases/{case.number}"


def test_the_list_holds_what_the_policy_lets_one_read(browser, make):
    ours = make.case("consulting")
    assert browser.get("/cases", as_="chen").says(ours.title)
    assert browser.get("/cases", as_="wang").says(ours.number)
    assert browser.get("/cases", as_="sun").says(ours.number)
    assert not browser.get("/cases", as_="zhao").says(ours.number)
    assert not browser.get("/cases?view=all", as_="wu").says(ours.number)


def test_the_list_narrows_by_words_field_and_state(browser, make):
    case = make.case("consulting")
    for query, found in (
        ("q=研发费用", True), ("q=" + case.number, True), ("q=%25", False), ("q=没有这样的词", False),
        ("category=policy", True), ("category=legal", False), ("status=consulting", True), ("status=closed", False),
        ("view=nonsense&sort=nonsense", True), ("after=garbage~1", True),
        ("after=2026-01-01T00:00:00%2B00:00~9" + "9" * 30, True),
    ):  # fmt: skip
        assert browser.get(f"/cases?{query}", as_="wang").says(case.title) is found, query
    assert browser.get("/cases?q=没有这样的词", as_="wang").says("没找到")
    assert browser.get("/cases?q=没有这样的词", as_="wang", htmx=True).says("没找到")


def test_the_list_pages_by_key_and_costs_the_same_for_many(browser, make):
    for n in range(33):
        make.case("submitted", phone=f"139000000{n:02d}")
    first = browser.get("/cases", as_="wang")
    older = next(a.get("href") for a in first.all("a") if "after=" in (a.get("href") or ""))
    second = browser.get(older, as_="wang")
    assert len(first.all("li", class_="q")) == 30
    assert len(second.all("li", class_="q")) == 3
    newer = next(a.get("href") for a in second.all("a") if "before=" in (a.get("href") or ""))
    assert len(browser.get(newer, as_="wang").all("li", class_="q")) == 30


def test_a_case_shows_state_flow_conversation_and_what_is_missing(browser, make):
    case = make.case("consulting")
    make.visit(case, minutes=90)
    page = browser.get(show(case), as_="chen")
    for words in (
        case.number,
        "服务中",
        "林女士",
        "您好，我来帮您看",
        "线上服务",
        "1.5",
        "办结前还差 2 步",
        "写小结",
        "138 **** 8000",
    ):
        assert page.says(words), words
    assert not page.says("13800138000")
    assert [p.get("aria-current") for p in page.all("ol", class_="flow")[0]].count("step") == 1


def test_notes_and_phone_stay_with_those_who_may_read_them(browser, make, cast):
    case = make.case("consulting")
    consultation.note(case, cast.chen, body="只给站里看的话", form_key="n1")
    for person, reads in (("chen", True), ("wang", True), ("li", True), ("zhou", True), ("sun", False)):
        assert browser.get(show(case), as_=person).says("只给站里看的话") is reads, person
    for person in ("li", "zhou", "sun"):
        page = browser.get(show(case), as_=person)
        assert not page.says("显示") and not page.says("林女士") and not page.all("textarea"), person
    browser.post(f"{show(case)}/contact-views", as_="li", expect=403)
    browser.post(f"{show(case)}/contact-views", as_="zhao", expect=404)


def test_the_number_is_shown_once_and_the_look_is_logged(browser, make, cast):
    case = make.case("consulting")
    browser.post(f"{show(case)}/contact-views", as_="chen")
    assert browser.get(show(case), as_="chen").says("13800138000")
    assert not browser.get(show(case), as_="chen").says("13800138000")
    assert browser.post(f"{show(case)}/contact-views", as_="wang", expect=200, htmx=True).says("13800138000")
    assert [row.what for row in db.session.query(Access)] == ["contact", "contact"]
    assert sum(event.kind == "contact.viewed" for event in record.timeline(fresh(case))) == 2


def test_a_reply_goes_to_the_company_and_a_note_does_not(browser, make):
    case = make.case("accepted")
    form = browser.get(show(case), as_="chen").form("/messages")
    answer = browser.post(f"{show(case)}/messages", {**form, "body": "林女士好，先看材料。"}, as_="chen")
    assert "#m-" in answer.location
    assert fresh(case).status is Status.CONSULTING
    browser.post(f"{show(case)}/messages", {**form, "body": "林女士好，先看材料。"}, as_="chen")
    assert db.session.query(Message).count() == 1
    note = browser.get(f"{show(case)}?to=note", as_="chen").form("/notes")
    browser.post(f"{show(case)}/notes", {**note, "body": "材料缺审计报告"}, as_="chen")
    assert [row.body for row in db.session.query(Note)] == ["材料缺审计报告"]


def test_htmx_gets_the_new_end_of_the_conversation_and_an_empty_box(browser, make):
    case = make.case("accepted")
    form = browser.get(show(case), as_="chen").form("/messages")
    page = browser.post(f"{show(case)}/messages", {**form, "body": "您好"}, as_="chen", expect=200, htmx=True)
    assert page.says("您好") and len(page.all("article", class_="msg")) == 1
    boxes = page.all("textarea")
    assert len(boxes) == 1 and not (boxes[0].text or "").strip()
    beyond = {e.get("id") for e in page.tree.iter() if e.get("hx-swap-oob")}
    assert {"composer", "case-head", "case-side", "live"} <= beyond
    assert page.says("服务中")


@pytest.mark.parametrize("body", ["", "   ", "字" * 5001])
def test_a_refused_reply_keeps_the_words(browser, make, body):
    case = make.case("consulting")
    page = browser.post(f"{show(case)}/messages", {"body": body}, as_="chen", expect=422)
    assert body.strip() in (page.all("textarea")[0].text or "")
    part = browser.post(f"{show(case)}/messages", {"body": body}, as_="chen", expect=422, htmx=True)
    assert part.response.headers["HX-Retarget"] == "#composer"
    assert body.strip() in (part.all("textarea")[0].text or "")


@pytest.mark.parametrize("body", ["{{7*7}}", "<script>alert(1)</script>", "‮右到左", "😀零宽​字"])
def test_strange_words_are_shown_literally(browser, make, body):
    case = make.case("consulting")
    browser.post(f"{show(case)}/messages", {"body": body}, as_="chen")
    page = browser.get(show(case), as_="chen")
    assert page.says(body) and not [s for s in page.all("script") if s.text]


def test_nobody_else_may_speak(browser, make):
    case = make.case("consulting")
    for person, status in (("li", 403), ("sun", 403), ("zhou", 403), ("zhao", 404), ("wu", 404), ("bai", 404)):
        browser.post(f"{show(case)}/messages", {"body": "我也说一句"}, as_=person, expect=status)
        browser.post(f"{show(case)}/notes", {"body": "我也记一句"}, as_=person, expect=status)
    browser.post(f"{show(case)}/messages", {"body": "您好"}, expect=303)
    assert db.session.query(Message).count() == 1


def test_asking_the_company_stops_the_clock(browser, make):
    case = make.case("consulting")
    form = browser.get(f"{show(case)}/inquiry", as_="chen").form("/inquiry")
    browser.post(f"{show(case)}/inquiry", {**form, "question": " "}, as_="chen", expect=422)
    browser.post(f"{show(case)}/inquiry", {**form, "question": "有没有审计报告？"}, as_="chen")
    assert fresh(case).is_paused
    assert browser.get(show(case), as_="chen").says("在等企业补充")
    again = browser.get(f"{show(case)}/inquiry", as_="chen").form("/inquiry")
    page = browser.post(f"{show(case)}/inquiry", {**again, "question": "还有合同？"}, as_="chen", expect=422)
    assert page.says("正在等企业补充") and page.says("还有合同？")


def test_the_summary_needs_three_texts_and_every_part_of_the_gate(browser, make):
    case = make.case("consulting")
    make.visit(case)
    page = browser.get(f"{show(case)}/answer", as_="chen")
    assert not [box for box in page.all("input", type="checkbox") if box.get("checked") is not None]
    form = page.form("/answer")
    texts = {"problem": "归集不清", "advice": "建辅助账", "result": "口径理清"}
    refused = browser.post(f"{show(case)}/answer", {**form, **texts, "really_served": "y"}, as_="chen", expect=422)
    assert refused.says("请确认：没有收取任何费用") and "归集不清" in refused.all("textarea")[0].text
    browser.post(f"{show(case)}/answer", {**form, **texts, **dict.fromkeys(GATE, "y")}, as_="chen")
    assert fresh(case).status is Status.ANSWERED
    assert browser.get(show(case), as_="chen").says("口径理清")


def test_a_stale_summary_is_told_so_and_loses_nothing(browser, make, cast):
    case = make.case("consulting")
    make.visit(case)
    form = browser.get(f"{show(case)}/answer", as_="chen").form("/answer")
    consultation.ask(fresh(case), cast.wang, question="补个材料？", form_key="q1")
    db.session.commit()
    said = {**form, "problem": "归集不清", "advice": "建辅助账", "result": "口径理清", **dict.fromkeys(GATE, "y")}
    page = browser.post(f"{show(case)}/answer", said, as_="chen", expect=409)
    assert page.says("王岚刚刚先动了这一件") and page.all("textarea")[2].text.strip() == "口径理清"


def test_handing_back_leads_to_the_inbox(browser, make):
    case = make.case("consulting")
    form = browser.get(f"{show(case)}/handover", as_="chen").form("/handover")
    assert browser.post(f"{show(case)}/handover", form, as_="chen", expect=422).says("请选一个原因")
    done = browser.post(f"{show(case)}/handover", {**form, "reason": "no_time", "note": "材料看了一半"}, as_="chen")
    assert done.location.endswith("/inbox")
    assert fresh(case).status is Status.TRIAGED
    browser.get(show(case), as_="chen", expect=404)


def test_tries_to_reach_the_company_are_counted_by_days(browser, make):
    case = make.case("accepted")
    url = f"{show(case)}/contact-attempts"
    browser.post(url, {"body": ""}, as_="chen", expect=422)
    browser.post(url, {"body": "打了两次没人接"}, as_="chen")
    page = browser.get(url, as_="wang")
    assert page.says("打了两次没人接") and page.says("现在有 1 天")


def test_greyed_steps_say_why(browser, make):
    page = browser.get(show(make.case("accepted")), as_="wang")
    assert page.says("要在不同的 3 天都联系过才行")


def test_a_case_that_ended_otherwise_says_how(browser, make, cast):
    case = make.case("submitted")
    triage.reject(case, cast.wang, ground="secret_privacy", reason="涉密")
    assert browser.get(show(case), as_="wang").says("不予受理：涉及国家秘密")


def test_a_step_back_takes_the_later_points_away(make, cast):
    case = make.case("answered")
    reached, _ = points_reached(record.timeline(case))
    assert sorted(reached) == [0, 1, 2, 3]
    from helpdesk.domain import closure

    closure.dispute(case, make.link(case), reason="还没解决")
    reached, since = points_reached(record.timeline(case))
    assert sorted(reached) == [0, 1, 2] and since is not None


def test_search_marks_the_place_and_says_what_it_did_not_understand(browser, make):
    case = make.case("consulting")
    page = browser.get("/cases?q=研发费用", as_="wang")
    assert page.says("找到 1 件")
    assert {"".join(mark.itertext()) for mark in page.all("mark")} == {"研发费用"}
    assert browser.get("/cases?q=我来帮您看", as_="wang").says("您好，我来帮您看。"), "the place in the conversation"
    assert browser.get("/cases?q=区:火星 专精特新", as_="wang").says("没看懂，先略过：区:火星")
    assert browser.get("/cases?q=，。！", as_="wang").says("请写要找的字")
    assert browser.get("/cases?q=" + "研" * 800, as_="wang").says("只看了前 200 个字")
    assert not browser.get(f"/cases?q={case.number}", as_="zhao").says("找到 1 件")
