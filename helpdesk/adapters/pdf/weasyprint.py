"""Papers drawn by WeasyPrint. The web application can import this on a machine without pango."""

from __future__ import annotations

import contextlib
import io
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from helpdesk.adapters.pdf import Facts, RenderingUnavailable, TooLong, faces
from helpdesk.adapters.pdf.sheets import sheet_for

if TYPE_CHECKING:
    from helpdesk.adapters.pdf.press import Press

TIGHTER = (1.0, 1.25, 1.6, 2.0)
LIBRARIES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class WeasyPrintRenderer:
    """The real twin. Cheap to make: libraries and fonts are loaded at the first paper and then kept."""

    def __init__(self, site_name: str = "问渠", site_name_en: str = "", fonts: Path | None = None) -> None:
        self._site = (site_name, site_name_en)
        self._fonts = fonts
        self._ready: tuple[Press, frozenset[int]] | None = None
        self._one_at_a_time = threading.Lock()

    def render(self, facts: Facts) -> bytes:
        """The PDF. The same facts give the same bytes. Raises RenderingUnavailable.

        Emoji and symbols that no font has are dropped from `content`; everywhere else, and for letters in `content`,
        a character without a glyph refuses the paper by name.
        """
        with self._one_at_a_time:  # a font configuration is not known to be safe between threads
            press, coverage = self._set_up()
            sheet = sheet_for(facts)
            for tightness in TIGHTER:
                try:
                    return press.print(sheet, sheet.words(facts, coverage, tightness))
                except TooLong:
                    continue
        raise RenderingUnavailable(f"paper {facts.number}: the text does not fit on one page; shorten it")

    def preflight(self) -> None:
        """Check libraries, fonts and style sheet now. Raises RenderingUnavailable with one line on what to do."""
        with self._one_at_a_time:
            self._set_up()

    def _set_up(self) -> tuple[Press, frozenset[int]]:
        if self._ready is None:
            folder = self._fonts or faces.fonts_dir()
            coverage = faces.load(folder)
            self._ready = (_press(folder, *self._site), coverage)
        return self._ready


def _press(folder: Path, site_name: str, site_name_en: str) -> Press:
    """Import WeasyPrint now and not earlier: without pango its import fails, and nothing else should."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # on failure it prints a page of advice
            from helpdesk.adapters.pdf.press import Press
    except OSError:
        raise RenderingUnavailable(
            f"system libraries are missing; run: apt-get install -y --no-install-recommends {LIBRARIES}"
        ) from None
    except ImportError as missing:
        raise RenderingUnavailable(f"Python package {missing.name} is missing; run: script/setup") from None
    return Press(folder, site_name, site_name_en)
