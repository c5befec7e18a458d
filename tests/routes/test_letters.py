"""Links in letters, wishes, and the list of letters, as a browser meets them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.db import db, transaction
from helpdesk.domain import mail_delivery, mail_links, mailing
from helpdesk.models import Act, Address, Mail, MailKind, MailStatus, MailWish, OfferStatus, Status

LIN = "lin@southlight.example"


@pytest.fixture
def known(cast):
    for login in ("chen", "wang"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    db.session.commit()


def fresh(thing):
    """The thing as the database has it now."""
    return db.session.get_one(type(thing), thing.id, populate_existing=True)


def address_of(address: str, act: Act, kind: MailKind = MailKind.EVENT) -> str:
    """The path of a link in the newest letter to an address."""
    mail = db.session.scalars(
        select(Mail).where(Mail.address == address, Mail.kind == kind).order_by(Mail.id.desc())
    ).first()
    path = f"/act/{mail_links.link_token(mail_links.links_of(mail)[act])}"
    db.session.commit()
    return path


def test_opening_a_link_does_nothing_and_the_button_takes_the_case(browser, make, known):
    case = make.case("offered")
    db.session.commit()
    path = address_of("chen@desk.example", Act.ACCEPT)
    for _ in range(3):
        shown = browser.get(path)
        assert shown.says("接这一单吗？")
        assert not shown.says("南山光电")
    case = fresh(case)
    assert case.status is Status.OFFERED
    browser.post(path, shown.form(path), expect=422)
    assert make.offer(case).status is OfferStatus.PENDING
    db.session.commit()
    done = browser.post(path, {**shown.form(path), "no_conflict": "y"})
    assert browser.get(done.location).says("接了，谢谢您")
    case = fresh(case)
    assert case.status is Status.ACCEPTED
    assert case.expert.name == "陈明远"
    db.session.commit()
    browser.get(path, expect=410)
    browser.post(path, {**shown.form(path), "no_conflict": "y"}, expect=410)


def test_saying_no_from_the_letter_keeps_the_reason(browser, make, known):
    case = make.case("offered")
    db.session.commit()
    path = address_of("chen@desk.example", Act.DECLINE)
    shown = browser.get(path)
    assert browser.post(path, shown.form(path), expect=422).says("请选一个原因")
    done = browser.post(path, {**shown.form(path), "reason": "no_time", "note": "下周出差"})
    assert browser.get(done.location).says("已告诉工作站")
    case = fresh(case)
    assert case.status is Status.TRIAGED


def test_an_offer_that_is_over_says_so(browser, make, cast, known):
    from helpdesk.domain import assignment

    case = make.case("offered")
    db.session.commit()
    path = address_of("chen@desk.example", Act.ACCEPT)
    with transaction():
        assignment.recall(db.session.merge(case), cast.wang, reason="企业改主意了")
    gone = browser.get(path, expect=410)
    assert gone.says("这次派单已经结束")


def test_the_owner_of_an_address_says_yes_with_one_press(browser, make):
    make.case("submitted", email=LIN)
    db.session.commit()
    path = address_of(LIN, Act.PROVE, MailKind.PROOF)
    shown = browser.get(path)
    assert shown.says(LIN)
    assert db.session.get(Address, LIN).proved_at is None
    db.session.commit()
    assert browser.get(browser.post(path, shown.form(path)).location).says("以后发到这里")
    assert db.session.get(Address, LIN).proved_at is not None
    assert db.session.scalars(select(Mail.status).where(Mail.kind == MailKind.EVENT)).all() == [MailStatus.WAITING]


def test_whoever_it_is_not_says_stop(browser, make):
    make.case("submitted", email=LIN)
    db.session.commit()
    path = address_of(LIN, Act.STOP, MailKind.PROOF)
    shown = browser.get(path)
    assert browser.get(browser.post(path, shown.form(path)).location).says("不再给这个邮箱写信")
    browser.get(path, expect=410)
    assert db.session.get(Address, LIN).stopped_at is not None


def test_a_mailbox_unsubscribes_with_one_click_and_without_our_cookie(app, make, cast, known):
    mailing.set_wish(cast.account("chen"), "words", mailing.How.NOW)
    case = make.case("consulting")
    from helpdesk.domain import consultation

    consultation.reply(case, make.link(case), body="在吗？", form_key="q")
    db.session.commit()
    path = address_of("chen@desk.example", Act.MUTE) + "/one-click"
    app.config["WTF_CSRF_ENABLED"] = True
    stranger = app.test_client()
    for _ in range(2):
        assert stranger.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    account = cast.account("chen")
    assert db.session.get(MailWish, (account.id, "words")).how == "never"
    db.session.commit()
    assert stranger.get(path).status_code in (404, 405), "a scanner that opens it stops nothing"


def test_one_click_takes_no_case(app, make, known):
    case = make.case("offered")
    db.session.commit()
    path = address_of("chen@desk.example", Act.ACCEPT) + "/one-click"
    assert app.test_client().post(path).status_code == 404
    case = fresh(case)
    assert case.status is Status.OFFERED


def test_an_address_we_did_not_sign_is_not_there(browser):
    for path in ("/act/1", "/act/x.y", "/act/%00", "/act/" + "a" * 3000):
        browser.get(path, expect=404)


def test_wishes_are_set_on_a_page(browser, cast, known):
    url = "/notifications/wishes"
    values = browser.get(url, as_="chen").form(url)
    assert values["email"] == "chen@desk.example"
    assert values["offers"] == "now"
    browser.post(url, {**values, "words": "daily", "papers": "never"}, as_="chen", expect=303)
    again = browser.get(url, as_="chen").form(url)
    assert (again["words"], again["papers"], again["musts"]) == ("daily", "never", "now")
    wrong = browser.post(url, {**again, "email": "not an address"}, as_="chen", expect=422)
    assert wrong.says("邮箱写得不对")
    browser.post(url, {**again, "musts": "never"}, as_="chen", expect=422)
    browser.get(url, expect=303)


def test_the_list_of_letters_masks_addresses_and_sends_again(browser, make, known):
    case = make.case("offered")
    mail = db.session.scalars(select(Mail).where(Mail.address == "chen@desk.example")).first()
    mail_delivery.mark_failed(mail.id, "派单", "550 no such user")
    db.session.commit()
    shown = browser.get("/mails?state=failed", as_="zhou")
    assert shown.says(case.number)
    assert shown.says("550 no such user")
    assert "chen@desk.example" not in shown.text
    url = f"/mails/{mail.id}/resend"
    browser.post(url, {}, as_="wang", page="/queue", expect=404)
    browser.post(url, shown.form(url), as_="zhou", expect=303)
    assert fresh(mail).status is MailStatus.WAITING
    for query in ("?state=nonsense", "?before=x", "?before=-1", "?before=99999999999999999999"):
        browser.get(f"/mails{query}", as_="zhou")
