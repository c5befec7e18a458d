"""The certificate as a file: what it says, what it looks like to a machine, what it refuses."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest
import segno
import zxingcpp
from PIL import Image

from helpdesk.adapters.pdf import CertificateFacts, RenderingUnavailable, art, faces, fonts, wording
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.pdf.sheets import SHEETS
from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer
from tests.pdfs import flat, tool

FACTS = CertificateFacts(
    number="WQ-2026-0008423",
    verification_code="B5S8-Q3NX-9MD2-7F37-W",
    verify_url="https://wenqu.example/v/B5S8-Q3NX-9MD2-7F37-W",
    expert_name="陈明远",
    expert_number="4403 0011 2768",
    category_zh="市场帮扶",
    category_en="Market",
    company_name="示例智锁科技有限公司",
    case_number="SZ-26-10427",
    starts_on=date(2026, 10, 21),
    ends_on=date(2026, 11, 2),
    minutes_total=272,
    minutes_by_mode={"onsite": 151, "online": 121},
    content="理清欧盟认证与出口账期。",
    confirmed_by="company",
    rating=5,
    station_name="宝安福永工作站",
    issuer_name="示例市中小企业志愿服务总队",
    handler_name="林晓",
    cumulative_minutes=5254,
    issued_on=date(2026, 11, 3),
    ledger_digest="9f2c41ab07de33c1" * 4,
    city="SZ",
)
LEGAL = "本证书由上述记录单位出具，可扫码核验；不代表全国志愿服务信息系统出具的证明。"
HAN = "企业希望把智能门锁卖到德国和法国，不清楚先做哪项认证；也担心出口账期太长，拖垮现金流。"


@pytest.fixture(scope="module")
def usual(renderer: WeasyPrintRenderer) -> bytes:
    """The certificate of FACTS."""
    return renderer.render(FACTS)


def pages(pdf: bytes) -> int:
    """How many pages the file has."""
    found = re.search(r"Pages:\s+(\d+)", tool("pdfinfo", pdf))
    assert found
    return int(found[1])


def embedded(pdf: bytes, folder: Path) -> list[list[str]]:
    """The rows of pdffonts, from the right: object, uni, sub, emb, encoding."""
    path = folder / "fonts.pdf"
    path.write_bytes(pdf)
    listed = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    return [row.split() for row in listed.splitlines()[2:]]


# --- the file ---


def test_it_is_one_landscape_a4_page(usual: bytes) -> None:
    said = tool("pdfinfo", usual)
    assert pages(usual) == 1
    assert "841.89 x 595.276 pts (A4)" in said
    assert "Tagged:          yes" in said


def test_it_says_who_made_it_and_when(usual: bytes) -> None:
    said = tool("pdfinfo", usual, "-isodates")
    assert re.search(r"Title:\s+志愿服务证书 WQ-2026-0008423", said)
    assert re.search(r"Author:\s+示例市中小企业志愿服务总队", said)
    assert re.search(r"CreationDate:\s+2026-11-03", said)
    assert FACTS.ledger_digest in said


def test_the_same_facts_give_the_same_bytes(usual: bytes, renderer: WeasyPrintRenderer) -> None:
    assert renderer.render(FACTS) == usual
    assert WeasyPrintRenderer("问渠", "Wenqu").render(FACTS) == usual


def test_it_is_small(usual: bytes) -> None:
    assert len(usual) < 150_000


def test_every_font_is_embedded_and_none_has_boxes(usual: bytes, tmp_path: Path) -> None:
    rows = embedded(usual, tmp_path)
    assert len(rows) >= 6
    for row in rows:
        assert row[-6:-2] == ["Identity-H", "yes", "yes", "yes"], row


# --- what it says ---


@pytest.mark.parametrize(
    "fact",
    [
        "志愿服务证书",
        "CERTIFICATE OF VOLUNTEER SERVICE",
        "服务确认书",
        "WQ-2026-0008423",
        "B5S8-Q3NX-9MD2-7F37-W",
        "陈明远同志：",
        "4403 0011 2768",
        "示例智锁科技有限公司",
        "市场帮扶",
        "SZ-26-10427",
        "2026年10月21日至11月2日",
        "累计4.5小时（上门2.5小时，线上2.0小时）",
        "服务内容：理清欧盟认证与出口账期。",
        "服务时长已经企业确认。",
        "特发此证，谨致谢忱。",
        "宝安福永工作站",
        "示例市中小企业志愿服务总队",
        "林晓",
        "5分",
        "87.5小时",
        "2026年11月3日",
        "记录摘要 9f2c 41ab 07de 33c1",
        "wenqu.example/v",
        "4.5 hours of volunteer expert service (Market), 21 October – 2 November 2026",
        "问渠",
        "数字签名防篡改",
        LEGAL,
    ],
)
def test_the_text_layer_has_every_fact(usual: bytes, fact: str) -> None:
    assert fact in flat(usual)


def test_only_a_licensed_key_makes_a_seal(usual: bytes, renderer: WeasyPrintRenderer) -> None:
    assert "电子印章" not in flat(usual)
    sealed = flat(renderer.render(replace(FACTS, has_seal=True)))
    assert "出证单位电子印章" in sealed
    assert "数字签名防篡改" not in sealed


def test_a_company_that_did_not_agree_is_not_named(renderer: WeasyPrintRenderer) -> None:
    assert "为一家中小企业提供" in flat(renderer.render(replace(FACTS, company_name=None)))


def test_hours_verified_by_the_station_are_said_to_be_so(renderer: WeasyPrintRenderer) -> None:
    text = flat(renderer.render(replace(FACTS, confirmed_by="station", rating=None)))
    assert "服务时长已经工作站核定。" in text
    assert "企业确认" not in text
    assert "未评价" in text


def test_markup_is_printed_and_not_obeyed(renderer: WeasyPrintRenderer) -> None:
    nasty = '<img src="file:///etc/passwd">{{ 7*7 }} & "引号"'
    text = flat(renderer.render(replace(FACTS, content=nasty, company_name="<b>甲</b>公司")))
    assert nasty in text
    assert "<b>甲</b>公司" in text


@pytest.mark.parametrize("name", ["陳鄭劉龍葉黃頔", "𬱖𠮷喆堃珺", "Zoë Müller-Łukasz", "阿卜杜拉·买买提"])
def test_every_name_is_printed_as_it_is_written(renderer: WeasyPrintRenderer, name: str, tmp_path: Path) -> None:
    pdf = renderer.render(replace(FACTS, expert_name=name))
    assert name in flat(pdf)
    assert all(row[-6] == "Identity-H" for row in embedded(pdf, tmp_path))


@pytest.mark.parametrize(
    "content",
    [HAN * 20, "Reviewed the declaration of conformity. " * 40, "W" * 900, "0123456789" * 90],
    ids=["han", "english", "wide", "digits"],
)
@pytest.mark.parametrize("company", [None, "深圳市" + "示例物联网" * 22 + "有限公司"], ids=["unnamed", "long company"])
def test_a_long_text_is_set_smaller_and_shortened(
    renderer: WeasyPrintRenderer, content: str, company: str | None
) -> None:
    pdf = renderer.render(
        replace(FACTS, content=content, company_name=company, minutes_by_mode=dict.fromkeys(wording.MODES, 68))
    )
    text = flat(pdf)
    assert pages(pdf) == 1
    assert "…" in text
    assert (company or "一家中小企业") in text
    assert "特发此证，谨致谢忱。" in text


def test_long_names_of_offices_keep_every_character(renderer: WeasyPrintRenderer) -> None:
    issuer, station = (
        "深圳市龙岗区坂田街道中小企业志愿服务工作总站联合会" * 3,
        "深圳市宝安区福永街道中小企业公共服务中心工作总站",
    )
    text = flat(renderer.render(replace(FACTS, issuer_name=issuer, station_name=station)))
    assert issuer in text
    assert station in text


# --- what it refuses ---


def test_emoji_in_the_content_are_dropped(renderer: WeasyPrintRenderer) -> None:
    text = flat(renderer.render(replace(FACTS, content="办妥了👍🏽🎉，企业满意🇨🇳")))
    assert "服务内容：办妥了，企业满意。" in text


@pytest.mark.parametrize("field", ["expert_name", "company_name", "content", "issuer_name", "handler_name"])
def test_a_letter_that_no_font_has_is_named(renderer: WeasyPrintRenderer, field: str) -> None:
    with pytest.raises(RenderingUnavailable, match=r"ཀ \(U\+0F40\)") as refused:
        renderer.render(replace(FACTS, **{field: "陈ཀ明"}))
    assert "\n" not in str(refused.value)


def test_an_emoji_in_a_name_is_refused(renderer: WeasyPrintRenderer) -> None:
    with pytest.raises(RenderingUnavailable, match=r"expert_name: 👍 \(U\+1F44D\)"):
        renderer.render(replace(FACTS, expert_name="陈👍"))


@pytest.mark.parametrize("field", ["expert_name", "content", "issuer_name"])
def test_what_the_law_asks_for_may_not_be_empty(renderer: WeasyPrintRenderer, field: str) -> None:
    with pytest.raises(RenderingUnavailable, match=f"{field} is empty"):
        renderer.render(replace(FACTS, **{field: " \u200b"}))


def test_the_fonts_in_use_have_the_last_word(renderer: WeasyPrintRenderer) -> None:
    press, _ = renderer._set_up()
    with pytest.raises(RenderingUnavailable, match="no font has"):
        press.print(
            SHEETS[CertificateFacts],
            wording.paper(replace(FACTS, expert_name="陈\U000e0fff\U0003fffd"), range(0x110000)),
        )


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://127.0.0.1/", "data:text/plain,a", "certificate:../x", "kai.ttf"]
)
def test_nothing_but_its_own_assets_is_loaded(url: str) -> None:
    from helpdesk.adapters.pdf.press import Assets

    assets = Assets({"qr.png": b"png"})
    assert assets("certificate:qr.png").read() == b"png"
    with pytest.raises(ValueError, match="may not load"):
        assets(url)


# --- the QR code ---


def qr_of(pdf: bytes) -> Image.Image:
    """The corner of the page where the code is, as a picture of 12 pixels a millimetre."""
    shot = subprocess.run(
        ["pdftoppm", "-r", "304.8", "-png", "-singlefile", "-"], input=pdf, capture_output=True, check=True
    )
    page = Image.open(io.BytesIO(shot.stdout)).convert("L")
    return page.crop((30 * 12, 152 * 12, 55 * 12, 177 * 12))


def test_the_code_in_the_picture_is_the_address(usual: bytes) -> None:
    picture = qr_of(usual)
    wanted = [list(row) for row in segno.make(FACTS.verify_url.upper(), error="m", micro=False, mask=3).matrix]
    step = picture.width / len(wanted)
    seen = [
        [int(picture.getpixel((int((x + 0.5) * step), int((y + 0.5) * step))) < 128) for x in range(len(wanted))]
        for y in range(len(wanted))
    ]
    assert seen == wanted


def test_a_reader_reads_it(usual: bytes) -> None:
    found = zxingcpp.read_barcodes(qr_of(usual))
    assert [code.text.casefold() for code in found] == [FACTS.verify_url.casefold()]


# --- machines that are not set up ---


def test_nothing_heavy_is_imported_before_the_first_certificate() -> None:
    code = "import sys, helpdesk.adapters.pdf.weasyprint; sys.exit('weasyprint' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_missing_fonts_are_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(RenderingUnavailable, match=r"run: python -m helpdesk\.adapters\.pdf\.fonts") as refused:
        WeasyPrintRenderer(fonts=tmp_path).render(FACTS)
    assert "\n" not in str(refused.value)


def test_a_damaged_font_is_noticed(tmp_path: Path) -> None:
    for file in faces.fonts_dir().iterdir():
        (tmp_path / file.name).symlink_to(file)
    (tmp_path / "kai.ttf").unlink()
    (tmp_path / "kai.ttf").write_bytes(b"half a font")
    with pytest.raises(RenderingUnavailable, match=r"kai\.ttf is missing or damaged"):
        WeasyPrintRenderer(fonts=tmp_path).preflight()


def test_without_the_installed_fonts_only_rare_characters_are_lost(tmp_path: Path) -> None:
    for file in faces.fonts_dir().iterdir():
        (tmp_path / file.name).symlink_to(file)
    manifest = json.loads((tmp_path / faces.MANIFEST).read_text(encoding="utf-8"))
    (tmp_path / faces.MANIFEST).unlink()
    (tmp_path / faces.MANIFEST).write_text(json.dumps({**manifest, "sources": ["/nowhere.ttf"]}), encoding="utf-8")
    alone = WeasyPrintRenderer(fonts=tmp_path)
    assert "陳鄭劉" in flat(alone.render(replace(FACTS, expert_name="陳鄭劉")))
    with pytest.raises(RenderingUnavailable, match="expert_name: 𬱖"):
        alone.render(replace(FACTS, expert_name="陈𬱖"))


def test_missing_libraries_are_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoPango(MetaPathFinder):
        def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
            if fullname == "helpdesk.adapters.pdf.press":
                raise OSError("cannot load library 'libgobject-2.0-0'")

    monkeypatch.delitem(sys.modules, "helpdesk.adapters.pdf.press", raising=False)
    monkeypatch.setattr(sys, "meta_path", [NoPango(), *sys.meta_path])
    with pytest.raises(
        RenderingUnavailable, match=r"apt-get install .* libpango-1\.0-0 libpangoft2-1\.0-0 libharfbuzz-subset0"
    ):
        WeasyPrintRenderer().preflight()


def test_fonts_are_cut_once() -> None:
    assert fonts.cut(faces.fonts_dir()) is False


def test_a_missing_source_font_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any
) -> None:
    monkeypatch.setattr(fonts, "ROOTS", (str(tmp_path),))
    assert fonts.main([]) == 1
    assert capsys.readouterr().err == (
        "font LXGWWenKai-Regular.ttf is not installed; run: "
        "apt-get install -y --no-install-recommends fonts-noto-cjk fonts-lxgw-wenkai\n"
    )


def test_of_a_collection_the_mainland_forms_are_taken() -> None:
    serif = next(face for face in faces.FACES if face.file == "title.ttf")
    assert fonts._open(fonts.find_source(serif))["name"].getDebugName(1) == "Noto Serif CJK SC"


# --- words and drawing ---


@pytest.mark.parametrize(
    ("minutes", "shown"), [(0, "0.0"), (5, "0.0"), (6, "0.1"), (59, "0.9"), (209, "3.4"), (5999, "99.9")]
)
def test_hours_are_rounded_down(minutes: int, shown: str) -> None:
    assert wording.hours(minutes) == shown


@pytest.mark.parametrize(
    ("start", "end", "zh", "en"),
    [
        (date(2026, 10, 21), date(2026, 10, 21), "2026年10月21日", "21 October 2026"),
        (date(2026, 10, 21), date(2026, 10, 25), "2026年10月21日至25日", "21 October – 25 October 2026"),
        (date(2026, 12, 30), date(2027, 1, 2), "2026年12月30日至2027年1月2日", "30 December 2026 – 2 January 2027"),
    ],
)
def test_a_period_is_said_once(start: date, end: date, zh: str, en: str) -> None:
    assert wording.chinese_period(start, end) == zh
    assert wording.english_period(start, end) == en


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ({"online": 60}, "（线上）"),
        ({}, ""),
        ({"phone": 30, "station": 0, "onsite": 90}, "（电话0.5小时，上门1.5小时）"),
    ],
)
def test_modes_are_listed_when_there_are_several(minutes: dict[str, int], said: str) -> None:
    assert wording.modes_text(minutes) == said


def test_every_deployment_has_its_own_pattern() -> None:
    assert art.content("问渠 SZ") == art.content("问渠 SZ")
    assert len({art.content(f"站{i}") for i in range(20)}) == 20


@pytest.mark.parametrize("name", ["问渠 SZ", "甲", "乙", "丙"])
def test_paths_are_plain(name: str) -> None:
    for shape in art.drawing(name):
        assert re.fullmatch(r"[MLCZ0-9. -]+", shape.d)


# --- the twin for tests ---


def test_the_twin_gives_a_small_valid_file() -> None:
    twin = NullRenderer()
    pdf = twin.render(FACTS)
    assert pages(pdf) == 1
    assert "WQ-2026-0008423" in flat(pdf)
    assert len(pdf) < 1000
    assert twin.rendered == [FACTS]
