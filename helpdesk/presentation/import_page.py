"""Tables to import in the reader's words: headings in both languages, templates, what is wrong with a cell, reports."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import force_locale, gettext
from sqlalchemy import select

from helpdesk.adapters.table_file import BadTable
from helpdesk.db import db
from helpdesk.domain import table_imports
from helpdesk.domain.table_imports import Line, LineState, Report
from helpdesk.errors import Refused
from helpdesk.i18n import LOCALES, N_, counted
from helpdesk.models import EntryState, ImportedEntry, Station, TableImport, TableKind, TableUpload
from helpdesk.presentation import filters, tables
from helpdesk.presentation.tables import Cell, Sheet
from helpdesk.presentation.words import listed, named
from helpdesk.rules.credit import hours_text
from helpdesk.rules.table_columns import COLUMNS, REPORT_COLUMNS, Problem, plain

KINDS: dict[TableKind, str] = {
    TableKind.EXPERTS: N_("专家名册"),
    TableKind.COMPANIES: N_("企业名册"),
    TableKind.TRAININGS: N_("以前的培训"),
    TableKind.HONOURS: N_("以前的表彰奖励"),
}
LEADS: dict[TableKind, str] = {
    TableKind.EXPERTS: N_("已经审核通过的专家；账号一起建好，管理员设了密码就能登录。"),
    TableKind.COMPANIES: N_("企业的基本情况；规模按划型标准自动算。"),
    TableKind.TRAININGS: N_("来这里之前参加过的培训；导入后是“待核”，核实了才进档案。"),
    TableKind.HONOURS: N_("别的单位给过的荣誉；导入后是“待核”，核实了才进档案。"),
}
PROBLEMS: dict[str, str] = {
    "missing": N_("这一格不能空"),
    "is_formula": N_("这一格是公式，请改成值（复制后“粘贴为值”）"),
    "too_long": N_("超了 %(over)s 个字"),
    "number_out_of_range": N_("请填 %(least)s 到 %(most)s 的整数"),
    "hours_out_of_range": N_("请填小时数，最多 %(most)s"),
    "day_unreadable": N_("看不懂这个日期，请写成 2026-03-01"),
    "day_in_future": N_("日期还没到"),
    "looks_like_identity": N_("这像身份证号，请填志愿者编号"),
    "volunteer_number_unreadable": N_("编号是 4 到 20 位数字或字母"),
    "phone_unreadable": N_("号码不对：手机 11 位，固定电话要带区号"),
    "email_unreadable": N_("邮箱写得不对"),
    "credit_code_wrong": N_("统一社会信用代码不对，请核对 18 位"),
    "industry_unknown": N_("没有这个行业，请填代码，例如 C39、I65"),
    "language_unknown": N_("没有“%(word)s”这种语言，可以填：普通话、英语、粤语、日语"),
    "mode_unknown": N_("没有“%(word)s”这种方式，可以填：线上、电话、上门、到站点"),
    "station_unknown": N_("没有叫“%(word)s”的工作站，请照说明页里的名字填"),
    "station_near": N_("没有叫“%(word)s”的工作站，是不是%(near)s？"),
    "name_of_several": N_("“%(word)s”有几个，请填代码"),
    "field_unknown": N_("没有“%(word)s”这个类别，请照说明页里的填"),
    "district_unknown": N_("没有“%(word)s”这个区"),
    "email_or_phone": N_("邮箱和手机至少填一个"),
    "licence_incomplete": N_("执业证号和有效期要一起填"),
    "doubled": N_("和第 %(row)s 行重复，请删掉一行"),
    "number_of_another": N_("这个编号已经是另一位专家的"),
    "login_taken": N_("已经有账号用它登录，请换一个"),
    "volunteer_unknown": N_("没有这个编号的专家"),
    "name_differs": N_("这个编号的专家不叫这个名字"),
    "own_record": N_("不能导入自己的记录"),
    "other_station": N_("不是贵站的专家"),
}
NOTES: dict[str, str] = {
    "expert_known": N_("已经登记过，保持原样"),
    "company_known": N_("已经有了，保持原样"),
    "company_known_as": N_("这个代码已经登记为“%(name)s”，保持原样"),
    "company_same_name": N_("已经有同名企业，跳过"),
    "entry_known": N_("已经有这一条，跳过"),
}
STATES: dict[LineState, tuple[str, str, str]] = {
    LineState.NEW: (N_("可以导入"), "done", "check"),
    LineState.KNOWN: (N_("已有，跳过"), "off", "s-slash"),
    LineState.BAD: (N_("有错"), "bad", "alert"),
    LineState.EXAMPLE: (N_("示例，跳过"), "off", "s-slash"),
}
ENTRY_STATES: dict[EntryState, tuple[str, str, str]] = {
    EntryState.PENDING: (N_("待核"), "wait", "s-clock"),
    EntryState.VERIFIED: (N_("已核实"), "done", "s-closed"),
    EntryState.REFUSED: (N_("不予记录"), "off", "s-rejected"),
}
SHOWN = ("all", "bad", "new", "known")
PAGE = 100


# --- headings and templates ---


def keys_of(kind: TableKind, heading: Sequence[str]) -> list[str]:
    """Which column each heading means, in either language; "" for one of our own report's.

    Raises BadTable for a heading nobody knows, one that stands twice, and one that is missing.
    """
    known = _known_headings(kind)
    keys: list[str] = []
    for place, text in enumerate(heading, 1):
        key = known.get(plain(text))
        if key is None:
            raise BadTable("table_heading_unknown", place=place, word=text[:40] or "—", names=_names(kind))
        if key and key in keys:
            raise BadTable("table_heading_twice", word=text[:40])
        keys.append(key)
    missing = [gettext(column.label) for column in COLUMNS[kind] if column.needed and column.key not in keys]
    if missing:
        raise BadTable("table_heading_missing", names=gettext("、").join(missing))
    return keys


def _known_headings(kind: TableKind) -> dict[str, str]:
    known: dict[str, str] = {}
    for locale in LOCALES:
        with force_locale(locale):
            known |= {plain(gettext(label)): "" for _, label in REPORT_COLUMNS}
            known |= {plain(gettext(column.label)): column.key for column in COLUMNS[kind]}
    return known | {column.key: column.key for column in COLUMNS[kind]}


def _names(kind: TableKind) -> str:
    return gettext("、").join(gettext(column.label) for column in COLUMNS[kind])


def template(kind: TableKind, file_kind: str) -> Iterator[bytes]:
    """The empty table: headings in the reader's language and an example line; a workbook has a page that explains."""
    columns = COLUMNS[kind]
    rows: list[list[Cell]] = [[gettext(column.label) for column in columns], _example(kind)]
    if file_kind == "csv":
        return tables.csv_pieces(rows)
    return tables.book_pieces(
        (
            Sheet(gettext(KINDS[kind]), rows, [max(14, 2 * len(column.example)) for column in columns]),
            Sheet(gettext("说明"), _explained(kind), (24, 12, 60)),
        )
    )


