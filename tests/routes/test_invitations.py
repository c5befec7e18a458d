"""Colleagues of a company: asked in by mail or by a link, in once, let go; and what a stranger's mailbox gets."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import accounts, invitations, mail_delivery, mail_links, mailing
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Account, Act, Address, Grant, Invitation, Mail, Role
from helpdesk.presentation import mail_page
from helpdesk.rules import policy
from tests.cast import OTHER, PASSWORD, SOUTHLIGHT
from tests.looking import anew

ADDRESS = "kollege@southlight.example"


def account(login: str) -> Account:
    return db.session.scalars(select(Account).where(Account.login == login)).one()


@pytest.fixture
def company(cast) -> int:
    db.session.commit()
    return cast.company().id


def link_by(browser, company: int, who: str = "lin") -> str:
    """Make a link and read it off the page, as its sender would."""
    here = f"/me/companies/{company}"
    browser.post(f"{here}/links", browser.get(here, as_=who).form("/links"), as_=who)
    shown = "".join(browser.get(here, as_=who).all("code")[-1].itertext())
    return shown.removeprefix("https://desk.example")


def test_a_link_lets_one_person_in_once(browser, company, make):
    case = make.case("consulting").number
    url = link_by(browser, company)
    page = browser.get(url)
    assert page.says("林巧请您加入") and page.says(SOUTHLIGHT.name)
    new = {**page.form("/account"), "login": "neu", "name": "新同事", "password": "a long password"}
    browser.post(f"{url}/account", new, page=url)
    assert browser.get("/me/requests").says(case), "in, and signed in"
    browser.clients.clear()
    assert browser.get(url, expect=410).says("这个邀请不能用了")
    again = {"login": "zweiter", "name": "又一位", "password": "a long password"}
    browser.post(f"{url}/account", again, page="/login", expect=410)
    anew(read_only=False)
    assert db.session.scalar(select(Account).where(Account.login == "zweiter")) is None
    assert browser.get(f"/me/companies/{company}", as_="lin").says("新同事")


def test_only_a_hash_is_kept_and_only_its_sender_sees_a_link(browser, company):
    url = link_by(browser, company)
    secret = url.rpartition("/")[2]
    anew(read_only=False)
    row = db.session.scalars(select(Invitation)).one()
    assert secret not in {row.nonce, row.secret_hash} and len(secret) >= 40
    assert secret not in browser.get(f"/me/companies/{company}", as_="he").text


def test_somebody_with_an_account_joins_with_it(browser, company, make):
    case = make.case("consulting").number
    url = link_by(browser, company)
    browser.clients.pop(None, None)
    assert "next=" in next(
        a.get("href")
        for a in browser.get(url).all("a")
        if "/login" in (a.get("href") or "") and "next" in a.get("href")
    )
    browser.post(url, page=url, expect=422)
    browser.post(url, browser.get(url, as_="chu").form(url), as_="chu")
    assert browser.get("/me/requests", as_="chu").says(case)


def test_a_claim_that_waited_is_confirmed_by_a_colleague(browser, company):
    url = link_by(browser, company)
    browser.post(url, browser.get(url, as_="jia").form(url), as_="jia")
    anew(read_only=False)
    (grant,) = db.session.scalars(select(Grant).where(Grant.account_id == account("jia").id)).all()
    assert grant.confirmed_at is not None


def test_the_letter_says_nothing_that_anybody_typed(browser, company):
    here = f"/me/companies/{company}"
    browser.post(
        f"{here}/invitations", {**browser.get(here, as_="lin").form("/invitations"), "email": ADDRESS}, as_="lin"
    )
    anew(read_only=False)
    mail = db.session.scalars(select(Mail).where(Mail.address == ADDRESS)).one()
    assert mail_delivery.needless(mail) == ""
    message = mail_page.message_of(mail)
    text = "".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
    for word in (SOUTHLIGHT.name, "林巧", "南山"):
        assert word not in text + str(message["Subject"]) + str(message["To"]), word
    url = re.search(r"https://desk\.example(/invitations/[\w-]+)", text)[1]
    assert browser.get(url).says(SOUTHLIGHT.name)
    assert ADDRESS in browser.get(here, as_="lin").text
    assert url not in browser.get(here, as_="lin").text, "who sent it cannot open it in the reader's name"


def test_the_address_is_proved_by_accepting(make, cast):
    row = invitations.invite(cast.company(), cast.lin, address=f" {ADDRESS.upper()} ")
    assert row.address == ADDRESS
    made = invitations.accept_anew(row, login="neu", name="新同事", password="a long password")
    assert made.email == ADDRESS
    assert db.session.get(Address, ADDRESS).proved_at is not None
    link = invitations.invite(cast.company(), cast.lin)
    other = invitations.accept_anew(link, login="neu2", name="又一位", password="a long password")
    assert other.email is None, "a link that was passed on proves nothing"


def test_a_letter_nobody_needs_any_more_is_not_sent(cast):
    row = invitations.invite(cast.company(), cast.lin, address=ADDRESS)
    mail = db.session.get_one(Mail, row.mail_id)
    invitations.revoke(row, cast.he)
    assert mail_delivery.needless(mail) == "over"
    again = invitations.invite(cast.company(), cast.lin, address=ADDRESS)
    with house_clock.at(house_clock.now() + timedelta(days=8)):
        assert mail_delivery.needless(db.session.get_one(Mail, again.mail_id)) == "over"


def test_the_owner_of_the_address_can_say_no_more(cast):
    row = invitations.invite(cast.company(), cast.lin, address=ADDRESS)
    mail = db.session.get_one(Mail, row.mail_id)
    assert list(mail_links.links_of(mail)) == [Act.STOP]
    mailing.stop(ADDRESS)
    with pytest.raises(Refused, match="invited_already"):
        invitations.invite(cast.company(), cast.lin, address=ADDRESS)
    invitations.revoke(row, cast.lin)
    with pytest.raises(Refused, match="address_stopped"):
        invitations.invite(cast.company(), cast.lin, address=ADDRESS)


def test_no_mailbox_is_flooded(cast):
    for _ in range(mailing.INVITATIONS_A_WEEK):
        invitations.revoke(invitations.invite(cast.company(), cast.lin, address=ADDRESS), cast.lin)
    with pytest.raises(Refused, match="too_many_letters"):
        invitations.invite(cast.company(OTHER), cast.bai, address=ADDRESS)
    for _ in range(invitations.MOST_OPEN):
        invitations.invite(cast.company(), cast.lin)
    with pytest.raises(Refused, match="too_many_invitations"):
        invitations.invite(cast.company(), cast.lin)


@pytest.mark.parametrize(
    ("typed", "words"),
    [("", "请填同事的邮箱"), ("kein", "邮箱写得不对"), ("a@b", "邮箱写得不对"), ("x" * 260 + "@a.cn", "超了")],
)
def test_a_bad_address_is_given_back(browser, company, typed, words):
    here = f"/me/companies/{company}"
    form = browser.get(here, as_="lin").form("/invitations")
    page = browser.post(f"{here}/invitations", {**form, "email": typed}, as_="lin", expect=422)
    assert page.says(words)
    assert page.form("/invitations")["email"] == typed


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("login", "lin", "这个登录名已经有人用了"), ("password", "short", "10"), ("name", "", "请填姓名")],
)
def test_a_bad_account_is_given_back_and_the_invitation_stays(browser, company, field, value, words):
    url = link_by(browser, company)
    browser.clients.pop(None, None)
    new = {**browser.get(url).form("/account"), "login": "neu", "name": "新同事", "password": "a long password"}
    assert browser.post(f"{url}/account", new | {field: value}, page=url, expect=422).says(words)
    browser.get(url)


def test_an_invitation_ends(browser, company):
    url = link_by(browser, company)
    with house_clock.at(house_clock.now() + timedelta(days=7, minutes=1)):
        assert browser.get(url, expect=410).says("这个邀请不能用了")
    browser.get(url)
    page = browser.get(f"/me/companies/{company}", as_="he")
    action = next(f.get("action") for f in page.all("form") if (f.get("action") or "").endswith("/revocation"))
    browser.post(action, as_="he", page=f"/me/companies/{company}")
    browser.get(url, expect=410)
    browser.get("/invitations/not-a-secret", expect=404)


def test_a_member_is_let_go_with_what_they_invited(browser, company, make):
    make.case("consulting")
    url = link_by(browser, company, "he")
    page = browser.get(f"/me/companies/{company}", as_="lin")
    anew(read_only=False)
    number = db.session.scalars(select(Grant).where(Grant.account_id == account("he").id)).one().id
    browser.post(f"/me/members/{number}/removal", page.form(f"/members/{number}/removal"), as_="lin")
    assert browser.get("/me/requests", as_="he", expect=303).location.startswith("/login"), "signed out at once"
    browser.get(url, expect=410)
    anew(read_only=False)
    assert not policy.who_is(account("he")).holds(Role.MEMBER)
    again = browser.get(f"/me/companies/{company}", as_="lin")
    lin = db.session.scalars(select(Grant).where(Grant.account_id == account("lin").id)).one().id
    assert not any(f"/members/{lin}/" in (f.get("action") or "") for f in again.all("form")), "the last one stays"


def test_the_last_handler_stays(make, cast):
    he, lin = (
        db.session.scalars(select(Grant).where(Grant.account_id == cast.account(n).id)).one() for n in ("he", "lin")
    )
    who = cast.lin
    invitations.remove(he, who)
    with pytest.raises(Refused, match="last_handler"):
        invitations.remove(lin, who)


def test_leaving_is_allowed_while_somebody_stays(browser, company, make):
    anew(read_only=False)
    number = db.session.scalars(select(Grant).where(Grant.account_id == account("lin").id)).one().id
    browser.post(f"/me/members/{number}/removal", as_="lin", page=f"/me/companies/{company}")
    anew(read_only=False)
    assert not policy.who_is(account("lin")).holds(Role.MEMBER)


def test_others_have_no_say(browser, company, cast):
    for who, status in (("bai", 404), ("jia", 404), ("wang", 404), ("chu", 404), (None, 303)):
        browser.get(f"/me/companies/{company}", as_=who, expect=status)
    row = invitations.invite(cast.company(), cast.lin)
    member = db.session.scalars(select(Grant).where(Grant.account_id == cast.account("he").id)).one()
    for who in (cast.bai, cast.jia, cast.wang, cast.zhou):
        with pytest.raises(NotAllowed):
            invitations.invite(cast.company(), who)
        with pytest.raises(NotAllowed):
            invitations.revoke(row, who)
        with pytest.raises(NotAllowed):
            invitations.remove(member, who)


def test_who_was_let_go_cannot_let_in(cast):
    row = invitations.invite(cast.company(), cast.he)
    accounts.end_grant(db.session.scalars(select(Grant).where(Grant.account_id == cast.account("he").id)).one())
    with pytest.raises(Refused, match="invitation_over"):
        invitations.accept(row, cast.account("chu"))


def test_signing_in_leads_back_to_the_invitation(browser, company):
    url = link_by(browser, company)
    browser.clients.pop(None, None)
    came = browser.post("/login", {"login": "chu", "password": PASSWORD, "next": url}, page="/login")
    assert came.location == url


def test_an_invitation_is_used_once_on_both_engines(town):
    row = invitations.invite(town.cast.company(), town.cast.lin, address=ADDRESS)
    invitations.accept(row, town.cast.account("chu"))
    with pytest.raises(Refused, match="invitation_over"):
        invitations.accept(row, town.cast.account("wu"))
