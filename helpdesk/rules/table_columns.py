"""What a table to import may hold: its columns as data, and how a cell is read. Pure: what must be looked up in the
database (a station, a volunteer) is left to `domain.table_imports`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from helpdesk import clock
from helpdesk.i18n import N_
from helpdesk.models import Meeting, TableKind
from helpdesk.rules import identifiers, sizes

LONGEST_TRAINING = 14400


class Wrong(Exception):
    """A cell cannot be taken: why, and what belongs to it. The words stand in `presentation.import_words`."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True)
class Column:
    """One column. `read` turns a cell that is not empty into a value, or raises Wrong; `example` is its cell in the
    template; `otherwise` is what an empty cell means."""

    key: str
    label: str
    hint: str
    example: str
    read: Callable[[str], Any]
    needed: bool = False
    otherwise: Any = ""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one cell."""

    column: str
    code: str
    facts: dict[str, object] = field(default_factory=dict)


def plain(text: str) -> str:
    """A word as it is compared: full-width forms narrowed, without spaces and case."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def pieces(text: str) -> list[str]:
    """The words of a cell that names several."""
    parts = re.split(r"[、,，;；/|\n]+", unicodedata.normalize("NFKC", text))
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _words(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        line = " ".join(unicodedata.normalize("NFC", text).split())
        if len(line) > longest:
            raise Wrong("too_long", over=len(line) - longest)
        return line

    return read


def _prose(longest: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > longest:
            raise Wrong("too_long", over=len(text) - longest)
        return text

    return read


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        tidy = unicodedata.normalize("NFKC", text).replace(",", "").strip()
        if not re.fullmatch(r"[0-9]{1,12}", tidy, re.ASCII) or not least <= int(tidy) <= most:
            raise Wrong("number_out_of_range", least=least, most=most)
        return int(tidy)

    return read


def _hours(most_minutes: int, least_minutes: int = 0) -> Callable[[str], int]:
    """Hours with a point become whole minutes."""

    def read(text: str) -> int:
        tidy = re.sub(r"(小时|hours?|h)$", "", plain(text))
        try:
            minutes = Decimal(tidy) * 60 if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,4})?", tidy, re.ASCII) else None
        except InvalidOperation:
            minutes = None
        if minutes is None or not least_minutes <= int(minutes) <= most_minutes:
            raise Wrong("hours_out_of_range", most=most_minutes // 60)
        return int(minutes)

    return read


def read_day(text: str) -> date:
    """2026-03-01, 2026/3/1, 2026.3.1, 2026年3月1日 or 20260301. Raises Wrong."""
    tidy = plain(text)
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:00:00:00)?", tidy, re.ASCII) or re.fullmatch(
        r"(\d{4})(\d{2})(\d{2})", tidy, re.ASCII
    )
    try:
        day = date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or not 1900 <= day.year <= 2200:
        raise Wrong("day_unreadable")
    return day


def _past_day(text: str) -> date:
    day = read_day(text)
    if day > clock.today():
        raise Wrong("day_in_future")
    return day


def _volunteer_number(text: str) -> str:
    """The designated platform's number: never an identity number (rule R16)."""
    number = identifiers.squeeze(text)
    if identifiers.identity_number(number, is_resident=True) is not None:
        raise Wrong("looks_like_identity")
    if not re.fullmatch(r"[0-9A-Z]{4,20}", number, re.ASCII):
        raise Wrong("volunteer_number_unreadable")
    return number


def _phone(text: str) -> str:
    number = identifiers.tidy_phone(text)
    if identifiers.phone_problem(number) is not None:
        raise Wrong("phone_unreadable")
    return number


def _email(text: str) -> str:
    address = unicodedata.normalize("NFKC", text).strip().lower()
    if len(address) > 120 or not re.fullmatch(r"[^\s@<>,;\"']{1,64}@[^\s@<>,;\"']+\.[^\s@<>,;\"'.]{2,}", address):
        raise Wrong("email_unreadable")
    return address


def _credit_code(text: str) -> str:
    code = identifiers.squeeze(text)
    if identifiers.credit_code_problem(code) is not None:
        raise Wrong("credit_code_wrong")
    return code