def _example(kind: TableKind) -> list[Cell]:
    station = db.session.scalar(select(Station).where(Station.closed_at.is_(None)).order_by(Station.id).limit(1))
    return [
        named(station)
        if column.key == "station"
        else gettext(column.example)
        if column.key == "name"
        else column.example
        for column in COLUMNS[kind]
    ]


def _explained(kind: TableKind) -> Iterator[list[Cell]]:
    yield [gettext("列"), gettext("要不要填"), gettext("怎么填")]
    for column in COLUMNS[kind]:
        yield [gettext(column.label), gettext("必填") if column.needed else gettext("选填"), gettext(column.hint)]
    yield []
    yield [gettext("示例行不会导入，可以删掉。"), None, None]
    yield [gettext("一次最多 5000 行；有一行错，整个文件都不导入。"), None, None]
    if kind is TableKind.EXPERTS:
        yield []
        yield [gettext("工作站"), gettext("代码"), None]
        for station in db.session.scalars(select(Station).where(Station.closed_at.is_(None)).order_by(Station.id)):
            yield [named(station), station.code, None]


# --- what was found ---


def problem_text(problem: Problem) -> str:
    """What is wrong with a cell."""
    text = gettext(PROBLEMS[problem.code])
    return text % problem.facts if problem.facts else text


