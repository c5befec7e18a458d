"""What must be written: it is there, and it is not endless."""

from __future__ import annotations

import pytest

from helpdesk.errors import Refused
from helpdesk.rules import given


def test_blanks_around_it_do_not_count():
    assert given.reason("  打错了 \n", 3) == "打错了"
    assert given.text(" 三个字 ", "title", 3) == "三个字"


@pytest.mark.parametrize("nothing", ["", " \n"])
def test_nothing_is_refused_beside_its_field(nothing):
    with pytest.raises(Refused, match="reason_missing") as no:
        given.reason(nothing)
    assert no.value.field == "reason"
    with pytest.raises(Refused, match="text_missing") as no:
        given.text(nothing, "body")
    assert no.value.field == "body"


def test_too_much_is_refused_with_how_much():
    with pytest.raises(Refused, match="text_too_long") as no:
        given.reason(" 四个字呀 ", 3)
    assert (no.value.field, no.value.facts) == ("reason", {"over": 1})
