"""The preview of a whole queue given out at once, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk.domain.batch import Pair, Plan
from helpdesk.i18n import counted
from helpdesk.models import Case
from helpdesk.presentation import filters as shown
from helpdesk.presentation.words import left_out_text, named, reason_text


@dataclass(frozen=True)
class Line:
    """A case with the expert it would go to, and why not the first of its list."""

    value: str
    number: str
    title: str
    url: str
    category: str
    company: str
    clock: object
    expert: str
    org: str
    points: int
    reasons: list[str]
    instead: str


@dataclass(frozen=True)
class Left:
    """A case nobody could be found for."""

    number: str
    title: str
    url: str
    why: str


@dataclass(frozen=True)
class View:
    """The page."""

    lines: list[Line]
    left: list[Left]
    summary: str


def view(plan: Plan) -> View:
    """Everything the preview shows."""
    return View([_line(pair) for pair in plan.pairs], [_left(*row) for row in plan.left], _summary(plan))


def _summary(plan: Plan) -> str:
    text = counted("%(n)s 件可以派出", len(plan.pairs))
    gained = plan.total - plan.greedy
    if len(plan.pairs) > plan.greedy_pairs:
        text += gettext("，比逐件派多派 %(n)s 件", n=len(plan.pairs) - plan.greedy_pairs)
    elif gained >= 0.5:
        text += gettext("，总匹配 %(total)s 分，比逐件派高 %(n)s 分", total=round(plan.total), n=round(gained))
    return text


def _line(pair: Pair) -> Line:
    case, found = pair.case, pair.candidate
    return Line(
        value=f"{case.number}~{found.expert.id}~{case.version}",
        number=case.number or "",
        title=case.title,
        url=url_for("cases.show", number=case.number),
        category=named(case.category, short=True),
        company=case.company.name if case.company else "",
        clock=shown.clock_of(case),
        expert=found.expert.name,
        org=f"{found.expert.employer} {found.expert.title}",
        points=round(found.points),
        reasons=[reason_text({"text": r.text, "facts": r.facts}) for r in found.reasons if r.is_good][:4],
        instead=_instead(pair),
    )


def _instead(pair: Pair) -> str:
    """Why not the first of its own list: because they are worth more elsewhere."""
    if pair.instead is None:
        return ""
    gap = round(pair.instead.points - pair.candidate.points, 1)
    if pair.instead_case is None:
        return gettext("第 %(n)s 人选，比首选低 %(gap)s 分", n=pair.place, gap=gap)
    return gettext(
        "首选%(name)s（高 %(gap)s 分）去办 %(number)s 更合算",
        name=pair.instead.expert.name,
        gap=gap,
        number=pair.instead_case.number,
    )


def _left(case: Case, left_out: dict[str, int]) -> Left:
    why = left_out_text(left_out) or gettext("这一类没有专家，或都已经排满")
    return Left(case.number or "", case.title, url_for("cases.show", number=case.number), why)


def chosen(values: Sequence[str]) -> dict[str | None, int]:
    """Case number to expert, from the ticked rows; garbled ones mean nothing."""
    return {number: expert for number, expert, _ in _read(values)}


def versions(values: Sequence[str]) -> dict[str | None, int]:
    """Case number to the version that was on the page."""
    return {number: version for number, _, version in _read(values)}


def _read(values: Sequence[str]) -> list[tuple[str, int, int]]:
    found = []
    for value in values:
        number, _, rest = value.partition("~")
        expert, _, version = rest.partition("~")
        if all(part.isascii() and part.isdecimal() and len(part) < 10 for part in (expert, version)):
            found.append((number, int(expert), int(version)))
    return found
