"""What a certificate costs beside other ways to draw it: `.venv/bin/python -m benchmarks.papers [count] [in bulk]`.

Every row is measured in a process of its own, one after the other in the same run, in CPU time: "cold" is the whole
process up to its first certificate (imports, fonts, drawing), "warm" the median of the following ones, and the
memory is the process's highest. "bare" is WeasyPrint as its manual begins: the same template, style sheet and fonts,
everything set up anew for each certificate, neither tagged nor PDF/A nor signed. ReportLab draws the same words at
fixed places. The last row draws, signs, keeps and packs a season: the ZIP, and the PDF for the printer.
"""

from __future__ import annotations

import io
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from benchmarks.certificates import USUAL, peak_megabytes
from helpdesk.adapters.pdf import CertificateFacts

ENGINES = ("ours", "ours, signed", "bare WeasyPrint", "ReportLab")
MOMENT = datetime(2026, 11, 3, 2, 0, tzinfo=UTC)
SURNAMES, NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "明远志强晓岚巧帆刚宇桐进察总管"


def facts(n: int) -> CertificateFacts:
    """Certificates that differ as a season's do: number, name, hours."""
    name = SURNAMES[n % 16] + NAMES[n * 7 % len(NAMES)] + NAMES[n * 4 % len(NAMES)]
    return replace(USUAL, number=f"WQ-2026-{n:07d}", expert_name=name, minutes_total=60 + n)


def engine(name: str) -> Callable[[CertificateFacts], bytes]:
    """The way to draw of this name."""
    if name == "bare WeasyPrint":
        return bare
    if name == "ReportLab":
        return reportlab
    from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer

    renderer = WeasyPrintRenderer("问渠", "Wenqu")
    if name == "ours":
        return renderer.render
    sign = signer()
    return lambda one: sign(renderer.render(one))


def signer() -> Callable[[bytes], bytes]:
    """The development authority's key, as a worker holds it."""
    from helpdesk.adapters.signing import keys
    from helpdesk.adapters.signing.pades import PadesSigner

    held = PadesSigner(lambda: keys.own(keys.folder(), "问渠"))
    return lambda pdf: held.sign(pdf, MOMENT)


def bare(one: CertificateFacts) -> bytes:
    """The same page with nothing kept between two certificates."""
    import weasyprint
    from jinja2 import Environment, FileSystemLoader
    from weasyprint.text.fonts import FontConfiguration

    from helpdesk.adapters.pdf import faces, press
    from helpdesk.adapters.pdf.sheets import sheet_for

    folder = faces.fonts_dir()
    sheet, fonts = sheet_for(one), FontConfiguration()
    words = sheet.words(one, coverage(), 1.0)
    template = Environment(loader=FileSystemLoader(press.TEMPLATES), autoescape=True).get_template(f"{sheet.name}.html")
    html = weasyprint.HTML(
        string=template.render(paper=words, site_name="问渠", site_name_en="Wenqu"),
        url_fetcher=press.Assets({"qr.png": press.qr_png(words.qr_text)}),
    )
    style = weasyprint.CSS(
        string=(press.HERE / f"{sheet.name}.css").read_text(encoding="utf-8"),
        font_config=fonts,
        url_fetcher=press.Assets({face.file: folder / face.file for face in faces.FACES}),
    )
    return bytes(html.write_pdf(stylesheets=[style], font_config=fonts))


@cache
def coverage() -> frozenset[int]:
    """What our faces can draw: our own check, which is not charged to the bare way."""
    from helpdesk.adapters.pdf import faces

    return faces.load(faces.fonts_dir())


def reportlab(one: CertificateFacts) -> bytes:
    """The same words at fixed places, with the same faces; its fonts are read once a process."""
    import segno
    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.lib.utils import ImageReader
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    from helpdesk.adapters.pdf import faces

    if "kai" not in pdfmetrics.getRegisteredFontNames():
        for name in ("kai", "kai-bold", "sans"):
            pdfmetrics.registerFont(TTFont(name, str(faces.fonts_dir() / f"{name}.ttf")))
    out = io.BytesIO()
    page = Canvas(out, pagesize=landscape(A4), invariant=True)
    page.setFont("kai-bold", 34)
    page.drawCentredString(421, 470, "志愿服务证书")
    lines = (
        f"{one.expert_name}{one.salutation}：",
        f"您于 {one.starts_on} 至 {one.ends_on} 为{one.company_name}提供{one.category_zh}志愿服务，",
        f"共 {one.minutes_total // 60}.{one.minutes_total % 60 // 6} 小时：{one.content}。",
        f"记录单位：{one.issuer_name}（{one.station_name}），经办人 {one.handler_name}，{one.issued_on}",
        f"证书编号 {one.number}，核验码 {one.verification_code}，案件 {one.case_number}，志愿者 {one.expert_number}",
    )
    for n, line in enumerate(lines):
        page.setFont("kai" if n < 3 else "sans", 16 if n < 3 else 11)
        page.drawString(100, 400 - n * 40, line)
    code = io.BytesIO()
    segno.make(one.verify_url.upper(), error="m", micro=False, mask=3).save(code, kind="png", scale=8, border=0)
    page.drawImage(ImageReader(code), 650, 80, 90, 90)
    page.save()
    return out.getvalue()


