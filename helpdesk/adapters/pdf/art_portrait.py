"""The drawing under an upright A4 page: the same weave, rosettes and logo as on the certificate, kept to the edges.

A statement is read line by line and has several pages, so the middle holds nothing but a watermark that nobody notices.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from helpdesk.adapters.pdf.art import (
    GOLD,
    PAPER,
    TEAL,
    Matrix,
    Pattern,
    Shape,
    _logo,
    circle,
    mesh,
    mixed,
    pattern,
    polygon,
    stream,
    turned,
    weave,
)

WIDTH, HEIGHT = 210.0, 297.0
EDGE = 8.6  # middle of the woven band, from the edge of the sheet
FINE = 0.42  # the certificate's band, that much narrower
LOGO = (19.0, 15.2, 7.2)


def frame(inset: float) -> str:
    """A rectangle at the same distance from all edges of the sheet."""
    right, bottom = WIDTH - inset, HEIGHT - inset
    return polygon((inset, inset), (right, inset), (right, bottom), (inset, bottom))


def drawing(name: str) -> list[Shape]:
    """The whole sheet, back to front."""
    look = pattern(name)
    return [
        Shape(frame(0), fill=PAPER),
        *_watermark(look),
        *_border(look),
        *_corners(look),
        *_logo(*LOGO),
        Shape(polygon((19.0, 25.2), (WIDTH - 19.0, 25.2), (WIDTH - 19.0, 25.32), (19.0, 25.32)), fill=GOLD),
    ]


def _watermark(look: Pattern) -> Iterator[Shape]:
    rings = (
        (40.0, 58.0, look.petals * 2, 4, mixed(TEAL, 0.1)),
        (22.0, 42.0, look.petals + 3, 5, mixed(GOLD, 0.13)),
        (4.0, 24.0, look.inner_petals + 2, 6, mixed(TEAL, 0.1)),
    )
    for inner, outer, petals, lines, tint in rings:
        yield Shape(mesh(inner, outer, petals, lines), tint, 0.12, places=turned(petals, WIDTH / 2, 160.0))


def _border(look: Pattern) -> Iterator[Shape]:
    """Four narrow woven bands between two rules."""
    for length, upright in ((WIDTH - 2 * EDGE, False), (HEIGHT - 2 * EDGE, True)):
        periods = round(length / 6.4)
        step = length / periods
        places = tuple(_along(side, EDGE + i * step, upright) for side in (0, 1) for i in range(periods))
        ribbons, braid = weave(step / FINE, look)
        yield Shape(ribbons, mixed(TEAL, 0.8), 0.2, places=places)
        yield Shape(braid, GOLD, 0.2, places=places)
    for inset, colour, width in ((6.2, GOLD, 0.5), (11.0, GOLD, 0.3), (11.9, mixed(TEAL, 0.7), 0.12)):
        yield Shape(frame(inset), colour, width)


def _along(side: int, at: float, upright: bool) -> Matrix:
    """The place of one period on the first or second band of a direction."""
    if upright:
        return (0, FINE, FINE, 0, WIDTH - EDGE if side else EDGE, at)
    return (FINE, 0, 0, FINE, at, HEIGHT - EDGE if side else EDGE)


def _corners(look: Pattern) -> Iterator[Shape]:
    """A small rosette where two bands meet."""
    middles = tuple((x, y) for x in (EDGE, WIDTH - EDGE) for y in (EDGE, HEIGHT - EDGE))
    spots: tuple[Matrix, ...] = tuple((1.0, 0.0, 0.0, 1.0, x, y) for x, y in middles)
    yield Shape(circle(4.1), GOLD, 0.4, PAPER, places=spots)
    for inner, outer, petals, lines, colour in (
        (1.6, 3.7, look.petals, 3, TEAL),
        (0.6, 1.9, look.inner_petals, 3, GOLD),
    ):
        places = tuple(place for x, y in middles for place in turned(petals, x, y))
        yield Shape(mesh(inner, outer, petals, lines), colour, 0.1, places=places)


@lru_cache(maxsize=4)
def content(name: str) -> bytes:
    """The drawing as a deflated PDF content stream, marked as decoration for assistive technology."""
    return stream(drawing(name), HEIGHT)
