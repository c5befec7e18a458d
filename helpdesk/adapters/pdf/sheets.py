"""Which sheet a kind of paper is printed on: its words, its template and style sheet, the drawing under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from helpdesk.adapters.pdf import CertificateFacts, Facts, art, art_portrait, award, record, statement, wording
from helpdesk.adapters.pdf.award import AwardFacts
from helpdesk.adapters.pdf.record import RecordFacts
from helpdesk.adapters.pdf.statement import StatementFacts


class Words(Protocol):
    """What the press needs of a paper's strings, whatever else its template uses."""

    @property
    def number(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def digest_full(self) -> str: ...
    @property
    def qr_text(self) -> str: ...
    @property
    def city(self) -> str: ...


@dataclass(frozen=True)
class Sheet:
    """`name` is that of templates/pdf/<name>.html; `styles` are the style sheets beside this module, in their order.

    `words(facts, coverage, tightness)` makes the strings. `last_line_mm` is where the element `#end` may start at the
    latest on the only page; None means as many pages as it takes. `art(name)` is the deflated drawing under each page.
    What is not to be signed has no field for a signature.
    """

    name: str
    styles: tuple[str, ...]
    words: Callable[[Any, Any, float], Words]
    art: Callable[[str], bytes]
    last_line_mm: float | None = None
    is_signed: bool = True


ON_ITS_SIDE, UPRIGHT = ("faces", "landscape"), ("faces", "statement")

SHEETS: dict[type[Facts], Sheet] = {
    CertificateFacts: Sheet(
        "certificate", (*ON_ITS_SIDE, "certificate"), wording.paper, art.content, last_line_mm=119.0
    ),
    AwardFacts: Sheet("award", (*ON_ITS_SIDE, "award"), award.paper, art.content, last_line_mm=121.0),
    StatementFacts: Sheet("statement", UPRIGHT, statement.paper, art_portrait.content),
    RecordFacts: Sheet("record", UPRIGHT, record.paper, art_portrait.content, is_signed=False),
}


def sheet_for(facts: Facts) -> Sheet:
    """The sheet of these facts. Raises KeyError for a kind without one."""
    return SHEETS[type(facts)]
