"""A step of the company's own page that cannot be taken any more shows where the case stands, and no form."""

from __future__ import annotations

import pytest

from helpdesk.db import db
from helpdesk.domain import closure


@pytest.mark.parametrize(
    ("to", "over"), [("withdrawn", "withdrawal"), ("submitted", "reopening"), ("submitted", "appeal")]
)
def test_what_is_over_has_no_form(browser, make, to, over):
    case = make.case("submitted")
    if to == "withdrawn":
        closure.withdraw(case, make.link(case), reason="no_longer_needed")
    db.session.commit()
    here = f"/t/{case.tracking_token}"
    page = browser.get(f"{here}/{over}")
    assert page.says("做不了这一步") and page.says("看进度和回复")
    assert not [f for f in page.all("form") if (f.get("action") or "").endswith(over)]
    assert browser.post(f"{here}/{over}", {"reason": "other"}, expect=422).says("做不了这一步")
    if to == "withdrawn":
        assert browser.get(here).says("12 月 18 日 周五 前可以恢复")
    assert browser.get(f"{here}/confirmation").says("这件事现在不用确认")


def test_what_can_be_taken_has_its_form(browser, make):
    case = make.case("submitted")
    db.session.commit()
    here = f"/t/{case.tracking_token}/withdrawal"
    browser.post(here, browser.get(here).form("/withdrawal") | {"reason": "other"})
