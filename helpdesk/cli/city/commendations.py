"""The demo city's commendations: last year's titles on the honour roll, one cycle in public notice, one that takes
nominations. All through the domain's verbs; whoever qualifies is found by the rules, not chosen here."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import awards, cycles, nominations, schemes
from helpdesk.domain.schemes import Draft
from helpdesk.models import Account, Cycle, Expert, Grant, Nomination, NominationState, Publicity, Role, Route, Scheme
from helpdesk.rules import policy
from helpdesk.rules.commendation import AT_LEAST, AT_MOST, Condition, Criteria, Level, Weight
from helpdesk.rules.policy import Who

REASONS = ("有求必应，企业都说讲得透。", "一年到头没有断过，材料记得及时。", "把政策讲成了大白话，跑遍了几个区。")
# Of every five, three publish their name, one the family name only, one has not answered.
CHOICES = (Publicity.FULL, Publicity.FULL, Publicity.MASKED, Publicity.FULL, None)
MOST = 9


def fill(operator: Who) -> int:
    """Three cycles, told from the past on; returns how many awards there are."""
    title = _ease("expert-of-the-year", operator)
    stars = db.session.scalars(select(Scheme).where(Scheme.code == "guangdong-2014")).one()
    given = 0
    now = clock.now()
    with clock.at(now - timedelta(days=150)):
        old = _run(stars, operator, "2026 年上半年星级认定", _days_ago(800), clock.today())
    with clock.at(now - timedelta(days=120)):
        for row in nominations.of_cycle(old):
            if row.state is NominationState.NOTICE and nominations.conflict_of(row, operator) is None:
                given += awards.obstacle(row) is None and awards.award(row, operator, reason=REASONS[row.id % 3]).id > 0
        states = cycles.tally([old]).get(old.id, {})
        if not any(states.get(state) for state in cycles.UNDECIDED):
            cycles.finish(operator, old)
    with clock.at(now - timedelta(days=8)):
        running = _run(title, operator, "2026 年度优秀专家志愿者（第一批）", _days_ago(360), clock.today())
    notice = next((n for n in nominations.of_cycle(running) if n.state is NominationState.NOTICE), None)
    if notice is not None and awards.is_running(notice):
        text = "他是我们商会的顾问，有两次活动是商会付了车马费的，请核实。"
        awards.object_(notice, policy.ANYBODY, name="张先生", contact="13900000000", text=text, form_key="demo")
    with clock.at(now - timedelta(days=2)):
        open_one = cycles.open_(
            operator,
            title,
            name="2026 年度优秀专家志愿者（第二批）",
            period_from=_days_ago(330),
            period_to=clock.today(),
            nominations_until=clock.today() + timedelta(days=20),
        )
        _nominate(open_one, most=3)
    return given


def _ease(code: str, operator: Who) -> Scheme:
    """The shipped title asks for a whole year's work; the demo city is smaller, so its operator wrote a version."""
    scheme = db.session.scalars(select(Scheme).where(Scheme.code == code)).one()
    needs = (Condition("minutes", AT_LEAST, 4 * 60), Condition("companies", AT_LEAST, 3))
    common = (Condition("rating", AT_LEAST, 400), Condition("timely", AT_LEAST, 80), Condition("upheld", AT_MOST, 0))
    weights = (
        Weight("minutes", 30, 30 * 60), Weight("rating", 25, 500), Weight("timely", 15, 100),
        Weight("first_companies", 15, 5), Weight("districts", 10, 4), Weight("industries", 5, 4),
    )  # fmt: skip
    with clock.at(clock.now() - timedelta(days=200)):
        schemes.write(
            operator,
            scheme,
            Draft(
                Criteria((Level(1, scheme.zh, "Volunteer expert of the year", needs),), common, weights),
                date(clock.today().year - 1, 1, 1),
                basis="行动方案 四（一）激励机制；总队 2026 年评选通知",
                approver="市中小企业服务局",
                routes=tuple(Route),
                note="起步阶段放低时长门槛",
            ),
        )
    return scheme


def _days_ago(days: int) -> date:
    return clock.today() - timedelta(days=days)


def _run(scheme: Scheme, operator: Who, name: str, start: date, end: date) -> Cycle:
    """Open, nominate, freeze, review at district and city, publish: over five days that end now."""
    now = clock.now()
    with clock.at(now - timedelta(days=5)):
        cycle = cycles.open_(
            operator,
            scheme,
            name=name,
            period_from=start,
            period_to=end - timedelta(days=5),
            nominations_until=clock.today() + timedelta(days=1),
        )
        _nominate(cycle, most=MOST)
    with clock.at(now - timedelta(days=3)):
        cycles.freeze(operator, cycle)
    rows = [n for n in nominations.of_cycle(cycle) if n.state is NominationState.DISTRICT]
    with clock.at(now - timedelta(days=2)):
        for row in rows:
            reviewer = _reviewer(row.district)
            if reviewer is not None and nominations.conflict_of(row, reviewer) is None:
                nominations.assess(row, reviewer, passed=True, reason="核对了服务记录，属实。")
    with clock.at(now - timedelta(days=1)):
        for row in rows:
            if row.state is NominationState.CITY and nominations.conflict_of(row, operator) is None:
                enough = bool(row.id % 7) or len(rows) < 4
                why = "" if enough else "有两次现场服务没有签到表，补齐后下次再报。"
                nominations.assess(row, operator, passed=enough, reason=why)
    for n, row in enumerate(rows):
        expert, choice = _account_of(row), CHOICES[n % len(CHOICES)]
        if expert is not None and choice is not None:
            nominations.set_publicity(row, expert, choice)
    if any(row.state is NominationState.PASSED and cycles.may_be_named(row) for row in rows):
        cycles.publish(operator, cycle)
    return cycle


def _nominate(cycle: Cycle, *, most: int) -> None:
    """The best that the rules find, by the coordinator of each one's station."""
    rows = schemes.candidates(
        cycle.scheme, cycles.criteria_of(cycle), cycle.period_from, cycle.period_to, once_only=cycle.version.once_only
    )
    for n, found in enumerate([r for r in rows if r.finding.level][:most]):
        desk = _coordinator(found.thing)
        if desk is not None:
            nominations.nominate(desk, cycle, found.thing.id, reason=REASONS[n % len(REASONS)])


def _coordinator(expert: Expert) -> Who | None:
    return _holder(Grant.role == Role.COORDINATOR, Grant.station_id == expert.station_id)


def _reviewer(district: str | None) -> Who | None:
    return _holder(Grant.role == Role.DISTRICT, Grant.district == district)


def _account_of(row: Nomination) -> Who | None:
    return _holder(Grant.role == Role.EXPERT, Grant.expert_id == row.expert_id)


def _holder(*where: object) -> Who | None:
    account = db.session.scalar(select(Account).join(Grant).where(*where).order_by(Account.id).limit(1))  # type: ignore[arg-type]
    return policy.who_is(account) if account is not None else None
