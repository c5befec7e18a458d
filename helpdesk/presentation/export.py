"""Cases as lines of a table that a spreadsheet opens.

The number of cases stands in the file's name and last line, and is compared with what was written: a file without that
line was cut on its way (peers brief, B1 no. 16).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from flask_babel import gettext

from helpdesk import clock
from helpdesk.i18n import N_, counted
from helpdesk.models import Case
from helpdesk.presentation.words import district_name, named, status_label

# A cell that begins so would be read as a formula (OWASP, CSV injection); some read the wide signs too.
# A cell that begins so would be read as a formula (OWASP, CSV injection); some programs read the wide signs as well.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# By this mark spreadsheets know that what follows is UTF-8.
MARK = "\ufeff"
# Lines that are sent together.
TOGETHER = 200


HEADINGS = (
    N_("案件编号"), N_("标题"), N_("状态"), N_("类别"), N_("主题"), N_("企业"), N_("区"), N_("站点"), N_("专家"),
    N_("提交时间"), N_("截止时间"),
)  # fmt: skip


class CutShort(Exception):
    """Fewer or more cases came than were counted: the answer is broken off, so that nobody takes it for whole."""


def name_of(total: int) -> str:
    """The file's name: the day, and how many cases it holds."""
    return f"cases-{clock.today().isoformat()}-{total}-rows.csv"


def lines(cases: Iterable[Case], total: int) -> Iterator[str]:
    """The file, some lines at a time: mark, headings, a line for each case, and a last one that says how many.

    Raises CutShort, without the last line, when the number is another than `total`.
    """
    out, done = io.StringIO(), 0
    writer = csv.writer(out)
    out.write(MARK)
    writer.writerow(headings())
    for case in cases:
        writer.writerow(row(case))
        done += 1
        if done % TOGETHER == 0:
            yield _taken(out)
    if done != total:
        raise CutShort(f"{done} of {total} cases")
    writer.writerow([counted("— 完，共 %(n)s 件 —", done)])
    yield _taken(out)


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def headings() -> list[str]:
    """The first line."""
    return [gettext(word) for word in HEADINGS]


def row(case: Case) -> list[str]:
    """One case; no contact data: that is shown case by case, and each look is noted."""
    return [
        safe(cell)
        for cell in (
            case.number or "",
            case.title,
            status_label(case),
            named(case.category, short=True),
            named(case.topic),
            case.company.name if case.company else "",
            district_name(case.district or ""),
            named(case.station),
            case.expert.name if case.expert else "",
            _stamp(case.submitted_at),
            _stamp(case.due_at),
        )
    ]


def _stamp(moment: datetime | None) -> str:
    """A moment as a spreadsheet sorts it: whole, with its year, never "yesterday"."""
    return f"{clock.local(moment):%Y-%m-%d %H:%M}" if moment else ""


def safe(cell: str) -> str:
    """The cell as text, never as a formula."""
    return "'" + cell if cell.startswith(FORMULA) or cell.lstrip().startswith(FORMULA) else cell
