"""Each of the thirty failings names a module and a test that exist."""

from __future__ import annotations

import re

from helpdesk.config import ROOT


def test_every_failing_names_what_there_is():
    lines = [line for line in (ROOT / "docs/failings.md").read_text(encoding="utf-8").splitlines() if "| `" in line]
    assert [int(line.split("|")[1]) for line in lines] == list(range(1, 31))
    for line in lines:
        module, test = re.findall(r"\| `([^`]+)`", line)
        assert module.startswith("helpdesk") and (ROOT / module).exists(), module
        assert test.startswith("tests") and (ROOT / test).exists(), test
