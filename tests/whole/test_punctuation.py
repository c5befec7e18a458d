"""Full-width marks stand inside sentences that are translated, never joined by code: an English reader meets none."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2] / "helpdesk"
MARK = re.compile("[，：；（）。！？]")
TRANSLATED = {"gettext", "lazy_gettext", "_l", "_", "N_", "counted", "ngettext"}
CALL = re.compile(r"""(?:\b_|counted)\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
# Sheets of paper are Chinese; the sheet of all components is for developers.
OUTSIDE = ("pdf/", "components/index.html")
# Patterns, words of papers and of articles, which are kept in Chinese.
PAPERS = {"paper_page.py", "award_page.py", "article_page.py"}
PATTERNS = {"，,、 ：:", r"[^\s@，。；：（(]+@[^\s@，。；：）)]+"}


def test_no_template_joins_with_full_width_marks():
    found = []
    for path in sorted((ROOT / "templates").rglob("*.html")):
        name = path.relative_to(ROOT / "templates").as_posix()
        if name.startswith(OUTSIDE):
            continue
        text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.S)
        found += [f"{name}: {line.strip()[:80]}" for line in CALL.sub("", text).splitlines() if MARK.search(line)]
    assert found == []


def test_no_view_joins_with_full_width_marks():
    found = []
    for path in sorted([*(ROOT / "presentation").glob("*.py"), *(ROOT / "routes").glob("*.py")]):
        if path.name in PAPERS:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        fine = {id(part) for node in ast.walk(tree) for part in _translated(node)}
        found += [
            f"{path.name}:{node.lineno}: {node.value[:60]}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in fine
            and MARK.search(node.value) and node.value not in PATTERNS
        ]  # fmt: skip
    assert found == []


def _translated(node):
    """Texts that a translator sees, and what is said of a function or module."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in TRANSLATED:
        yield from ast.walk(node)
    if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and isinstance(node.body[0], ast.Expr):
        yield node.body[0].value


def test_an_english_reader_reads_english_commas(browser, make, cast):
    case = make.case("consulting")
    visit = make.visit(case, place="Room 3")
    browser.post("/lang", {"lang": "en", "next": "/"}, page="/")
    page = browser.get(f"/t/{case.tracking_token}/visits/{visit.id}/confirmation")
    assert page.says("Online, Room 3")
    printed = browser.get(f"/t/{case.tracking_token}/print")
    assert printed.says(", Room 3") and not printed.says("，Room 3")
