"""Finding a request by code or number and the phone's last digits; taking it into an account."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import accounts
from helpdesk.models import Account, Case, Grant, Role, Throttle
from helpdesk.rules.identifiers import read_case_number
from tests.cast import OTHER, SOUTHLIGHT
from tests.looking import anew


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("SZ-26-00001", "SZ-26-00001"), ("sz 26 00001", "SZ-26-00001"), ("ｓｚ２６００００１", "SZ-26-00001"),
        ("SZ–26–000012", "SZ-26-000012"), ("7K4M-92QX", None), ("SZ-26-1", "SZ-26-00001"), ("", None),
        ("SZ-2٦-00001", None),
    ],
)  # fmt: skip
def test_a_number_is_read_however_it_is_typed(typed, number):
    assert read_case_number(typed) == number


def look(browser, code: str, digits: str, *, expect: int = 303):
    browser.clients.pop(None, None)
    return browser.post("/track", {"code": code, "digits": digits}, page="/track", expect=expect)


@pytest.fixture
def case(make):
    made = make.case("consulting")
    db.session.commit()
    return made


def test_number_and_code_both_lead_to_the_request(browser, case):
    for typed in (case.number, case.number.lower().replace("-", " "), case.tracking_code):
        assert look(browser, typed, "8000").location.endswith(f"/t/{case.tracking_token}"), typed
    assert look(browser, case.number, "13800138000").location.endswith(f"/t/{case.tracking_token}")


def test_unknown_and_wrong_are_answered_alike(browser, case):
    answers = {
        look(browser, code, digits, expect=422).words.replace(code, "…").replace(digits, "…")
        for code, digits in (
            (case.number, "9999"), ("SZ-26-88888", "9999"), (case.tracking_code, "9999"), ("XXXX-XXXX", "9999"),
            (case.number, "电话尾号"), ("乱写的", "0000"), (case.number, "０００１"),
        )
    }  # fmt: skip
    assert all("查不到。请核对追踪码（或求助编号）和手机后四位" in answer for answer in answers)


@pytest.mark.parametrize("exists", [True, False])
def test_a_number_rests_an_hour_after_five_tries_from_anywhere(browser, case, exists):
    number = case.number if exists else "SZ-26-88888"
    for _ in range(5):
        look(browser, number, "9999", expect=422)
    assert look(browser, number, "8000", expect=429).says("试得太多了")
    row = db.session.get(Throttle, f"track-number:{number}")
    assert row is not None and row.tries == 5, "counted in the database, for every process"
    with house_clock.at(house_clock.now() + timedelta(minutes=30)):
        look(browser, number, "8000", expect=429)
    assert look(browser, case.tracking_code, "8000").location, "the code still opens it"
    with house_clock.at(house_clock.now() + timedelta(minutes=61)):
        look(browser, number, "8000", expect=303 if exists else 422)


def test_a_client_rests_after_twenty_tries(browser, case):
    for n in range(20):
        look(browser, f"SZ-26-7{n:04}", "9999", expect=422)
    assert look(browser, case.number, "8000", expect=429).says("试得太多了")


def test_a_hit_wipes_the_slate_of_its_number(browser, case):
    for _ in range(4):
        look(browser, case.number, "9999", expect=422)
    look(browser, case.number, "8000")
    for _ in range(4):
        look(browser, case.number, "9999", expect=422)


def test_a_draft_is_not_found(browser, make):
    draft = make.case("draft")
    look(browser, draft.tracking_code, "8000", expect=422)


# --- an account, later ---


def test_an_account_made_later_finds_the_companys_cases_after_the_stations_yes(browser, make):
    sent, colleagues = make.case("consulting"), make.case("submitted", phone="13800000009")
    token, other = sent.tracking_token, colleagues.number
    form = browser.get(f"/t/{token}/account").form("/account")
    browser.post(
        f"/t/{token}/account",
        {**form, "login": "neu", "name": "新人", "password": "a long password"},
        page=f"/t/{token}",
    )
    mine = browser.get("/me/requests", as_="neu")
    assert mine.says(sent.number) and not mine.says(other)
    anew()
    claim = db.session.scalars(select(Grant).join(Account).where(Account.login == "neu")).one()
    browser.post(f"/claims/{claim.id}", {"decision": "yes"}, as_="wang", page="/claims")
    assert browser.get("/me/requests", as_="neu").says(other)


def test_whoever_has_an_account_takes_the_request_into_it(browser, make):
    case = make.case("consulting", company=OTHER, phone="13900000000")
    token, number = case.tracking_token, case.number
    page = browser.get(f"/t/{token}/account", as_="lin")
    assert page.says("您已登录为林巧")
    browser.post(f"/t/{token}/account/mine", page.form("/account/mine"), as_="lin")
    assert browser.get("/me/requests", as_="lin").says(number)
    anew()
    claims = db.session.scalars(select(Grant).join(Account).where(Account.login == "lin").order_by(Grant.id)).all()
    assert [(g.confirmed_at is not None) for g in claims] == [True, False], "the other company waits for the station"
    browser.get(f"/t/{token}/account", as_="he", expect=404)
    browser.post(f"/t/{token}/account/mine", as_="he", page=f"/t/{token}")
    anew()
    assert db.session.scalars(select(Case).where(Case.number == number)).one().contact_account_id == (
        db.session.scalars(select(Account).where(Account.login == "lin")).one().id
    ), "taken is taken"


def test_a_stranger_is_asked_to_sign_in_first(browser, case):
    token = case.tracking_token
    assert browser.post(f"/t/{token}/account/mine", page=f"/t/{token}/account").location.endswith("/account")


def test_a_person_with_two_companies_sees_both_and_their_colleagues(browser, make, cast):
    ours, theirs = make.case("consulting"), make.case("consulting", company=OTHER, phone="13900000000")
    accounts.grant(cast.account("lin"), Role.MEMBER, company_id=cast.company(OTHER).id)
    page = browser.get("/me/requests", as_="lin")
    assert page.says(ours.number) and page.says(theirs.number)
    assert page.says(f"{SOUTHLIGHT.name}的同事") and page.says(f"{OTHER.name}的同事")
    assert not browser.get("/me/requests", as_="he").says(theirs.number)
