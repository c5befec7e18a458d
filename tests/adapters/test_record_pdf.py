"""One's own record as a file: every line, no sign of being a certificate, the same bytes, readable for everybody."""

from __future__ import annotations

from datetime import date
from typing import Any

import page
import pytest

from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.pdf.record import RecordFacts
from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer
from tests.pdfs import flat


def facts(count: int = 2, **more: Any) -> RecordFacts:
    """A record with so many lines, the first of them reversed."""
    line = {
        "on": "2026-03-05", "number": "SZ-26-10001", "title": "欧盟认证要换版😀", "field": "市场帮扶", "mode": "onsite",
        "confirmed_by": "company", "recorder": "深圳市宝安区中小企业公共服务中心", "minutes": 66, "reason": "",
    }  # fmt: skip
    values: dict[str, Any] = {
        "number": "440300112768-20261128", "verification_code": "", "verify_url": "", "city": "SZ",
        "expert_name": "林启元", "expert_number": "440300112768", "registered_on": date(2021, 3, 15),
        "taken_on": date(2026, 11, 28), "minutes_total": 66 * count - 66, "minutes_by_company": 66 * count - 66,
        "minutes_by_station": 0, "ledger_digest": "9f2c41ab07de33c1" * 4,
        "lines": [line] * count + [{**line, "minutes": -66, "reason": "时间记多了"}],
        "papers": [
            {"number": "WQ-2026-0000001", "case": "SZ-26-10001", "on": "2026-04-01", "state": "revoked", "minutes": 66}
        ],
        **more,
    }  # fmt: skip
    return RecordFacts(**values)


@pytest.fixture(scope="module")
def made(renderer: WeasyPrintRenderer) -> bytes:
    return renderer.render(facts(40))


def test_it_says_whose_it_is_every_line_and_that_it_certifies_nothing(made):
    said = flat(made)
    for fact in (
        "志愿服务记录", "本人留存，不是证明", "Own copy, not a certificate", "林启元", "440300112768", "2021年3月15日",
        "服务时间累计42.9小时", "冲正：时间记多了", "−1.1", "合计 41 行", "WQ-2026-0000001", "已作废", "第1页，共",
        "不能代替证书", "It is not signed",
    ):  # fmt: skip
        assert fact in said, fact
    assert said.count("SZ-26-10001") == 42
    for never in ("核验码", "特此证明", "数字签名", "😀"):
        assert never not in said


def test_the_same_record_is_the_same_file(made):
    assert WeasyPrintRenderer("问渠", "Wenqu").render(facts(40)) == made


@pytest.mark.parametrize("profile", ["2a", "ua1"])
def test_archives_and_screen_readers_take_it(made, profile):
    report = page.validate_pdf_bytes(made, profile=profile)
    assert report.is_compliant, [(one.rule_id, one.message) for one in report.failures]


def test_it_has_no_place_for_a_signature(made):
    assert b"/Sig" not in made and b"/AcroForm" not in made


def test_an_empty_record_is_a_page_too_and_what_no_font_has_is_named(renderer):
    assert "累计0.0小时" in flat(renderer.render(facts(lines=[], papers=[], minutes_total=0, ledger_digest="")))
    with pytest.raises(RenderingUnavailable, match="expert_name: ཀ"):
        renderer.render(facts(expert_name="林ཀ"))
