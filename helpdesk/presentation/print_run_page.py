"""A print run on the screen: what it holds, how far it is, what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from flask_babel import gettext

from helpdesk import config
from helpdesk.domain import catalogue, print_runs
from helpdesk.i18n import N_, counted
from helpdesk.models import PrintRun, PrintRunState, Role
from helpdesk.presentation import filters
from helpdesk.presentation.print_run_words import LEFT_OUT
from helpdesk.presentation.words import named
from helpdesk.rules.policy import Who

# Its word, and the tone of its pill.
STATES = {
    PrintRunState.DRAWING: (N_("正在生成"), "wait"),
    PrintRunState.BINDING: (N_("正在装订"), "wait"),
    PrintRunState.READY: (N_("可以下载"), "done"),
    PrintRunState.CANCELLED: (N_("已取消"), "off"),
    PrintRunState.FAILED: (N_("没有做成"), "bad"),
    PrintRunState.SWEPT: (N_("文件已清理"), "off"),
}


@dataclass(frozen=True)
class RunView:
    """Everything the list and the page of a run show."""

    id: int
    title: str
    what: str
    who: str
    when: str
    state: str
    tone: str
    total: int
    position: int
    count: str
    is_over: bool
    is_binding: bool
    is_ready: bool
    is_failed: bool
    error: str
    until: str
    zip_size: str
    pdf_size: str
    left_out: list[tuple[str, str, str]] = field(default_factory=list)


def view(run: PrintRun, *, whole: bool = False) -> RunView:
    """A run as the templates take it; `whole` with what was left out."""
    label, tone = STATES[run.state]
    until = ""
    if run.state is PrintRunState.READY and run.finished_at is not None:
        until = filters.day(run.finished_at + timedelta(days=config.setting("PRINT_DAYS")))
    return RunView(
        id=run.id,
        title=gettext("第 %(n)s 批", n=run.id),
        what=_what(run),
        who=run.account.name,
        when=filters.moment(run.started_at),
        state=gettext(label),
        tone=tone,
        total=run.total,
        position=run.position,
        count=counted("%(n)s 张", run.total),
        is_over=run.is_over,
        is_binding=run.state is PrintRunState.BINDING,
        is_ready=run.state is PrintRunState.READY,
        is_failed=run.state is PrintRunState.FAILED,
        error=(run.error or "").strip().rpartition("\n")[2],
        until=until,
        zip_size=_size(run.zip_bytes),
        pdf_size=_size(run.pdf_bytes),
        left_out=_left_out(run) if whole and run.is_over else [],
    )


def sees_all(who: Who) -> bool:
    """Whether this person prints for every station."""
    return who.holds(Role.OPERATOR)


def _what(run: PrintRun) -> str:
    first, last = (date.fromisoformat(run.params[name]) for name in ("first", "last"))
    parts = [
        gettext("%(first)s 至 %(last)s 签发", first=filters.full_day(first), last=filters.full_day(last)),
        named(run.station) if run.station else gettext("全部站点"),
    ]
    code = run.params.get("category")
    if code:
        parts += [named(c, short=True) for c in catalogue.categories() if c.code == code]
    if run.params.get("unprinted"):
        parts.append(gettext("没打印过的"))
    return " · ".join(parts)


def _left_out(run: PrintRun) -> list[tuple[str, str, str]]:
    """Number, name and reason."""
    return [(row.number, row.facts["expert_name"], gettext(LEFT_OUT[why])) for row, why in print_runs.left_out(run)]


def _size(count: int | None) -> str:
    if not count:
        return ""
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.0f} kB"
