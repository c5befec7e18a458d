"""Schemes in words: what each level asks for, since when, on what basis; and who a dry run finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from helpdesk.domain import evidence, schemes
from helpdesk.domain.schemes import Candidate
from helpdesk.i18n import N_
from helpdesk.models import (
    Award,
    Expert,
    ExpertTeam,
    Nomination,
    Route,
    Scheme,
    SchemeKind,
    SchemeVersion,
    Station,
    Subject,
)
from helpdesk.presentation.language import is_english
from helpdesk.presentation.words import named
from helpdesk.rules import commendation
from helpdesk.rules.commendation import BY_CODE, Check, Condition, Criteria, Level, Weight

KINDS = {SchemeKind.STARS: N_("星级"), SchemeKind.TITLE: N_("荣誉")}
SUBJECTS = {
    Subject.EXPERT: N_("专家"),
    Subject.STATION: N_("工作站"),
    Subject.COMPANY: N_("企业（专家所在单位）"),
    Subject.TEAM: N_("专家组"),
}
STAGES = {"district": N_("区里评审"), "city": N_("市里评审")}
MOST_SHOWN = 40


@dataclass(frozen=True)
class Line:
    """One scheme of the list."""

    scheme: Scheme
    name: str
    kind: str
    whom: str
    version: SchemeVersion | None


@dataclass(frozen=True)
class Told:
    """A condition beside what it met, in words."""

    text: str
    figure: str
    holds: bool


@dataclass(frozen=True)
class Found:
    """Somebody of a dry run or of a cycle's list of candidates."""

    number: int
    name: str
    where: str
    level: str
    qualifies: bool
    held: str
    score: str
    checks: list[Told]


@dataclass(frozen=True)
class VersionView:
    """A version in words."""

    version: SchemeVersion
    levels: list[tuple[str, str]]
    needs: list[str]
    weights: list[str]
    routes: str
    stages: str


def scheme_name(scheme: Scheme) -> str:
    """The name in the reader's language."""
    return scheme.en if is_english() else scheme.zh


def lines() -> list[Line]:
    """All schemes."""
    return [
        Line(s, scheme_name(s), gettext(KINDS[s.kind]), gettext(SUBJECTS[s.subject]), schemes.in_force(s))
        for s in schemes.every()
    ]


def level_name(level: Level) -> str:
    """A level in the reader's language."""
    return level.en if is_english() else level.zh


def need_text(need: Condition) -> str:
    """累计服务时长至少 100 小时."""
    measure = BY_CODE[need.measure]
    return gettext(
        "%(measure)s%(operator)s %(figure)s %(unit)s",
        measure=gettext(measure.label),
        operator=gettext(commendation.OPERATORS[need.operator]),
        figure=commendation.shown(need.measure, need.value),
        unit=gettext(measure.unit),
    )


def weight_text(weight: Weight) -> str:
    """评选期内服务时长，到 200 小时得满 30 分."""
    measure = BY_CODE[weight.measure]
    return gettext(
        "%(measure)s，到 %(figure)s %(unit)s得满 %(points)s 分",
        measure=gettext(measure.label),
        figure=commendation.shown(weight.measure, weight.full),
        unit=gettext(measure.unit),
        points=weight.points,
    )


def figure_text(measure: str, value: Any) -> str:
    """A figure with its unit; a dash for what is not known."""
    if value is None:
        return gettext("还没有")
    return f"{commendation.shown(measure, int(value))} {gettext(BY_CODE[measure].unit)}"


def checks_in_words(checks: Iterable[Check]) -> list[Told]:
    """Every condition, the figure it met, and whether it holds."""
    return [Told(need_text(c.condition), figure_text(c.condition.measure, c.figure), c.holds) for c in checks]


def view(version: SchemeVersion) -> VersionView:
    """A version in words."""
    criteria = commendation.read(version.criteria)
    return VersionView(
        version=version,
        levels=[(level_name(x), gettext("；").join(need_text(n) for n in x.needs)) for x in criteria.levels],
        needs=[need_text(n) for n in criteria.needs],
        weights=[weight_text(w) for w in criteria.weights],
        routes=gettext("、").join(gettext(commendation.ROUTES[Route(r)]) for r in version.routes),
        stages=gettext("、").join(gettext(STAGES[s]) for s in version.stages),
    )


def thing_name(thing: Any) -> str:
    """Who is nominated, in full: for those who work with it."""
    if isinstance(thing, Station):
        return named(thing)
    return str(thing.name)


def nominee(nomination: Nomination) -> Any:
    """The row of who is nominated."""
    return nomination.expert or nomination.station or nomination.company or nomination.team


