"""Which field a request belongs to, from its words: three likely fields, how sure, and the words that say so.

Two kinds of evidence are added as logarithms of odds. Cue words, weighed by hand from the plan's words for the ten
fields, say what a field is about before anything was ever triaged. Pairs and triples of characters, counted in written
examples and in every case triaged since, say how people really ask. A sentence that asks counts more than one that
tells: "银行断贷了，厂房想转租，怎么办手续" is about the factory.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from helpdesk.reference import load

# Weights found on the demonstration's requests, never on the labelled set of benchmarks/triage.
ASKING, CUE, HABIT, SMOOTHING, PRIOR = 2.0, 1.0, 0.2, 0.3, 150.0
# Points of evidence to probability: what is 2.5 points ahead is right about three times in four.
TEMPERATURE, DOUBT = 2.6, 0.1
SHOWN = 3

# English words that every request has and that say nothing; whoever reads a reason would wonder at "i".
_EMPTY_TEXT = """
    a an and are as at be by can do does for from get had has have how i if in is it its me my need no not of on or
    our should so that the their them there they this to us want was we what when where which who will with you your
"""
_EMPTY = frozenset(_EMPTY_TEXT.split())

_RUN = re.compile(r"([一-鿿]+)|([a-z0-9]+)")
_SENTENCE = re.compile(r"(?<=[。！？!?；;\n])")
_ASKS = re.compile(
    r"[？?吗呢]|怎么|要不要|能不能|想|该不该|有没有|可不可以|如何|哪|谁|多少|求|帮|请|算不算|值不值|咋|啥"
)


@dataclass(frozen=True)
class Guess:
    """A field, how sure (0 to 1, over all fields 1), and the words of the request that point to it, strongest first."""

    code: str
    share: float
    words: tuple[str, ...]


def features(text: str) -> set[str]:
    """Pairs and triples of Chinese characters, and Latin words that are no numbers and not empty."""
    found: set[str] = set()
    for match in _RUN.finditer(_plain(text)):
        run = match[1]
        if run:
            found.update(run[i : i + 2] for i in range(len(run) - 1))
            found.update(run[i : i + 3] for i in range(len(run) - 2))
        elif not match[2].isdigit() and match[2] not in _EMPTY:
            found.add(match[2])
    return found


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


@lru_cache(maxsize=1)
def _cues() -> tuple[tuple[str, str, float], ...]:
    """Word, field, weight."""
    return tuple(
        (_plain(word), code, float(weight))
        for code, table in load("cues").items()
        for weight, words in table.items()
        for word in words.split()
    )


@lru_cache(maxsize=1)
def written_examples() -> tuple[tuple[str, str], ...]:
    """Field and text: the plan's own descriptions, the topics' names, and requests written for this purpose."""
    rows: list[tuple[str, str]] = []
    for category in load("categories"):
        rows.append((category["code"], category["hint_zh"]))
        rows += [(category["code"], text) for text in category["examples_zh"]]
        rows += [(category["code"], topic["zh"]) for topic in category["topics"]]
    rows += [(code, text) for code, texts in load("requests").items() for text in texts]
    return tuple(rows)


class Suggester:
    """Counts of labelled texts, ready to be asked, and to be told of one text more at any time."""

    def __init__(self) -> None:
        self.codes: tuple[str, ...] = tuple(category["code"] for category in load("categories"))
        self._counts: dict[str, Counter[str]] = {}
        self._texts: Counter[str] = Counter()
        self._odds: dict[str, tuple[float, ...]] = {}
        for code, text in written_examples():
            self.learn(code, text)

    def learn(self, code: str, text: str) -> None:
        """One text more of a field. What follows from its words is computed when it is next asked for."""
        self._texts[code] += 1
        for feature in features(text):
            self._counts.setdefault(feature, Counter())[code] += 1
            self._odds.pop(feature, None)

    def _odds_of(self, feature: str) -> tuple[float, ...] | None:
        """How much likelier a feature is in each field's texts than in all, as logarithms; None for an unknown one.

        As if PRIOR texts more of every field had it as often as all texts have: a field with few examples stays near
        the average, and one with many is not likelier for it.
        """
        by_code = self._counts.get(feature)
        if by_code is None:
            return None
        known = self._odds.get(feature)
        if known is None:
            average = (by_code.total() + SMOOTHING) / self._texts.total()
            known = tuple(
                math.log((by_code[code] + PRIOR * average) / ((self._texts[code] + PRIOR) * average))
                for code in self.codes
            )
            self._odds[feature] = known
        return known

    def guesses(self, text: str, *, most: int = SHOWN) -> list[Guess]:
        """The likeliest fields, best first; nothing for a text without a word that says anything."""
        points, said = self._points(text)
        if not said:
            return []
        top = max(points.values())
        weights = {code: math.exp((p - top) / TEMPERATURE) for code, p in points.items()}
        whole = sum(weights.values())
        ranked = sorted(self.codes, key=lambda code: -points[code])[:most]
        return [Guess(code, _share(weights[code] / whole, len(self.codes)), _strongest(said, code)) for code in ranked]

    def _points(self, text: str) -> tuple[dict[str, float], dict[tuple[str, str], float]]:
        """Points by field, and by word and field."""
        heard: dict[str, float] = {}
        cued: dict[tuple[str, str], float] = {}
        for sentence in _sentences(text):
            weight = ASKING if _ASKS.search(sentence) else 1.0
            for feature in features(sentence):
                if feature in self._counts:
                    heard[feature] = max(heard.get(feature, 0.0), weight)
            plain = _plain(sentence)
            for word, code, strength in _cues():
                if word in plain:
                    cued[word, code] = max(cued.get((word, code), 0.0), weight * strength)
        points = dict.fromkeys(self.codes, 0.0)
        said: dict[tuple[str, str], float] = {}
        for feature, weight in heard.items():
            for code, odds in zip(self.codes, self._odds_of(feature) or (), strict=True):
                points[code] += weight * HABIT * odds
                if odds > 0.5:
                    said[feature, code] = weight * HABIT * odds
        for (word, code), strength in cued.items():
            points[code] += CUE * strength
            said[word, code] = said.get((word, code), 0.0) + CUE * strength
        return points, said


def _share(probability: float, fields: int) -> float:
    """Nobody is ever sure from a few words alone: what looks certain is right nine times in ten."""
    return (1 - DOUBT) * probability + DOUBT / fields


def _sentences(text: str) -> Sequence[str]:
    return [part for part in _SENTENCE.split(text) if part.strip()] or [text]


def _strongest(said: dict[tuple[str, str], float], code: str, *, most: int = 3) -> tuple[str, ...]:
    """The words that say most for a field; a piece of a word that is already named is not named again.

    Cue words are words. Counted pairs and triples are often halves of two, and named only where there is nothing else.
    """
    found: list[str] = []
    cues = {word for word, of, _ in _cues() if of == code and (word, of) in said}
    for (word, of), _ in sorted(said.items(), key=lambda item: (-item[1], item[0])):
        if of == code and (word in cues or not cues) and not any(word in other or other in word for other in found):
            found.append(word)
    return tuple(found[:most])
