"""Holidays as data: a year is loaded whole or not at all, and running promises follow."""

from __future__ import annotations

from datetime import date

import pytest

from helpdesk.db import db
from helpdesk.domain import deadlines, working_calendar
from helpdesk.errors import NotAllowed
from helpdesk.models import CalendarDay
from tests.domain.test_other_ends import refused
from tests.domain.test_targets import run_reckoning

YEAR = """day,kind,name
2027-01-01,holiday,元旦
2027-02-05,holiday,春节
2027-02-06,workday,调休
"""


def test_a_year_becomes_known(make, cast):
    assert working_calendar.known_until() == 2026
    assert working_calendar.load(cast.zhou, YEAR, source="国办发明电") == [2027]
    assert working_calendar.known_until() == 2027
    calendar = deadlines.calendar()
    assert not calendar.is_working(date(2027, 1, 1))
    assert calendar.is_working(date(2027, 2, 6))
    assert working_calendar.load(cast.zhou, "2027-01-04,holiday,元旦", source="更正") == [2027]
    assert deadlines.calendar().is_working(date(2027, 1, 1))
    newest = working_calendar.years()[0]
    assert (newest.year, newest.version, newest.source) == (2027, 2, "更正")
    assert [(row.version, row.loaded_by, len(row.days)) for row in newest.loads] == [
        (2, cast.zhou.name, 1),
        (1, cast.zhou.name, 3),
    ]


def test_running_promises_follow(make, cast):
    """The case is due in two working days; tomorrow becomes a holiday."""
    case = make.case("triaged", category="finance")
    before = case.due_at
    assert before is not None
    rows = "\n".join(
        f"{d.day.isoformat()},{'workday' if d.is_working else 'holiday'},{d.name}"
        for d in db.session.query(CalendarDay).filter(CalendarDay.day.between(date(2026, 1, 1), date(2026, 12, 31)))
    )
    working_calendar.load(cast.zhou, f"{rows}\n2026-11-19,holiday,临时放假", source="市政府通知")
    assert case.due_at == before, "the worker does it"
    assert run_reckoning() == 1
    assert case.due_at is not None and case.due_at > before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "calendar_empty"),
        ("day,kind,name\n", "calendar_empty"),
        ("2027-13-01,holiday,x", "calendar_bad_row"),
        ("2027-01-01,holyday,x", "calendar_bad_row"),
        ("2027-01-01", "calendar_bad_row"),
        ("1727-01-01,holiday,x", "calendar_bad_row"),
        ("2027-01-01,holiday,a\n2027-01-01,holiday,b", "calendar_bad_row"),
        ("2027-01-04,workday,周一本来就上班", "calendar_no_change"),
        ("\n".join(f"2027-01-01,holiday,{n}" for n in range(500)), "calendar_too_long"),
    ],
)
def test_a_bad_row_loads_nothing(make, cast, text, code):
    with refused(code):
        working_calendar.load(cast.zhou, YEAR + text if text and "day" not in text else text, source="x")
    assert working_calendar.known_until() == 2026


def test_only_the_operator(make, cast):
    with pytest.raises(NotAllowed):
        working_calendar.load(cast.wang, YEAR, source="x")


def test_over_http(browser):
    page = browser.get("/calendar", as_="zhou")
    assert page.says("已知到 2026 年底") and page.says("2027 年的节假日还没有导入")
    bad = {"text": "2027-01-01,holiday,元旦\n什么", "source": "通知"}
    page = browser.post("/calendar", bad, as_="zhou", page="/calendar", expect=422)
    assert page.says("第 2 行看不懂") and page.form("/calendar")["text"].endswith("什么")
    browser.post("/calendar", {"text": YEAR, "source": "国办通知"}, as_="zhou", page="/calendar")
    assert browser.get("/calendar", as_="zhou").says("已知到 2027 年底")
    browser.get("/calendar", as_="wang", expect=403)
