"""The faces of the certificate: which there are, where their cut files live, which characters they draw.

Fonts are not kept in the repository. `python -m helpdesk.adapters.pdf.fonts` cuts them once from Debian's packages;
this module is what the renderer needs of them afterwards, and it imports nothing heavy.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk import config
from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.pdf.titles import AWARD, AWARD_EN, STATEMENT, STATEMENT_EN
from helpdesk.adapters.pdf.wording import TITLE, TITLE_EN

MANIFEST = "faces.json"
CUT = "python -m helpdesk.adapters.pdf.fonts"
PACKAGES = "fonts-noto-cjk fonts-lxgw-wenkai"


@dataclass(frozen=True)
class Face:
    """One file to cut. `sources` are file names to look for, in order; `glyphs` empty means every common character.

    `spread` is extra advance in thousandths of an em: spacing that lives in the face and not in the text, so that a
    spaced title is still one word for whoever copies, searches or listens to it.
    """

    file: str
    family: str
    weight: int
    sources: tuple[str, ...]
    glyphs: str = ""
    spread: int = 0


FACES: tuple[Face, ...] = (
    Face("kai.ttf", "Cert Kai", 400, ("LXGWWenKai-Regular.ttf",)),
    Face("kai-bold.ttf", "Cert Kai", 700, ("LXGWWenKai-Bold.ttf", "LXGWWenKai-Medium.ttf")),
    Face("sans.ttf", "Cert Sans", 400, ("NotoSansCJK-Regular.ttc",)),
    Face("sans-bold.ttf", "Cert Sans", 700, ("NotoSansCJK-Bold.ttc",)),
    Face("title.ttf", "Cert Title", 700, ("NotoSerifCJK-Bold.ttc",), TITLE + STATEMENT + AWARD, 340),
    Face("capitals.ttf", "Cert Capitals", 400, ("NotoSerifCJK-Regular.ttc",), TITLE_EN + STATEMENT_EN + AWARD_EN, 260),
    Face("latin.ttf", "Cert Latin", 400, ("NotoSerifCJK-Regular.ttc",), "".join(map(chr, range(32, 127))) + "–—’·é"),
)


def fonts_dir() -> Path:
    """Where the cut files are: FONTS_DIR, or `fonts` in the instance folder."""
    named = os.environ.get("FONTS_DIR")
    return Path(named) if named else config.instance_dir() / "fonts"


def ranges(codes: Iterable[int]) -> list[tuple[int, int]]:
    """Code points as inclusive ranges, ascending."""
    found: list[tuple[int, int]] = []
    for code in sorted(set(codes)):
        if found and code == found[-1][1] + 1:
            found[-1] = (found[-1][0], code)
        else:
            found.append((code, code))
    return found


def load(folder: Path) -> frozenset[int]:
    """The code points that can be drawn. Raises RenderingUnavailable when a cut face is missing.

    The cut faces are enough by themselves; rare characters count only while the fonts they were cut from are there.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RenderingUnavailable(f"certificate fonts are not cut; run: {CUT}") from None
    except ValueError:
        raise RenderingUnavailable(f"{folder / MANIFEST} cannot be read; run: {CUT} --again") from None
    for face in FACES:
        expected = manifest["files"].get(face.file)
        if expected is None or not _has_size(folder / face.file, expected):
            raise RenderingUnavailable(f"certificate font {face.file} is missing or damaged; run: {CUT} --again")
    installed = all(Path(path).is_file() for path in manifest["sources"])
    drawn = manifest["installed" if installed else "cut"]
    return frozenset(code for first, last in drawn for code in range(first, last + 1))


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
