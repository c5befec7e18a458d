"""Schemes: what ladders and titles ask for, in dated versions that are never changed; and who would qualify.

The shipped ones are examples with their source (domain brief, 2); an operator's change is the next version.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import commendation_log, evidence
from helpdesk.errors import Refused
from helpdesk.models import Award, Nomination, PaperStatus, Route, Scheme, SchemeKind, SchemeVersion, Subject
from helpdesk.rules import commendation, policy
from helpdesk.rules.commendation import AT_LEAST, AT_MOST, Condition, Criteria, Facts, Finding, Level, Weight
from helpdesk.rules.credit import RungNeeds
from helpdesk.rules.policy import SYSTEM, Who

STAGES = ("district", "city")
STARS = ("一星", "二星", "三星", "四星", "五星")


@dataclass(frozen=True)
class Draft:
    """A version as somebody wrote it."""

    criteria: Criteria
    effective_from: date
    effective_to: date | None = None
    basis: str = ""
    approver: str = ""
    routes: tuple[Route, ...] = (Route.ORGANISATION,)
    stages: tuple[str, ...] = STAGES
    notice_days: int = 5
    once_only: bool = False
    note: str = ""


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be commended: the row, their figures, what the rules say, the level they hold already."""

    subject: Subject
    thing: Any
    facts: Facts
    finding: Finding
    held: int


def every() -> list[Scheme]:
    """All schemes with their versions, ladders first."""
    rows = select(Scheme).options(selectinload(Scheme.versions)).order_by(Scheme.kind, Scheme.id)
    return list(db.session.scalars(rows))


def by_id(by: Who, scheme_id: int) -> Scheme:
    """The scheme, for who edits them; Refused for an unknown one."""
    policy.require(by, "schemes.edit")
    scheme = db.session.get(Scheme, scheme_id) if scheme_id < 2**31 else None
    if scheme is None:
        raise Refused("scheme_unknown")
    return scheme


def in_force(scheme: Scheme, day: date | None = None) -> SchemeVersion | None:
    """The version that holds on a day (today): the newest of those whose dates include it."""
    day = day or clock.today()
    holding = [
        v for v in scheme.versions if v.effective_from <= day and (v.effective_to is None or v.effective_to >= day)
    ]
    return max(holding, key=lambda v: v.number, default=None)


def rungs(day: date | None = None) -> list[RungNeeds]:
    """What the stars of the default ladder ask for in minutes and months: what experts see their progress against."""
    day = day or clock.today()
    version = db.session.scalar(
        select(SchemeVersion)
        .join(Scheme)
        .where(Scheme.is_default, SchemeVersion.effective_from <= day)
        .where(SchemeVersion.effective_to.is_(None) | (SchemeVersion.effective_to >= day))
        .order_by(SchemeVersion.number.desc())
        .limit(1)
    )
    if version is None:
        return []
    criteria = commendation.read(version.criteria)
    found = []
    for level in criteria.levels:
        needs = {c.measure: c.value for c in commendation.needs_of(criteria, level) if c.operator == AT_LEAST}
        found.append(RungNeeds(level.number, needs.get("total_minutes", 0), needs.get("months", 0)))
    return found


def counts_transferred() -> bool:
    """Whether the default ladder counts hours that were brought from elsewhere and verified here."""
    return bool(db.session.scalar(select(Scheme.counts_transferred).where(Scheme.is_default).limit(1)))


def write(by: Who, scheme: Scheme, draft: Draft, *, seen: int | None = None) -> SchemeVersion:
    """The next version. A cycle that runs keeps the one it was opened with.

    Raises Refused for conditions that cannot be, or when somebody wrote a version meanwhile.
    """
    policy.require(by, "schemes.edit")
    newest = newest_number(scheme)
    if seen is not None and seen != newest:
        raise Refused("scheme_changed_meanwhile")
    return _write(by, scheme, draft, newest + 1)


def newest_number(scheme: Scheme) -> int:
    """The number of the newest version; 0 before the first. The scheme's row is held, so numbers have no twins."""
    db.session.execute(select(Scheme.id).where(Scheme.id == scheme.id).with_for_update())
    newest = select(func.max(SchemeVersion.number)).where(SchemeVersion.scheme_id == scheme.id)
    return int(db.session.scalar(newest) or 0)


def add(by: Who, *, kind: SchemeKind, subject: Subject, zh: str, en: str, draft: Draft) -> Scheme:
    """A new scheme with its first version."""
    policy.require(by, "schemes.edit")
    if not zh.strip():
        raise Refused("scheme_name", field="zh")
    slug = re.sub(r"[^a-z0-9]+", "-", en.lower()).strip("-")[:24] or "scheme"
    number = int(db.session.scalar(select(func.count()).select_from(Scheme)) or 0) + 1
    scheme = Scheme(code=f"{slug}-{number}", kind=kind, subject=subject, zh=zh.strip(), en=en.strip() or zh.strip())
    db.session.add(scheme)
    db.session.flush()
    _write(by, scheme, draft, 1)
    return scheme


