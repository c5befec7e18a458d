"""What somebody without an account may type into the four pages and everywhere outside: answered clearly, kept, or
stored as it is; never a broken page, never a second case."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

import pytest
from sqlalchemy import func, select

from helpdesk.db import db
from helpdesk.models import Case, Company, Consent, Status
from tests.browser import apart
from tests.cast import SOUTHLIGHT, code_for
from tests.journeys.test_bad_input import BROKEN, FORM, LONG, ODD, errors_at, kept

PROBLEM = "我们想申报专精特新，研发费用不知道怎么归集，想请人看看。"
COMPANY = {
    "name": SOUTHLIGHT.name, "credit_code": SOUTHLIGHT.credit_code, "district": SOUTHLIGHT.district, "industry": "C",
    "employees": "28", "revenue_wan": "900",
}  # fmt: skip
CONTACT = {"name": "林女士", "phone": "13900139000", "meeting": "online", "handling": "y"}


def begun(browser, problem: str = PROBLEM) -> str:
    """A draft with its first page; the path under which its other pages are."""
    next_page = urlsplit(browser.post("/requests/new", {"problem": problem, "category": ""}).location).path
    return next_page.removesuffix("/company")


@pytest.fixture
def draft(browser) -> str:
    return begun(browser)


@pytest.fixture
def company(browser, draft) -> dict[str, str]:
    """The company's page filled in well, with an industry that the form offers."""
    page = browser.get(f"{draft}/company")
    [select_] = page.all("select", name="industry")
    options = [o.get("value") for o in select_.iter() if o.get("value")]
    return {**COMPANY, "industry": next(o for o in options if o.startswith("C"))}


def sent(browser, draft, company, **contact) -> str:
    """The other pages and the submission; the private link."""
    browser.post(f"{draft}/company", company)
    browser.post(f"{draft}/contact", {**CONTACT, **contact})
    return browser.post(f"{draft}/submission", page=f"{draft}/check").location.removesuffix("/receipt")


def cases() -> int:
    return db.session.scalar(select(func.count()).select_from(Case).where(Case.status != Status.DRAFT)) or 0


# --- the question ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "请写下您的问题"),
        (" \n\u3000\t", "请写下您的问题"),
        ("太短了", "再多写一点，至少 10 个字"),
        ("短 短 短\n短 短", "再多写一点，至少 10 个字"),
        (LONG, "超了 49000 个字，请删短些"),
    ],
)
def test_a_question_that_cannot_be_read_is_given_back(browser, text, words):
    page = browser.post("/requests/new", {"problem": text, "category": "policy"}, expect=422)
    assert errors_at(page, "problem") == words
    kept(page, "/requests/new", problem=text, category="policy")
    assert db.session.scalar(select(func.count()).select_from(Case)) == 0


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_an_odd_question_is_stored_and_shown_as_it_is(browser, company, text):
    problem = f"{text}\n请问这样写能不能看？我们是做光电模组的。"
    draft = begun(browser, problem)
    browser.post(f"{draft}/company", {**company, "name": f"{text.split()[0]}有限公司"})
    browser.post(f"{draft}/contact", CONTACT)
    check = browser.get(f"{draft}/check")
    link = browser.post(f"{draft}/submission", page=f"{draft}/check").location.removesuffix("/receipt")
    for page in (check, browser.get(link), browser.get(f"{link}/receipt")):
        assert not [e for e in page.all("b") if e.get("onclick")]
        assert not [e for e in page.all("script") if "alert(1)" in (e.text or "")]
    page = browser.get(link)
    for line in text.split():
        assert line in page.words, f"{line!r} is not shown"
    number = db.session.scalars(select(Case.number).where(Case.number.is_not(None))).one()
    desk = browser.get(f"/cases/{number}", as_="wang")
    assert all(line in desk.words for line in text.split())


@pytest.mark.parametrize("bytes_", BROKEN.values(), ids=BROKEN)
def test_bytes_that_are_no_text_are_mended(browser, bytes_):
    token = apart(lambda: browser._token(browser.client(None), None))
    body = f"csrf_token={token}&category=&problem={quote(PROBLEM)}{quote(bytes_)}{quote('尾')}"
    answer = browser.open("/requests/new", method="POST", data=body, content_type=FORM)
    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"].replace("/company", "/problem")).status == 200


def test_a_field_that_nobody_offers_is_refused_in_words(browser):
    page = browser.post("/requests/new", {"problem": PROBLEM, "category": "weather"}, expect=422)
    assert "Not a valid choice" not in page.words
    kept(page, "/requests/new", problem=PROBLEM)


