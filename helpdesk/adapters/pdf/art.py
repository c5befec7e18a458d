"""The drawing under the words: woven border, corner medallions, watermark, emblem, logo. All of it is arithmetic.

Every shape is an SVG path string in millimetres from the top left of an A4 sheet on its side, built from M, L, C and
Z in absolute numbers only, and so is as easily a PDF content stream (`content`). A weave is one period set many times
along a line, a rosette one petal turned many times: the repeats deflate to almost nothing. The pattern hangs on the
deployment's name: another town's certificate has other petals and another weave, and cannot be passed off as this one.

Tints are solid colours mixed with the paper's: no transparency, so every printer and every archive shows the same.
Nothing here resembles an official round seal, a national emblem or a star.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import acos, cos, pi, sin

WIDTH, HEIGHT = 297.0, 210.0
MM = 72 / 25.4
PAPER, TEAL, GOLD, RED = "#FFFDF7", "#0D5C75", "#A67C22", "#9C1F17"
EDGE = 14.5  # middle of the woven band, from the edge of the sheet
EMBLEM = (148.5, 164.6, 13.4)
SEAL = (224.0, 164.6, 15.0)
LOGO = (30.0, 25.0, 9.0)

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]
HERE: Matrix = (1, 0, 0, 1, 0, 0)


@dataclass(frozen=True)
class Shape:
    """A path, its colours, and the places it is set at; widths and dashes in millimetres."""

    d: str
    stroke: str | None = None
    width: float = 0.2
    fill: str | None = None
    dash: tuple[float, ...] = ()
    places: tuple[Matrix, ...] = (HERE,)


@dataclass(frozen=True)
class Pattern:
    """What differs between deployments."""

    petals: int
    inner_petals: int
    strands: int
    swing: float
    lag: float


def pattern(name: str) -> Pattern:
    """The pattern of a deployment: numbers out of the name's hash, each kept within what looks well."""
    raw = hashlib.sha256(name.encode()).digest()
    return Pattern(
        petals=11 + raw[0] % 5,
        inner_petals=6 + raw[1] % 4,
        strands=5 + raw[2] % 3,
        swing=3.3 + (raw[3] % 5) / 10,
        lag=0.24 + (raw[4] % 6) / 50,
    )


def mixed(colour: str, part: float) -> str:
    """A colour thinned with the paper's; `part` 1 is the full colour."""
    pairs = zip(_channels(colour), _channels(PAPER), strict=True)
    return "#" + "".join(f"{round(a * part + b * (1 - part)):02X}" for a, b in pairs)


def curve(place: Callable[[float], Point], start: float, stop: float, steps: int) -> str:
    """A smooth path through `steps` pieces of a parametric curve: cubic pieces with the curve's own tangents."""
    width, tiny = (stop - start) / steps, 1e-5
    nodes = []
    for i in range(steps + 1):
        t = start + i * width
        (x, y), (x0, y0), (x1, y1) = place(t), place(t - tiny), place(t + tiny)
        reach = width / 3 / (2 * tiny)
        nodes.append((x, y, (x1 - x0) * reach, (y1 - y0) * reach))
    parts = [f"M{_n(nodes[0][0])} {_n(nodes[0][1])}"]
    for (ax, ay, adx, ady), (bx, by, bdx, bdy) in pairwise(nodes):
        numbers = (ax + adx, ay + ady, bx - bdx, by - bdy, bx, by)
        parts.append("C" + " ".join(_n(v) for v in numbers))
    return "".join(parts)


def arc(x: float, y: float, r: float, start: float, stop: float) -> str:
    """Part of a circle, angles in radians."""
    return curve(lambda t: (x + r * cos(t), y + r * sin(t)), start, stop, max(1, round(abs(stop - start) / 0.8)))


def circle(r: float, x: float = 0.0, y: float = 0.0) -> str:
    """A full circle."""
    return arc(x, y, r, 0, 2 * pi) + "Z"


def polygon(*points: Point) -> str:
    """Straight lines through the points and back."""
    return "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + "Z"


def frame(inset: float) -> str:
    """A rectangle at the same distance from all edges of the sheet."""
    right, bottom = WIDTH - inset, HEIGHT - inset
    return polygon((inset, inset), (right, inset), (right, bottom), (inset, bottom))


def notched(inset: float, radius: float) -> str:
    """A frame whose corners curve inwards, concentric with the medallions."""
    half = acos((inset - EDGE) / radius)
    parts = []
    for quarter, (x, y) in enumerate(corners()):
        start = (quarter * pi / 2) + half
        stop = (quarter * pi / 2) + pi / 2 - half
        parts.append(arc(x, y, radius, start, stop))
    return "M" + "L".join(part.removeprefix("M") for part in parts) + "Z"


def corners() -> tuple[Point, ...]:
    """Where the bands meet, clockwise from the top left."""
    right, bottom = WIDTH - EDGE, HEIGHT - EDGE
    return (EDGE, EDGE), (right, EDGE), (right, bottom), (EDGE, bottom)