def _write(by: Who, scheme: Scheme, draft: Draft, number: int) -> SchemeVersion:
    trouble = commendation.problem_with(draft.criteria, scheme.subject)
    if trouble is not None:
        raise Refused(trouble[0], what=trouble[1])
    if not draft.routes:
        raise Refused("scheme_routes", field="routes")
    if not draft.stages or any(stage not in STAGES for stage in draft.stages):
        raise Refused("scheme_stages", field="stages")
    if Route.SELF in draft.routes and scheme.subject is not Subject.EXPERT:
        raise Refused("scheme_self", field="routes")
    if not 0 <= draft.notice_days <= 30:
        raise Refused("scheme_notice_days", field="notice_days")
    if draft.effective_to is not None and draft.effective_to < draft.effective_from:
        raise Refused("scheme_dates", field="effective_to")
    version = SchemeVersion(
        scheme_id=scheme.id,
        number=number,
        effective_from=draft.effective_from,
        effective_to=draft.effective_to,
        basis=draft.basis,
        approver=draft.approver,
        routes=[route.value for route in Route if route in draft.routes],
        stages=[stage for stage in STAGES if stage in draft.stages],
        notice_days=draft.notice_days,
        once_only=draft.once_only,
        criteria=commendation.dump(draft.criteria),
        made_at=clock.now(),
        made_by=by.name if by is not SYSTEM else "",
        note=draft.note,
    )
    db.session.add(version)
    db.session.flush()
    db.session.expire(scheme, ["versions"])
    if by is not SYSTEM:
        commendation_log.note("scheme.written", by, scheme, number=number)
    return version


def dry_run(
    by: Who, scheme: Scheme, criteria: Criteria, start: date, end: date, *, once_only: bool = False
) -> list[Candidate]:
    """Who would qualify by these criteria for service on these days, and why: nothing is written. The best first."""
    policy.require(by, "schemes.edit")
    trouble = commendation.problem_with(criteria, scheme.subject)
    if trouble is not None:
        raise Refused(trouble[0], what=trouble[1])
    return candidates(scheme, criteria, start, end, once_only=once_only)


def candidates(scheme: Scheme, criteria: Criteria, start: date, end: date, *, once_only: bool) -> list[Candidate]:
    """Everybody the scheme could be given to who served at all, with what the rules say; the best first."""
    figures = {n: f for n, f in evidence.facts(scheme.subject, start, end).items() if f["total_minutes"]}
    rows, held = evidence.names(scheme.subject, list(figures)), held_levels(scheme)
    found = []
    for number, facts in figures.items():
        finding = commendation.judge(criteria, facts)
        has = held.get(number, 0)
        if has and has >= finding.level and (once_only or scheme.kind is SchemeKind.STARS):
            continue
        found.append(Candidate(scheme.subject, rows[number], facts, finding, has))
    return sorted(found, key=lambda c: (-c.finding.level, -c.finding.score, -(c.facts["minutes"] or 0), c.thing.id))


def held_levels(scheme: Scheme) -> dict[int, int]:
    """The highest level that each nominee holds by a valid award of this scheme."""
    column: Any = {
        Subject.EXPERT: Nomination.expert_id,
        Subject.STATION: Nomination.station_id,
        Subject.COMPANY: Nomination.company_id,
        Subject.TEAM: Nomination.team_id,
    }[scheme.subject]
    rows = db.session.execute(
        select(column, func.max(Award.level))
        .join(Nomination, Nomination.id == Award.nomination_id)
        .where(Award.scheme_id == scheme.id, Award.status == PaperStatus.VALID)
        .group_by(column)
    )
    return {number: int(level) for number, level in rows}


# --- what ships ---


def _stars(hours: Sequence[int], months: Sequence[int] = ()) -> tuple[Level, ...]:
    return tuple(
        Level(
            n,
            STARS[n - 1],
            f"{n} star" if n == 1 else f"{n} stars",
            (
                Condition("total_minutes", AT_LEAST, hours[n - 1] * 60),
                *((Condition("months", AT_LEAST, months[n - 1]),) if months else ()),
            ),
        )
        for n in range(1, len(hours) + 1)
    )


def _title(zh: str, en: str, **least: int) -> tuple[Level, ...]:
    return (Level(1, zh, en, tuple(Condition(m, AT_LEAST, value) for m, value in least.items())),)


_CONTINUOUS = Condition("idle_months", AT_MOST, 6)
_CLEAN = Condition("upheld", AT_MOST, 0)
_GOOD = Condition("rating", AT_LEAST, 400)
_TIMELY = Condition("timely", AT_LEAST, 80)
# Hours, quality, timeliness and reach; points add up to a hundred.
_WEIGHTS = (
    Weight("minutes", 30, 200 * 60),
    Weight("rating", 25, 500),
    Weight("timely", 15, 100),
    Weight("first_companies", 15, 10),
    Weight("districts", 10, 5),
    Weight("industries", 5, 5),
)
_BOTH, _CITY = STAGES, ("city",)

