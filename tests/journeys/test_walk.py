"""The main job in a browser, with and without JavaScript: ask, sort, offer, help, confirm, certify, count.

The company sits in front of a phone and has no account; the coordinator sits at a desk; the expert has a phone.
Every page they come to is looked at (see seat.py).
"""

from __future__ import annotations

import pytest

from helpdesk.adapters.pdf import faces
from helpdesk.domain import hours
from helpdesk.jobs import registry
from tests.journeys import parts

SUMMARY = "帮助企业理清研发费用归集口径"


def hours_shown(chen) -> float:
    """What the expert's own page says they have given."""
    chen.open("/me/hours")
    said = chen.page.locator(".kpi dd").first.inner_text()
    return float(said.removesuffix("小时").strip())


def test_the_main_job(desk, sit, js):
    sme = sit(js=js)
    link = parts.ask(sme)
    number = parts.number_of(desk, link)
    sme.sees(number, "0755-0000 0000")

    wang = sit(js=js, wide=True)
    wang.sign_in("wang")
    assert wang.path == "/queue"
    wang.sees("研发费用不知道怎么归集")
    parts.triage(wang, number, category="policy")
    parts.offer(wang, number, to="陈明远")

    chen = sit(js=js)
    chen.sign_in("chen")
    assert chen.path == "/inbox"
    before = hours_shown(chen)
    chen.open("/inbox").sees_not("南山光电")  # who asks is told to whoever has taken it
    parts.accept(chen, parts.offer_of(desk, number)).sees("南山光电有限公司")
    parts.say(chen, number, "林女士您好，我先看看材料，今天给您回话。").sees("今天给您回话")
    parts.note(chen, number, "这家去年来过，材料齐。").sees("这家去年来过")

    sme.open(link).sees("陈明远", "今天给您回话").sees_not("这家去年来过")
    parts.answer_back(sme, link, "好的，辅助账在桌上了。").sees("辅助账在桌上了")

    parts.log_visit(chen, number, ended=desk.now(), minutes=90, summary="看了辅助账，讲了口径。").sees("等企业确认")
    parts.ask_company(chen, number, "去年的研发人员名单有吗？").sees("待企业补充")
    sme.open(link).sees("去年的研发人员名单有吗？")
    parts.answer_back(sme, link, "有，一共六个人。")
    chen.open(f"/cases/{number}").sees("一共六个人").sees_not("待企业补充")
    parts.summarise(chen, number, SUMMARY).sees("待企业确认")

    parts.confirm(sme, link, score="5", comment="讲得明白，赶上了申报。").sees("已办结")
    chen.open(f"/cases/{number}").sees("已办结", "讲得明白，赶上了申报。")

    paper = parts.paper_of(desk, number)
    chen.open(f"/certificates/{paper.number}")
    assert desk.work() >= 1
    parts.download(chen, paper.number)
    parts.download(wang, paper.number)
    assert hours_shown(chen) == pytest.approx(before + 1.5)
    chen.sees(number)
    with desk.reading():
        assert hours.first_bad_row() is None

    anybody = sit(js=js)
    anybody.open("/verify").write("code", paper.code.lower()).submit("/verify")
    anybody.sees("有效", paper.number, "1.5").sees_not("陈明远")
    anybody.open(f"/v/{paper.code}").sees("有效")
    anybody.open("/track").write("code", parts.code_of(desk, number).lower())
    anybody.write("digits", "９０００").submit("/track")
    assert anybody.path == link
    for one in (sme, wang, chen, anybody):
        one.no_trouble()


def test_the_pdf_is_drawn_with_the_real_engine(desk, sit):
    """The same end with the real renderer: what the expert downloads is a PDF with the certificate on it."""
    if not (faces.fonts_dir() / faces.MANIFEST).is_file():
        pytest.skip("the certificate's fonts are missing: run script/setup")
    with desk.inside() as make:
        number = make.case("closed").number
    desk.app.config["PDF_ENGINE"] = "weasyprint"
    registry._renderer.cache_clear()
    assert desk.work() >= 1
    chen = sit("chen")
    paper = parts.paper_of(desk, number)
    data = parts.download(chen, paper.number)
    assert data.startswith(b"%PDF-") and len(data) < 400_000
