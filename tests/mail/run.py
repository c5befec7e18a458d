"""Reads every letter (*.eml) below a folder as the desk would: `.venv/bin/python -m tests.mail.run FOLDER`.

One line for each: kind, whether it may be answered (+), sender, subject, the first new words. Exits 1 if any raised.
"""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.letterbox import plain
from helpdesk.rules.incoming import classify

OURS = frozenset({"help@desk.example", "no-reply@desk.example"})


def line_of(raw: bytes) -> tuple[str, str]:
    """The kind of a letter, and its line."""
    letter = reader.read(raw)
    fresh, rest = plain.fold(letter.text, letter.subject)
    verdict = classify(letter, OURS)
    sender = f"{letter.sender.name} <{letter.sender.address}>".strip()
    words = " ".join(fresh.split())[:60]
    more = "".join([f" [{len(letter.files)} files]" if letter.files else "", " [folded]" if rest else ""])
    more += f" [cut: {', '.join(letter.cut)}]" if letter.cut else ""
    return verdict.kind.value, f"{'+' if verdict.may_answer else ' '} {sender} | {letter.subject} | {words}{more}"


def main(folder: Path) -> int:
    """Read them all; 1 when any raised, 2 when there is none."""
    counts: Counter[str] = Counter()
    begun, slowest = time.perf_counter(), (0.0, "")
    for path in sorted(folder.rglob("*.eml")):
        started = time.perf_counter()
        try:
            kind, line = line_of(path.read_bytes())
        except Exception:
            kind, line = "RAISED", traceback.format_exc()
        counts[kind] += 1
        slowest = max(slowest, (time.perf_counter() - started, path.name))
        print(f"{kind:7} {path.relative_to(folder)}: {line}")
    told = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    print(f"\n{counts.total()} letters in {time.perf_counter() - begun:.1f} s: {told or 'none'}")
    print(f"slowest: {slowest[1]} ({slowest[0]:.2f} s)")
    return 1 if counts["RAISED"] else 0 if counts else 2


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "corpus"))