SHIPPED: tuple[tuple[str, SchemeKind, Subject, str, str, bool, Draft], ...] = (
    ("national-2012", SchemeKind.STARS, Subject.EXPERT, "全国志愿服务星级", "National star ladder", True, Draft(
        Criteria(_stars((100, 300, 600, 1000, 1500)), (Condition("rating", AT_LEAST, 300),)), date(2012, 10, 23),
        basis="民政部《志愿服务记录办法》（民函〔2012〕340号）：时长与服务质量", approver="志愿服务组织",
        routes=(Route.SELF, Route.ORGANISATION))),
    ("guangdong-2014", SchemeKind.STARS, Subject.EXPERT, "广东省星级志愿者", "Guangdong star volunteers", False, Draft(
        Criteria(_stars((100, 300, 600, 1000, 1500)), (_CLEAN,)), date(2014, 1, 1),
        basis="广东省星级志愿者认定（2014 年起）：公示不少于 5 个工作日，虚报时长取消资格", approver="各级志愿者联合会",
        routes=(Route.SELF, Route.ORGANISATION))),
    ("shenzhen-2020", SchemeKind.STARS, Subject.EXPERT, "深圳市五星级志愿者",
     "Shenzhen five-star volunteers", False, Draft(
        Criteria((Level(5, "五星", "5 stars", (Condition("total_minutes", AT_LEAST, 1500 * 60),)),),
                 (Condition("months", AT_LEAST, 24), _CONTINUOUS)), date(2020, 1, 1),
        basis="深圳市五星级志愿者评选（2020）：登记满两年且不间断，只认电子记录，会员组织推荐", approver="市义工联",
        routes=(Route.ORGANISATION,), once_only=True)),
    ("longgang-2023", SchemeKind.STARS, Subject.EXPERT, "龙岗区星级志愿者", "Longgang star volunteers", False, Draft(
        Criteria(_stars((100, 300, 600, 1000), (6, 6, 12, 12)), (_CONTINUOUS,)), date(2023, 1, 1),
        basis="龙岗区星级志愿者认定办法（2023）：登记并持续服务", approver="主组织（1 至 3 星），区（4 星）",
        routes=(Route.SELF, Route.ORGANISATION), stages=("district",))),
    ("expert-of-the-year", SchemeKind.TITLE, Subject.EXPERT, "年度优秀专家志愿者",
     "Volunteer experts of the year", False, Draft(
        Criteria(_title("年度优秀专家志愿者", "Volunteer expert of the year", minutes=30 * 60, companies=5, ratings=3),
                 (_GOOD, _TIMELY, _CLEAN), _WEIGHTS), date(2021, 1, 1),
        basis="行动方案 四（一）激励机制；《志愿服务条例》第三十二条", approver="市中小企业服务局",
        routes=(Route.SELF, Route.ORGANISATION, Route.COMPANY))),
    ("station-of-the-year", SchemeKind.TITLE, Subject.STATION, "年度优秀工作站", "Stations of the year", False, Draft(
        Criteria(_title("年度优秀工作站", "Station of the year", cases=10, companies=8, experts=3),
                 (_GOOD, _TIMELY, _CLEAN), _WEIGHTS), date(2021, 1, 1),
        basis="行动方案 二（二）、四（一）", approver="市中小企业服务局", routes=(Route.ORGANISATION,))),
    ("company-of-the-year", SchemeKind.TITLE, Subject.COMPANY, "公益服务先进企业", "Companies that serve", False, Draft(
        Criteria(_title("公益服务先进企业", "Company that serves", minutes=50 * 60, experts=2),
                 (_CLEAN,), _WEIGHTS), date(2021, 1, 1),
        basis="行动方案 二（二）认定表彰一批公益服务成效显著的企业及社会机构",
        approver="市中小企业服务局", routes=(Route.ORGANISATION,))),
    ("team-of-the-year", SchemeKind.TITLE, Subject.TEAM, "年度优秀专家组", "Expert teams of the year", False, Draft(
        Criteria(_title("年度优秀专家组", "Expert team of the year", minutes=50 * 60, companies=5),
                 (_CLEAN,), _WEIGHTS), date(2021, 1, 1),
        basis="行动方案 二（三）、四（一）", approver="总队", routes=(Route.ORGANISATION,), stages=_CITY)),
)  # fmt: skip


def seed(shipped: Iterable[Any] = SHIPPED) -> None:
    """The shipped schemes, each once: what an operator wrote since stays."""
    known = set(db.session.scalars(select(Scheme.code)))
    for code, kind, subject, zh, en, is_default, draft in shipped:
        if code in known:
            continue
        scheme = Scheme(code=code, kind=kind, subject=subject, zh=zh, en=en, is_default=is_default)
        db.session.add(scheme)
        db.session.flush()
        _write(SYSTEM, scheme, draft, 1)
