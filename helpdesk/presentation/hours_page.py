"""An expert's own hours: the sum, the way to the next star, the ledger, and sums by year, mode and field."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import catalogue, hours
from helpdesk.i18n import N_, counted
from helpdesk.models import ConfirmedBy, EntryKind, Expert, HoursEntry
from helpdesk.presentation import filters
from helpdesk.presentation.words import named, word
from helpdesk.rules.credit import Progress, hours_text

VOUCHED = {ConfirmedBy.COMPANY: N_("企业确认"), ConfirmedBy.STATION: N_("站点核定")}


@dataclass(frozen=True)
class Star:
    """The way to the next star. Eligible is not awarded: people award (rule R14)."""

    star: int
    hours: str
    value: int
    floor: int
    ceil: int
    left: str
    missing: str
    is_top: bool


@dataclass(frozen=True)
class Line:
    """One line of the ledger."""

    day: str
    title: str
    number: str
    url: str
    mode: str
    hours: str
    vouched: str
    is_reversal: bool
    reason: str


@dataclass(frozen=True)
class Bar:
    """A sum as the macro `bar_list` takes it."""

    label: str
    value: int
    text: str


@dataclass(frozen=True)
class Series:
    """A line of the chart."""

    label: str
    points: list[float | None]


@dataclass(frozen=True)
class HoursPage:
    """Everything on the page."""

    total: str
    by_company: str
    by_station: str
    cases: int
    star: Star
    years: list[dict[str, object]]
    year: int
    lines: list[Line]
    year_total: str
    by_mode: list[Bar]
    by_field: list[Bar]
    by_year: list[Bar]
    months: list[str]
    series: list[Series]
    chart_text: str


def build(expert: Expert, year: int | None) -> HoursPage:
    """The page for one year (the newest with entries when none is asked for). Constant queries."""
    entries = hours.entries_of(expert.id)
    totals = hours.totals(expert.id)
    known = sorted({entry.served_on.year for entry in entries} | {clock.today().year}, reverse=True)
    chosen = year if year in known else (entries[0].served_on.year if entries else known[0])
    of_year = [entry for entry in entries if entry.served_on.year == chosen]
    fields = {category.code: named(category, short=True) for category in catalogue.categories()}
    months = _months(of_year, chosen)
    return HoursPage(
        total=hours_text(totals.minutes),
        by_company=hours_text(totals.by_company),
        by_station=hours_text(totals.by_station),
        cases=totals.cases,
        star=star_of(hours.progress(expert)),
        years=[{"label": str(y), "url": url_for("hours.index", year=y), "current": y == chosen} for y in known[:6]],
        year=chosen,
        lines=[_line(entry) for entry in sorted(of_year, key=lambda e: (e.served_on, e.id), reverse=True)],
        year_total=hours_text(sum(entry.minutes for entry in of_year)),
        by_mode=_bars(of_year, lambda e: word(e.mode)),
        by_field=_bars(of_year, lambda e: fields[e.category_code]),
        by_year=sorted(_bars(entries, lambda e: str(e.served_on.year)), key=lambda bar: bar.label, reverse=True),
        months=[gettext("%(n)s 月", n=n) for n in range(1, 13)],
        series=[Series(gettext("服务时长"), months)],
        chart_text=_chart_text(months, chosen),
    )


def star_of(progress: Progress) -> Star:
    """Progress on the ladder in words; whole hours for the bar."""
    missing = []
    if progress.missing_minutes:
        missing.append(gettext("还差 %(hours)s 小时", hours=hours_text(progress.missing_minutes)))
    if progress.missing_months:
        missing.append(counted("还要登记满 %(n)s 个月", progress.missing_months))
    is_top = progress.next_star is None
    ceil = progress.next_minutes or progress.minutes or 1
    goal = gettext("%(n)s 星：%(hours)s 小时", n=progress.next_star, hours=ceil // 60) if not is_top else ""
    return Star(
        star=progress.star,
        hours=gettext("%(hours)s 小时", hours=hours_text(progress.minutes)),
        value=progress.minutes,
        floor=progress.floor_minutes if not is_top else 0,
        ceil=ceil,
        left=goal or gettext("已达到最高星级的时长"),
        missing=gettext("，").join(missing),
        is_top=is_top,
    )


def _line(entry: HoursEntry) -> Line:
    return Line(
        day=filters.full_day(entry.served_on),
        title=entry.case.title,
        number=entry.case.number or "",
        url=url_for("cases.show", number=entry.case.number),
        mode=word(entry.mode),
        hours=hours_text(entry.minutes),
        vouched=gettext(VOUCHED[entry.confirmed_by]),
        is_reversal=entry.kind is EntryKind.REVERSAL,
        reason=entry.reason,
    )


def _bars(entries: Iterable[HoursEntry], key: Callable[[HoursEntry], str]) -> list[Bar]:
    """Minutes summed by a word, the largest first; what was reversed is already taken off."""
    sums: dict[str, int] = {}
    for entry in entries:
        label = key(entry)
        sums[label] = sums.get(label, 0) + entry.minutes
    ranked = sorted(sums.items(), key=lambda pair: -pair[1])
    return [Bar(label, max(0, minutes), hours_text(minutes)) for label, minutes in ranked]


def _months(entries: Iterable[HoursEntry], year: int) -> list[float | None]:
    """Hours of each month to one decimal, rounded down; months that have not begun hold nothing."""
    minutes = [0] * 12
    for entry in entries:
        minutes[entry.served_on.month - 1] += entry.minutes
    today = clock.today()
    return [
        None if (year, month) > (today.year, today.month) else max(0, value) * 10 // 60 / 10
        for month, value in enumerate(minutes, 1)
    ]


def _chart_text(months: list[float | None], year: int) -> str:
    """The chart in words, for those who do not see it."""
    told = [
        gettext("%(month)s 月 %(hours)s 小时", month=place, hours=value)
        for place, value in enumerate(months, 1)
        if value
    ]
    if not told:
        return gettext("%(year)s 年还没有入账的时长", year=year)
    return gettext("%(year)s 年：%(list)s", year=year, list=gettext("，").join(told))