def turned(times: int, x: float = 0.0, y: float = 0.0, first: float = 0.0) -> tuple[Matrix, ...]:
    """Places all around a point."""
    angles = [first + 2 * pi * i / times for i in range(times)]
    return tuple((cos(a), sin(a), -sin(a), cos(a), x, y) for a in angles)


def mesh(inner: float, outer: float, petals: int, lines: int) -> str:
    """One petal's share of the engraver's rosette: `lines` waves round a ring, each a little further on."""
    middle, swing, petal = (inner + outer) / 2, (outer - inner) / 2, 2 * pi / petals

    def wave(shift: float) -> Callable[[float], Point]:
        def place(t: float) -> Point:
            r = middle + swing * cos(petals * (t + shift))
            return r * cos(t), r * sin(t)

        return place

    return "".join(curve(wave(petal * i / lines), 0, petal, 6) for i in range(lines))


def weave(period: float, look: Pattern) -> tuple[str, str]:
    """One period of the border along the x axis: two ribbons that cross, and a finer braid of twice the pace."""

    def strand(swing: float, pace: int, shift: float) -> str:
        return curve(lambda t: (t * period, swing * sin(2 * pi * pace * t + shift)), 0, 1, 4 * pace)

    middle = (look.strands - 1) / 2
    ribbons = "".join(
        strand(side * look.swing, 1, (i - middle) * look.lag) for i in range(look.strands) for side in (1, -1)
    )
    braid = "".join(strand(side * look.swing * 0.6, 2, i * 0.5) for i in (-1, 0, 1) for side in (1, -1))
    return ribbons, braid


def drawing(name: str) -> list[Shape]:
    """The whole sheet, back to front."""
    look = pattern(name)
    return [
        Shape(frame(0), fill=PAPER),
        *_watermark(look),
        *_border(look),
        *_medallions(look),
        *_divider(),
        *_emblem(look),
        Shape(circle(SEAL[2], *SEAL[:2]), mixed(RED, 0.4), 0.22, dash=(1.1, 1.1)),
        *_logo(*LOGO),
    ]


def _watermark(look: Pattern) -> Iterator[Shape]:
    """Three rings behind the text, so pale that they never hinder reading."""
    rings = (
        (46.0, 66.0, look.petals * 2, 4, mixed(TEAL, 0.15)),
        (26.0, 48.0, look.petals + 3, 5, mixed(GOLD, 0.2)),
        (5.0, 28.0, look.inner_petals + 2, 6, mixed(TEAL, 0.15)),
    )
    for inner, outer, petals, lines, tint in rings:
        yield Shape(mesh(inner, outer, petals, lines), tint, 0.14, places=turned(petals, WIDTH / 2, 103.0))


def _border(look: Pattern) -> Iterator[Shape]:
    """Four woven bands between rules; the inner rules turn in around the corner medallions."""
    for length, upright in ((WIDTH - 2 * EDGE, False), (HEIGHT - 2 * EDGE, True)):
        periods = round(length / 14.0)
        period = length / periods
        places = tuple(_along(side, EDGE + i * period, upright) for side in (0, 1) for i in range(periods))
        ribbons, braid = weave(period, look)
        yield Shape(ribbons, mixed(TEAL, 0.85), 0.13, places=places)
        yield Shape(braid, GOLD, 0.13, places=places)
    for inset, colour, width in ((8.6, GOLD, 0.8), (9.8, TEAL, 0.18), (19.2, TEAL, 0.18)):
        yield Shape(frame(inset), colour, width)
    yield Shape(notched(20.4, 11.6), GOLD, 0.5)
    yield Shape(notched(21.5, 12.8), mixed(GOLD, 0.6), 0.16)


def _along(side: int, at: float, upright: bool) -> Matrix:
    """The place of one period on the first or second band of a direction."""
    if upright:
        return (0, 1, 1, 0, WIDTH - EDGE if side else EDGE, at)
    return (1, 0, 0, 1, at, HEIGHT - EDGE if side else EDGE)


def _medallions(look: Pattern) -> Iterator[Shape]:
    """A rosette where two bands meet."""
    spots = tuple((1.0, 0.0, 0.0, 1.0, x, y) for x, y in corners())
    yield Shape(circle(9.4), GOLD, 0.6, PAPER, places=spots)
    yield Shape(circle(8.7), TEAL, 0.16, places=spots)
    for inner, outer, petals, lines, colour in (
        (4.0, 8.3, look.petals, 4, TEAL),
        (1.6, 4.6, look.inner_petals, 4, GOLD),
    ):
        places = tuple(place for x, y in corners() for place in turned(petals, x, y))
        yield Shape(mesh(inner, outer, petals, lines), colour, 0.13, places=places)
    yield Shape(circle(1.1), GOLD, 0.22, PAPER, places=spots)
    yield Shape(circle(0.45), fill=TEAL, places=spots)


