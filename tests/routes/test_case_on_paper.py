"""The print view of a case: what stands on it for the desk and for the company, and the PDF a browser makes of it."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from helpdesk.domain import certificates, consultation

NOTE = "此人上次没付尾款"


@pytest.fixture
def closed(make, cast):
    case = make.case("consulting")
    consultation.note(case, cast.wang, body=NOTE, form_key="n")
    consultation.reply(case, make.link(case), body="第一行\n第二行", form_key="m")
    make._answered(case, expert="chen")
    make._closed(case)
    return case


def test_the_desk_prints_without_notes_unless_it_wants_them(browser, closed):
    number, paper = closed.number, certificates.of_case(closed.id)[0].number
    page = browser.get(f"/cases/{number}/print", as_="wang")
    for words in (
        number,
        closed.title,
        "南山光电有限公司",
        paper,
        "打印 · 王岚",
        "138 **** 8000",
        "按项目建辅助账。",
        "合计",
    ):
        assert page.says(words), words
    assert not page.says(NOTE)
    assert "13800138000" not in page.text
    order = [page.words.index(w) for w in ("研发费用怎么归集", "您好，我来帮您看。", "第一行")]
    assert order == sorted(order), "in the order in which it was said"
    noted = browser.get(f"/cases/{number}/print?notes=1", as_="wang")
    assert noted.says(NOTE) and noted.says("含内部备注，不要给企业") and noted.says("企业看不到")


def test_who_reads_no_notes_prints_none(browser, closed):
    page = browser.get(f"/cases/{closed.number}/print?notes=1", as_="sun")
    assert not page.says(NOTE) and not page.says("带上内部备注")
    browser.get(f"/cases/{closed.number}/print", as_="bai", expect=404)
    browser.get(f"/cases/{closed.number}/print", expect=303)


def test_an_overseers_printing_is_logged(browser, closed):
    from sqlalchemy import func, select

    from helpdesk.db import db
    from helpdesk.models import Access

    before = db.session.scalar(select(func.count()).select_from(Access))
    browser.get(f"/cases/{closed.number}/print", as_="sun")
    assert db.session.scalar(select(func.count()).select_from(Access)) == before + 1


@pytest.mark.parametrize("door", ["link", "member"])
def test_the_company_prints_its_own_without_notes(browser, closed, door):
    url = f"/t/{closed.tracking_token}" if door == "link" else f"/me/requests/{closed.number}"
    who = None if door == "link" else "lin"
    assert any((a.get("href") or "").endswith("/print") for a in browser.get(url, as_=who).all("a"))
    page = browser.get(f"{url}/print?notes=1", as_=who)
    assert page.says("第一行") and page.says(certificates.of_case(closed.id)[0].number)
    assert not page.says(NOTE) and not page.says("内部备注")
    assert "13800138000" not in page.text
    browser.get(f"{url}/print", as_="bai", expect=404 if door == "member" else 200)


def test_a_draft_has_no_paper(browser, make):
    token = make.case("draft").tracking_token
    assert "/drafts/" in browser.get(f"/t/{token}/print", expect=303).location


@pytest.mark.browser
def test_a_browser_makes_it_a4_with_page_numbers(browser, closed, tmp_path, cast):
    from playwright.sync_api import sync_playwright

    from tests.journeys.seat import launch

    page = browser.get(f"/cases/{closed.number}/print", as_="wang")
    sheets = {
        e.get("href"): browser.open(e.get("href"), "wang").get_data(as_text=True)
        for e in page.all("link", rel="stylesheet")
    }
    out = tmp_path / "case.pdf"

    def draw() -> None:
        with sync_playwright() as playwright:
            chromium = launch(playwright)
            window = chromium.new_page()
            window.set_content(page.text)
            for text in sheets.values():
                window.add_style_tag(content=text)
            window.pdf(path=str(out), prefer_css_page_size=True)
            chromium.close()

    # In a thread of its own: the journeys' browser may hold this one's loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(draw).result()
    data = out.read_bytes()
    assert data.startswith(b"%PDF")
    read = subprocess.run(["pdftotext", "-layout", str(out), "-"], capture_output=True, text=True, check=False)
    if read.returncode == 0:
        text = read.stdout.replace(" ", "")
        assert closed.number in text and "1/2" in text and "2/2" in text and "回到这一件" not in text
    assert (b"595." in data and b"841." in data) or b"596" in data, "A4 in points"
