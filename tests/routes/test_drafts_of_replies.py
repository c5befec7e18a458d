"""What is typed on a case is kept on the server, for whoever types it alone; and how a reply will look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import begin, db
from helpdesk.domain import accounts, consultation, unsent
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Attachment, Box, Case, Event, Grant, Message, Note, Presence, Role, Unsent
from tests.adapters.test_files import PDF
from tests.routes.test_attachments import file


@pytest.fixture
def case(make) -> Case:
    """A case in service at Nanshan, with Chen."""
    made = make.case("consulting")
    db.session.commit()
    return made


def rows() -> list[Unsent]:
    db.session.rollback()
    db.session.remove()
    begin(read_only=True)
    return list(db.session.scalars(select(Unsent).order_by(Unsent.account_id, Unsent.box)))


def save(browser, number: str, body: str, who: str = "chen", box: str = "messages", **more):
    expect = more.pop("expect", 200)
    data = {"body": body, "form_key": "k1", "draft_seen": "", **more}
    token = browser.get("/notifications", as_=who).all("meta", name="csrf-token")[0].get("content")
    answer = browser.open(
        f"/cases/{number}/{box}/draft", who, method="POST", data=data,
        headers={"HX-Request": "true", "HX-Trigger": "draft", "X-CSRFToken": token},
    )  # fmt: skip
    return browser._checked(answer, expect, True)


def text_of(page) -> str:
    return (page.all("textarea", id="composer-text")[0].text or "").removeprefix("\n")


def test_what_is_typed_is_there_again_on_another_machine_and_says_since_when(browser, case):
    said = save(browser, case.number, "先把合同")
    assert said.says("草稿已保存 10:00")
    browser.clients.clear()
    page = browser.get(f"/cases/{case.number}", as_="chen")
    assert text_of(page) == "先把合同"
    assert page.says("草稿已保存 10:00")
    assert page.form("/messages")["form_key"] == "k1", "files kept with the form are found again"


def test_reply_and_note_are_two_drafts_and_nobody_else_sees_either(browser, case):
    save(browser, case.number, "给企业的话")
    save(browser, case.number, "给同事的话", box="notes")
    page = browser.get(f"/cases/{case.number}?to=note", as_="chen")
    assert text_of(page) == "给同事的话"
    assert page.says("回复企业（有草稿）")
    for who in ("wang", "li", "zhou", "sun", "qian"):
        for to in ("reply", "note"):
            text = browser.open(f"/cases/{case.number}?to={to}", who).get_data(as_text=True)
            assert "给企业的话" not in text and "给同事的话" not in text, who
    assert "给企业的话" not in browser.get(f"/t/{case.tracking_token}").text


def test_keeping_is_no_act_on_the_case(browser, case):
    version, events = case.version, db.session.scalar(select(func.count()).select_from(Event))
    save(browser, case.number, "字")
    assert len(rows()) == 1
    assert db.session.get_one(Case, case.id).version == version
    assert db.session.scalar(select(func.count()).select_from(Event)) == events
    assert db.session.scalar(select(func.count()).select_from(Presence)) == 0


def test_sending_drops_the_draft_and_a_late_keeping_does_not_bring_it_back(browser, case):
    save(browser, case.number, "发出去")
    form = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    browser.post(f"/cases/{case.number}/messages", {**form, "body": "发出去"}, as_="chen")
    assert rows() == []
    late = save(browser, case.number, "发出去", expect=422)
    assert late.says("这一稿已经发出去了")
    assert rows() == []
    assert db.session.scalars(select(Message.body).order_by(Message.id.desc())).first() == "发出去"


def test_a_refused_send_keeps_the_draft(browser, case):
    save(browser, case.number, "留着")
    form = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    browser.post(f"/cases/{case.number}/messages", {**form, "body": ""}, as_="chen", expect=422)
    assert [row.body for row in rows()] == ["留着"]


def test_an_empty_box_has_no_draft(browser, case):
    save(browser, case.number, "想想")
    mark = unsent.mark(rows()[0])
    save(browser, case.number, "  \n ", draft_seen=mark)
    assert rows() == []


def test_an_older_window_does_not_write_over_a_newer_draft(browser, case):
    first = save(browser, case.number, "第一句")
    mark = first.all("input", name="draft_seen")[0].get("value")
    with house_clock.at(house_clock.now() + timedelta(minutes=2)):
        save(browser, case.number, "第一句，第二句", draft_seen=mark)
        refused = save(browser, case.number, "别的", draft_seen=mark, expect=422)
    assert refused.says("您在另一处写了更新的一稿")
    assert [row.body for row in rows()] == ["第一句，第二句"]


def test_who_lost_the_case_is_told_so_under_the_box(browser, case, cast):
    grant = db.session.scalars(
        select(Grant).where(Grant.role == Role.COORDINATOR, Grant.account_id == cast.account("wang").id)
    ).one()
    number = case.number
    save(browser, number, "写到一半", who="wang")
    browser.get(f"/cases/{number}", as_="wang")
    grant = db.session.merge(grant)
    grant.ended_at = house_clock.now()
    db.session.commit()
    for expect, who in ((404, "wang"), (404, "bai"), (403, "sun")):
        said = save(browser, number, "又写了", who=who, expect=expect)
        assert said.says("没有存到服务器，字还在这里"), who
        assert said.response.headers["HX-Retarget"] == "#draft"
    assert [row.body for row in rows()] == ["写到一半"]


def test_an_expired_session_says_so_and_stays_on_the_page(browser, case):
    client = browser.client("chen")
    client.get("/notifications")
    answer = browser.open(
        f"/cases/{case.number}/messages/draft", None, method="POST", data={"body": "字"},
        headers={"HX-Request": "true", "HX-Trigger": "draft"},
    )  # fmt: skip
    assert answer.status_code == 401
    assert "HX-Redirect" not in answer.headers
    assert "登录过期了" in answer.get_data(as_text=True)


def test_files_kept_with_a_draft_come_along_and_never_twice(browser, case):
    url = f"/cases/{case.number}/messages"
    form = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    browser.post(url, {**form, "body": "长" * 5001, "files": [file(PDF)]}, as_="chen", expect=422)
    save(browser, case.number, "请看合同", form_key=form["form_key"])
    again = browser.get(f"/cases/{case.number}", as_="chen")
    assert again.says("合同.pdf") and again.says("已上传")
    same = again.form("/messages")
    browser.post(url, {**same, "body": "请看合同", "files": [file(PDF)]}, as_="chen")
    browser.post(url, {**same, "body": "请看合同"}, as_="chen")
    db.session.rollback()
    assert [bool(row.linked_at) for row in db.session.scalars(select(Attachment))] == [True]
    assert db.session.scalar(select(func.count()).select_from(Message).where(Message.body == "请看合同")) == 1


def test_two_windows_with_one_draft_lose_nothing(make, case):
    case, chen = db.session.merge(case), make.cast.chen
    for body in ("一样的", "一样的", "不一样的"):
        consultation.reply(case, chen, body=body, form_key="shared")
    consultation.note(case, chen, body="甲", form_key="shared")
    consultation.note(case, chen, body="乙", form_key="shared")
    assert [m.body for m in consultation.messages(case)][-2:] == ["一样的", "不一样的"]
    assert list(db.session.scalars(select(Note.body).order_by(Note.id))) == ["甲", "乙"]


def test_a_canned_reply_comes_after_what_is_written(browser, case):
    from helpdesk.domain import canned_replies
    from tests.cast import Cast

    row = canned_replies.write(Cast().wang, None, title="约电话", body="{称呼}您好。")
    number, canned = case.number, row.id
    db.session.commit()
    save(browser, number, "已经写了")
    assert text_of(browser.get(f"/cases/{number}?canned={canned}", as_="chen")) == "已经写了\n\n林女士您好。"


@pytest.mark.parametrize("body", ["长" * 20001, "\x00" * 3 + "长" * 20001])
def test_endless_text_is_refused_in_words(browser, case, body):
    assert save(browser, case.number, body, expect=422).says("请删短些")
    assert rows() == []


def test_nobody_keeps_words_for_a_case_that_is_not_theirs(make):
    case = make.case("consulting")
    for who in (make.cast.bai, make.cast.sun, make.cast.lin, make.link(case)):
        with pytest.raises(NotAllowed):
            unsent.keep(case, who, Box.NOTE, body="x", form_key="k")
    closed = make.case("closed", phone="13800000009")
    with pytest.raises(Refused, match="case_ended"):
        unsent.keep(closed, make.cast.wang, Box.REPLY, body="x", form_key="k")


def test_what_nobody_sends_is_swept(make):
    case = make.case("consulting")
    unsent.keep(case, make.cast.chen, Box.REPLY, body="旧", form_key="k")
    assert unsent.sweep() == 0
    with house_clock.at(house_clock.now() + timedelta(days=61)):
        unsent.keep(case, make.cast.chen, Box.NOTE, body="新", form_key="k")
        assert unsent.sweep() == 1
    assert [row.body for row in db.session.scalars(select(Unsent))] == ["新"]


def test_keeping_works_on_both_engines(town):
    case = town.case("consulting")
    for body in ("一", "二"):
        unsent.keep(case, town.cast.chen, Box.REPLY, body=body, form_key="k")
    assert unsent.of(case, town.cast.chen)[Box.REPLY].body == "二"
    consultation.reply(case, town.cast.chen, body="二", form_key="k")
    assert unsent.of(case, town.cast.chen) == {}


# --- preview ---


def test_a_reply_is_shown_as_the_company_will_see_it_before_it_is_sent(browser, case):
    form = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    body = "第一行\n第二行\n\n见 https://sz.gov.cn/a <b>粗</b>"
    url = f"/cases/{case.number}/messages/preview"
    page = browser.post(url, {**form, "body": body, "files": [file(PDF)]}, as_="chen", expect=200)
    shown = page.all("section", id="preview")[0]
    words = "".join(shown.itertext())
    assert "企业会看到这样" in words and "合同.pdf" in words and "<b>粗</b>" in words
    assert len(list(shown.iter("{http://www.w3.org/1999/xhtml}br"))) == 1
    assert text_of(page) == body, "the box still holds it"
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Message).where(Message.body == body)) == 0
    sent = page.form("/messages")
    browser.post(f"/cases/{case.number}/messages", {**sent, "body": body}, as_="chen")
    own = browser.get(f"/t/{case.tracking_token}")
    assert own.says("<b>粗</b>") and own.says("合同.pdf")


def test_a_preview_tells_of_a_newer_draft_before_it_writes_over_it(browser, case):
    url = f"/cases/{case.number}/messages"
    here = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    browser.post(f"{url}/draft", {**here, "body": "手机上写的"}, as_="chen")
    told = browser.post(f"{url}/preview", {**here, "body": "电脑上写的"}, as_="chen", expect=422)
    assert told.says("您在另一处写了更新的一稿") and text_of(told) == "电脑上写的"
    assert text_of(browser.get(f"/cases/{case.number}", as_="chen")) == "手机上写的"
    again = browser.post(f"{url}/preview", {**told.form("/messages"), "body": "电脑上写的"}, as_="chen", expect=200)
    assert again.all("section", id="preview"), "told once it goes ahead"


def test_nothing_cannot_be_previewed(browser, case):
    form = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    url = f"/cases/{case.number}/messages/preview"
    page = browser.post(url, {**form, "body": " "}, as_="chen", expect=422)
    assert page.says("请写几个字") and not page.all("section", id="preview")


def test_htmx_gets_the_box_with_the_preview(browser, case):
    form = browser.get(f"/cases/{case.number}", as_="chen").form("/messages")
    url = f"/cases/{case.number}/messages/preview"
    page = browser.post(url, {**form, "body": "好"}, as_="chen", expect=200, htmx=True)
    assert page.response.headers["HX-Retarget"] == "#composer"
    assert page.all("section", id="preview") and page.says("草稿已保存")


def test_an_account_that_was_switched_off_keeps_nothing(make):
    case = make.case("consulting")
    account = make.cast.account("chen")
    accounts.set_active(account, make.cast.feng, active=False)
    with pytest.raises(NotAllowed):
        unsent.keep(case, make.cast.chen, Box.REPLY, body="x", form_key="k")


def test_sending_from_one_window_keeps_the_newer_draft_of_another(browser, case, cast):
    """Both windows began with the same form; B wrote on after A was opened, then A is sent."""
    save(browser, case.number, "开头")
    seen = unsent.mark(rows()[0])
    with house_clock.at(house_clock.now() + timedelta(minutes=1)):
        save(browser, case.number, "B 接着写的另一段", draft_seen=seen)
        newer = unsent.mark(rows()[0])
        browser.post(
            f"/cases/{case.number}/messages",
            {"body": "A 发出去的", "form_key": "k1", "draft_seen": seen},
            as_="chen",
            page=f"/cases/{case.number}",
        )
        assert [row.body for row in rows()] == ["B 接着写的另一段"]
        save(browser, case.number, "B 接着写的另一段，再加一句", draft_seen=newer)
        kept = rows()[0]
        assert (kept.body, kept.form_key == "k1") == ("B 接着写的另一段，再加一句", False)
        browser.post(
            f"/cases/{case.number}/messages",
            {"body": kept.body, "form_key": "k1", "draft_seen": unsent.mark(kept)},
            as_="chen",
            page=f"/cases/{case.number}",
        )
        assert rows() == []
    assert [m.body for m in db.session.scalars(select(Message).where(Message.author_id == cast.chen.account_id))][
        -2:
    ] == [
        "A 发出去的",
        "B 接着写的另一段，再加一句",
    ]


def test_a_save_that_was_on_its_way_when_its_words_were_sent_is_no_draft(browser, case):
    save(browser, case.number, "一句")
    old = unsent.mark(rows()[0])
    with house_clock.at(house_clock.now() + timedelta(seconds=3)):
        save(browser, case.number, "一句话", draft_seen=old)
        browser.post(
            f"/cases/{case.number}/messages",
            {"body": "一句话。", "form_key": "k1", "draft_seen": old},
            as_="chen",
            page=f"/cases/{case.number}",
        )
        assert rows() == []
        save(browser, case.number, "一句话", draft_seen=old, expect=422)
        assert rows() == []