def _divider() -> Iterator[Shape]:
    """Under the title: two tapering strokes and three lozenges."""
    x, y = WIDTH / 2, 62.0
    for side in (-1, 1):
        root = x + side * 6.4
        yield Shape(polygon((x + side * 40, y), (root, y - 0.22), (root, y + 0.22)), fill=GOLD)
        yield Shape(_lozenge(x + side * 4.2, y, 0.75), fill=GOLD)
    yield Shape(_lozenge(x, y, 1.6), fill=GOLD)
    yield Shape(_lozenge(x, y, 0.8), fill=PAPER)


def _lozenge(x: float, y: float, r: float) -> str:
    return polygon((x, y - r), (x + r, y), (x, y + r), (x - r, y))


def _emblem(look: Pattern) -> Iterator[Shape]:
    """The mark of verification: a toothed gold disc, an engraved ring and our logo. Its words are set as text."""
    x, y, r = EMBLEM
    teeth = 72

    def edge(t: float) -> Point:
        reach = r * (1 + 0.018 * cos(teeth * t))
        return x + reach * cos(t), y + reach * sin(t)

    yield Shape(curve(edge, 0, 2 * pi, teeth * 4) + "Z", GOLD, 0.3, mixed(GOLD, 0.12))
    yield Shape(circle(r * 0.945, x, y), GOLD, 0.14)
    for inner, outer, petals, lines, colour in (
        (0.66, 0.91, look.petals * 2, 4, TEAL),
        (0.64, 0.76, look.petals * 2, 2, GOLD),
    ):
        yield Shape(mesh(r * inner, r * outer, petals, lines), colour, 0.13, places=turned(petals, x, y))
    yield Shape(circle(r * 0.635, x, y), GOLD, 0.35, PAPER)
    yield Shape(circle(r * 0.595, x, y), TEAL, 0.13)
    yield from _logo(x - 3.6, y - 5.9, 7.2)


def _logo(x: float, y: float, size: float) -> Iterator[Shape]:
    """The speech bubble with a point over two waves, drawn in a 32-unit square and set at `x`, `y`."""
    scale = size / 32
    spot = ((scale, 0.0, 0.0, scale, x, y),)
    bubble = (
        "M9 2L23 2C26.866 2 30 5.134 30 9L30 20C30 23.866 26.866 27 23 27L12.2 27L6.4 30.6"
        "C5.8 31 5 30.6 5 29.9L5 26.2C3.2 24.9 2 22.8 2 20.4L2 9C2 5.134 5.134 2 9 2Z"
    )
    yield Shape(bubble, fill=TEAL, places=spot)
    yield Shape(circle(2.7, 16, 8.4), fill=PAPER, places=spot)
    yield Shape("M6.6 16.4C9.7 13.5 12.9 13.5 16 16.4C19.1 19.3 22.3 19.3 25.4 16.4", PAPER, 2.5, places=spot)
    yield Shape("M9.3 21.9C11.5 19.9 13.8 19.9 16 21.9C18.2 23.9 20.5 23.9 22.7 21.9", "#9EC3CF", 2.5, places=spot)


@lru_cache(maxsize=4)
def content(name: str) -> bytes:
    """The drawing as a deflated PDF content stream, marked as decoration for assistive technology."""
    return stream(drawing(name), HEIGHT)


def stream(shapes: Iterable[Shape], height: float) -> bytes:
    """Shapes on a sheet of this height as a deflated content stream, marked as decoration."""
    parts = ["/Artifact BMC", "q", f"{MM:.6f} 0 0 {-MM:.6f} 0 {height * MM:.4f} cm", "1 j 1 J"]
    for shape in shapes:
        parts += _operators(shape)
    parts += ["Q", "EMC", ""]
    return zlib.compress("\n".join(parts).encode("ascii"), 9)


def _operators(shape: Shape) -> Iterator[str]:
    """PDF operators of one shape at all its places."""
    if shape.fill:
        yield f"{_rgb(shape.fill)} rg"
    if shape.stroke:
        yield f"{_rgb(shape.stroke)} RG {_n(shape.width)} w [{' '.join(_n(v) for v in shape.dash)}] 0 d"
    path = _path_operators(shape.d)
    paint = "B" if shape.fill and shape.stroke else "f" if shape.fill else "S"
    for place in shape.places:
        yield f"q {' '.join(_n(v, 5) for v in place)} cm\n{path} {paint} Q"


def _path_operators(d: str) -> str:
    """SVG's M, L, C and Z as PDF's m, l, c and h."""
    starts = [i for i, character in enumerate(d) if character.isalpha()]
    pieces = [(d[start], d[start + 1 : stop]) for start, stop in zip(starts, [*starts[1:], len(d)], strict=True)]
    names = {"M": "m", "L": "l", "C": "c", "Z": "h"}
    return "\n".join(f"{numbers} {names[letter]}".strip() for letter, numbers in pieces)


def _n(value: float, decimals: int = 2) -> str:
    """A number without needless zeros; two decimals are a hundredth of a millimetre. PDF knows no exponents."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _rgb(colour: str) -> str:
    return " ".join(f"{c / 255:.4f}" for c in _channels(colour))
