"""Hours and certificates as an expert sees them, and the PDF itself."""

from __future__ import annotations

import pytest

from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.db import db
from helpdesk.domain import certificates, closure, papers
from helpdesk.models import Certificate


@pytest.fixture
def paper(make) -> Certificate:
    """The certificate of a case that has just been closed."""
    case = make.case("closed")
    found = certificates.of_case(case.id)[0]
    db.session.commit()
    return found


def draw(paper: Certificate, app) -> None:
    from pathlib import Path

    drawn = papers.draw(
        "certificate", paper.id, NullRenderer(), NullSigner(), FolderStorage(Path(app.config["FILES_DIR"]))
    )
    assert papers.mark_drawn("certificate", paper.id, drawn)
    db.session.commit()


def test_before_the_first_case_the_pages_say_what_will_be(browser, cast):
    assert browser.get("/me/hours", as_="chen").says("办成第一件后，这里开始记时长")
    assert browser.get("/me/certificates", as_="chen").says("企业确认后自动出证")
    for url in ("/me/hours", "/me/certificates"):
        browser.get(url, as_="wang", expect=403)


def test_hours_show_the_sum_the_next_star_and_the_ledger(browser, paper):
    page = browser.get("/me/hours", as_="chen")
    for words in ("1.0", "1 星：100 小时", "还差 99.0 小时", "企业确认", "线上", "政策", paper.facts["case_number"]):
        assert page.says(words), words
    titles = [t.text for t in page.all("h2")]
    assert "每月服务时长" in titles
    for year in ("2025", "0", "abcd", "99999"):
        browser.get(f"/me/hours?year={year}", as_="chen")


def test_while_it_is_drawn_the_page_says_so_and_then_it_is_there(browser, paper, app):
    url = f"/certificates/{paper.number}"
    page = browser.get(url, as_="chen")
    assert page.says("正在生成，通常不到 1 分钟") and page.says("刷新")
    assert browser.get(url, as_="chen", htmx=True, expect=204).response.headers.get("HX-Refresh") is None
    browser.get(f"{url}.pdf", as_="chen", expect=404)
    draw(paper, app)
    assert browser.get(url, as_="chen", htmx=True, expect=204).response.headers["HX-Refresh"] == "true"
    ready = browser.get(url, as_="chen")
    assert ready.says("下载 PDF") and not ready.says("正在生成") and ready.says(paper.code)
    assert ready.says("陈明远同志") and ready.says("南山光电有限公司")
    assert browser.get("/me/certificates", as_="chen").says(paper.number)


def test_the_pdf_is_a_file_of_its_own_name(browser, paper, app):
    draw(paper, app)
    answer = browser.open(f"/certificates/{paper.number}.pdf", as_="chen")
    assert answer.status_code == 200 and answer.data.startswith(b"%PDF")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{paper.number}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_paper_opens_only_for_those_whom_it_concerns(browser, paper, app):
    draw(paper, app)
    url = f"/certificates/{paper.number}"
    rights = {"chen": (200, 200), "wang": (200, 200), "zhou": (200, 200), "li": (200, 403), "sun": (200, 403)}
    for person in ("chen", "wang", "zhou", "li", "sun", "wu", "zhao", "lin"):
        page, pdf = rights.get(person, (404, 404))
        browser.get(url, as_=person, expect=page)
        assert browser.open(f"{url}.pdf", as_=person).status_code == pdf, person
    browser.get("/certificates/WQ-2026-9999999", as_="chen", expect=404)
    browser.get("/certificates/..%2F..%2Fetc", as_="chen", expect=404)


def test_a_replaced_paper_names_its_successor(browser, paper, make):
    case = paper.case
    closure.reopen(case, make.cast.wang, reason="还有一事")
    make.visit(case)
    make.answer(case)
    make._closed(case)
    db.session.commit()
    newest = certificates.of_case(case.id)[0]
    page = browser.get(f"/certificates/{paper.number}", as_="chen")
    assert page.says("已更正") and page.says(newest.number) and not page.says("下载 PDF")


def test_a_revoked_paper_says_why(browser, paper):
    from helpdesk.models import PaperStatus

    row = db.session.get_one(Certificate, paper.id)
    row.status, row.revoked_reason = PaperStatus.REVOKED, "服务没有发生"
    db.session.commit()
    page = browser.get(f"/certificates/{paper.number}", as_="chen")
    assert page.says("这一份已作废") and page.says("服务没有发生")