def where_from(thing: Any) -> str:
    """The line under a name: employer, district or members."""
    if isinstance(thing, Expert):
        return f"{thing.employer} · {thing.title}"
    if isinstance(thing, ExpertTeam):
        return ""
    return str(thing.legal_entity) if isinstance(thing, Station) else ""


def found(rows: Sequence[Candidate], criteria: Criteria) -> list[Found]:
    """Candidates in words; those who reach a level first."""
    out = []
    for row in rows[:MOST_SHOWN]:
        level, held = criteria.level(row.finding.level), criteria.level(row.held)
        out.append(
            Found(
                number=row.thing.id,
                name=thing_name(row.thing),
                where=where_from(row.thing),
                level=level_name(level) if level else "",
                qualifies=row.finding.level > 0,
                held=level_name(held) if held else "",
                score=f"{row.finding.score:g}" if criteria.weights else "",
                checks=checks_in_words(row.finding.checks),
            )
        )
    return out


def award_title(award: Award) -> str:
    """深圳市五星级志愿者 · 五星; a title with one level is its scheme's name alone."""
    criteria = commendation.read(award.nomination.cycle.version.criteria)
    level = criteria.level(award.level)
    if award.scheme.kind is SchemeKind.TITLE or level is None:
        return scheme_name(award.scheme)
    return f"{scheme_name(award.scheme)} · {level_name(level)}"


# --- the form ---


def measure_choices() -> list[tuple[str, str]]:
    """Measures with their units; the first is none."""
    return [
        ("", "—"),
        *(
            (m.code, gettext("%(name)s（%(unit)s）", name=gettext(m.label), unit=gettext(m.unit)))
            for m in commendation.MEASURES
        ),
    ]


def operator_choices() -> list[tuple[str, str]]:
    """At least, at most."""
    return [(code, gettext(label)) for code, label in commendation.OPERATORS.items()]


def kind_choices() -> list[tuple[str, str]]:
    """Ladder or title."""
    return [(kind.value, gettext(label)) for kind, label in KINDS.items()]


def subject_choices() -> list[tuple[str, str]]:
    """Who may be commended."""
    return [(subject.value, gettext(label)) for subject, label in SUBJECTS.items()]


def route_choices() -> list[tuple[str, str]]:
    """Who may nominate."""
    return [(route.value, gettext(label)) for route, label in commendation.ROUTES.items()]


def stage_choices() -> list[tuple[str, str]]:
    """Who reviews."""
    return [(stage, gettext(label)) for stage, label in STAGES.items()]


def draft(version: SchemeVersion | None, year: int) -> dict[str, Any]:
    """The form's values for the version after this one; the dry run looks at the year before."""
    values: dict[str, Any] = {"trial_from": f"{year}-01-01", "trial_to": f"{year}-12-31"}
    if version is None:
        return values | {"routes": ["organisation"], "stages": ["district", "city"], "notice_days": "5"}
    criteria = commendation.read(version.criteria)
    columns = list(dict.fromkeys((n.measure, n.operator) for x in criteria.levels for n in x.needs))[:2]
    common = list(criteria.needs)
    if len(criteria.levels) == 1:
        # A title has one level: all its conditions are rows.
        columns, common = [], [*common, *criteria.levels[0].needs]

    def cell(level: Level, place: int) -> str:
        if place >= len(columns):
            return ""
        found = next((n for n in level.needs if (n.measure, n.operator) == columns[place]), None)
        return commendation.shown(found.measure, found.value) if found else ""

    return values | {
        "effective_from": version.effective_from.isoformat(),
        "effective_to": version.effective_to.isoformat() if version.effective_to else "",
        "basis": version.basis,
        "approver": version.approver,
        "routes": list(version.routes),
        "stages": list(version.stages),
        "notice_days": str(version.notice_days),
        "once_only": version.once_only,
        "needs": [
            {"measure": n.measure, "operator": n.operator, "value": commendation.shown(n.measure, n.value)}
            for n in common
        ],
        "columns": [{"measure": m, "operator": o} for m, o in columns],
        "levels": [
            {"zh": x.zh, "en": x.en, "number": str(x.number), "first": cell(x, 0), "second": cell(x, 1)}
            for x in criteria.levels
        ],
        "weights": [
            {"measure": w.measure, "points": str(w.points), "full": commendation.shown(w.measure, w.full)}
            for w in criteria.weights
        ],
    }


def names_of(subject: Subject, ids: Iterable[int]) -> dict[int, str]:
    """Names of nominees by number."""
    return {number: thing_name(row) for number, row in evidence.names(subject, list(ids)).items()}
