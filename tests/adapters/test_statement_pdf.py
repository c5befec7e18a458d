"""The statement as a file: what it says, how many pages, what it refuses, what validators say of it."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import page
import pytest
import zxingcpp
from PIL import Image

from helpdesk.adapters.pdf import RenderingUnavailable, art_portrait
from helpdesk.adapters.pdf.statement import StatementFacts
from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer
from helpdesk.adapters.signing import keys
from helpdesk.adapters.signing.pades import PadesSigner, look


def line(n: int, **more: Any) -> dict[str, Any]:
    """A case of the table."""
    return {
        "number": f"SZ-26-{10_000 + n}", "on": "2026-03-05", "until": "2026-03-20", "company": None,
        "content": "理清研发费用归集口径，核对材料清单。", "modes": {"onsite": 151, "online": 60}, "minutes": 211,
        "confirmed_by": "company", "recorder": "深圳市宝安区中小企业公共服务中心", **more,
    }  # fmt: skip


def facts(count: int = 2, **more: Any) -> StatementFacts:
    """A statement with so many cases."""
    lines = [line(n) for n in range(count)]
    values: dict[str, Any] = {
        "number": "WQM-2026-0000008",
        "verification_code": "B5S8-Q3NX-9MD2-7F37-W",
        "verify_url": "https://wenqu.example/v/B5S8-Q3NX-9MD2-7F37-W",
        "city": "SZ",
        "expert_name": "陈明远",
        "expert_number": "440300112768",
        "starts_on": date(2026, 1, 1),
        "ends_on": date(2026, 11, 28),
        "first_on": date(2026, 3, 5),
        "last_on": date(2026, 3, 20),
        "minutes_total": 211 * count,
        "minutes_by_company": 211 * count - 60,
        "minutes_by_station": 60,
        "groups": [{"zh": "市场帮扶", "en": "Market", "minutes": 211 * count, "lines": lines}],
        "recorders": [
            {
                "name": "深圳市宝安区中小企业公共服务中心", "station": "宝安福永工作站", "head": "周志强",
                "handlers": "林晓", "contact": "0755-2733 1234", "minutes": 211 * count - 60, "cases": count,
            },
            {
                "name": "深圳市南山区中小企业服务协会", "station": "南山高新工作站", "head": "",
                "handlers": "赵桐", "contact": "0755-8600 1234", "minutes": 60, "cases": 1,
            },
        ],
        "issuer_name": "深圳市宝安区中小企业公共服务中心、深圳市南山区中小企业服务协会",
        "issued_on": date(2026, 11, 29),
        "ledger_digest": "9f2c41ab07de33c1" * 4,
        **more,
    }  # fmt: skip
    return StatementFacts(**values)


@pytest.fixture(scope="module")
def renderer() -> WeasyPrintRenderer:
    made = WeasyPrintRenderer("问渠", "Wenqu")
    made.preflight()
    return made


@pytest.fixture(scope="module")
def short(renderer: WeasyPrintRenderer) -> bytes:
    return renderer.render(facts())


@pytest.fixture(scope="module")
def long(renderer: WeasyPrintRenderer) -> bytes:
    return renderer.render(facts(60))


def text(pdf: bytes, *options: str) -> str:
    done = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def flat(pdf: bytes) -> str:
    return text(pdf).replace("\n", "")


def pages(pdf: bytes) -> int:
    done = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    assert "595.276 x 841.89 pts (A4)" in done
    found = re.search(r"Pages:\s+(\d+)", done)
    assert found
    return int(found[1])


@pytest.mark.parametrize(
    "fact",
    [
        "志愿服务记录证明", "STATEMENT OF VOLUNTEER SERVICE", "WQM-2026-0000008", "B5S8-Q3NX-9MD2-7F37-W", "陈明远",
        "440300112768", "未登记（本站不收集证件号码）", "2026年3月5日至20日", "于2026年1月1日至11月28日期间",
        "服务时间累计7.0小时，其中企业确认6.0小时、工作站核定1.0小时", "特此证明。", "市场帮扶", "SZ-26-10001",
        "一家中小企业：", "上门", "深圳市宝安区中小企业公共服务中心",
        "深圳市南山区中小企业服务协会", "周志强", "林晓", "0755-2733 1234", "合计 2 件", "2026年11月29日",
        "出具主体", "负责人", "经办人", "联系方式", "数字签名防篡改", "第1页，共", "Page 1 of",
        "本证明不是全国志愿服务信息系统出具的证明", "按0.1小时向下取整", "不收费用", "wenqu.example/v",
        "7.0 hours of volunteer expert service", "问渠 Wenqu", "9f2c 41ab 07de 33c1",
    ],
)  # fmt: skip
def test_the_text_layer_has_every_fact(short: bytes, fact: str) -> None:
    assert fact in flat(short)


def test_a_long_one_has_the_head_of_the_table_and_a_number_on_every_page(long: bytes) -> None:
    count = pages(long)
    assert count >= 4
    for number in range(1, count + 1):
        one = text(long, "-f", str(number), "-l", str(number)).replace("\n", "")
        assert f"第{number}页，共{count}页" in one and "WQM-2026-0000008" in one and "核验码 B5S8" in one
        if "SZ-26-" in one:
            assert "服务日期" in one and "服务内容" in one
    assert len(set(re.findall(r"SZ-26-\d{5}", text(long)))) == 60


def test_what_there_is_not_is_not_on_it(short: bytes, renderer: WeasyPrintRenderer) -> None:
    for word in ("培训", "表彰奖励", "转入记录"):
        assert word not in flat(short)
    made = flat(
        renderer.render(
            facts(
                trainings=[{"name": "上岗培训", "on": "2025-12-01", "minutes": 240, "by": "总队"}],
                honours=[{"name": "优秀志愿专家", "on": "2026-01-10", "by": "总队"}],
                transferred=[{"origin": "佛山市中小企业服务中心", "count": 3, "minutes": 420}],
                id_masked="**************123X（本人填写）",
                has_seal=True,
            )
        )
    )
    for word in (
        "上岗培训", "2025年12月1日", "优秀志愿专家", "转入记录（不计入上面的合计）", "佛山市中小企业服务中心", "7.0",
        "123X（本人填写）", "出证单位电子印章",
    ):  # fmt: skip
        assert word in made


def test_a_named_company_stands_there(renderer: WeasyPrintRenderer) -> None:
    group = {"zh": "市场帮扶", "en": "Market", "minutes": 211, "lines": [line(1, company="<b>示例</b>智锁")]}
    assert "<b>示例</b>智锁：" in flat(renderer.render(facts(1, groups=[group])))


def test_activities_stand_beside_the_cases_and_alone(renderer: WeasyPrintRenderer) -> None:
    held = line(2, number="HD-26-00007", kind="activity", content="专精特新申报集中辅导")
    both = facts(2, groups=[{"zh": "市场帮扶", "en": "Market", "minutes": 422, "lines": [line(1), held]}])
    recorder = {**both.recorders[0], "cases": 1, "activities": 1}
    made = flat(renderer.render(replace(both, recorders=[recorder])))
    for word in (
        "公益服务1件、参加活动1场",
        "活动：专精特新申报集中辅导",
        "HD-26-00007",
        "合计1件、活动1场",
        "1、活动1",
    ):
        assert word in made.replace(" ", ""), word
    assert "案件编号" not in made
    assert "in1caseand1activity" in made.replace(" ", "")
    alone = facts(1, groups=[{"zh": "市场帮扶", "en": "Market", "minutes": 211, "lines": [held]}])
    made = flat(renderer.render(replace(alone, recorders=[{**recorder, "cases": 0}]))).replace(" ", "")
    assert "参加面向中小企业的公益服务活动1场，服务时间" in made and "合计活动1场" in made


def test_the_same_facts_give_the_same_bytes(long: bytes) -> None:
    assert WeasyPrintRenderer("问渠", "Wenqu").render(facts(60)) == long


@pytest.mark.parametrize("profile", ["2a", "ua1"])
def test_archives_and_screen_readers_take_it_signed_or_not(
    long: bytes, short: bytes, profile: str, tmp_path: Path
) -> None:
    signed = PadesSigner(lambda: keys.own(tmp_path, "问渠")).sign(long, datetime(2026, 11, 29, tzinfo=UTC))
    for pdf in (short, long, signed):
        report = page.validate_pdf_bytes(pdf, profile=profile)
        assert report.is_compliant, [(one.rule_id, one.message) for one in report.failures]
    assert look(signed).holds


def test_a_phone_reads_its_code_on_the_last_page(long: bytes) -> None:
    count = str(pages(long))
    shot = subprocess.run(
        ["pdftoppm", "-r", "200", "-png", "-f", count, "-l", count, "-singlefile", "-"],
        input=long, capture_output=True, check=True,
    )  # fmt: skip
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(shot.stdout)))
    assert [code.text for code in found] == ["HTTPS://WENQU.EXAMPLE/V/B5S8-Q3NX-9MD2-7F37-W"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"expert_name": " "}, "expert_name is empty"),
        ({"issuer_name": ""}, "issuer_name is empty"),
        ({"groups": []}, "groups is empty"),
        ({"recorders": []}, "recorders is empty"),
        ({"expert_name": "陈ཀ明"}, r"expert_name: ཀ \(U\+0F40\)"),
        ({"honours": [{"name": "奖ཀ", "on": "2026-01-10", "by": "总队"}]}, r"honours: ཀ"),
        (
            {"groups": [{"zh": "市场", "en": "Market", "minutes": 211, "lines": [line(7, company="公ཀ司")]}]},
            r"content of SZ-26-10007: ཀ",
        ),
    ],
)
def test_what_cannot_be_printed_is_one_clear_line(
    renderer: WeasyPrintRenderer, more: dict[str, Any], said: str
) -> None:
    with pytest.raises(RenderingUnavailable, match=said) as refused:
        renderer.render(replace(facts(1), **more))
    assert "\n" not in str(refused.value)


def test_every_deployment_has_its_own_pattern() -> None:
    assert art_portrait.content("问渠 SZ") == art_portrait.content("问渠 SZ")
    assert len({art_portrait.content(f"站{i}") for i in range(8)}) == 8
