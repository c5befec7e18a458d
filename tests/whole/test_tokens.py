"""The colours of the style sheets, measured: every pair that meets on a screen, in light and in dark.

The formula is WCAG 2.2's relative luminance. Text needs 4.5; borders of fields, marks and chart series 3.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "helpdesk" / "static"
TEMPLATES = Path(__file__).parents[2] / "helpdesk" / "templates"
TOKENS = (STATIC / "css" / "tokens.css").read_text(encoding="utf-8")

TEXT = 4.5
GRAPHIC = 3.0

# what is drawn : the grounds it is drawn on
TEXT_PAIRS: dict[str, list[str]] = {
    "ink": ["canvas", "surface", "sunken", "brand-bg", "gold-bg", "mark", "done-bg", "wait-bg", "danger-bg"],
    "ink-2": ["canvas", "surface", "sunken", "brand-bg", "gold-bg"],
    "ink-3": ["canvas", "surface", "sunken", "brand-bg"],
    "brand-tx": ["surface", "canvas", "brand-bg"],
    "on-brand": ["brand", "brand-h"],
    "on-accent": ["accent"],
    "on-strip": ["strip"],
    "on-toast": ["toast", "toast-key"],
    "accent": ["surface", "accent-bg", "brand-bg"],
    "new": ["new-bg", "surface"],
    "offer": ["offer-bg", "surface"],
    "work": ["work-bg", "surface"],
    "wait": ["wait-bg", "surface", "canvas", "brand-bg", "gold-bg"],
    "conf": ["conf-bg", "surface"],
    "done": ["done-bg", "surface", "canvas"],
    "off": ["off-bg", "surface"],
    "danger": ["danger-bg", "surface", "canvas", "brand-bg", "gold-bg"],
    "gold": ["gold-bg", "surface"],
    "surface": ["ink", "done"],
}
GRAPHIC_PAIRS: dict[str, list[str]] = {
    "line-input": ["surface", "canvas"],
    "brand": ["surface", "canvas", "brand-bg"],
    "focus": ["surface", "canvas", "focus-2"],
    "toast-line": ["toast"],
    **{f"c{n}": ["surface"] for n in range(1, 6)},
}
PAIRS = [
    (front, ground, least)
    for least, table in ((TEXT, TEXT_PAIRS), (GRAPHIC, GRAPHIC_PAIRS))
    for front, grounds in table.items()
    for ground in grounds
]


def blocks() -> dict[str, dict[str, str]]:
    """The custom properties of the light theme and of the two dark blocks, by name."""
    found: dict[str, dict[str, str]] = {}
    for name, start in (
        ("light", ":root {"),
        ("asked", ":root:not([data-theme=light]) {"),
        ("chosen", ":root[data-theme=dark] {"),
    ):
        body = TOKENS[TOKENS.index(start) + len(start) :].split("}", 1)[0]
        found[name] = dict(re.findall(r"--([\w-]+):\s*([^;]+);", body))
    return found


BLOCKS = blocks()
THEMES = {"light": BLOCKS["light"], "dark": {**BLOCKS["light"], **BLOCKS["chosen"]}}


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, 0 to 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_knows_black_on_white() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#17212B", "#FFFFFF") == pytest.approx(16.29, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_pair_is_legible(theme: str, front: str, ground: str, least: float) -> None:
    colours = THEMES[theme]
    assert contrast(colours[front], colours[ground]) >= least, f"{front} on {ground}, {theme}"


def test_enough_pairs_are_measured() -> None:
    assert len(PAIRS) * len(THEMES) >= 92


def test_dark_is_the_same_whether_asked_for_or_chosen() -> None:
    assert BLOCKS["asked"] == BLOCKS["chosen"]


def test_every_token_that_is_used_exists() -> None:
    known = set(BLOCKS["light"])
    for sheet in sorted((STATIC / "css").glob("*.css")):
        used = set(re.findall(r"var\(--([\w-]+)", sheet.read_text(encoding="utf-8")))
        assert used <= known, f"{sheet.name}: {sorted(used - known)}"


def test_no_colour_is_written_outside_the_tokens() -> None:
    """Two exceptions: the paper of a certificate is the same in both themes, and print is black on white."""
    for sheet in sorted((STATIC / "css").glob("*.css")):
        if sheet.name in ("tokens.css", "print.css"):
            continue
        for line in sheet.read_text(encoding="utf-8").splitlines():
            written = re.search(r"#[0-9A-Fa-f]{3,8}\b(?![^{]*\{)", line)
            assert ".cert" in line or not written, f"{sheet.name}: {line}"


def test_every_state_has_a_shape_of_its_own() -> None:
    sprite = (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")
    shapes = dict(re.findall(r'<symbol id="([\w-]+)"[^>]*>(.*?)</symbol>', sprite))
    table = (TEMPLATES / "components" / "status.html").read_text(encoding="utf-8")
    icons = re.findall(r'"icon": "(s-[\w-]+)"', table)
    assert len(icons) == len(set(icons)) >= 12
    assert len({shapes[name] for name in icons}) == len(icons)


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    sprite = (STATIC / "img" / "icons.svg").read_text(encoding="utf-8")
    known = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    for page in sorted(TEMPLATES.rglob("*.html")):
        named = set(
            re.findall(
                r"""(?:\b(?:icon|draw)\(|\bicon=|"icon": )["']([\w-]+)["']""",
                page.read_text(encoding="utf-8"),
            )
        )
        assert named <= known, f"{page.relative_to(TEMPLATES)}: {sorted(named - known)}"
