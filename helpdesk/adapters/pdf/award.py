"""The award in words: who is commended, as what, after which cycle and public notice. One A4 page on its side.

The wording is fixed Chinese with English beside it, like the certificate's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from helpdesk.adapters.pdf import Facts
from helpdesk.adapters.pdf.titles import AWARD, AWARD_EN
from helpdesk.adapters.pdf.wording import (
    Fact,
    Foot,
    chinese_period,
    clamp,
    clean,
    english_period,
    fact,
    foot,
    hours,
    refuse_gaps,
    roomy,
)

# Sizes of the honour's own name, largest first, with the room one line of them has in em squares.
TITLE_SIZES = (("grand", 17.0), ("plain", 27.0), ("narrow", 42.0))


@dataclass(frozen=True, kw_only=True)
class AwardFacts(Facts):
    """Everything an award says, as plain values. Of an expert `expert_name` is set, of all others `recipient_name`.

    `minutes` are those that were weighed, whole minutes, None when none were. `noticed_from` and `noticed_until` are
    the days of the public notice (公示), None where the scheme asks for none.
    """

    expert_name: str = ""
    recipient_name: str = ""
    salutation: str = "同志"
    title_zh: str
    title_en: str
    cycle_name: str
    basis: str
    period_from: date
    period_to: date
    noticed_from: date | None
    noticed_until: date | None
    minutes: int | None
    issuer_name: str
    issued_on: date
    digest: str


@dataclass(frozen=True, kw_only=True)
class AwardPaper(Foot):
    """The strings of one award, cleaned. Escaping is the template's."""

    title: str
    title_en: str
    name: str
    salutation: str
    period: str
    honour: str
    honour_size: str
    english: str
    facts: tuple[Fact, ...]


def paper(facts: AwardFacts, coverage: Collection[int], _tightness: float = 1.0) -> AwardPaper:
    """The strings of this award. Raises RenderingUnavailable when a field cannot be printed as it is."""
    name, honour = clean(facts.expert_name or facts.recipient_name), clean(facts.title_zh)
    made = AwardPaper(
        title=AWARD,
        title_en=AWARD_EN,
        name=clamp(name, 40.0),
        salutation=clean(facts.salutation) if facts.expert_name else "",
        period=chinese_period(facts.period_from, facts.period_to),
        honour=honour,
        honour_size=roomy(honour, TITLE_SIZES),
        english=_english(facts),
        facts=_facts(facts),
        **foot(facts, facts.issuer_name, facts.issued_on, facts.digest),
    )
    _refuse_gaps(made, coverage)
    return made


def _english(facts: AwardFacts) -> str:
    period = english_period(facts.period_from, facts.period_to)
    return f"Awarded “{clean(facts.title_en)}” for volunteer service to small and medium enterprises, {period}."


def _facts(facts: AwardFacts) -> tuple[Fact, ...]:
    """The strip under the text; room is in em squares of the ordinary size, as wide as award.css makes it."""
    noticed = "无需公示"
    if facts.noticed_from and facts.noticed_until:
        noticed = chinese_period(facts.noticed_from, facts.noticed_until)
    rows = (
        ("评选", "Cycle", facts.cycle_name, 13.0),
        ("公示", "Public notice", noticed, 16.0),
        ("期间服务时长", "Hours", f"{hours(facts.minutes)}小时" if facts.minutes else "—", 8.0),
        ("依据", "Basis", facts.basis, 20.0),
    )
    return tuple(fact(label, english, clean(value) or "—", room) for label, english, value, room in rows)


def _printed(made: AwardPaper) -> Iterator[tuple[str, str]]:
    yield "name", made.name
    yield "title", made.honour
    yield "issuer_name", made.issuer
    yield "number", made.number + made.code + made.address + made.digest + made.salutation + made.english
    for item in made.facts:
        yield item.label, item.value


def _refuse_gaps(made: AwardPaper, coverage: Collection[int]) -> None:
    needed = {"name": made.name, "title": made.honour, "issuer_name": made.issuer}
    sizes = {"title": made.honour_size, "issuer_name": made.issuer_size}
    refuse_gaps(f"award {made.number}", needed, sizes, _printed(made), coverage)
