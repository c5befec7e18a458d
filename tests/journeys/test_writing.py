"""Writing on a case in a browser: the draft that is kept while one types, and a colleague named with keys alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import consultation
from helpdesk.models import Case, Mention, Message, Note, Unsent


@pytest.fixture
def number(desk) -> str:
    with desk.inside() as make:
        return make.case("consulting").number


def unsent(desk) -> list[str]:
    with desk.reading():
        return [row.body for row in db.session.scalars(select(Unsent))]


def test_a_draft_is_kept_while_typing_found_on_another_machine_and_gone_when_sent(desk, sit, number):
    wang = sit("wang", wide=True)
    wang.open(f"/cases/{number}")
    box = wang.page.locator("#composer-text")
    box.press_sequentially("专家今天会看")
    expect(wang.page.locator("#draft")).to_contain_text("草稿已保存")
    box.press_sequentially("材料")
    with wang.page.expect_response(lambda r: r.url.endswith("/draft")):
        pass
    wang.settle()
    assert unsent(desk) == ["专家今天会看材料"]
    assert wang.page.evaluate("sessionStorage.getItem('wq:reply-' + location.pathname.split('/').pop())") is None
    elsewhere = sit("wang", wide=False)
    elsewhere.open(f"/cases/{number}")
    expect(elsewhere.page.locator("#composer-text")).to_have_value("专家今天会看材料")
    elsewhere.submit("/messages")
    elsewhere.sees("已发送")
    assert unsent(desk) == []
    with desk.reading():
        assert db.session.scalars(select(Message.body).order_by(Message.id.desc())).first() == "专家今天会看材料"


def test_what_the_server_did_not_take_stays_on_the_device(desk, sit, number):
    wang = sit("wang", wide=True)
    wang.open(f"/cases/{number}")
    wang.context.clear_cookies()
    wang.page.locator("#composer-text").press_sequentially("没登录也不丢")
    expect(wang.page.locator("#draft")).to_contain_text("登录过期了")
    assert unsent(desk) == []
    wang.context.add_cookies([desk.cookie_of("wang")])
    wang.page.on("dialog", lambda dialog: dialog.accept())
    wang.open(f"/cases/{number}")
    expect(wang.page.locator("#composer-text")).to_have_value("没登录也不丢")


def test_a_colleague_is_named_with_keys_alone(desk, sit, number):
    wang = sit("wang", wide=True)
    wang.open(f"/cases/{number}?to=note")
    page, keys = wang.page, wang.page.keyboard
    page.locator("#composer-text").focus()
    keys.type("请 @陈")
    names = page.locator("#mentions a")
    expect(names).to_have_count(1)
    wang.look()
    keys.press("ArrowDown")
    expect(names.first).to_be_focused()
    keys.press("Escape")
    expect(names).to_have_count(0)
    expect(page.locator("#composer-text")).to_be_focused()
    keys.press("Backspace")
    expect(names).not_to_have_count(0)
    keys.press("ArrowDown")
    first = names.first.get_attribute("data-mention")
    keys.press("Enter")
    expect(page.locator("#composer-text")).to_have_value(f"请 @{first} ")
    keys.type("看第三页")
    keys.press("Control+Enter")
    expect(page.locator(".note mark")).to_have_text(f"@{first}")
    wang.look()
    with desk.reading():
        case = db.session.scalars(select(Case).where(Case.number == number)).one()
        note = db.session.scalars(select(Note).where(Note.case_id == case.id)).one()
        assert note.body == f"请 @{first} 看第三页"
        assert [m.name for m in db.session.scalars(select(Mention).where(Mention.note_id == note.id))] == [first]


def test_without_script_the_name_is_chosen_from_a_page(desk, sit, number):
    with desk.inside() as make:
        case = db.session.scalars(select(Case).where(Case.number == number)).one()
        consultation.note(case, make.cast.chen, body="收到", form_key="x")
    wang = sit("wang", wide=True, js=False)
    wang.open(f"/cases/{number}?to=note")
    wang.follow(f"/cases/{number}/colleagues")
    wang.press("@陈明远")
    wang.write("body", "@陈明远 好的")
    wang.submit("/notes")
    expect(wang.page.locator(".note mark")).to_have_text("@陈明远")
