"""The forms of a series: how often, from when, until when, what the case says; and why it ends."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Optional, StopValidation
from wtforms.widgets import DateInput

from helpdesk import clock
from helpdesk.domain.series import LONGEST_PROBLEM, LONGEST_REASON, LONGEST_TITLE, Plan
from helpdesk.forms.base import HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.visits import a_day, read_day, read_whole
from helpdesk.models import Case, Series, SeriesUnit, Urgency
from helpdesk.presentation.words import URGENCIES

# Larger than any number that is possible here: of a larger one the domain says how far it may go.
FAR_TOO_LARGE = 999_999


def read_number(text: str) -> int | None:
    """A whole number of any length, cut to what is too large anyway; None for anything else."""
    narrow = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if re.fullmatch(r"\+?\d{7,}", narrow, re.ASCII):
        return FAR_TOO_LARGE
    return -FAR_TOO_LARGE if re.fullmatch(r"-\d{7,}", narrow, re.ASCII) else read_whole(narrow)


def a_number(form: Any, field: Any) -> None:
    """The field holds a whole number; whether it is a possible one the domain says."""
    if not field.errors and read_number(field.data or "") is None:
        raise StopValidation(gettext("请填一个整数，例如 3"))


class SeriesForm(HouseForm):
    """Every so many weeks or months; one of last day and number, or neither."""

    every = StringField(_l("每隔几个"), [Present(_l("请填一个整数，例如 3")), a_number], filters=[clean_line])
    unit = RadioField(
        _l("按周还是按月"),
        choices=[(SeriesUnit.WEEK.value, _l("周")), (SeriesUnit.MONTH.value, _l("月"))],
        default=SeriesUnit.MONTH.value,
    )
    first_on = StringField(
        _l("第一次是哪天"), [Present(_l("请选一个日期")), a_day], filters=[clean_line], widget=DateInput()
    )
    last_on = StringField(_l("做到哪天为止"), [Optional(), a_day], filters=[clean_line], widget=DateInput())
    most = StringField(_l("一共做几次"), [Optional(), a_number], filters=[clean_line])
    title = StringField(_l("标题"), [Present(_l("请写一个标题")), Longest(LONGEST_TITLE)], filters=[clean_line])
    problem = TextAreaField(_l("每次办什么"), [Present(_l("请写几个字")), Longest(LONGEST_PROBLEM)])
    urgency = RadioField(
        _l("缓急"), choices=[(u.value, _l(label)) for u, label in URGENCIES.items()], default=Urgency.NORMAL.value
    )

    def plan(self) -> Plan:
        """What a valid form says. Raises ValueError for one that is not."""
        first, every = read_day(self.first_on.data or ""), read_number(self.every.data or "")
        if first is None or every is None:
            raise ValueError("ask for the plan of a valid form only")
        return Plan(
            every=every,
            unit=SeriesUnit(self.unit.data),
            first_on=first,
            last_on=read_day(self.last_on.data or ""),
            most=read_number(self.most.data or ""),
            title=self.title.data or "",
            problem=self.problem.data or "",
            urgency=Urgency(self.urgency.data),
        )


def values_for(case: Case) -> dict[str, str]:
    """How the form begins on a case: its own words, every quarter. That it was urgent once makes no next one urgent."""
    return {"every": "3", "title": case.title, "problem": case.problem}


def values_of(row: Series) -> dict[str, str]:
    """A series as its form shows it, with the next day that is still to come."""
    following = max(row.next_on, clock.today()) if row.next_on is not None else None
    return {
        "every": str(row.every),
        "unit": row.unit.value,
        "first_on": following.isoformat() if following is not None else "",
        "last_on": row.last_on.isoformat() if row.last_on is not None else "",
        "most": str(row.most) if row.most is not None else "",
        "title": row.title,
        "problem": row.problem,
        "urgency": row.urgency.value,
    }


class EndSeriesForm(HouseForm):
    """Why the station ends it: the company reads it."""

    reason = StringField(_l("为什么结束"), [Present(_l("请写明原因")), Longest(LONGEST_REASON)], filters=[clean_line])


class StopSeriesForm(HouseForm):
    """The company wants no more of them, and may say why."""

    reason = StringField(_l("为什么不需要了"), [Optional(), Longest(LONGEST_REASON)], filters=[clean_line])