def _industry(text: str) -> str:
    """A GB/T 4754 code such as C39 or I65, or the name of a sector of the size table."""
    known = {plain(row.label): row.prefixes[0] for row in sizes.SECTORS}
    known |= {plain(label): prefix for prefix, label in sizes.OUTSIDE}
    word = plain(text)
    if word in known:
        return known[word]
    code = word.upper()
    if not re.fullmatch(r"[A-S][0-9]{0,3}", code, re.ASCII):
        raise Wrong("industry_unknown")
    return code


LANGUAGES: dict[str, tuple[str, ...]] = {
    "zh": (N_("普通话"), "中文", "汉语", "国语", "mandarin", "chinese"),
    "en": (N_("英语"), "英文", "english"),
    "yue": (N_("粤语"), "广东话", "白话", "cantonese"),
    "ja": (N_("日语"), "日文", "japanese"),
}
MODES: dict[str, tuple[str, ...]] = {
    Meeting.ONLINE.value: ("线上", "网上", "视频"),
    Meeting.PHONE.value: ("电话",),
    Meeting.ONSITE.value: ("上门", "onsite", "atyourplace"),
    Meeting.STATION.value: ("到站点", "站点", "到站"),
}


def _several(known: dict[str, tuple[str, ...]], code: str) -> Callable[[str], list[str]]:
    by_word = {plain(word): key for key, words in known.items() for word in (key, *words)}

    def read(text: str) -> list[str]:
        found = []
        for piece in pieces(text):
            if plain(piece) not in by_word:
                raise Wrong(code, word=piece[:40])
            found.append(by_word[plain(piece)])
        return list(dict.fromkeys(found))

    return read


def _number(hint: str) -> Column:
    return Column("volunteer_number", N_("志愿者编号"), hint, "440300126001", _volunteer_number, needed=True)


def _name() -> Column:
    return Column("name", N_("姓名"), N_("要和编号对得上"), N_("示例：林一文"), _words(80), needed=True)


