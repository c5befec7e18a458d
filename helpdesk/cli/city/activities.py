"""Activities of the demo city: most verified, one that waits, one that was given back; told by the station's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import activities
from helpdesk.domain.activities import ActivityFacts, Attendance
from helpdesk.errors import Refused
from helpdesk.models import Account, ActivityKind, Expert, ExpertStatus, Grant, Meeting, Role, Station
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# What was held this many days ago was given back; what was later waits; what was earlier is verified.
GIVEN_BACK = 12


@dataclass(frozen=True)
class Tale:
    """One activity: how many days ago, from which hour, how long; what each expert did, the demo's own first."""

    title: str
    kind: ActivityKind
    field: str
    content: str
    place: str
    days: int
    hour: int
    minutes: int
    companies: int
    people: int
    parts: tuple[str, ...]
    with_star: bool = False


TALES = (
    Tale(
        "专精特新申报集中辅导", ActivityKind.CLINIC, "policy", "逐条讲今年的认定条件，下午分桌看材料，当场改申报书。",
        "福海信息港 A3 报告厅", 96, 14, 180, 31, 52,
        ("主讲认定条件，现场答疑", "分桌看研发费用材料", "分桌看知识产权材料"),
    ),
    Tale(
        "中小企业融资对接日", ActivityKind.FAIR, "finance", "七家银行设摊，专家帮企业看征信和授信条件。",
        "宝安体育馆东厅", 61, 9, 210, 46, 88, ("帮企业看授信条件，谈利率", "讲知识产权质押怎么办"),
    ),
    Tale(
        "研发费用加计扣除讲座", ActivityKind.TALK, "finance", "讲归集口径、辅助账和常见的退回原因，附送样表。",
        "福永街道党群服务中心", 27, 15, 120, 24, 37, ("主讲并答疑",), with_star=True,
    ),
    Tale(
        "走进模具产业园", ActivityKind.TOUR, "innovation", "上门看了六家厂的产线，给出数字化改造的先后次序。",
        "沙井模具产业园", 12, 9, 240, 6, 15, ("看产线，讲改造次序",),
    ),
    Tale(
        "跨境电商避坑分享会", ActivityKind.TALK, "market", "讲平台规则、退税备案和海外仓的账怎么算。",
        "桥头社区创业空间", 4, 19, 90, 18, 29, ("主讲平台规则和退税备案",), with_star=True,
    ),
)  # fmt: skip


def hold(shown: str, star: Expert) -> int:
    """The activities of the station the demo lets one be; the demo expert was at some. Returns how many."""
    station = db.session.scalars(select(Station).where(Station.slug == shown)).one()
    desk = _who(Grant.role == Role.COORDINATOR, Grant.station_id == station.id)
    reviewer = _who(Grant.role == Role.DISTRICT, Grant.district == station.district)
    others = db.session.scalars(
        select(Expert)
        .where(Expert.station_id == station.id, Expert.status == ExpertStatus.SERVING, Expert.id != star.id)
        .order_by(Expert.id)
    ).all()
    return sum(_hold(station, desk, reviewer, tale, [star, *others] if tale.with_star else others) for tale in TALES)


def _hold(station: Station, desk: Who, reviewer: Who, tale: Tale, served: Sequence[Expert]) -> int:
    starts = clock.from_local(clock.today() - timedelta(days=tale.days), tale.hour)
    ends = starts + timedelta(minutes=tale.minutes)
    facts = ActivityFacts(
        tale.kind, tale.field, tale.title, tale.content, starts, ends, Meeting.ONSITE, tale.place,
        station.legal_entity, desk.name, tale.companies, tale.people,
    )  # fmt: skip
    there = [
        Attendance(expert.id, starts, ends, part, travel_minutes=40)
        for expert, part in zip(served, tale.parts, strict=False)
    ]
    try:
        with db.session.begin_nested(), clock.at(ends + timedelta(days=2)):
            row = activities.record(station, desk, facts=facts, experts=there, form_key=f"city-activity-{tale.days}")
            if tale.days == GIVEN_BACK:
                activities.give_back(row, reviewer, reason="签到表上还有一位专家，请补上")
            elif tale.days > GIVEN_BACK:
                activities.verify(row, reviewer, score=5, note="抽问了三家到场企业")
    except Refused:
        return 0  # somebody was with a company at that hour
    return 1


def _who(*where: ColumnElement[bool]) -> Who:
    rows = select(Account).join(Grant).where(Grant.ended_at.is_(None), *where).order_by(Account.id).limit(1)
    return policy.who_is(db.session.scalars(rows).one())