# --- the company ---


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "请填代码；没有的话请勾选下面一项"),
        (SOUTHLIGHT.credit_code[:-1], "统一社会信用代码是 18 位，您填了 17 位"),
        (SOUTHLIGHT.credit_code + "0", "统一社会信用代码是 18 位，您填了 19 位"),
        ("O" + SOUTHLIGHT.credit_code[1:], "代码里不会有“O”"),
        ("代码" * 9, "代码里不会有“代”"),
        (SOUTHLIGHT.credit_code[:-1] + ("A" if SOUTHLIGHT.credit_code[-1] != "A" else "B"), "代码对不上"),
        ("9" * 50_000, "统一社会信用代码是 18 位，您填了 50000 位"),
    ],
)
def test_a_credit_code_that_cannot_be_says_why(browser, draft, company, code, words):
    typed = {**company, "credit_code": code}
    page = browser.post(f"{draft}/company", typed, expect=422)
    assert words in errors_at(page, "credit_code")
    kept(page, "/company", **typed)


@pytest.mark.parametrize("change", [str.lower, lambda c: " ".join(c), lambda c: c[:2] + "-" + c[2:8] + " " + c[8:],
                                    lambda c: "".join(chr(ord(x) + 0xFEE0) for x in c)])  # fmt: skip
def test_a_credit_code_may_be_typed_as_it_is_read(browser, draft, company, change):
    """Check 12: lower case, spaces, hyphens, full width."""
    sent(browser, draft, {**company, "credit_code": change(SOUTHLIGHT.credit_code)})
    assert db.session.scalars(select(Company.credit_code).join(Case)).one() == SOUTHLIGHT.credit_code


@pytest.mark.parametrize(
    ("field", "text"),
    [("employees", "很多"), ("employees", "-3"), ("employees", "1e9"), ("revenue_wan", "9" * 40), ("district", ""),
     ("district", "Atlantis"), ("industry", ""), ("name", ""), ("name", "长" * 121)],
)  # fmt: skip
def test_an_impossible_company_is_given_back(browser, draft, company, field, text):
    typed = {**company, field: text}
    page = browser.post(f"{draft}/company", typed, expect=422)
    words = errors_at(page, field)
    assert words and not words.isascii(), words
    kept(page, "/company", **{k: v for k, v in typed.items() if v != "Atlantis"})


def test_numbers_may_be_wide_or_grouped(browser, draft, company):
    new = code_for("91440300MA5TEXT09")
    sent(browser, draft, {**company, "credit_code": new, "employees": "１，２００", "revenue_wan": "26 000"})
    found = db.session.execute(select(Company.employees, Company.revenue_wan).join(Case)).one()
    assert tuple(found) == (1200, 26000)


# --- the person ---


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("phone", "1390013900", "手机号应是 11 位数字，您填了 10 位"),
        ("phone", "打我电话", "请填手机号"),
        ("phone", "", "请填手机号"),
        ("email", "name.company.cn", "邮箱"),
        ("name", "", "请填称呼"),
        ("handling", "", "请勾选同意，否则专家看不到您的问题"),
        ("times", "晚" * 121, "超了 1 个字"),
    ],
)
def test_a_contact_that_cannot_be_reached_is_given_back(browser, draft, company, field, text, words):
    browser.post(f"{draft}/company", company)
    typed = {**CONTACT, "email": "lin@southlight.example", "times": "工作日下午", field: text}
    if not text and field == "handling":
        del typed["handling"]
    page = browser.post(f"{draft}/contact", typed, expect=422)
    assert words in errors_at(page, field)
    kept(page, "/contact", **typed)


@pytest.mark.parametrize("typed", ["139 0013 9000", "139-0013-9000", "１３９００１３９０００", "+86 13900139000"])
def test_a_phone_may_be_typed_as_it_is_read(browser, draft, company, typed):
    sent(browser, draft, company, phone=typed)
    assert db.session.scalars(select(Case.contact_phone)).one() == "13900139000"


def test_no_consent_is_ticked_beforehand_and_each_is_dated(browser, draft, company):
    """Check 36: none pre-ticked; version and time stored; taken back as easily as given."""
    browser.post(f"{draft}/company", company)
    boxes = browser.get(f"{draft}/contact").all("input", type="checkbox")
    assert len(boxes) == 3 and not [b for b in boxes if b.get("checked") is not None]
    link = sent(browser, draft, company, referral="y")
    given = db.session.scalars(select(Consent).order_by(Consent.purpose)).all()
    assert [(c.purpose, bool(c.wording), c.withdrawn_at) for c in given] == [
        ("handling", True, None), ("referral", True, None),
    ]  # fmt: skip
    browser.post(f"{link}/consents/referral", {"give": "no"}, page=link)
    db.session.expire_all()
    [referral] = db.session.scalars(select(Consent).where(Consent.purpose == "referral"))
    assert referral.withdrawn_at is not None