def child(name: str, count: int) -> None:
    """One row, as JSON."""
    draw = engine(name)
    sizes, spent = [len(draw(facts(0)))], []
    cold, cold_peak = _cpu(), peak_megabytes()
    for n in range(1, count + 1):
        begun = time.process_time()
        sizes.append(len(draw(facts(n))))
        spent.append((time.process_time() - begun) * 1000)
    row = {"cold": cold, "cold_mb": cold_peak, "warm": statistics.median(spent), "mb": peak_megabytes()}
    print(json.dumps({**row, "kb": statistics.median(sizes) / 1000}))


def bulk(count: int) -> None:
    """A season from facts to both files, as JSON; milliseconds of CPU each."""
    from helpdesk.adapters.archive import Entry, zip_pieces
    from helpdesk.adapters.pdf import binder
    from helpdesk.adapters.storage.folder import FolderStorage
    from helpdesk.domain import print_runs

    draw, sign = engine("ours"), signer()
    with tempfile.TemporaryDirectory() as folder:
        storage = FolderStorage(Path(folder))
        keys = [f"certificates/{n}.pdf" for n in range(count)]
        drawing = signing = 0.0
        for n, key in enumerate(keys):
            begun = time.process_time()
            data = draw(facts(n))
            between = time.process_time()
            storage.put(key, sign(data))
            drawing, signing = drawing + between - begun, signing + time.process_time() - between
        drawn_peak, begun = peak_megabytes(), time.process_time()
        entries = (Entry(f"{n}.pdf", storage.get(key), MOMENT) for n, key in enumerate(keys))
        archive = print_runs.keep(storage, "prints/1.zip", zip_pieces(entries))
        between = time.process_time()
        book = print_runs.keep(
            storage, "prints/1.pdf", binder.bind((storage.get(key) for key in keys), title="服务确认书")
        )
        row = {
            "draw": drawing, "sign": signing, "zip": between - begun, "bind": time.process_time() - between,
            "drawn_mb": drawn_peak, "mb": peak_megabytes(), "zip_mb": archive.size / 1e6, "pdf_mb": book.size / 1e6,
        }  # fmt: skip
    print(json.dumps(row))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _asked(*arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.papers", *arguments], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(count: int = 50, season: int = 1000) -> None:
    """Print both tables."""
    rows = {name: _asked("child", name, str(count)) for name in ENGINES}
    ours = rows["ours"]
    print(f"{'':<17}{'cold s':>8}{'MB':>6}{'warm ms':>9}{'ratio':>7}{'MB':>6}{'kB each':>9}   n = {count}")
    for name, row in rows.items():
        print(
            f"{name:<17}{row['cold']:>8.2f}{row['cold_mb']:>6.0f}{row['warm']:>9.1f}{row['warm'] / ours['warm']:>7.2f}"
            f"{row['mb']:>6.0f}{row['kb']:>9.1f}"
        )
    row = _asked("bulk", str(season))
    print(f"\n{season} in bulk, CPU ms each: " + ", ".join(
        f"{part} {row[part] * 1000 / season:.1f}" for part in ("draw", "sign", "zip", "bind")
    ))  # fmt: skip
    print(
        f"ZIP {row['zip_mb']:.1f} MB, PDF for print {row['pdf_mb']:.1f} MB;"
        f" memory {row['drawn_mb']:.0f} MB drawing, {row['mb']:.0f} MB in all"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], int(sys.argv[3]))
    elif sys.argv[1:2] == ["bulk"]:
        bulk(int(sys.argv[2]))
    else:
        main(*(int(text) for text in sys.argv[1:3]))
