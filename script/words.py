"""Every Chinese source text has its English one, with the same placeholders. Exits 1 naming what is missing."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "helpdesk/translations/en/LC_MESSAGES/messages.po"
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "counted": (1, 1)}
HOLE = re.compile(r"%\((\w+)\)[sd]")
CHINESE = re.compile(r"[\u3400-\u9fff]")


def source_texts() -> set[str]:
    """All marked texts of code and templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(str(ROOT / "helpdesk"), methods, options, KEYWORDS)
    texts: set[str] = set()
    for _, _, message, _, _ in found:
        texts.update(message if isinstance(message, tuple) else (message,))
    return {text for text in texts if text}


def troubles() -> list[str]:
    """One line for each text without a good translation, and each translation without a text."""
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="en")
    texts, lines = source_texts(), []
    for text in sorted(texts):
        entry = catalogue.get(text)
        string = entry.string if entry else ""
        for words in string if isinstance(string, tuple) else (string,):
            if not words:
                lines.append(f"no English for: {text}")
            elif entry is not None and entry.fuzzy:
                lines.append(f"fuzzy: {text}")
            elif set(HOLE.findall(text)) != set(HOLE.findall(words)):
                lines.append(f"placeholders differ: {text} / {words}")
            elif CHINESE.search(words) and words != text:
                lines.append(f"Chinese left in the English: {words}")
    known = {m.id if isinstance(m.id, str) else m.id[0] for m in catalogue if m.id}
    lines += [f"nothing in the code says: {text}" for text in sorted(known - texts)]
    return lines


if __name__ == "__main__":
    found = troubles()
    print("\n".join(found[:60]) or "complete")
    sys.exit(1 if found else 0)