# --- sending ---


def test_sent_twice_it_is_one_case(browser, draft, company):
    link = sent(browser, draft, company)
    assert browser.post(f"{draft}/submission", page="/login").location == f"{link}/receipt"
    assert cases() == 1
    for page in ("problem", "company", "contact", "check"):
        assert browser.get(f"{draft}/{page}", expect=303).location == f"{link}/receipt"


def test_a_draft_with_a_page_left_out_is_led_to_it(browser, draft, company):
    def led(answer):
        return urlsplit(answer.location).path

    assert led(browser.get(f"{draft}/check", expect=303)) == f"{draft}/company"
    assert led(browser.post(f"{draft}/submission", page="/login")) == f"{draft}/company"
    browser.post(f"{draft}/company", company)
    assert led(browser.get(f"{draft}/check", expect=303)) == f"{draft}/contact"
    assert cases() == 0


def test_the_sixth_open_request_of_a_phone_is_told_to_wait(browser, company):
    for _ in range(5):
        sent(browser, begun(browser), company)
    draft = begun(browser)
    browser.post(f"{draft}/company", company)
    browser.post(f"{draft}/contact", CONTACT)
    page = browser.post(f"{draft}/submission", page=f"{draft}/check", expect=422)
    assert page.says("这个号码已有 5 件在办")
    assert cases() == 5


# --- addresses and codes from outside ---


@pytest.mark.parametrize("path", ["/t/nonsense", "/t/" + "x" * 3000, "/drafts/nonsense/problem", "/t/%00", "/v/../v",
                                  "/requests/99", "/.env", "/certificates/WQ-2026-0000001x"])  # fmt: skip
def test_a_guessed_address_is_not_found_in_the_house_style(browser, path):
    page = browser.get(path, expect=303 if path.startswith("/certificates") else 404)
    assert page.status == 303 or (page.says("找不到这一页") and page.all("main"))


def test_tracking_codes_may_be_typed_as_they_are_read(browser, draft, company):
    link = sent(browser, draft, company)
    code = db.session.scalars(select(Case.tracking_code)).one()
    for typed in (code.lower(), code.replace("-", " "), code.replace("0", "o").replace("1", "l")):
        page = browser.post("/track", {"code": typed, "digits": "９０００"})
        assert page.location == link


def test_wrong_code_and_wrong_digits_get_the_same_words_and_a_limit(browser, draft, company):
    sent(browser, draft, company)
    code = db.session.scalars(select(Case.tracking_code)).one()
    wrong = browser.post("/track", {"code": "7K4M-92QX", "digits": "9000"}, expect=422)
    digits = browser.post("/track", {"code": code, "digits": "0000"}, expect=422)
    assert wrong.says("查不到。请核对追踪码（或求助编号）") and digits.says("查不到。请核对追踪码（或求助编号）")
    kept(wrong, "/track", code="7K4M-92QX", digits="9000")
    for _ in range(18):
        browser.post("/track", {"code": "7K4M-92QX", "digits": "9000"}, expect=422)
    page = browser.post("/track", {"code": code, "digits": "9000"}, expect=429)
    assert page.says("试得太多了") and page.all("main")


@pytest.mark.parametrize("code", ["", "x", "B5S8-Q3NX-9MD2-7F37-A", "<script>alert(1)</script>", "{{7*7}}", "码" * 400])
def test_an_odd_verification_code_gets_an_answer(browser, code):
    page = browser.get("/verify", query_string={"code": code})
    assert "49" not in page.words and not [e for e in page.all("script") if e.text]


def test_too_much_at_once_is_refused_in_the_house_style(browser):
    page = browser.post("/requests/new", {"problem": "字" * 600_000}, expect=413)
    assert page.all("main") and page.all("h1")


def test_a_page_without_its_token_says_what_to_do(browser):
    page = browser.open("/requests/new", method="POST", data={"problem": PROBLEM})
    assert page.status_code == 400
    assert "刷新" in page.get_data(as_text=True)


def test_a_fault_of_ours_is_told_with_a_number(app, browser, monkeypatch):
    def broken(*_, **__):
        raise RuntimeError("a fault for the test")

    monkeypatch.setitem(app.view_functions, "home.stations", broken)
    page = browser.get("/stations", expect=500)
    assert page.says("抱歉") and page.says("0755-0000 0000")
    assert re.search(r"[0-9A-F]{4}", page.words), "the error has no number to tell on the phone"
