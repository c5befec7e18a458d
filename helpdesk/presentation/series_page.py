"""A series in words: how often, when next, how many so far, why it rests."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk.domain import series
from helpdesk.i18n import N_, counted
from helpdesk.models import Series, SeriesState, SeriesUnit, SeriesWhy
from helpdesk.presentation.filters import full_day
from helpdesk.presentation.words import SERIES_WHYS, named

# State, tone and icon of the pill.
PILLS = {
    SeriesState.RUNNING: (N_("进行中"), "work", "clock"),
    SeriesState.PAUSED: (N_("已暂停"), "wait", "pause"),
    SeriesState.ENDED: (N_("已结束"), "off", "check"),
}


@dataclass(frozen=True)
class SeriesView:
    """One series as lists and pages show it."""

    row: Series
    rhythm: str
    next_words: str
    made: str
    until: str
    state: str
    tone: str
    icon: str
    why: str
    station: str

    @property
    def is_live(self) -> bool:
        """Whether it is not over."""
        return self.row.state is not SeriesState.ENDED

    @property
    def is_paused(self) -> bool:
        return self.row.state is SeriesState.PAUSED


def view(row: Series) -> SeriesView:
    """Everything about one series; no statement but for the calendar."""
    label, tone, icon = PILLS[row.state]
    return SeriesView(
        row=row,
        rhythm=rhythm(row),
        next_words=_next(row),
        made=counted("已建 %(n)s 件", row.made),
        until=_until(row),
        state=gettext(label),
        tone=tone,
        icon=icon,
        why=_why(row),
        station=named(row.station),
    )


def rhythm(row: Series) -> str:
    """每 3 个月, 每周."""
    if row.every == 1:
        return gettext("每周") if row.unit is SeriesUnit.WEEK else gettext("每月")
    if row.unit is SeriesUnit.WEEK:
        return counted("每 %(n)s 周", row.every)
    return counted("每 %(n)s 个月", row.every)


def _next(row: Series) -> str:
    """The day it is really made, with a word where that is not the planned one."""
    if row.next_on is None or row.state is not SeriesState.RUNNING:
        return ""
    day = series.working_day(row, row.next_on)
    if day != row.next_on:
        return gettext("%(day)s（%(planned)s 不上班，顺延）", day=full_day(day), planned=full_day(row.next_on))
    return full_day(day)


def _until(row: Series) -> str:
    if row.last_on is not None:
        return gettext("到 %(day)s 为止", day=full_day(row.last_on))
    return counted("一共 %(n)s 次", row.most) if row.most is not None else gettext("一直做下去")


def _why(row: Series) -> str:
    if row.why is None:
        return ""
    said = gettext(SERIES_WHYS[row.why.value])
    if row.why is SeriesWhy.STATION and row.changed_by:
        said = gettext("%(name)s停的", name=row.changed_by)
    return gettext("%(why)s：%(reason)s", why=said, reason=row.reason) if row.reason else said