COLUMNS: dict[TableKind, tuple[Column, ...]] = {
    TableKind.EXPERTS: (
        _number(N_("指定信息平台给的编号，不能用身份证号")),
        Column("name", N_("姓名"), N_("和证件一致"), N_("示例：林一文"), _words(80), needed=True),
        Column("email", N_("邮箱"), N_("登录用；邮箱和手机至少填一个"), "lin.yiwen@example.com", _email),
        Column("phone", N_("手机"), N_("11 位手机号，或带区号的固定电话"), "13800000000", _phone),
        Column("employer", N_("单位"), N_("现在工作的单位"), "深圳市某某研究院", _words(120)),
        Column("title", N_("职务"), N_("职务或职称"), "高级工程师", _words(80)),
        Column("station", N_("工作站"), N_("工作站的全名或代码"), "", _words(120), needed=True),
        Column(
            "fields",
            N_("服务类别"),
            N_("一个或几个，用顿号隔开，例如：政策、融资"),
            "政策、创新",
            _words(200),
            needed=True,
        ),
        Column(
            "districts",
            N_("服务区"),
            N_("一个或几个区，用顿号隔开；全市都去写“全市”"),
            "南山、宝安",
            _words(200),
            needed=True,
        ),
        Column(
            "languages",
            N_("语言"),
            N_("普通话、英语、粤语、日语；不填是普通话"),
            "普通话、英语",
            _several(LANGUAGES, "language_unknown"),
            otherwise=["zh"],
        ),
        Column(
            "modes",
            N_("服务方式"),
            N_("线上、电话、上门、到站点；不填是线上和电话"),
            "线上、上门",
            _several(MODES, "mode_unknown"),
            otherwise=["online", "phone"],
        ),
        Column(
            "weekly_hours",
            N_("每周小时"),
            N_("每周愿意服务几小时，0 到 40；不填是 2"),
            "4",
            _hours(2400),
            otherwise=120,
        ),
        Column("max_open_cases", N_("同时最多办几件"), N_("0 到 20；不填是 3"), "3", _whole(0, 20), otherwise=3),
        Column("licence_number", N_("执业证号"), N_("律师、会计师等有执业证的才填"), "", _words(60), otherwise=None),
        Column(
            "licence_valid_until",
            N_("执业证有效期至"),
            N_("有执业证号就要填，例如 2028-12-31"),
            "",
            read_day,
            otherwise=None,
        ),
        Column(
            "registered_on", N_("登记日期"), N_("成为志愿者的日子；不填是今天"), "2024-03-01", _past_day, otherwise=None
        ),
        Column("bio", N_("简介"), N_("几句话，企业看得到"), "做了十五年产品认证。", _prose(2000)),
    ),
    TableKind.COMPANIES: (
        Column(
            "name", N_("企业名称"), N_("营业执照上的全名"), N_("示例：深圳市某某科技有限公司"), _words(120), needed=True
        ),
        Column("credit_code", N_("统一社会信用代码"), N_("18 位；还没有注册的不填"), "", _credit_code, otherwise=None),
        Column("district", N_("区"), N_("深圳的一个区"), "南山", _words(40), needed=True),
        Column(
            "industry",
            N_("行业"),
            N_("国民经济行业代码（例如 C39、I65），或划型标准里的行业名称"),
            "I65",
            _industry,
            needed=True,
        ),
        Column("employees", N_("从业人员"), N_("人"), "28", _whole(0, 10_000_000), otherwise=None),
        Column(
            "revenue_wan", N_("营业收入（万元）"), N_("上一年，万元"), "900", _whole(0, 2_000_000_000), otherwise=None
        ),
        Column(
            "assets_wan", N_("资产总额（万元）"), N_("上一年末，万元"), "600", _whole(0, 2_000_000_000), otherwise=None
        ),
    ),
    TableKind.TRAININGS: (
        _number(N_("已经登记的专家的编号")),
        _name(),
        Column("entry", N_("培训名称"), N_("培训的全名"), "专家志愿者上岗培训", _words(120), needed=True),
        Column("content", N_("主要内容"), N_("讲了什么"), "服务流程、保密、回避", _prose(2000), needed=True),
        Column(
            "minutes",
            N_("学时（小时）"),
            N_("小时，可以带小数，例如 1.5"),
            "3",
            _hours(LONGEST_TRAINING, 1),
            needed=True,
        ),
        Column("giver", N_("举办单位"), N_("举办培训的单位"), "总队培训部", _words(120), needed=True),
        Column("day", N_("日期"), N_("培训那天，例如 2025-06-01"), "2025-06-01", _past_day, needed=True),
    ),
    TableKind.HONOURS: (
        _number(N_("已经登记的专家的编号")),
        _name(),
        Column("entry", N_("荣誉名称"), N_("奖状或证书上写的名称"), "优秀志愿者", _words(120), needed=True),
        Column("giver", N_("授予单位"), N_("盖章的单位"), "市志愿者联合会", _words(120), needed=True),
        Column("day", N_("授予日期"), N_("例如 2025-12-05"), "2025-12-05", _past_day, needed=True),
        Column("content", N_("怎么核实"), N_("证书编号、公示网址等"), "证书编号 2025-118", _prose(500)),
    ),
}
# Columns that our own report adds: a file that was corrected in it comes back with them, and they are passed over.
EXAMPLES = ("示例:", "example:")
REPORT_COLUMNS: tuple[tuple[str, str], ...] = (("state", N_("检查结果")), ("reason", N_("原因")))


def is_example(cells: dict[str, str]) -> bool:
    """Whether this is the line that the template came with; its name says so."""
    return plain(cells.get("name", "")).startswith(EXAMPLES)


def read(kind: TableKind, cells: dict[str, str], formulas: set[str]) -> tuple[dict[str, Any], list[Problem]]:
    """One line: the values of its columns as far as they can be read, and what is wrong with which cell."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for column in COLUMNS[kind]:
        text = cells.get(column.key, "")
        if column.key in formulas:
            problems.append(Problem(column.key, "is_formula"))
        elif not text:
            values[column.key] = column.otherwise
            if column.needed:
                problems.append(Problem(column.key, "missing"))
        else:
            try:
                values[column.key] = column.read(text)
            except Wrong as wrong:
                problems.append(Problem(column.key, wrong.code, wrong.facts))
    return values, problems
