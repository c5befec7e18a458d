"""The form of a visit: date and wall-clock times of Shenzhen in, facts of the domain out."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Optional, StopValidation
from wtforms.widgets import DateInput, TimeInput

from helpdesk import clock
from helpdesk.domain.visits import VisitFacts
from helpdesk.forms.base import Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.forms.files import FilesForm
from helpdesk.models import Meeting, Visit
from helpdesk.presentation.words import MEETINGS

# The widest day the calendar of this product can mean; far-off years cannot be turned into UTC at all.
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100


def read_day(text: str) -> date | None:
    """2026-10-22, 2026/10/22 or 2026年10月22日 as a date; None for anything else."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        return None
    return day if EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def read_time(text: str) -> tuple[int, int] | None:
    """14:30 (also 14：30 and 14:30:00) as hour and minute; None for anything else, such as 25:99."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    hour, minute = int(found[1]), int(found[2])
    return (hour, minute) if hour < 24 and minute < 60 else None


def read_whole(text: str) -> int | None:
    """A whole number, with a sign if need be, in any digits people type; None for anything else."""
    narrow = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    return int(narrow) if re.fullmatch(r"[-+]?\d{1,6}", narrow, re.ASCII) else None


def a_day(form: Any, field: Any) -> None:
    """The field holds a date."""
    if not field.errors and read_day(field.data or "") is None:
        raise StopValidation(gettext("请选一个日期，例如 %(day)s", day=clock.today().isoformat()))


def a_time(form: Any, field: Any) -> None:
    """The field holds a time of day."""
    if not field.errors and read_time(field.data or "") is None:
        raise StopValidation(gettext("请填几点几分，例如 14:30"))


def whole_minutes(form: Any, field: Any) -> None:
    """The field holds a whole number of minutes; whether it is a possible one the domain says."""
    if read_whole(field.data or "") is None:
        raise StopValidation(gettext("请填整数分钟，例如 90"))


class VisitForm(FilesForm):
    """One consultation. Contact minutes are asked only when they differ from start to end."""

    day = StringField(_l("日期"), [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])
    starts = StringField(
        _l("几点开始"), [Present(_l("请填开始时间")), a_time], widget=TimeInput(), filters=[clean_line]
    )
    ends = StringField(_l("几点结束"), [Present(_l("请填结束时间")), a_time], widget=TimeInput(), filters=[clean_line])
    mode = RadioField(
        _l("方式"),
        [one_of_them(_l("请选一种方式"))],
        choices=[(m.value, _l(label)) for m, label in MEETINGS.items()],
        validate_choice=False,
    )
    place = StringField(_l("地点"), [Optional(), Longest(120)], filters=[clean_line])
    summary = TextAreaField(_l("这次做了什么"), [Present(_l("请写一句这次做了什么")), Longest(2000)])
    contact_minutes = StringField(_l("实际服务分钟"), [Optional(), whole_minutes], filters=[clean_line])
    preparation_minutes = StringField(_l("准备用了几分钟"), [Optional(), whole_minutes], filters=[clean_line])
    travel_minutes = StringField(_l("路上用了几分钟"), [Optional(), whole_minutes], filters=[clean_line])
    long_day_reason = StringField(_l("一天超过 10 小时的说明"), [Optional(), Longest(500)], filters=[clean_line])

    @property
    def has_more(self) -> bool:
        """Whether one of the rarely used fields holds something or was refused, so that it must be seen."""
        rare = (self.contact_minutes, self.preparation_minutes, self.travel_minutes, self.long_day_reason)
        return any(field.errors or (field.data or "").strip() not in ("", "0") for field in rare)

    def facts(self) -> VisitFacts:
        """What was typed, as the domain takes it. Call only after the form has been validated."""
        day = read_day(self.day.data or "") or clock.today()
        return VisitFacts(
            starts_at=moment_on(day, self.starts.data),
            ends_at=moment_on(day, self.ends.data),
            mode=Meeting(self.mode.data),
            place=self.place.data or "",
            summary=self.summary.data or "",
            contact_minutes=read_whole(self.contact_minutes.data or ""),
            preparation_minutes=read_whole(self.preparation_minutes.data or "") or 0,
            travel_minutes=read_whole(self.travel_minutes.data or "") or 0,
            long_day_reason=self.long_day_reason.data or "",
        )


def moment_on(day: date, text: str | None) -> datetime:
    """A day and a time of day in Shenzhen as a moment. Call only after both have been validated."""
    hour, minute = read_time(text or "") or (0, 0)
    return clock.from_local(day, hour, minute)


def values_of(visit: Visit) -> dict[str, str]:
    """A logged visit as the form shows it: wall-clock times of Shenzhen."""
    starts, ends = clock.local(visit.starts_at), clock.local(visit.ends_at)
    span = int((visit.ends_at - visit.starts_at).total_seconds() // 60)
    return {
        "day": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "mode": visit.mode.value,
        "place": visit.place,
        "summary": visit.summary,
        "contact_minutes": "" if visit.contact_minutes == span else str(visit.contact_minutes),
        "preparation_minutes": str(visit.preparation_minutes or ""),
        "travel_minutes": str(visit.travel_minutes or ""),
        "long_day_reason": visit.long_day_reason,
    }
