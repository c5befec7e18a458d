"""Signing in and the pages about people: accounts, claims, leave, notices."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import consultation
from helpdesk.models import Account, Expert, Grant, Notice, Role
from tests.cast import PASSWORD
from tests.looking import anew


def account(login: str) -> Account:
    anew()
    return db.session.scalars(select(Account).where(Account.login == login)).one()


def sign_in(browser, login: str, password: str, *, expect: int = 303, target: str = ""):
    browser.clients.pop(None, None)
    return browser.post("/login", {"login": login, "password": password, "next": target}, expect=expect, page="/login")


# --- signing in ---


@pytest.mark.parametrize(("login", "home"), [("wang", "/queue"), ("chen", "/inbox"), ("lin", "/me/requests"),
                                             ("feng", "/accounts"), ("zhou", "/overview")])  # fmt: skip
def test_signing_in_leads_to_where_the_work_is(browser, login, home):
    assert sign_in(browser, login, PASSWORD).location == home


def test_a_wrong_name_and_a_wrong_password_say_the_same(browser):
    wrong = sign_in(browser, "wang", "not my password", expect=422)
    unknown = sign_in(browser, "nobody-at-all", "not my password", expect=422)
    for page, login in ((wrong, "wang"), (unknown, "nobody-at-all")):
        assert page.says("账号或密码不对")
        assert page.form("/login")["login"] == login, "the name that was typed is kept"
        assert "not my password" not in page.text


def test_after_five_wrong_tries_one_has_to_wait_and_then_may_again(browser):
    for _ in range(5):
        sign_in(browser, "wang", "guess", expect=422)
    told = sign_in(browser, "wang", PASSWORD, expect=429)
    assert told.says("试得太多了")
    with house_clock.at(house_clock.now() + timedelta(minutes=11)):
        assert sign_in(browser, "wang", PASSWORD).location == "/queue"


def test_a_success_wipes_the_slate(browser):
    for _ in range(4):
        sign_in(browser, "wang", "guess", expect=422)
    sign_in(browser, "wang", PASSWORD)
    for _ in range(4):
        sign_in(browser, "wang", "guess", expect=422)
    assert sign_in(browser, "wang", PASSWORD).location == "/queue"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/x", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(browser, target):
    assert sign_in(browser, "wang", PASSWORD, target=target).location == "/queue"


def test_one_comes_back_to_where_one_wanted_to_go(browser):
    assert sign_in(browser, "wang", PASSWORD, target="/cases?status=closed").location == "/cases?status=closed"


def test_signing_out_ends_the_session(browser):
    browser.sign_in("wang")
    browser.get("/queue", as_="wang")
    browser.post("/logout", as_="wang", page="/queue")
    assert browser.get("/queue", as_="wang", expect=303).location.startswith("/login")


# --- accounts ---


def test_the_administrator_opens_an_account_that_works(browser, cast):
    station = cast.station().id
    new = {"login": "Neu", "name": "新协调员", "password": "a password of hers", "part": f"coordinator:{station}"}
    browser.post("/accounts/new", new, as_="feng", page="/accounts/new")
    assert browser.get("/accounts?q=新协调", as_="feng").says("neu")
    assert sign_in(browser, "neu", "a password of hers").location == "/queue"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("login", "", "请填登录名"), ("login", "wang", "这个登录名已经有人用了"), ("password", "short", "10"),
     ("part", "coordinator:999999", "请"), ("part", "admin:1:2", "请"), ("name", "", "请填姓名")],
)  # fmt: skip
def test_an_account_that_cannot_be_is_given_back(browser, cast, field, value, words):
    new = {"login": "neu", "name": "新人", "password": "a password of hers", "part": f"coordinator:{cast.station().id}"}
    page = browser.post("/accounts/new", new | {field: value}, as_="feng", page="/accounts/new", expect=422)
    assert page.says(words)
    if field != "login":
        assert page.form("/accounts/new")["login"] == "neu"
    assert "a password of hers" not in page.text


def test_switched_off_the_session_ends_at_once(browser, app):
    browser.get("/queue", as_="wang")
    number = account("wang").id
    browser.post(f"/accounts/{number}/switch", as_="feng", page="/accounts")
    assert browser.get("/queue", as_="wang", expect=303).location.startswith("/login")
    sign_in(browser, "wang", PASSWORD, expect=422)
    browser.post(f"/accounts/{number}/switch", as_="feng", page="/accounts")
    assert sign_in(browser, "wang", PASSWORD).location == "/queue"


def test_nobody_switches_themselves_off(browser):
    own = account("feng").id
    browser.post(f"/accounts/{own}/switch", as_="feng", page="/accounts")
    assert account("feng").is_active


def test_a_new_password_ends_old_sessions(browser):
    browser.get("/queue", as_="wang")
    number = account("wang").id
    page = f"/accounts/{number}/password"
    browser.post(page, {"password": "short"}, as_="feng", page=page, expect=422)
    browser.post(page, {"password": "another long password"}, as_="feng", page=page)
    assert browser.get("/queue", as_="wang", expect=303).location.startswith("/login")
    assert sign_in(browser, "wang", "another long password").location == "/queue"


# --- claims ---


def test_a_claim_is_granted_by_the_station_and_opens_the_companys_cases(browser, make):
    make.case("consulting", sent_by=make.cast.lin)
    assert not browser.get("/me/requests", as_="jia").says("SZ-26-00001")
    page = browser.get("/claims", as_="wang")
    action = next(f.get("action") for f in page.all("form") if (f.get("action") or "").startswith("/claims/"))
    browser.post(action, {"decision": "yes"}, as_="wang", page="/claims")
    assert browser.get("/me/requests", as_="jia").says("SZ-26-00001")
    browser.post(action, {"decision": "no"}, as_="wang", page="/claims")
    assert browser.get("/me/requests", as_="jia").says("SZ-26-00001"), "decided is decided"


def test_a_claim_that_is_refused_gives_nothing(browser, make):
    make.case("consulting", sent_by=make.cast.lin)
    page = browser.get("/claims", as_="wang")
    action = next(f.get("action") for f in page.all("form") if (f.get("action") or "").startswith("/claims/"))
    browser.post(action, {"decision": "no"}, as_="wang", page="/claims")
    assert not browser.get("/me/requests", as_="jia", expect=403).says("SZ-26-00001")
    anew()
    grant = db.session.scalars(
        select(Grant).join(Account).where(Account.login == "jia", Grant.role == Role.MEMBER)
    ).one()
    assert grant.confirmed_at is None and grant.ended_at is not None


# --- leave ---


def test_on_leave_one_is_not_offered_anything(browser, make, cast):
    case = make.case("triaged")
    chen = cast.expert("chen").id
    leave = {"until": "2026-12-24", "max_open_cases": "3"}
    assert browser.get(f"/cases/{case.number}/offers", as_="wang").says("陈明远")
    browser.post(f"/experts/{chen}/leave", leave, as_="chen", page="/inbox")
    assert not browser.get(f"/cases/{case.number}/offers", as_="wang").says("陈明远")
    browser.post(f"/experts/{chen}/leave", {"until": "", "max_open_cases": "3"}, as_="chen", page="/inbox")
    assert browser.get(f"/cases/{case.number}/offers", as_="wang").says("陈明远")


@pytest.mark.parametrize(
    "values",
    [
        {"until": "gestern", "max_open_cases": "3"},
        {"until": "", "max_open_cases": "-1"},
        {"until": "", "max_open_cases": "lots"},
        {"until": "", "max_open_cases": ""},
    ],
    ids=str,
)
def test_a_leave_that_cannot_be_is_given_back(browser, cast, values):
    chen = cast.expert("chen").id
    page = browser.post(f"/experts/{chen}/leave", values, as_="chen", page="/inbox", expect=422)
    assert page.form(f"/experts/{chen}/leave")["until"] == values["until"]
    anew()
    assert db.session.get_one(Expert, chen).paused_until is None


# --- notices ---


def test_notices_tell_and_are_read_once(browser, make):
    case = make.case("consulting")
    consultation.reply(case, make.link(case), body="材料发您了。", form_key="news")
    page = browser.get("/notifications", as_="chen")
    assert page.says(case.title)
    browser.post("/notifications/read", as_="chen", page="/notifications")
    anew()
    mine = select(Notice).join(Account).where(Account.login == "chen", Notice.read_at.is_(None))
    assert db.session.scalars(mine).all() == []
