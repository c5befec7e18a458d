"""Who would deserve a commendation: conditions and weights as data, computed; people award (PIPL art. 24).

A condition is a measure, an operator and a figure; all of a level's must hold. The score is a sum of weights, each
a share of its full mark. Measures are whole numbers in their own smallest unit (minutes, hundredths of a rating),
so nothing is rounded before it is compared. Basis of the shipped figures: domain brief 2, rule R14.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from helpdesk.i18n import N_
from helpdesk.models.scheme import Route, Subject
from helpdesk.rules.credit import overlap
from helpdesk.rules.promises import Calendar

# Records are due within ten working days after the service (办法67 art. 11; rule R01).
RECORD_WORKDAYS = 10


@dataclass(frozen=True)
class Measure:
    """Something the ledger and the cases tell of a nominee. `scale` of its units make one as a person reads it."""

    code: str
    label: str
    unit: str
    scale: int
    subjects: frozenset[Subject]


_ALL = frozenset(Subject)
_GROUPS = _ALL - {Subject.EXPERT}

MEASURES: tuple[Measure, ...] = (
    Measure("total_minutes", N_("累计服务时长"), N_("小时"), 60, _ALL),
    Measure("minutes", N_("评选期内服务时长"), N_("小时"), 60, _ALL),
    Measure("company_minutes", N_("评选期内企业确认的时长"), N_("小时"), 60, _ALL),
    Measure("months", N_("登记满"), N_("个月"), 1, frozenset({Subject.EXPERT})),
    Measure("idle_months", N_("最近一年里最长连续几个月没有服务"), N_("个月"), 1, _ALL),
    Measure("cases", N_("办成件数"), N_("件"), 1, _ALL),
    Measure("activities", N_("参加的活动"), N_("场"), 1, _ALL),
    Measure("companies", N_("帮到的企业"), N_("家"), 1, _ALL),
    Measure("first_companies", N_("第一次得到帮助的企业"), N_("家"), 1, _ALL),
    Measure("districts", N_("服务到的区"), N_("个区"), 1, _ALL),
    Measure("industries", N_("服务到的行业"), N_("个行业"), 1, _ALL),
    Measure("experts", N_("出力的专家"), N_("人"), 1, _GROUPS),
    Measure("rating", N_("企业评分平均"), N_("分"), 100, _ALL),
    Measure("ratings", N_("收到的评分"), N_("个"), 1, _ALL),
    Measure("timely", N_("十个工作日内记录的服务"), N_("%"), 1, _ALL),
    Measure("upheld", N_("核实过的收费"), N_("件"), 1, _ALL),
)
BY_CODE: dict[str, Measure] = {row.code: row for row in MEASURES}
AT_LEAST, AT_MOST = ">=", "<="
OPERATORS: dict[str, str] = {AT_LEAST: N_("至少"), AT_MOST: N_("至多")}
LARGEST = 1_000_000

# A figure that is not known (no rating yet) is None and meets no condition.
Facts = Mapping[str, int | None]


@dataclass(frozen=True)
class Condition:
    """One need: this measure is at least, or at most, this figure."""

    measure: str
    operator: str
    value: int

    def holds(self, facts: Facts) -> bool:
        """Whether it is met; an unknown figure meets nothing."""
        figure = facts.get(self.measure)
        if figure is None:
            return False
        return figure >= self.value if self.operator == AT_LEAST else figure <= self.value


@dataclass(frozen=True)
class Weight:
    """So many points when the measure reaches `full`; a share of them below it."""

    measure: str
    points: int
    full: int

    def points_for(self, facts: Facts) -> float:
        """Points, to a hundredth."""
        figure = max(0, facts.get(self.measure) or 0)
        return round(self.points * min(1.0, figure / self.full), 2)


@dataclass(frozen=True)
class Level:
    """A star, or the one level of a title: its number, its names, what it asks for beyond what all levels do."""

    number: int
    zh: str
    en: str
    needs: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Criteria:
    """What a scheme asks for, whole: needs of every level, the levels, the weights of the score."""

    levels: tuple[Level, ...]
    needs: tuple[Condition, ...] = ()
    weights: tuple[Weight, ...] = ()

    def level(self, number: int) -> Level | None:
        """The level of this number."""
        return next((level for level in self.levels if level.number == number), None)


@dataclass(frozen=True)
class Check:
    """A condition beside the figure it met."""

    condition: Condition
    figure: int | None
    holds: bool


@dataclass(frozen=True)
class Finding:
    """What the rules say of one nominee: the highest level all of whose needs hold (0: none), the checks of the level
    looked at, the score and its parts."""

    level: int
    looked_at: int
    checks: tuple[Check, ...]
    score: float
    parts: tuple[tuple[Weight, float], ...] = field(default=())

    @property
    def qualifies(self) -> bool:
        """Whether every need of the level looked at holds."""
        return all(check.holds for check in self.checks)


def needs_of(criteria: Criteria, level: Level) -> tuple[Condition, ...]:
    """Every need of a level, those of all levels first."""
    return (*criteria.needs, *level.needs)


def judge(criteria: Criteria, facts: Facts, *, wanted: int | None = None) -> Finding:
    """Apply the criteria to one nominee's facts. Looks at the level wanted, or at the highest one reached, or at the
    first when none is; an unknown level wanted is looked at as the first."""
    reached = [level for level in criteria.levels if all(need.holds(facts) for need in needs_of(criteria, level))]
    top = max((level.number for level in reached), default=0)
    looked = criteria.level(wanted if wanted is not None else top) or criteria.levels[0]
    checks = tuple(Check(need, facts.get(need.measure), need.holds(facts)) for need in needs_of(criteria, looked))
    parts = tuple((weight, weight.points_for(facts)) for weight in criteria.weights)
    return Finding(top, looked.number, checks, round(sum(points for _, points in parts), 2), parts)


def fell(before: Facts, now: Facts, criteria: Criteria, level: int) -> tuple[str, ...]:
    """Measures a nominee is judged by that speak less well of them than they did: an hour reversed after the freeze,
    a payment upheld. More hours than before are no news."""
    asked = criteria.level(level) or criteria.levels[0]
    directions = {need.measure: need.operator for need in needs_of(criteria, asked)}
    for weight in criteria.weights:
        directions.setdefault(weight.measure, AT_LEAST)
    # Reversed hours are always told, whatever the rules ask for.
    directions.setdefault("total_minutes", AT_LEAST)
    found = []
    for measure, operator in directions.items():
        old, new = before.get(measure), now.get(measure)
        if old is None or old == new:
            continue
        if new is None or (new < old if operator == AT_LEAST else new > old):
            found.append(measure)
    return tuple(found)


# --- as data ---


def dump(criteria: Criteria) -> dict[str, Any]:
    """The criteria as they are stored."""

    def need(c: Condition) -> dict[str, Any]:
        return {"measure": c.measure, "operator": c.operator, "value": c.value}

    return {
        "levels": [
            {"number": x.number, "zh": x.zh, "en": x.en, "needs": [need(c) for c in x.needs]} for x in criteria.levels
        ],
        "needs": [need(c) for c in criteria.needs],
        "weights": [{"measure": w.measure, "points": w.points, "full": w.full} for w in criteria.weights],
    }


def read(data: Mapping[str, Any]) -> Criteria:
    """The criteria of what `dump` stored. Raises KeyError or ValueError for anything else."""

    def needs(rows: Iterable[Mapping[str, Any]]) -> tuple[Condition, ...]:
        return tuple(Condition(str(r["measure"]), str(r["operator"]), int(r["value"])) for r in rows)

    return Criteria(
        levels=tuple(Level(int(x["number"]), x["zh"], x["en"], needs(x["needs"])) for x in data["levels"]),
        needs=needs(data["needs"]),
        weights=tuple(Weight(str(w["measure"]), int(w["points"]), int(w["full"])) for w in data["weights"]),
    )


def problem_with(criteria: Criteria, subject: Subject) -> tuple[str, str] | None:
    """Why these cannot be criteria for such nominees, as (code of a refusal, measure or level); None when they can."""
    if not criteria.levels:
        return "scheme_no_level", ""
    if len({level.number for level in criteria.levels}) != len(criteria.levels):
        return "scheme_level_twice", ""
    for level in criteria.levels:
        needs = needs_of(criteria, level)
        if not needs:
            return "scheme_no_condition", level.zh
        for need in needs:
            measure = BY_CODE.get(need.measure)
            if measure is None or subject not in measure.subjects or need.operator not in OPERATORS:
                return "scheme_measure", need.measure
            if not 0 <= need.value <= LARGEST * measure.scale:
                return "scheme_figure", need.measure
    for weight in criteria.weights:
        measure = BY_CODE.get(weight.measure)
        if measure is None or subject not in measure.subjects:
            return "scheme_measure", weight.measure
        if not 1 <= weight.points <= 100 or not 1 <= weight.full <= LARGEST * measure.scale:
            return "scheme_figure", weight.measure
    return None


def shown(measure: str, value: int | None) -> str:
    """A figure as a person reads it, without its unit: 6000 minutes are "100", 467 of a rating "4.67"."""
    if value is None:
        return "—"
    scale = BY_CODE[measure].scale
    if value % scale == 0:
        return str(value // scale)
    digits = 2 if scale == 100 else 1
    tens = 10**digits
    whole = value * tens // scale
    return f"{whole // tens}.{whole % tens:0{digits}d}"


def typed(measure: str, text: str) -> int | None:
    """What somebody typed as the figure of a measure, in its smallest unit; None for no number or no measure."""
    if measure not in BY_CODE:
        return None
    scale = BY_CODE[measure].scale
    whole, _, part = text.strip().removesuffix("%").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 7):
        return None
    if part and not (part.isascii() and part.isdigit() and len(part) <= 2):
        return None
    return int(whole) * scale + (int(part) * scale // 10 ** len(part) if part else 0)


# --- time ---


def longest_idle(months: Iterable[tuple[int, int]], start: date, end: date) -> int:
    """The longest run of calendar months without service among the last twelve before `end`, from `start` at the
    earliest. The month of `end` itself is not over and does not count."""
    first = max((start.year, start.month), (end.year - 1, end.month))
    served = set(months)
    longest = run = 0
    year, month = first
    while (year, month) < (end.year, end.month):
        run = 0 if (year, month) in served else run + 1
        longest = max(longest, run)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return longest


def workdays_later(day: date, days: int, calendar: Calendar) -> date:
    """The last of so many whole working days after `day`."""
    while days > 0:
        day += timedelta(days=1)
        days -= calendar.is_working(day)
    return day


def recorded_in_time(ended: date, recorded: date, calendar: Calendar) -> bool:
    """Whether a service was recorded within ten working days after the day it ended (办法67 art. 11)."""
    if recorded <= ended + timedelta(days=RECORD_WORKDAYS):
        return True
    return recorded <= workdays_later(ended, RECORD_WORKDAYS, calendar)


# --- signals: reasons to look twice, never a verdict ---


@dataclass(frozen=True)
class Served:
    """A visit as the signals see it; at an activity it is of no case."""

    visit_id: int
    case_id: int | None
    expert_id: int
    company_id: int | None
    starts_at: datetime
    ends_at: datetime
    day: date
    minutes: int
    logged_on: date


@dataclass(frozen=True)
class Rated:
    """A rating as the signals see it."""

    case_id: int
    at: datetime
    by: str


@dataclass(frozen=True)
class Signal:
    """Something a reviewer should look at: which kind, how often, the rows to look at (ids of visits or cases)."""

    kind: str
    count: int
    visits: tuple[int, ...] = ()
    cases: tuple[int, ...] = ()


SIGNALS: dict[str, str] = {
    "overlap": N_("同一时间记了两次服务"),
    "long_day": N_("一天超过十小时"),
    "same_pair": N_("同一位专家反复服务同一家企业"),
    "late": N_("超过十个工作日才记录"),
    "ratings_at_once": N_("评分集中在一小时内，或出自同一人"),
}
LONG_DAY = 10 * 60
# This many cases of one expert and one company, and a third of all they did, are worth a look.
SAME_PAIR = 3
AT_ONCE = 3


def signals(visits: Sequence[Served], ratings: Sequence[Rated], calendar: Calendar) -> list[Signal]:
    """What is worth looking at twice in these visits and ratings, in the order of `SIGNALS`."""
    found = [_overlaps(visits), _long_days(visits), _same_pairs(visits)]
    late = [v for v in visits if not recorded_in_time(v.day, v.logged_on, calendar)]
    found.append(Signal("late", len(late), tuple(v.visit_id for v in late)))
    found.append(_at_once(ratings))
    return [signal for signal in found if signal.count]


def _overlaps(visits: Sequence[Served]) -> Signal:
    ids: set[int] = set()
    pairs = 0
    open_ones: dict[int, list[Served]] = {}
    for visit in sorted(visits, key=lambda v: (v.starts_at, v.visit_id)):
        before = [
            other
            for other in open_ones.get(visit.expert_id, [])
            if overlap((visit.starts_at, visit.ends_at), (other.starts_at, other.ends_at))
        ]
        for other in before:
            pairs += 1
            ids |= {visit.visit_id, other.visit_id}
        open_ones[visit.expert_id] = [*before, visit]
    return Signal("overlap", pairs, tuple(sorted(ids)))


def _long_days(visits: Sequence[Served]) -> Signal:
    days: dict[tuple[int, date], list[Served]] = {}
    for visit in visits:
        days.setdefault((visit.expert_id, visit.day), []).append(visit)
    long = [rows for rows in days.values() if sum(v.minutes for v in rows) > LONG_DAY]
    return Signal("long_day", len(long), tuple(v.visit_id for rows in long for v in rows))


def _same_pairs(visits: Sequence[Served]) -> Signal:
    cases: dict[tuple[int, int], set[int]] = {}
    whole: dict[int, set[int]] = {}
    for visit in visits:
        if visit.case_id is None:
            continue
        whole.setdefault(visit.expert_id, set()).add(visit.case_id)
        if visit.company_id is not None:
            cases.setdefault((visit.expert_id, visit.company_id), set()).add(visit.case_id)
    often = [ids for (expert, _), ids in cases.items() if len(ids) >= SAME_PAIR and 3 * len(ids) >= len(whole[expert])]
    return Signal("same_pair", len(often), cases=tuple(sorted({n for ids in often for n in ids})))


def _at_once(ratings: Sequence[Rated]) -> Signal:
    """Three or more within an hour; or three or more by one person, when that is most of them."""
    ids: set[int] = set()
    rows = sorted(ratings, key=lambda r: (r.at, r.case_id))
    first = 0
    for last, row in enumerate(rows):
        while row.at - rows[first].at > timedelta(hours=1):
            first += 1
        if last - first + 1 >= AT_ONCE:
            ids |= {r.case_id for r in rows[first : last + 1]}
    people: dict[str, set[int]] = {}
    for row in rows:
        people.setdefault(row.by, set()).add(row.case_id)
    for same in people.values():
        if len(same) >= AT_ONCE and 2 * len(same) > len(rows):
            ids |= same
    return Signal("ratings_at_once", len(ids), cases=tuple(sorted(ids)))


ROUTES: dict[Route, str] = {
    Route.SELF: N_("本人申报"),
    Route.ORGANISATION: N_("工作站推荐"),
    Route.COMPANY: N_("企业推荐"),
}

# What is recorded about schemes, cycles and nominees: the sentence; its holes are facts, and `actor`.
EVENTS: dict[str, str] = {
    "scheme.written": N_("%(actor)s写了第 %(number)s 版规则"),
    "cycle.opened": N_("%(actor)s开始评选，按第 %(number)s 版规则"),
    "cycle.frozen": N_("%(actor)s截止推荐并封存材料：%(qualified)s 位符合，%(others)s 位不符合"),
    "cycle.finished": N_("%(actor)s结束评选"),
    "cycle.called_off": N_("%(actor)s取消评选：%(reason)s"),
    "nomination.made": N_("%(actor)s推荐"),
    "nomination.withdrawn": N_("%(actor)s撤回推荐：%(reason)s"),
    "nomination.publicity": N_("%(actor)s选择公示方式：%(publicity)s"),
    "nomination.assessed": N_("%(actor)s评审：%(verdict)s"),
    "nomination.unqualified": N_("封存材料时不符合条件"),
    "nomination.consent_asked": N_("评审通过，请被推荐人选公示方式"),
    "nomination.called_off": N_("评选取消：%(reason)s"),
    "nomination.passed_over": N_("评选结束，没有同意公示，没有表彰"),
    "nomination.noticed": N_("%(actor)s发布公示，%(from_)s至%(until)s"),
    "nomination.notice_ended": N_("撤下公示"),
    "objection.made": N_("收到异议"),
    "objection.answered": N_("被推荐人对异议作了说明"),
    "objection.decided": N_("%(actor)s答复异议：%(decision)s"),
    "award.given": N_("%(actor)s决定表彰"),
    "award.revoked": N_("%(actor)s撤销表彰：%(reason)s"),
}
