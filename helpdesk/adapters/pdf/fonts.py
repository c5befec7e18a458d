"""Cut the certificate's faces from the installed Debian fonts: `python -m helpdesk.adapters.pdf.fonts [--again]`.

Why cut at all: with the whole system collections a certificate takes three times the CPU and five times the bytes.
Outlines become TrueType (quicker to embed, half the size of CFF), hinting and layout tables go. Rare characters stay
in the installed fonts, which the style sheet names as second choice. Runs once; a second run sees its stamp and stops.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.pdf.faces import FACES, MANIFEST, PACKAGES, Face, fonts_dir, ranges

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

VERSION = 2
ROOTS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
LICENCES = {"OFL-Noto-CJK.txt": "fonts-noto-cjk", "OFL-LXGW-WenKai.txt": "fonts-lxgw-wenkai"}
PUNCTUATION = (0x2010, 0x2027), (0x2030, 0x203B), (0x3000, 0x3017), (0xFF01, 0xFF5E), (0x2460, 0x2473)

MAXIMA = (
    *("maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements"),
    *("maxSizeOfInstructions", "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours"),
    *("maxComponentElements", "maxComponentDepth"),
)


def main(arguments: list[str]) -> int:
    """Cut what is missing or stale into the fonts folder; 0 on success, 1 with one line on standard error."""
    try:
        folder = fonts_dir()
        made = cut(folder, again="--again" in arguments)
    except RenderingUnavailable as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{folder}: {'cut' if made else 'up to date'}\n")
    return 0


def cut(folder: Path, *, again: bool = False) -> bool:
    """Make every face in `folder`; False when they were there already. Raises RenderingUnavailable."""
    sources = {face.file: find_source(face) for face in FACES}
    stamp = _stamp(sources)
    if not again and _is_current(folder, stamp):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".cut-") as name:
        part = Path(name)
        with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
            list(pool.map(_cut_one, FACES, [sources[face.file] for face in FACES], [part] * len(FACES)))
        for face in FACES:
            (part / face.file).replace(folder / face.file)
    _copy_licences(folder)
    _write_manifest(folder, stamp, sources)
    return True


def find_source(face: Face) -> Path:
    """The installed font file that a face is cut from. Raises RenderingUnavailable with the line that installs it."""
    for name in face.sources:
        for root in ROOTS:
            found = sorted(Path(root).expanduser().rglob(name)) if Path(root).expanduser().is_dir() else []
            if found:
                return found[0]
    raise RenderingUnavailable(
        f"font {face.sources[0]} is not installed; run: apt-get install -y --no-install-recommends {PACKAGES}"
    )


def common_characters() -> set[int]:
    """What names and sentences are made of: GB 2312, Big5 level 1 (Hong Kong's names), Latin, punctuation."""
    codes = set(range(0x20, 0x7F)) | set(range(0xA0, 0x180))
    for first, last in PUNCTUATION:
        codes.update(range(first, last + 1))
    for encoding, leads in (("gb2312", range(0xA1, 0xF8)), ("big5", range(0xA1, 0xC7))):
        for lead in leads:
            for trail in range(0x40, 0xFF):
                text = bytes((lead, trail)).decode(encoding, "ignore")
                if len(text) == 1 and ord(text) > 0x7F:
                    codes.add(ord(text))
    return codes


def _cut_one(face: Face, source: Path, folder: Path) -> None:
    """One face: subset, TrueType outlines, own name, wider advances when it is a spaced one."""
    from fontTools import subset

    font = _open(source)
    wanted = {ord(c) for c in face.glyphs} if face.glyphs else common_characters()
    options = subset.Options(
        hinting=False,
        layout_features=["kern"] if face.family == "Cert Latin" else [],
        glyph_names=False,
        notdef_outline=True,
        desubroutinize=True,
        name_IDs=[0, 13, 14],
    )
    options.drop_tables += ["BASE", "DSIG", "GDEF", "GSUB", "VORG", "vhea", "vmtx", "gasp"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    if "CFF " in font:
        _to_truetype(font)
    if face.spread:
        _spread(font, face.spread)
    _rename(font, face)
    font.save(folder / face.file)


def _open(source: Path) -> TTFont:
    """The font; of a collection the member with mainland glyph forms."""
    from fontTools.ttLib import TTCollection, TTFont

    if source.suffix != ".ttc":
        return TTFont(source, lazy=True, recalcTimestamp=False)
    members = TTCollection(source, lazy=True).fonts
    names = [str(member["name"].getDebugName(1)) for member in members]
    index = next(i for i, name in enumerate(names) if " SC" in name and "Mono" not in name)
    return TTFont(source, fontNumber=index, lazy=True, recalcTimestamp=False)


def _to_truetype(font: TTFont) -> None:
    """Replace cubic CFF outlines by quadratic ones, off by at most a thousandth of an em."""
    from fontTools.pens.cu2quPen import Cu2QuPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen
    from fontTools.ttLib import newTable

    outlines, order = font.getGlyphSet(), font.getGlyphOrder()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, 1.0, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    font["hmtx"].metrics = {n: (font["hmtx"][n][0], getattr(g, "xMin", 0) or 0) for n, g in _bounded(font)}
    _set_maximum_profile(font)
    font.sfntVersion = "\000\001\000\000"


def _bounded(font: TTFont) -> list[tuple[str, Any]]:
    """Glyphs with their bounds reckoned."""
    table = font["glyf"]
    for glyph in table.glyphs.values():
        glyph.recalcBounds(table)
    return list(table.glyphs.items())


def _set_maximum_profile(font: TTFont) -> None:
    """The `maxp` table that TrueType outlines need; counts are reckoned when the file is saved."""
    maxp = font["maxp"]
    maxp.tableVersion = 0x00010000
    for field in MAXIMA:
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    font["post"].formatType, font["post"].extraNames, font["post"].mapping = 3.0, [], {}


def _spread(font: TTFont, thousandths: int) -> None:
    """Widen every advance and set the outline in the middle of its new cell."""
    extra = font["head"].unitsPerEm * thousandths // 1000
    table, metrics = font["glyf"], font["hmtx"]
    for name, glyph in table.glyphs.items():
        if getattr(glyph, "numberOfContours", 0) > 0:
            glyph.coordinates.translate((extra // 2, 0))
            glyph.recalcBounds(table)
        advance, bearing = metrics[name]
        metrics[name] = (advance + extra, bearing + extra // 2)


def _rename(font: TTFont, face: Face) -> None:
    """Our own family name, so that the installed font of the same origin stays reachable beside it."""
    style = "Bold" if face.weight >= 600 else "Regular"
    postscript = f"{face.family.replace(' ', '')}-{style}"
    names = {1: face.family, 2: style, 3: postscript, 4: f"{face.family} {style}", 6: postscript}
    for number, text in names.items():
        font["name"].setName(text, number, 3, 1, 0x409)


def _stamp(sources: dict[str, Path]) -> str:
    """Changes when the table of faces, the characters, this code's version or a source file changes."""
    from fontTools import version

    parts = [str(VERSION), version, repr(FACES), repr(ranges(common_characters()))]
    parts += [f"{path} {path.stat().st_size} {int(path.stat().st_mtime)}" for path in sources.values()]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_current(folder: Path, stamp: str) -> bool:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        sizes = {name: (folder / name).stat().st_size for name in manifest["files"]}
    except (OSError, ValueError, KeyError):
        return False
    return bool(manifest.get("stamp") == stamp and sizes == manifest["files"])


def _copy_licences(folder: Path) -> None:
    """The licence travels with the cut files (OFL 1.1, condition 2)."""
    for name, package in LICENCES.items():
        text = Path("/usr/share/doc") / package / "copyright"
        if text.is_file():
            shutil.copyfile(text, folder / name)


def _write_manifest(folder: Path, stamp: str, sources: dict[str, Path]) -> None:
    """What the renderer must know: file sizes, and which characters are drawn with and without the installed fonts."""
    texts = [face.file for face in FACES if not face.glyphs]
    drawn = {path: set(_open(path).getBestCmap()) for path in set(sources.values())}
    kai = drawn[sources["kai.ttf"]] & drawn[sources["kai-bold.ttf"]]
    noto = drawn[sources["sans.ttf"]] & drawn[sources["sans-bold.ttf"]] & drawn[sources["title.ttf"]]
    manifest = {
        "stamp": stamp,
        "files": {face.file: (folder / face.file).stat().st_size for face in FACES},
        "sources": sorted(str(path) for path in drawn),
        "installed": ranges(kai | noto),
        "cut": ranges(set.intersection(*(set(_open(folder / file).getBestCmap()) for file in texts))),
    }
    temporary = folder / f".{MANIFEST}"
    temporary.write_text(json.dumps(manifest, separators=(",", ":")), encoding="utf-8")
    temporary.replace(folder / MANIFEST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
