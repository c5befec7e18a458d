"""The press: WeasyPrint, set up once per process. The only module that imports it, and only when a paper is drawn.

One font configuration, and one style sheet a kind, serve every paper (a new one each time costs twice the CPU and leaks
half a megabyte). The decoration is laid under the page as a stream that was deflated once, not drawn by WeasyPrint.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path

import pydyf
import segno
import weasyprint
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint.text import ffi
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from helpdesk.adapters.pdf import CertificateFacts, RenderingUnavailable, TooLong
from helpdesk.adapters.pdf.faces import FACES
from helpdesk.adapters.pdf.finish import VARIANT, finish
from helpdesk.adapters.pdf.sheets import SHEETS, Sheet, Words

HERE = Path(__file__).resolve().parent
TEMPLATES = HERE.parents[1] / "templates" / "pdf"
SCHEME = "certificate:"
PX_PER_MM = 96 / 25.4


class Assets(URLFetcher):
    """Serves the named assets and nothing else: no file, no network, no data address."""

    def __init__(self, assets: Mapping[str, Path | bytes]) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self.assets = assets

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """The asset behind `certificate:<name>`. Raises ValueError for any other address."""
        asset = self.assets.get(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if asset is None:
            raise ValueError(f"a certificate may not load {url}")
        return URLFetcherResponse(url, asset if isinstance(asset, bytes) else asset.read_bytes())


class Press:
    """Fonts, style sheets and templates of this process."""

    def __init__(self, fonts: Path, site_name: str, site_name_en: str) -> None:
        if getattr(ffi, "harfbuzz_subset", None) is None:
            raise RenderingUnavailable("libharfbuzz-subset is missing; run: apt-get install -y libharfbuzz-subset0")
        self.templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
        self.names = {"site_name": site_name, "site_name_en": site_name_en}
        self.fonts = FontConfiguration()
        self._faces = Assets({face.file: fonts / face.file for face in FACES})
        self._styles: dict[tuple[str, ...], weasyprint.CSS] = {}
        self.style(SHEETS[CertificateFacts])

    def style(self, sheet: Sheet) -> weasyprint.CSS:
        """The style sheet of a kind, read once."""
        if sheet.styles not in self._styles:
            self._styles[sheet.styles] = weasyprint.CSS(
                string="".join((HERE / f"{name}.css").read_text(encoding="utf-8") for name in sheet.styles),
                font_config=self.fonts,
                url_fetcher=self._faces,
            )
        return self._styles[sheet.styles]

    def print(self, sheet: Sheet, paper: Words) -> bytes:
        """One paper. Raises RenderingUnavailable when the text leaves its box or a glyph is missing."""
        html = weasyprint.HTML(
            string=self.templates.get_template(f"{sheet.name}.html").render(paper=paper, **self.names),
            url_fetcher=Assets({"qr.png": qr_png(paper.qr_text)} if paper.qr_text else {}),
        )
        under = sheet.art(f"{self.names['site_name']} {paper.city}")

        def last_look(drawn: weasyprint.Document, pdf: pydyf.PDF) -> None:
            _refuse_boxes(drawn, paper)
            finish(pdf, under, is_signed=sheet.is_signed)

        try:
            document = html.render(font_config=self.fonts, stylesheets=[self.style(sheet)], pdf_variant=VARIANT)
            if sheet.last_line_mm is not None:
                _refuse_overflow(document, paper, sheet.last_line_mm)
            file = document.write_pdf(finisher=last_look, pdf_variant=VARIANT, pdf_identifier=_identifier(paper))
        except FatalURLFetchingError as refused:
            raise RenderingUnavailable(f"paper {paper.number}: {refused}") from None
        return bytes(file)


def qr_png(text: str) -> bytes:
    """The QR code without margin, eight pixels a module so that viewers have edges to keep sharp."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False, mask=3).save(out, kind="png", scale=8, border=0)
    return out.getvalue()


def _identifier(paper: Words) -> bytes:
    """Sixteen bytes that name this file and are the same for the same certificate."""
    return hashlib.sha256(f"{paper.number} {paper.code} {paper.digest_full}".encode()).digest()[:16]


def _refuse_overflow(document: weasyprint.Document, paper: Words, last_line_mm: float) -> None:
    """The estimate of wording.py is checked against where the last line really fell."""
    top = document.pages[0].anchors["end"][1] if len(document.pages) == 1 else float("inf")
    if top / PX_PER_MM > last_line_mm:
        raise TooLong(f"paper {paper.number}: the text does not fit on the page")


def _refuse_boxes(document: weasyprint.Document, paper: Words) -> None:
    """The coverage check comes first; this one asks the fonts that were really used."""
    missing = sorted({chr(code) for font in document.fonts.values() for code in font.missing})
    if missing:
        raise RenderingUnavailable(f"paper {paper.number}: no font has {' '.join(missing)}")
