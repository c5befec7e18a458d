"""An expert's own page: sums, the way to the next star, months, fields, the ledger, papers, kind words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import catalogue, certificates, hours, own_record, record_transfers, statements
from helpdesk.i18n import N_, counted
from helpdesk.models import Certificate, ConfirmedBy, EntryKind, Expert, HoursEntry, PaperStatus
from helpdesk.presentation import filters, paper_page, statement_page
from helpdesk.presentation.activity_page import service_url
from helpdesk.presentation.article_page import neutral_words
from helpdesk.presentation.language import is_english
from helpdesk.presentation.paper_page import PaperRow
from helpdesk.presentation.words import how_word, named, service_title
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
    """One part of the columns: hours of each month to one decimal; None for months that have not begun."""

    label: str
    points: list[float | None]


@dataclass(frozen=True)
class Month:
    """A month as a line of the table behind the chart."""

    label: str
    company: str
    station: str
    total: str


@dataclass(frozen=True)
class Need:
    """One thing the next star asks for, and whether it is there."""

    label: str
    small: str
    done: bool


@dataclass(frozen=True)
class Said:
    """Kind words of a company that agreed to be heard."""

    words: str
    whose: str
    day: str
    score: int | None


@dataclass(frozen=True)
class HoursPage:
    """Everything on the page."""

    total: str
    tiles: list[dict[str, object]]
    star: Star
    needs: list[Need]
    periods: list[dict[str, object]]
    heading: str
    period_total: str
    lines: list[Line]
    by_mode: list[Bar]
    by_field: list[Bar]
    by_year: list[Bar]
    labels: list[str]
    series: list[Series]
    months: list[Month]
    chart_text: str
    papers: list[PaperRow]
    statements: list[PaperRow]
    transferred: list[tuple[str, str]]
    thanks: list[Said]


def build(expert: Expert, year: int | None) -> HoursPage:
    """The page for one year, or for the last twelve months. Constant queries, however long the ledger is."""
    entries = hours.entries_of(expert.id)
    today = clock.today()
    years = sorted({entry.served_on.year for entry in entries} | {today.year}, reverse=True)
    chosen = year if year in years else None
    months = [(chosen, n) for n in range(1, 13)] if chosen else _back_from(today, 12)
    first, last = months[0], months[-1]
    shown = [entry for entry in entries if first <= _month(entry) <= last]
    fields = {category.code: named(category, short=True) for category in catalogue.categories()}
    papers = certificates.of_expert(expert.id)
    progress = hours.progress(expert)
    heading = gettext("%(year)s 年", year=chosen) if chosen else gettext("最近 12 个月")
    sums = {who: _sums(shown, months, who) for who in ConfirmedBy}
    here = url_for("hours.index")
    return HoursPage(
        total=hours_text(sum(entry.minutes for entry in entries)),
        tiles=_tiles(entries, papers, today),
        star=star_of(progress),
        needs=_needs(progress, entries, today),
        periods=[{"label": gettext("最近 12 个月"), "url": here, "current": chosen is None}]
        + [{"label": str(y), "url": f"{here}?year={y}", "current": y == chosen} for y in years[:5]],
        heading=heading,
        period_total=hours_text(sum(entry.minutes for entry in shown)),
        lines=[_line(entry) for entry in sorted(shown, key=lambda e: (e.served_on, e.id), reverse=True)],
        by_mode=_bars(shown, how_word),
        by_field=_bars(shown, lambda e: fields[e.category_code]),
        by_year=sorted(_bars(entries, lambda e: str(e.served_on.year)), key=lambda bar: bar.label, reverse=True),
        labels=[_month_label(n) for _, n in months],
        series=[
            Series(
                gettext(label), [_hours(value, month, today) for value, month in zip(sums[who], months, strict=True)]
            )
            for who, label in VOUCHED.items()
        ],
        months=[
            Month(_month_label(n, y), hours_text(company), hours_text(station), hours_text(company + station))
            for (y, n), company, station in zip(
                months, sums[ConfirmedBy.COMPANY], sums[ConfirmedBy.STATION], strict=True
            )
            if (y, n) <= (today.year, today.month)
        ],
        chart_text=_chart_text(heading, months, sums),
        papers=[paper_page.row_of(row) for row in papers[:3]],
        statements=[statement_page.row_of(row) for row in statements.of_expert(expert.id, most=3)],
        transferred=transferred(expert.id),
        thanks=[_said(row, fields) for row in own_record.thanks(expert.id, neutral_words()[1])],
    )


def _back_from(today: date, count: int) -> list[tuple[int, int]]:
    """The last `count` months, this one included, oldest first."""
    number = today.year * 12 + today.month - 1
    return [((number - back) // 12, (number - back) % 12 + 1) for back in range(count - 1, -1, -1)]


def _month(entry: HoursEntry) -> tuple[int, int]:
    return entry.served_on.year, entry.served_on.month


def _month_label(month: int, year: int | None = None) -> str:
    if is_english():
        return f"{filters.MONTHS[month - 1]} {year}" if year else filters.MONTHS[month - 1]
    return f"{year} 年 {month} 月" if year else f"{month} 月"


def _sums(entries: Iterable[HoursEntry], months: list[tuple[int, int]], who: ConfirmedBy) -> list[int]:
    """Minutes of each month that this side vouches for; what was reversed is taken off."""
    sums = dict.fromkeys(months, 0)
    for entry in entries:
        if entry.confirmed_by is who:
            sums[_month(entry)] += entry.minutes
    return list(sums.values())


def _hours(minutes: int, month: tuple[int, int], today: date) -> float | None:
    """To one decimal, rounded down, as everywhere; nothing for a month that has not begun."""
    return None if month > (today.year, today.month) else max(0, minutes) * 10 // 60 / 10


def _tiles(entries: list[HoursEntry], papers: list[Certificate], today: date) -> list[dict[str, object]]:
    """The sums on top: all of it, the last twelve months beside the twelve before, who vouches, papers."""
    both = _back_from(today, 24)
    before, lately = (
        sum(e.minutes for e in entries if months[0] <= _month(e) <= months[-1]) for months in (both[:12], both[12:])
    )
    by = {who: sum(e.minutes for e in entries if e.confirmed_by is who) for who in ConfirmedBy}
    valid = sum(row.status is PaperStatus.VALID for row in papers)
    unit, change = gettext("小时"), lately - before
    return [
        {
            "label": gettext("累计服务"),
            "value": hours_text(sum(by.values())),
            "unit": unit,
            "missing": _served_words(entries),
        },
        {
            "label": gettext("最近 12 个月"),
            "value": hours_text(lately),
            "unit": unit,
            "change": gettext("比前 12 个月 %(hours)s", hours=("+" if change > 0 else "") + hours_text(change)),
            "direction": "up" if change > 0 else "down" if change < 0 else "",
        },
        {"label": gettext("企业确认"), "value": hours_text(by[ConfirmedBy.COMPANY]), "unit": unit},
        {"label": gettext("站点核定"), "value": hours_text(by[ConfirmedBy.STATION]), "unit": unit},
        {"label": gettext("有效证书"), "value": valid, "url": url_for("certificates.index")},
    ]


def _served_words(entries: list[HoursEntry]) -> str:
    """Cases and activities with time that stands."""
    net: dict[tuple[int | None, int | None], int] = {}
    for entry in entries:
        key = (entry.case_id, entry.activity_id)
        net[key] = net.get(key, 0) + entry.minutes
    standing = [key for key, minutes in net.items() if minutes > 0]
    cases = sum(1 for case_id, _ in standing if case_id is not None)
    words = counted("办成 %(n)s 件", cases)
    if cases == len(standing):
        return words
    return gettext("，").join((words, counted("活动 %(n)s 场", len(standing) - cases)))


def _needs(progress: Progress, entries: list[HoursEntry], today: date) -> list[Need]:
    """What the next star asks for, one by one; and how steadily somebody has served, which no ladder counts yet."""
    served = len({_month(e) for e in entries if e.minutes > 0 and _month(e) in set(_back_from(today, 12))})
    needs = []
    if progress.next_star is not None and progress.next_minutes is not None:
        lacking = gettext("还差 %(hours)s 小时", hours=hours_text(progress.missing_minutes))
        whole = hours_text(progress.next_minutes)
        needs.append(
            Need(
                gettext("服务满 %(hours)s 小时", hours=whole),
                lacking if progress.missing_minutes else gettext("够了"),
                not progress.missing_minutes,
            )
        )
        months = progress.missing_months
        needs.append(
            Need(
                gettext("登记时间"),
                counted("还要登记满 %(n)s 个月", months) if months else gettext("够了"),
                not months,
            )
        )
    steady = counted("最近 12 个月里有 %(n)s 个月做过服务", served)
    needs.append(Need(gettext("一直在服务"), steady, served == 12))
    return needs


def transferred(expert_id: int) -> list[tuple[str, str]]:
    """Hours from elsewhere: verified ones by who recorded them, and what still waits."""
    found = [(row.name, row.minutes) for row in record_transfers.verified_of(expert_id)]
    waiting = record_transfers.waiting_of(expert_id)
    if waiting:
        found.append((gettext("待核"), waiting))
    return [(name, gettext("%(hours)s 小时", hours=hours_text(minutes))) for name, minutes in found]


def _said(row: own_record.Thanks, fields: dict[str, str]) -> Said:
    field = fields.get(row.category_code, "")
    whose = row.company or gettext("一家企业")
    return Said(row.words, f"{whose} · {field}" if field else whose, filters.full_day(row.at), row.score)


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
        title=service_title(entry.service),
        number=entry.service.number or "",
        url=service_url(entry.service),
        mode=how_word(entry),
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


def _chart_text(heading: str, months: list[tuple[int, int]], sums: dict[ConfirmedBy, list[int]]) -> str:
    """The chart in words, for those who do not see it."""
    told = [
        gettext("%(month)s %(hours)s 小时", month=_month_label(n), hours=hours_text(minutes))
        for (_, n), minutes in zip(months, map(sum, zip(*sums.values(), strict=True)), strict=True)
        if minutes
    ]
    if not told:
        return gettext("%(period)s还没有入账的时长", period=heading)
    return gettext("%(period)s：%(list)s", period=heading, list=gettext("，").join(told))
