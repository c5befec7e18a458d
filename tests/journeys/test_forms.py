"""Forms in the hands of people: mistakes, impatience, an expired session, somebody who was quicker."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from helpdesk.db import db
from helpdesk.domain import canned_replies
from helpdesk.models import Case, Message, Status, Visit
from tests.journeys import parts


@pytest.fixture
def number(desk) -> str:
    """A case that Chen is working on."""
    with desk.inside() as make:
        case = make.case("consulting")
        make.visit(case)
        return case.number


def count(desk, model, *where) -> int:
    with desk.reading():
        return db.session.scalar(select(func.count()).select_from(model).where(*where))


def test_the_summary_of_errors_has_the_focus_and_leads_to_each_field(desk, sit, js, number):
    """Check 10: same words above and at the field, links that jump there, “错误：” in the title, everything kept."""
    chen = sit("chen", js=js)
    chen.open(f"/cases/{number}/visits/new")
    chen.write("day", "2026-11-18").write("starts", "09:30").write("ends", "09:10").write("place", "会议室")
    chen.submit("/visits/new")
    page = chen.page
    assert page.title().startswith("错误：")
    assert page.locator("#errors h2").inner_text().strip() == "有 1 处要改"
    if js:
        assert page.evaluate("document.activeElement.id") == "errors"
    [link] = page.locator("#errors a").all()
    words = link.inner_text()
    link.click()
    target = page.evaluate("location.hash").removeprefix("#")
    box = page.locator(f"[id='{target}']")
    said = box.get_attribute("aria-describedby").split()
    assert any(words in page.locator(f"#{each}").inner_text() for each in said)
    assert box.get_attribute("aria-invalid") == "true"
    assert [chen.field(n).input_value() for n in ("day", "starts", "ends", "place")] == [
        "2026-11-18", "09:30", "09:10", "会议室",
    ]  # fmt: skip
    chen.look()


def test_an_impatient_double_click_sends_once(desk, sit, js, number):
    """Check 24: two clicks, one message; the form's key makes it one even without script."""
    chen = sit("chen", js=js)
    chen.open(f"/cases/{number}").write("body", "只说一遍。")
    with chen.page.expect_event("request"):
        chen.page.locator("#composer button.btn-p[type=submit]").dblclick(no_wait_after=True)
    chen.settle()
    chen.sees("只说一遍。")
    assert count(desk, Message, Message.body == "只说一遍。") == 1
    chen.look()


def test_going_back_and_sending_again_is_still_one_visit(desk, sit, js, number):
    chen = sit("chen", js=js)
    before = count(desk, Visit)
    parts.log_visit(chen, number, ended=desk.now().replace(hour=0), minutes=30, summary="电话里讲了口径。")
    chen.page.go_back()
    chen.settle()
    if chen.field("summary").input_value() == "":
        # A browser that asks again gets a new form: what is typed into that is another visit.
        return
    chen.submit("/visits/new")
    assert count(desk, Visit) == before + 1


def test_an_expired_session_keeps_what_was_typed(desk, sit, number):
    """Signed out while writing: the words wait in the browser and are there again after signing in."""
    chen = sit("chen")
    chen.open(f"/cases/{number}").write("body", "写了很久的一段话。")
    chen.lose_session()
    chen.press("发送")
    assert chen.path.startswith("/login")
    chen.sees("您写的内容还在")
    chen.fill_in_login("chen")
    assert chen.path.startswith(f"/cases/{number}")
    assert chen.field("body").input_value() == "写了很久的一段话。"
    chen.sees("没发出去的字还在")
    chen.press("发送").sees("写了很久的一段话。")
    assert count(desk, Message, Message.body == "写了很久的一段话。") == 1
    assert chen.field("body").input_value() == ""


def test_an_expired_session_takes_nobody_away_by_itself(sit, number):
    """What the page asks by itself gets no answer; only the person's own act leads to the sign-in."""
    chen = sit("chen")
    chen.open(f"/cases/{number}").write("body", "还在写。")
    chen.lose_session()
    with chen.page.expect_response(lambda r: r.url.endswith("/presence")) as answer:
        chen.page.evaluate("document.querySelector('#present').dispatchEvent(new Event('wq:pulse', {bubbles: true}))")
    assert answer.value.status == 204
    assert chen.path == f"/cases/{number}"
    assert chen.field("body").input_value() == "还在写。"


def test_an_expired_session_leads_back_to_where_one_was_without_script(sit, number):
    chen = sit("chen", js=False)
    chen.open(f"/cases/{number}/visits/new")
    chen.lose_session()
    chen.write("summary", "看了材料").submit("/visits/new")
    assert chen.path.startswith("/login")
    chen.sees("登录过期了")
    chen.fill_in_login("chen")
    assert chen.path.startswith(f"/cases/{number}/visits/new")


