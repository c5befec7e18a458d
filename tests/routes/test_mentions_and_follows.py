"""Colleagues named in a note, and people who follow a case: who is told, by notice and by letter, and who never is."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import (
    assignment,
    closure,
    consultation,
    follows,
    mail_delivery,
    mailing,
    mentions,
    notices,
    queues,
    transfers,
)
from helpdesk.domain.queues import Filters
from helpdesk.errors import NotAllowed
from helpdesk.models import Case, Event, Follow, Mail, MailStatus, Mention, Notice
from helpdesk.presentation import mail_page
from helpdesk.rules.mentions import spans
from tests.cast import LONGGANG

SECRET = "此人上次没付尾款"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@王岚请看", ["王岚"]),
        ("＠王岚 @陈明远", ["王岚", "陈明远"]),
        ("@王岚岚", ["王岚岚"]),
        ("a@Lin.com", []),
        ("@Linda @Lin, @lin", ["Lin", "Lin"]),
        ("@ 王岚", []),
        ("王岚", []),
        ("@@王岚", ["王岚"]),
    ],
)
def test_a_name_is_found_where_it_stands(text, found):
    assert [name for _, _, name in spans(text, ["王岚", "王岚岚", "陈明远", "Lin", ""])] == found


def told(case: Case, kind: str) -> set[str]:
    from helpdesk.models import Account

    rows = db.session.execute(
        select(Account.login)
        .join(Notice, Notice.account_id == Account.id)
        .join(Event, Event.id == Notice.event_id)
        .where(Event.case_id == case.id, Event.kind == kind)
    )
    return {login for (login,) in rows}


def with_address(cast, *logins: str) -> None:
    for login in logins:
        account = cast.account(login)
        account.email = f"{login}@desk.example"
        mailing.vouch(account.email)


def letters(login: str) -> list[Mail]:
    return list(db.session.scalars(select(Mail).where(Mail.address == f"{login}@desk.example").order_by(Mail.id)))


def test_who_is_mentioned_gets_one_notice_and_a_letter_without_the_note(make, cast):
    case = make.case("consulting")
    with_address(cast, "chen", "zhou", "qian")
    consultation.note(case, cast.wang, body=f"@陈明远 {SECRET} @周总", form_key="n")
    assert told(case, "note.mentioned") == {"chen", "zhou"}
    assert told(case, "note.posted") == {"qian"}, "nobody is told of one note twice"
    mail = letters("chen")[-1]
    whole = mail_page.message_of(mail).as_string() + str(mail_page.compose(mail))
    assert SECRET not in whole
    letter = mail_page.compose(mail)
    assert letter.title == "有人在内部备注里提到您"
    assert letter.buttons[0].url.endswith(f"/cases/{case.number}")
    assert letters("qian") == []


def test_who_may_not_read_the_note_stays_plain_text(make, cast, browser):
    case = make.case("consulting")
    names = "@林巧 @白帆 @赵桐 @孙察 @冯管 @吴刚"
    row = consultation.note(case, cast.wang, body=f"{names} @陈明远 @王岚", form_key="n")
    assert [m.name for m in db.session.scalars(select(Mention).where(Mention.note_id == row.id))] == ["陈明远"]
    assert told(case, "note.mentioned") == {"chen"}
    number = case.number
    page = browser.get(f"/cases/{number}", as_="wang")
    assert ["".join(m.itertext()) for m in page.all("mark")] == ["@陈明远"]
    assert page.says("@白帆")


def test_those_offered_are_those_who_may_read_it(make, cast):
    case = make.case("consulting")
    assert {c.name for c in mentions.offered(case, cast.wang)} == {"陈明远", "钱进", "李区", "周总"}
    assert {c.name for c in mentions.offered(case, cast.chen)} == {"王岚", "钱进", "李区", "周总"}
    assert [c.name for c in mentions.offered(case, cast.wang, "明")] == ["陈明远"]
    assert mentions.offered(case, cast.wang, "%") == []
    assert mentions.find(case, cast.wang, cast.account("bai").id) is None


def test_a_coordinator_who_is_the_expert_reads_as_expert_and_is_offered_once(make, cast):
    case = make.case("consulting", expert="qian")
    assert [c.name for c in mentions.offered(case, cast.wang)].count("钱进") == 1


def test_the_list_works_without_script_and_for_htmx(make, browser):
    number = make.case("consulting").number
    page = browser.get(f"/cases/{number}/colleagues", as_="wang")
    link = next(a for a in page.all("a") if a.get("data-mention") == "陈明远")
    box = browser.get(link.get("href").partition("#")[0], as_="wang")
    text = box.all("textarea", id="composer-text")[0].text
    assert text.removeprefix("\n") == "@陈明远 "
    piece = browser.get(f"/cases/{number}/colleagues?q=陈", as_="wang", htmx=True)
    assert [a.get("data-mention") for a in piece.all("a")] == ["陈明远"]
    assert not browser.get(f"/cases/{number}/colleagues?q=请看", as_="wang", htmx=True).all("a")
    assert browser.get(f"/cases/{number}/colleagues?q=nobody", as_="wang").says("没找到")
    for who, status in (("bai", 404), ("sun", 403), ("li", 403), ("lin", 403)):
        browser.get(f"/cases/{number}/colleagues", as_=who, expect=status)
    bad = browser.get(f"/cases/{number}?to=note&mention=999999999999", as_="wang")
    assert bad.all("textarea", id="composer-text")


def test_a_note_shows_that_it_is_one_without_colour(make, browser, cast):
    case = make.case("consulting")
    consultation.note(case, cast.wang, body="只给同事看", form_key="n")
    page = browser.get(f"/cases/{case.number}", as_="chen")
    note = page.all("article", class_="note")[0]
    words = "".join(note.itertext())
    assert "内部备注" in words and "企业看不到" in words
    drawn = [use.get("href") or "" for use in note.iter() if str(use.tag).endswith("use")]
    assert any(href.endswith("#lock") for href in drawn), drawn


def test_the_letter_is_dropped_when_the_right_is_gone(make, cast):
    case = make.case("consulting")
    with_address(cast, "chen")
    consultation.note(case, cast.wang, body="@陈明远 看", form_key="n")
    mail = letters("chen")[-1]
    assert mail_delivery.needless(mail) == ""
    assignment.hand_back(case, cast.chen, reason="no_time", note="")
    assert mail_delivery.needless(mail) == "no_right"


# --- following ---


def test_a_follower_hears_what_the_company_may_know_and_nothing_else(make, cast):
    case = make.case("consulting")
    with_address(cast, "li")
    follows.follow(case, cast.li)
    follows.follow(case, cast.li)
    consultation.note(case, cast.wang, body="内部", form_key="n")
    consultation.reply(case, make.link(case), body="材料发了。", form_key="r")
    assert "li" in told(case, "message.posted")
    assert "li" not in told(case, "note.posted")
    (mail,) = letters("li")
    assert mail.status is MailStatus.DAILY, "as the desk: once a day"
    letter = mail_page.compose(mail)
    assert "关注" in letter.why
    assert "林女士" not in str(letter), "who may not know the contact reads the first character only"
    rows = notices.latest(cast.li)
    assert [event.kind for _, event, _ in rows] == ["message.posted"]
    follows.unfollow(case, cast.li)
    consultation.reply(case, make.link(case), body="又发了。", form_key="r2")
    assert len(letters("li")) == 1


def test_the_right_is_asked_anew_when_something_is_told(make, cast):
    case = make.case("triaged")
    transfers.request(case, cast.wang, to=cast.station(LONGGANG), reason="就近")
    follows.follow(case, cast.zhao)
    transfers.bounce(case, cast.zhao, reason="没有专家")
    closure.withdraw(case, make.link(case), reason="other")
    assert "zhao" not in told(case, "case.withdrawn")
    assert db.session.get(Follow, (case.id, cast.account("zhao").id)) is not None
    assert queues.page(cast.zhao, Filters(view="followed")).cases == []
    assert queues.counts(cast.zhao)["followed"] == 0


@pytest.mark.parametrize("who", ["lin", "bai", "sun", "feng", "chu", "zhao", "wu"])
def test_who_may_not_follow(make, cast, who):
    case = make.case("consulting")
    with pytest.raises(NotAllowed):
        follows.follow(case, getattr(cast, who))


def test_following_is_a_press_and_a_list_with_a_count(make, browser, cast):
    case, other = make.case("consulting"), make.case("consulting", phone="13800000001")
    number, not_this = case.number, other.number
    for who in ("wang", "chen", "li", "zhou"):
        page = browser.get(f"/cases/{number}", as_=who)
        browser.post(f"/cases/{number}/follow", page.form("/follow"), as_=who)
        assert browser.get(f"/cases/{number}", as_=who).says("已关注"), who
        listed = browser.get("/cases?view=followed", as_=who)
        assert listed.says(number) and not listed.says(not_this), who
    desk = browser.get("/queue?view=followed", as_="wang")
    assert desk.says(number) and not desk.says(not_this)
    for login, n in (("wang", 1), ("chen", 1), ("li", 1), ("zhou", 1), ("qian", 0)):
        assert queues.counts(getattr(cast, login))["followed"] == n, login
    assert queues.count(cast.wang, Filters(view="followed"), most=10) == 1
    page = browser.get(f"/cases/{number}", as_="wang")
    piece = browser.post(f"/cases/{number}/follow/removal", page.form("/removal"), as_="wang", htmx=True, expect=200)
    assert piece.says("关注") and not piece.says("已关注")
    assert queues.page(cast.wang, Filters(view="followed")).cases == []


def test_a_followers_notices_do_not_say_who_the_contact_is(make, browser, cast):
    case = make.case("consulting")
    follows.follow(case, cast.li)
    consultation.reply(case, make.link(case), body="在吗", form_key="r")
    page = browser.get("/notifications", as_="li")
    assert page.says("林** 发了消息") or page.says("林**发了消息")
    assert not page.says("林女士")
    assert browser.get("/notifications", as_="chen").says("林女士")
