"""How often the suggested field is right: first, among the first three, and allowing a second right answer.

    python -m benchmarks.triage

The labelled requests (triage_requests.tsv: field, second field or -, text) were written apart from the suggester, without
sight of its cue words or examples, and none of them is in it. While cue words were added, the share right per field was
looked at, the texts were not. Cold: nothing was ever
triaged. Warm: five-fold, the suggester has learned the demonstration's requests and four fifths of the labelled ones,
each once, or again and again until it has learned 1,000 triaged cases.
Keyword counting is the same cue words, each worth one.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from pathlib import Path

from helpdesk.reference import load
from helpdesk.rules import suggestion
from helpdesk.rules.suggestion import Suggester

Row = tuple[str, str, str]
REQUESTS = Path(__file__).with_name("triage_requests.tsv")
FOLDS = 5


def labelled() -> list[Row]:
    """Field, second field, text."""
    rows = []
    for line in REQUESTS.read_text(encoding="utf-8").splitlines():
        field, second, text = line.split("\t")
        rows.append((field, second, text))
    return rows


def measured(rows: Iterable[Row], rank: Callable[[str], list[str]]) -> tuple[float, float, float]:
    """Share of first, first three, and first or second field."""
    first = three = either = n = 0
    for field, second, text in rows:
        codes = rank(text)
        n += 1
        first += codes[:1] == [field]
        three += field in codes[:3]
        either += bool(codes) and codes[0] in (field, second)
    return first / n, three / n, either / n


def by(suggester: Suggester) -> Callable[[str], list[str]]:
    return lambda text: [guess.code for guess in suggester.guesses(text)]


def counting(text: str) -> list[str]:
    """Cue words, each worth one: what a simple system would do."""
    counts: dict[str, int] = {}
    for word, code, _ in suggestion._cues():
        if word in text.casefold():
            counts[code] = counts.get(code, 0) + 1
    return sorted(counts, key=lambda code: -counts[code])


def warm(rows: list[Row], *, cases: int = 0) -> tuple[float, float, float]:
    """Five folds; every text is asked of a suggester that has not seen it.

    With `cases` the suggester has learned that many triaged cases, the same texts coming again as requests do.
    """
    totals = [0.0, 0.0, 0.0]
    for fold in range(FOLDS):
        suggester = Suggester()
        seen = [(scenario["category"], scenario["problem"]) for scenario in load("scenarios")]
        seen += [(field, text) for n, (field, _, text) in enumerate(rows) if n % FOLDS != fold]
        for field, text in islice(cycle(seen), cases or len(seen)):
            suggester.learn(field, text)
        part = [row for n, row in enumerate(rows) if n % FOLDS == fold]
        totals = [total + share * len(part) for total, share in zip(totals, measured(part, by(suggester)), strict=True)]
    return totals[0] / len(rows), totals[1] / len(rows), totals[2] / len(rows)


def main() -> None:
    rows = labelled()
    copied = {text for _, text in suggestion.written_examples()} & {text for _, _, text in rows}
    if copied:
        sys.exit(f"{len(copied)} labelled requests stand in the suggester: the numbers would mean nothing")
    cold = Suggester()
    started = time.perf_counter()
    for _, _, text in rows:
        cold.guesses(text)
    each = (time.perf_counter() - started) / len(rows) * 1000
    print(f"{len(rows)} labelled requests, {each:.1f} ms each")
    print(f"{'':22}{'first':>8}{'three':>8}{'either':>8}")
    for name, shares in (
        ("keyword counting", measured(rows, counting)),
        ("cold", measured(rows, by(cold))),
        ("warm", warm(rows)),
        ("after 1,000 cases", warm(rows, cases=1000)),
    ):
        print(f"{name:22}" + "".join(f"{share:8.1%}" for share in shares))


if __name__ == "__main__":
    main()