def test_words_that_were_sent_never_come_back(sit, number):
    """The kept draft goes when the words have arrived, also when the same box stays on the page."""
    chen = sit("chen")
    chen.open(f"/cases/{number}").write("body", "已经发出去的话。").press("发送").sees("已经发出去的话。")
    chen.page.wait_for_timeout(600)  # longer than a late draft would take to be kept
    chen.open(f"/cases/{number}")
    assert chen.field("body").input_value() == ""


def test_two_people_act_at_once_one_wins_and_the_other_loses_nothing(desk, sit, js):
    """Check 26: the second is told who did what, keeps the words, and may decide again."""
    with desk.inside() as make:
        number = make.case("submitted").number
    wang, qian = sit("wang", js=js, wide=True), sit("qian", js=js, wide=True)
    wang.open(f"/cases/{number}/triage").choose("category", "policy").write("title", "王岚的标题")
    qian.open(f"/cases/{number}/triage").choose("category", "finance").write("title", "钱进的标题")
    wang.submit("/triage")
    qian.submit("/triage")
    qian.sees("王岚刚刚先动了这一件", "分诊", "待派单")
    assert qian.field("title").input_value() == "钱进的标题"
    assert qian.page.locator("main [name=category][value=finance]").is_checked()
    with desk.reading():
        case = db.session.scalars(select(Case).where(Case.number == number)).one()
        assert (case.title, case.category_code, case.status) == ("王岚的标题", "policy", Status.TRIAGED)
    qian.submit("/triage")
    with desk.reading():
        assert db.session.scalars(select(Case.title).where(Case.number == number)).one() == "钱进的标题"


def test_keys_do_nothing_while_words_are_typed(desk, sit):
    """Check 14: letters in a field are letters; with a modifier they are the browser's; they can be switched off."""
    with desk.inside() as make:
        numbers = [make.case("submitted", phone=f"1390000000{n}").number for n in range(3)]
    wang = sit("wang", wide=True)
    page = wang.open("/queue").page
    here = wang.path

    def current() -> str:
        return page.evaluate("document.querySelector('[data-keys] [aria-current]')?.id ?? ''")

    start = current()
    page.locator("#find").focus()
    page.keyboard.type("jjk1x?")
    assert (current(), wang.path, page.locator("#find").input_value()) == (start, here, "jjk1x?")
    page.locator("#find").fill("")
    page.locator("h1").first.click()
    page.keyboard.press("Control+j")
    assert current() == start
    page.keyboard.press("j")
    wang.settle()
    assert current() != "" and numbers
    wang.no_trouble()


def test_switching_the_language_keeps_the_page_and_what_was_typed(desk, sit, number):
    """Check 33, on a page of the public and on one of the desk."""
    sme = sit()
    sme.open("/requests/new").write("problem", "模具厂要我们换钢材，报价翻倍。")
    sme.english = True
    sme.press("English").sees("Step 1 of 4")
    assert sme.path.startswith("/requests/new")
    assert sme.field("problem").input_value() == "模具厂要我们换钢材，报价翻倍。"
    chen = sit("chen", wide=True)
    chen.open(f"/cases/{number}").write("body", "写到一半的话。")
    chen.tap(chen.page.locator("header .menu > summary").locator("visible=true").last)
    chen.english = True
    chen.press("English")
    assert chen.path.startswith(f"/cases/{number}")
    assert chen.field("body").input_value() == "写到一半的话。"


def test_an_edit_of_something_saved_survives_going_away_and_back(sit):
    """The company page of a request: a changed word that was not sent is there again, and can be thrown away."""
    sme = sit()
    sme.open("/requests/new").write("problem", "模具厂要我们换钢材，报价翻倍。").submit("/requests/new")
    sme.write("name", "某某电子厂").choose("no_code").pick("district", "440306").pick("industry", "C")
    sme.submit("/company")
    sme.page.go_back()
    sme.settle()
    sme.write("name", "某某电子有限公司").press("English", look=False)
    sme.english = True
    assert sme.field("name").input_value() == "某某电子有限公司"
    sme.sees("What you had not sent is still here")


def test_a_canned_reply_is_chosen_with_keys_alone(desk, sit, number):
    """T opens the list with the first one in focus, Enter fills the box, nothing is sent yet."""
    with desk.inside() as make:
        canned_replies.write(make.cast.wang, None, title="约电话", body="{称呼}，您好，我是{我}。")
    wang = sit("wang", wide=True)
    wang.open(f"/cases/{number}")
    wang.page.keyboard.press("t")
    wang.press(wang.page.locator("#composer .menu-box a:focus"))
    assert wang.field("body").input_value() == "林女士，您好，我是王岚。"
    plain = sit("wang", js=False, wide=True)
    plain.open(f"/cases/{number}").tap(plain.page.locator("#composer summary")).press("约电话", within="#composer")
    assert plain.field("body").input_value() == "林女士，您好，我是王岚。"
    assert count(desk, Message, Message.body.contains("我是王岚")) == 0
