"""Acts over many cases: what came of each, in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk.domain import bulk
from helpdesk.errors import Refused, Stale
from helpdesk.i18n import counted
from helpdesk.models import BulkRun
from helpdesk.presentation.words import refusal_text


@dataclass(frozen=True)
class Line:
    """One case of a run."""

    number: str
    title: str
    state: str
    words: str


@dataclass(frozen=True)
class RunView:
    """How far a run is, and what came of it."""

    label: str
    position: int
    total: int
    summary: str
    lines: list[Line]
    may_undo: bool
    is_over: bool


def view(run: BulkRun) -> RunView:
    """The run as the page shows it: refusals first, for they are what is left to do."""
    lines = [_line(item, result) for item, result in zip(run.items, run.results, strict=False)]
    undone = sum(1 for r in run.results if r.get("undone"))
    summary = counted("办好 %(n)s 件", run.done)
    if run.refused:
        summary += gettext("，") + counted("%(n)s 件没办成", run.refused)
    if run.undone_at is not None:
        summary = counted("撤销了 %(n)s 件", undone)
    return RunView(
        label=gettext(bulk.ACTS[run.act].label),
        position=run.position,
        total=len(run.items),
        summary=summary,
        lines=sorted(lines, key=lambda row: row.state != "refused"),
        may_undo=bulk.ACTS[run.act].undo is not None and run.undone_at is None and run.done > 0,
        is_over=run.finished_at is not None,
    )


def _line(item: dict[str, object], result: dict[str, object]) -> Line:
    number, title = str(item["number"]), str(item["title"])
    if result.get("undone"):
        return Line(number, title, "undone", gettext("已撤销"))
    if result["ok"] and not result.get("code"):
        return Line(number, title, "done", gettext("已办"))
    return Line(number, title, "refused", _words(str(result.get("code")), result.get("facts") or {}))


def _words(code: str, facts: object) -> str:
    known = {k: str(v) for k, v in facts.items()} if isinstance(facts, dict) else {}
    if code == "stale":
        told = {name: known.get(name, "") for name in ("who", "event", "status")}
        return refusal_text(Stale(**told))
    return refusal_text(Refused(code, **known))
