"""The award as a file: what it says, that it is archivable and accessible, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import page
import pytest

from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.pdf.award import AwardFacts
from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer
from tests.pdfs import flat, tool

FACTS = AwardFacts(
    number="WQR-2026-0000001",
    verification_code="B5S8-Q3NX-9MD2-7F37-W",
    verify_url="https://wenqu.example/v/B5S8-Q3NX-9MD2-7F37-W",
    city="SZ",
    has_seal=False,
    expert_name="陈明远",
    title_zh="年度优秀专家志愿者",
    title_en="Volunteer experts of the year",
    cycle_name="2026 年度优秀专家志愿者",
    basis="行动方案 四（一）激励机制；《志愿服务条例》第三十二条",
    period_from=date(2026, 1, 1),
    period_to=date(2026, 10, 31),
    noticed_from=date(2026, 11, 9),
    noticed_until=date(2026, 11, 13),
    minutes=5254,
    issuer_name="示例市中小企业服务局",
    issued_on=date(2026, 11, 16),
    digest="9f2c41ab07de33c1" * 4,
)


def test_every_fact_stands_on_one_page(renderer: WeasyPrintRenderer) -> None:
    pdf = renderer.render(FACTS)
    text = flat(pdf)
    for fact in (
        "荣誉证书", "CERTIFICATE OF HONOUR", "陈明远同志：", "年度优秀专家志愿者", "2026年1月1日至10月31日",
        "2026年11月9日至13日", "87.5小时", "示例市中小企业服务局", "2026年11月16日", "B5S8-Q3NX-9MD2-7F37-W",
        "Volunteer experts of the year", "数字签名防篡改", "WQR-2026-0000001",
    ):  # fmt: skip
        assert fact in text, fact
    said = tool("pdfinfo", pdf)
    assert "Pages:           1" in said
    assert "841.89 x 595.276 pts (A4)" in said


@pytest.mark.parametrize("profile", ["2a", "ua1"])
def test_it_is_for_archives_and_screen_readers(renderer: WeasyPrintRenderer, profile: str) -> None:
    report = page.validate_pdf_bytes(renderer.render(FACTS), profile=profile)
    assert report.is_compliant, [(one.rule_id, one.message) for one in report.failures]


def test_the_same_facts_give_the_same_bytes(renderer: WeasyPrintRenderer) -> None:
    assert renderer.render(FACTS) == WeasyPrintRenderer("问渠", "Wenqu").render(FACTS)


def test_an_organisation_is_no_comrade(renderer: WeasyPrintRenderer) -> None:
    text = flat(renderer.render(replace(FACTS, expert_name="", recipient_name="宝安福永工作站", minutes=None)))
    assert "宝安福永工作站：" in text
    assert "同志" not in text


@pytest.mark.parametrize(
    "title", ["龙岗区星级志愿者·四星", "深圳市中小企业公益服务成效显著企业及社会机构年度优秀代表", "星"]
)
def test_long_and_short_honours_fit(renderer: WeasyPrintRenderer, title: str) -> None:
    assert title in flat(renderer.render(replace(FACTS, title_zh=title)))


def test_without_a_public_notice_it_says_so(renderer: WeasyPrintRenderer) -> None:
    assert "无需公示" in flat(renderer.render(replace(FACTS, noticed_from=None, noticed_until=None)))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"expert_name": "陈ཀ"}, r"name: ཀ"),
        ({"title_zh": "星ཀ"}, r"title: ཀ"),
        ({"title_zh": ""}, "title is empty"),
        ({"issuer_name": " "}, "issuer_name is empty"),
        ({"title_zh": "长" * 60}, "title is too long"),
    ],
)
def test_what_cannot_be_printed_is_named(renderer: WeasyPrintRenderer, changed: dict[str, str], named: str) -> None:
    with pytest.raises(RenderingUnavailable, match=named):
        renderer.render(replace(FACTS, **changed))