def note_text(line: Line) -> str:
    """Why a line is passed over; empty for one that is not."""
    if line.note is None:
        return ""
    code, facts = line.note
    return gettext(NOTES[code]) % facts if facts else gettext(NOTES[code])


@dataclass(frozen=True)
class CellView:
    """One cell, and what is wrong with it."""

    label: str
    text: str
    problem: str


@dataclass(frozen=True)
class LineView:
    """One line of the preview."""

    number: int
    state: tuple[str, str, str]
    note: str
    cells: list[CellView]
    is_bad: bool


@dataclass(frozen=True)
class View:
    """The page of an upload."""

    title: str
    file_name: str
    heading: list[str]
    lines: list[LineView]
    counts: dict[str, int]
    tabs: list[dict[str, object]]
    may_import: bool
    button: str
    newer: str | None
    older: str | None
    place: str


def build(upload: TableUpload, report: Report, *, shown: str, number: int) -> View:
    """One page of the lines; the bad ones first to be shown where there are any."""
    counts = {
        "all": len(report.lines),
        "bad": report.count(LineState.BAD),
        "new": report.count(LineState.NEW),
        "known": report.count(LineState.KNOWN) + report.count(LineState.EXAMPLE),
    }
    shown = shown if shown in SHOWN else "bad" if counts["bad"] else "all"
    chosen = [line for line in report.lines if shown == "all" or _tab_of(line) == shown]
    last = max(0, (len(chosen) - 1) // PAGE)
    number = min(max(number, 0), last)
    part = chosen[number * PAGE : (number + 1) * PAGE]
    labels = {column.key: gettext(column.label) for column in COLUMNS[upload.kind]}
    keys = [key for key in upload.columns if key]

    def at(tab: str, page: int = 0) -> str:
        return url_for("table_imports.upload", upload_id=upload.id, shown=tab, page=page or None)

    words = {"bad": gettext("有错"), "new": gettext("可以导入"), "known": gettext("跳过"), "all": gettext("全部")}
    return View(
        title=gettext("导入%(what)s", what=gettext(KINDS[upload.kind])),
        file_name=upload.file_name,
        heading=[labels[key] for key in keys],
        lines=[_line(line, keys, labels) for line in part],
        counts=counts,
        tabs=[
            {"label": words[tab], "url": at(tab), "current": tab == shown, "count": counts[tab]}
            for tab in ("bad", "new", "known", "all")
        ],
        may_import=report.may_import,
        button=counted("导入 %(n)s 行", counts["new"]),
        newer=at(shown, number - 1) if number else None,
        older=at(shown, number + 1) if number < last else None,
        place=gettext("第 %(n)s 页，共 %(total)s 页", n=number + 1, total=last + 1) if last else "",
    )


def _tab_of(line: Line) -> str:
    return "known" if line.state is LineState.EXAMPLE else line.state.value


def _line(line: Line, keys: list[str], labels: dict[str, str]) -> LineView:
    state, tone, icon = STATES[line.state]
    wrong: dict[str, str] = {}
    for problem in line.problems:
        wrong.setdefault(problem.column, problem_text(problem))
    cells = [CellView(labels[key], line.cells.get(key, ""), wrong.pop(key, "")) for key in keys]
    # What is wrong with a column that the file does not have stands beside the state.
    note = gettext("；").join([note_text(line), *wrong.values()]).strip(gettext("；"))
    return LineView(line.number, (gettext(state), tone, icon), note, cells, line.state is LineState.BAD)


def report_pieces(upload: TableUpload, report: Report) -> Iterator[bytes]:
    """The file as it came, with two more columns: what becomes of each line, and why. It may come back corrected."""
    columns = {column.key: column for column in COLUMNS[upload.kind]}
    keys = [key for key in upload.columns if key]
    labels = {key: gettext(columns[key].label) for key in keys}
    every = {key: gettext(column.label) for key, column in columns.items()}

    def rows() -> Iterator[list[Cell]]:
        yield [*labels.values(), *(gettext(label) for _, label in REPORT_COLUMNS)]
        for line in report.lines:
            reasons = [
                gettext("%(column)s：%(problem)s", column=every[p.column], problem=problem_text(p))
                for p in line.problems
            ] or [note_text(line)]
            yield [
                *(line.cells.get(key, "") for key in keys),
                gettext(STATES[line.state][0]),
                gettext("；").join(reasons),
            ]

    return tables.book_pieces([Sheet(gettext("检查结果"), rows(), [*itertools.repeat(16, len(keys)), 12, 60])])


# --- what was imported ---


@dataclass(frozen=True)
class Row:
    """An upload or an import in a list."""

    title: str
    file_name: str
    what: str
    url: str
    waiting: str = ""


def upload_rows(rows: Sequence[TableUpload]) -> list[Row]:
    """What waits to be looked at."""
    return [
        Row(
            title=gettext(KINDS[row.kind]),
            file_name=row.file_name,
            what=f"{counted('%(n)s 行', len(row.rows))} · {filters.full_day(row.uploaded_at)}",
            url=url_for("table_imports.upload", upload_id=row.id),
        )
        for row in rows
    ]


def import_rows(rows: Sequence[TableImport]) -> list[Row]:
    """What was imported; two queries however long."""
    waiting = table_imports.pending_counts([row.id for row in rows])
    return [
        Row(
            title=gettext(KINDS[row.kind]),
            file_name=row.file_name,
            what=f"{_became(row)} · {row.by} · {filters.full_day(row.at)}",
            url=url_for("table_imports.show", batch_id=row.id),
            waiting=counted("%(n)s 条待核", waiting[row.id]) if row.id in waiting else "",
        )
        for row in rows
    ]


def _became(row: TableImport) -> str:
    made = counted("导入了 %(n)s 行", row.made)
    return listed(made, counted("跳过 %(n)s 行", row.known) if row.known else "")


@dataclass(frozen=True)
class EntryView:
    """A past record in the table."""

    id: int
    who: str
    name: str
    giver: str
    day: str
    hours: str
    content: str
    state: tuple[str, str, str]
    reason: str
    waits: bool


def facts_of(batch: TableImport) -> list[tuple[str, str]]:
    """What is kept of an import."""
    return [
        (gettext("导入了"), counted("%(n)s 行", batch.made)),
        (gettext("已有，跳过"), counted("%(n)s 行", batch.known)),
        (gettext("文件"), batch.file_name),
        (gettext("谁导入的"), batch.by),
        (gettext("什么时候"), filters.full_day(batch.at)),
    ]


def entry_views(rows: Sequence[ImportedEntry]) -> list[EntryView]:
    """Past records of an import."""
    return [
        EntryView(
            id=row.id,
            who=f"{row.expert.name} · {row.expert.volunteer_number}",
            name=row.name,
            giver=row.giver,
            day=filters.full_day(row.day),
            hours=hours_text(row.minutes) if row.minutes is not None else "",
            content=row.content,
            state=_entry_state(row.state),
            reason=gettext("%(who)s：%(why)s", who=row.decided_by, why=row.reason) if row.reason else "",
            waits=row.state is EntryState.PENDING,
        )
        for row in rows
    ]


def _entry_state(state: EntryState) -> tuple[str, str, str]:
    label, tone, icon = ENTRY_STATES[state]
    return gettext(label), tone, icon


def as_refusal(trouble: BadTable) -> Refused:
    """A file that is no table, as a refusal beside the field."""
    return Refused(trouble.code, field="file", **trouble.facts)
