"""The monthly sheet on the screen and as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain.monthly import Figures, Sheet, next_month
from helpdesk.i18n import N_
from helpdesk.models import EntryKind, HoursEntry, Role
from helpdesk.presentation.activity_page import service_url
from helpdesk.presentation.hours_page import VOUCHED
from helpdesk.presentation.language import is_english
from helpdesk.presentation.tables import Cell
from helpdesk.presentation.words import how_word, named
from helpdesk.rules.credit import hours_text
from helpdesk.rules.identifiers import mask_name
from helpdesk.rules.policy import Who

HEADINGS = (
    N_("收到"), N_("办结"), N_("活动（场）"), N_("活动到场企业（家次）"), N_("服务企业（家）"), N_("人次"),
    N_("企业确认（小时）"), N_("站点核定（小时）"), N_("合计（小时）"), N_("评价数"), N_("平均分"),
)  # fmt: skip
LINE_HEADINGS = (
    N_("入账日期"), N_("服务日期"), N_("编号"), N_("站点"), N_("专家"), N_("方式"), N_("由谁确认"),
    N_("分钟"), N_("说明"),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One line of the sheet as the template takes it."""

    name: str
    url: str
    cells: list[str]


@dataclass(frozen=True)
class Block:
    """Stations, detachments or districts, with their sum where it is one."""

    title: str
    head: str
    rows: list[Row]


@dataclass(frozen=True)
class MonthlyPage:
    """Everything the template shows."""

    title: str
    month: str
    headings: list[str]
    blocks: list[Block]
    total: Row
    earlier: str
    later: str


def month_name(month: date) -> str:
    """2026 年 11 月 / November 2026."""
    return f"{month:%B %Y}" if is_english() else f"{month.year} 年 {month.month} 月"


def build(sheet: Sheet) -> MonthlyPage:
    """The sheet's blocks, each line with the way to the ledger's lines behind it."""
    key = f"{sheet.month:%Y-%m}"
    after = next_month(sheet.month)
    return MonthlyPage(
        title=month_name(sheet.month),
        month=key,
        headings=[gettext(word) for word in HEADINGS],
        blocks=[
            Block(
                gettext("各区"),
                gettext("区"),
                [_row(named(d), f, key, district=d.code) for d, f in sheet.districts],
            ),
            Block(
                gettext("各支队"),
                gettext("支队"),
                [_row(named(d), f, key, detachment=d.id) for d, f in sheet.detachments],
            ),
            Block(
                gettext("各站点"),
                gettext("站点"),
                [_row(named(s), f, key, station=s.id) for s, f in sheet.stations],
            ),
        ],
        total=_row(gettext("合计"), sheet.total, key),
        earlier=url_for("monthly.show", month=f"{sheet.month - timedelta(days=1):%Y-%m}"),
        later=url_for("monthly.show", month=f"{after:%Y-%m}") if after <= clock.today() else "",
    )


def _row(name: str, figures: Figures, month: str, **part: Any) -> Row:
    return Row(name, url_for("monthly.lines", month=month, **part), [_shown(cell) for cell in _cells(figures)])


def _cells(f: Figures) -> list[Cell]:
    score = round(f.score, 2) if f.score is not None else None
    minutes = (f.by_company, f.by_station, f.minutes)
    return [
        f.received,
        f.closed,
        f.activities,
        f.reached,
        f.companies,
        f.person_times,
        *(float(hours_text(m)) for m in minutes),
        f.ratings,
        score,
    ]


def _shown(cell: Cell) -> str:
    return "—" if cell is None else f"{cell:,}"


def as_rows(sheet: Sheet) -> Iterator[list[Cell]]:
    """The whole sheet as lines of a table: level, name, figures."""
    yield [gettext("级别"), gettext("名称"), *(gettext(word) for word in HEADINGS)]
    yield [gettext("合计"), month_name(sheet.month), *_cells(sheet.total)]
    for district, figures in sheet.districts:
        yield [gettext("区"), named(district), *_cells(figures)]
    for detachment, figures in sheet.detachments:
        yield [gettext("支队"), named(detachment), *_cells(figures)]
    for station, figures in sheet.stations:
        yield [gettext("站点"), named(station), *_cells(figures)]


def lines_as_rows(entries: Iterable[HoursEntry], who: Who) -> Iterator[list[Cell]]:
    """The ledger's lines as lines of a table; minutes are whole and signed."""
    yield [gettext(word) for word in LINE_HEADINGS]
    for entry in entries:
        yield line(entry, who)


def line_url(entry: HoursEntry) -> str:
    """The way to the case, where the station that recorded still has it, or to the activity."""
    return service_url(entry.service) if entry.service.station_id == entry.station_id else ""


def line(entry: HoursEntry, who: Who) -> list[Cell]:
    """One line of the ledger. An overseer reads names masked."""
    name = mask_name(entry.expert.name) if who.holds(Role.OVERSEER) else entry.expert.name
    return [
        f"{clock.local(entry.recorded_at):%Y-%m-%d}",
        entry.served_on.isoformat(),
        entry.service.number or "",
        named(entry.service.station) if entry.service.station_id == entry.station_id else str(entry.station_id),
        name,
        how_word(entry),
        gettext(VOUCHED[entry.confirmed_by]),
        entry.minutes,
        gettext("冲正：%(reason)s", reason=entry.reason) if entry.kind is EntryKind.REVERSAL else "",
    ]
