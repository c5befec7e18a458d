"""Routing rules: what a new request has to be like, and what then happens to it, before anybody reads it.

Rules are read from the top. What one of them has set, none below sets otherwise; tags add up. So the order is the
priority, and every outcome can be told from one list of steps. Pure: the domain gathers the facts and keeps the log.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


class When(enum.StrEnum):
    """At what time a request arrives, by the hours of the station that is accountable for its district."""

    ANY = ""
    OPEN = "open"
    SHUT = "shut"
    DAY_OFF = "day_off"


MOST_TAGS, LONGEST_TAG, MOST_KEYWORDS, LONGEST_KEYWORD = 5, 20, 30, 30


@dataclass(frozen=True)
class Conditions:
    """All that is named must hold; of several values of one kind, one is enough. Nothing named holds always."""

    categories: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    when: When = When.ANY

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Conditions:
        """Out of what the database keeps; what it does not know is left out."""
        names = ("categories", "districts", "industries", "sizes", "keywords")
        return cls(
            **{name: tuple(str(x) for x in stored.get(name) or ()) for name in names},
            when=When(stored.get("when") or ""),
        )

    def stored(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {
            "categories": list(self.categories),
            "districts": list(self.districts),
            "industries": list(self.industries),
            "sizes": list(self.sizes),
            "keywords": list(self.keywords),
            "when": self.when.value,
        }

    def hold_for(self, request: Request) -> bool:
        """Whether a request is like this."""
        return (
            (not self.categories or request.category in self.categories)
            and (not self.districts or request.district in self.districts)
            and (not self.industries or any(request.industry.startswith(code) for code in self.industries))
            and (not self.sizes or request.size in self.sizes)
            and (not self.keywords or any(plain(word) in request.text for word in self.keywords))
            and (self.when is When.ANY or self.when in request.times)
        )


@dataclass(frozen=True)
class Acts:
    """What happens: a station, an urgency, tags, a team of experts to ask first; empty is left alone."""

    station: str = ""
    urgency: str = ""
    tags: tuple[str, ...] = ()
    team: int | None = None

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Acts:
        """Out of what the database keeps."""
        return cls(
            station=str(stored.get("station") or ""),
            urgency=str(stored.get("urgency") or ""),
            tags=tuple(str(x) for x in stored.get("tags") or ()),
            team=stored.get("team"),
        )

    def stored(self) -> dict[str, Any]:
        """As the database keeps it: only what is set."""
        named = {"station": self.station, "urgency": self.urgency, "tags": list(self.tags), "team": self.team}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Request:
    """What is known when a request arrives. `text` is plain (see `plain`); `times` may hold more than one."""

    category: str | None
    district: str
    industry: str
    size: str
    text: str
    times: frozenset[When]


@dataclass(frozen=True)
class Rule:
    """One rule, as the order has it."""

    id: int
    conditions: Conditions
    acts: Acts


@dataclass(frozen=True)
class Step:
    """What one rule did: `did` is what it set, `late` what a rule above had set already."""

    rule_id: int
    did: Acts
    late: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of all rules together."""

    acts: Acts = Acts()
    steps: list[Step] = field(default_factory=list)


def plain(text: str) -> str:
    """Text as words are looked for: one width, one case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def apply(rules: Iterable[Rule], request: Request) -> Outcome:
    """All rules that hold, from the top."""
    station = urgency = ""
    team: int | None = None
    tags: list[str] = []
    steps = []
    for rule in rules:
        if not rule.conditions.hold_for(request):
            continue
        acts, late = rule.acts, []
        did_station = did_urgency = ""
        did_team: int | None = None
        if acts.station:
            if station:
                late.append("station")
            else:
                station = did_station = acts.station
        if acts.urgency:
            if urgency:
                late.append("urgency")
            else:
                urgency = did_urgency = acts.urgency
        if acts.team is not None:
            if team is not None:
                late.append("team")
            else:
                team = did_team = acts.team
        new = tuple(tag for tag in dict.fromkeys(acts.tags) if tag and tag not in tags)
        tags.extend(new)
        steps.append(Step(rule.id, Acts(did_station, did_urgency, new, did_team), tuple(late)))
    return Outcome(Acts(station, urgency, tuple(tags), team), steps)
