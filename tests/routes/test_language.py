"""Two languages: the switch keeps the page, and in English nothing of the house is left in Chinese."""

from __future__ import annotations

import re

import pytest

from tests.browser import NS

CHINESE = re.compile(r"[\u3400-\u9fff]")

# Pages without anybody's words or names on them, for each kind of reader.
PLAIN = (
    (None, "/"), (None, "/categories"), (None, "/requests/new"), (None, "/track"), (None, "/verify"), (None, "/login"),
    (None, "/about"), (None, "/privacy"), (None, "/accessibility"), (None, "/no-such-page"),
)  # fmt: skip
# What is Chinese on purpose: the switch to Chinese, names, addresses, what people wrote.
DATA = re.compile(r"中文")


def in_english(browser, url, as_=None, expect=200):
    browser.client(as_).set_cookie("lang", "en")
    return browser.get(url, as_=as_, expect=expect)


def texts(page):
    """Every visible text and every label that is read aloud."""
    for element in page.tree.iter():
        if element.tag in (NS + "script", NS + "style") or not isinstance(element.tag, str):
            continue
        yield from (element.text or "", element.tail or "")
        yield from (element.get(name) or "" for name in ("aria-label", "title", "placeholder", "alt", "content"))


@pytest.mark.parametrize(("who", "url"), PLAIN, ids=str)
def test_pages_of_the_house_are_wholly_english(browser, who, url):
    page = in_english(browser, url, who, expect=404 if "no-such" in url else 200)
    assert page.all("html", lang="en")
    left = {text.strip() for text in texts(page) if CHINESE.search(text) and not DATA.search(text)}
    assert not left


@pytest.mark.parametrize(
    ("who", "url"),
    [("wang", "/queue"), ("wang", "/cases"), ("chen", "/inbox"), ("chen", "/me/hours"), ("chen", "/me/certificates"),
     ("zhou", "/overview"), ("wang", "/experts"), ("feng", "/accounts/new"), ("wang", "/notifications")],
    ids=str,
)  # fmt: skip
def test_headings_buttons_and_labels_of_working_pages_are_english(browser, make, who, url):
    make.case("closed")
    make.case("triaged", phone="13900139001")
    page = in_english(browser, url, who)
    spoken = [e for tag in ("h1", "h2", "button", "label", "legend", "th", "nav") for e in page.all(tag)]
    known = {name for row in _names() for name in row}
    for element in spoken:
        words = "".join(element.itertext())
        for name in sorted(known, key=len, reverse=True):
            words = words.replace(name, "")
        assert not CHINESE.search(words), words


def _names():
    """Names of people, companies and cases as the database has them, and their first letters on avatars."""
    from sqlalchemy import select

    from helpdesk.db import begin, db
    from helpdesk.models import Account, Case, Company, Expert

    begin(read_only=True)
    for column in (Account.name, Case.title, Company.name, Expert.name, Expert.employer):
        for name in db.session.scalars(select(column)):
            yield name, name[:1], "中文"


def test_the_switch_keeps_the_page_and_is_remembered(browser):
    page = browser.get("/verify?code=abc")
    switch = next(f for f in page.all("form") if "/lang" in (f.get("action") or ""))
    fields = {i.get("name"): i.get("value") for i in switch.iter(NS + "input")}
    button = next(iter(switch.iter(NS + "button")))
    fields[button.get("name")] = button.get("value")
    answer = browser.post(switch.get("action"), fields, page="/verify?code=abc")
    assert answer.location.startswith("/verify")
    assert browser.get("/verify").all("html", lang="en")


def test_dates_and_hours_are_english_too(browser, make):
    make.case("closed")
    page = in_english(browser, "/me/hours", "chen")
    assert page.says("hours")
    assert not page.says("小时")
