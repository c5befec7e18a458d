"""A lived-in city, told through the domain's own verbs: deterministic, in the order in which it happened."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from flask import current_app
from sqlalchemy import select, update

from helpdesk import clock
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.cli.city import activities, commendations, dossiers, library, past_records, people, post, takeout
from helpdesk.cli.city.people import PASSWORD, City
from helpdesk.cli.city.tales import Tale
from helpdesk.db import begin, db, transaction
from helpdesk.domain import (
    canned_replies,
    channels,
    consultation,
    erasures,
    follows,
    intake,
    invitations,
    keeping,
    print_runs,
    reference,
    routing,
    search,
    series,
    triage,
    unsent,
    webhooks,
)
from helpdesk.domain import chance as house_chance
from helpdesk.models import (
    Account,
    Box,
    Case,
    ChannelKind,
    CompanyPart,
    District,
    Event,
    Notice,
    SeriesUnit,
    Skill,
    Station,
    Status,
)
from helpdesk.reference import load
from helpdesk.rules import policy
from helpdesk.rules.channels import TOPICS
from helpdesk.rules.routing import Acts, Conditions, When

SEED = 20261123

# Ending, share of the city's cases, and how many days ago such a case began: from, to.
ENDINGS: tuple[tuple[str, float, float, float], ...] = (
    ("closed", 0.385, 150, 13), ("verified", 0.04, 160, 24), ("disputed", 0.013, 200, 20),
    ("unreachable", 0.013, 200, 16), ("reopened", 0.01, 24, 18), ("withdrawn", 0.027, 120, 2),
    ("consulting", 0.12, 22, 4), ("waiting", 0.035, 18, 4), ("answered", 0.05, 15, 11), ("silent", 0.012, 26, 22),
    ("accepted", 0.04, 4.5, 2.1), ("offered", 0.06, 3.2, 1.2), ("triaged", 0.045, 3.5, 1.1),
    ("submitted", 0.065, 1.6, 0.01), ("draft", 0.025, 6, 0.1), ("handed_back", 0.012, 14, 10),
    ("transfer_pending", 0.01, 2.5, 1.5), ("transfer_accepted", 0.01, 4, 3), ("transfer_bounced", 0.007, 5, 4),
    ("review", 0.0034, 20, 17),
)  # fmt: skip

# What nobody has replied to yet may stand there in English; conversations are told in Chinese.
UNANSWERED = ("submitted", "triaged", "offered")
# Every third open case is at the station whose coordinator the demo lets one be.
SHOWN_DISTRICT, SHOWN_STATION = "440306", "baoan-fuyong"

# One volunteer stands just below a star: 98 hours, 96 in six long helps and two at an activity, and a case waiting for
# its confirmation.
STAR = "ex-01"
STAR_VISITS = (
    (300, 300, 240),
    (300, 300, 300, 240),
    (360, 300, 300),
    (300, 240, 240, 300),
    (360, 360, 300),
    (300, 300, 120),
)
VETERANS = {"ex-11": 7, "ex-21": 4, "ex-31": 3}


def build(n_cases: int, tell: Callable[[str], None]) -> None:
    """Tell the city's last year into the database; about `n_cases` cases, in every state. What the city stands on,
    districts and fields, is loaded first where it is missing."""
    chance = random.Random(SEED)
    if db.session.scalar(select(District.code).limit(1)) is None:
        db.session.rollback()
        with transaction():
            reference.load_all()
    with house_chance.seeded(chance):
        with transaction(), clock.at(clock.now() - timedelta(days=900)):
            city = people.settle(chance)
        tell(f"people: {len(city.experts)} experts, {len(city.companies)} companies, {len(city.desks)} coordinators")
        with transaction(), clock.at(clock.now() - timedelta(days=400)):
            _write_rules()
        plans = _plans(city, n_cases, chance)
        with search.resting():
            done = _tell_all(plans)
            with transaction():
                _merge_duplicates(city)
                _read_old_notices()
        with transaction():
            _work_together()
            _keep_and_forget()
            _come_again()
            people.give_addresses()
            _write_canned_replies()
            post.deliver()
            _write_channels()
            takeout.fill()
            _print_last_month()
            search.reindex()
            star = _person("expert-01")
            expert = city.experts[STAR]
            held = activities.hold(SHOWN_STATION, expert)
            dossiers.tell(expert, star, _person("operator"))
            past_records.bring(city)
            written = library.fill(city, _person("operator"), shown=f"st-{SHOWN_STATION}")
        with transaction():
            given = commendations.fill(_person("operator"))
        tell(f"cases: {done}, activities: {held}, articles: {written}, awards: {given}")
    db.session.remove()


CANNED = (
    ("收到，正在找人", "", "{称呼}，您好。{编号}我们收到了，正在找合适的专家，找到了马上告诉您。急事请打{电话}。"),
    ("约第一次电话", "", "{称呼}，您好，我是{我}。想先跟您通个电话，大概二十分钟，您今天下午或明天上午哪个时间方便？"),
    ("请发材料", "", "{称呼}，为了看得准，请发营业执照、最近一个月的流水、对方发来的原文。涉及隐私的先遮掉。"),
    ("政策条件核对清单", "policy", "{称呼}，请给我四个数：上年营收、研发费用、参保人数、知识产权数量。"),
    ("先别签", "legal", "{称呼}，合同先不要签，也不要盖章。请把全文拍照发来，标出您担心的几条，我看完再说。"),
    ("提醒确认时间", "", "{称呼}，{专家}已经写好小结，请您核对一下服务时间，一分钟就好。没解决可以直接退回。"),
)  # fmt: skip


def _print_last_month() -> None:
    """What the shown station has the printer do; the worker draws and binds it."""
    by, today = _person(f"coordinator-{SHOWN_STATION}"), clock.today()
    last = today.replace(day=1) - timedelta(days=1)
    station = by.station_ids[0]
    wish = print_runs.Wish(last.replace(day=1), last, station)
    if print_runs.count(wish, by).certificates:
        print_runs.start(wish, by, locale="zh_Hans_CN")


def _person(login: str) -> policy.Who:
    return policy.who_is(db.session.scalars(select(Account).where(Account.login == login)).one())


def _write_rules() -> None:
    """What the operator has routed: a team, words that cannot wait, requests out of hours."""
    by = _person("operator")
    lawyers = (
        select(Skill.expert_id).where(Skill.category_code == "legal").distinct().order_by(Skill.expert_id).limit(4)
    )
    team = routing.write_team(by, None, name="涉诉专家组", expert_ids=db.session.scalars(lawyers).all())
    for name, said, acts in (
        ("涉诉急件", Conditions(keywords=("起诉", "传票", "查封", "冻结", "仲裁")), Acts(tags=("涉诉",), team=team.id)),
        ("专精特新", Conditions(keywords=("专精特新", "小巨人")), Acts(tags=("专精特新",))),
        ("休息日提交", Conditions(when=When.DAY_OFF), Acts(tags=("休息日",))),
    ):
        routing.write(by, None, name=name, conditions=said, acts=acts)


def _write_canned_replies() -> None:
    """Those all stations share, by the corps, and one of the station that is shown."""
    for title, category, body in CANNED:
        canned_replies.write(_person("operator"), None, title=title, body=body, category_code=category)
    own = "{称呼}，也可以直接到{工作站}来谈，工作日九点到六点都有人。"
    canned_replies.write(_person(f"coordinator-{SHOWN_STATION}"), None, title="到站里来谈", body=own)


def _write_channels() -> None:
    """A group of the shown station and a platform that would be told: both off, so that a demo tells nobody."""
    station = db.session.scalars(select(Station).where(Station.slug == SHOWN_STATION)).one()
    channels.write_channel(
        _person(f"coordinator-{SHOWN_STATION}"),
        None,
        kind=ChannelKind.WECOM,
        name="福永站值班群",
        key="693a91f6-0000-4bc4-97a0-0ec2d1fa5a0e",
        secret="",
        station_id=station.id,
        topics=[topic.name for topic in TOPICS if topic.wished],
        locale="zh_Hans_CN",
        quiet_from=time(20),
        quiet_to=time(8, 30),
        is_on=False,
    )
    kinds = ("case.submitted", "case.accepted", "case.closed", "case.reopened")
    webhooks.put(_person("operator"), None, url="https://sme-platform.example/hooks/wenqu", kinds=kinds, is_on=False)


def _work_together() -> None:
    """At the station that is shown: a case somebody follows, a note that names its expert, words not sent yet; and at
    the first company a colleague who was asked in."""
    desk, member = _person(f"coordinator-{SHOWN_STATION}"), _person("member-01")
    shown = select(Case).where(
        Case.station_id.in_(desk.station_ids), Case.status == Status.CONSULTING, Case.expert_id.is_not(None)
    )
    for case in db.session.scalars(shown.order_by(Case.id.desc()).limit(1)):
        expert = case.expert.name if case.expert else ""
        note = f"@{expert} 企业说材料周五前要交，请您先看第三页的数字，我来约时间。"
        consultation.note(case, desk, body=note, form_key="demo-note")
        for reader in (desk, _person("operator")):
            follows.follow(case, reader)
        draft = f"{case.contact_name}，专家今天会先看材料。另外想跟您确认一下"
        unsent.keep(case, desk, Box.REPLY, body=draft, form_key="demo-draft")
    for company in invitations.companies_of(member):
        invitations.invite(company, member, part=CompanyPart.VIEWER)


def _keep_and_forget() -> None:
    """One case is kept for an investigation, one company asked to have its closed case erased, one was."""
    operator = _person("operator")
    closed = select(Case).where(Case.status == Status.CLOSED, keeping.may_go()).order_by(Case.id)
    held, asked, erased = db.session.scalars(closed.limit(3)).all()
    keeping.hold(held, operator, reason="区市场监管局在核查合同纠纷，函来之前先留着")
    erasures.ask_for_case(asked, intake.requester(asked))
    wish = erasures.ask_for_case(erased, intake.requester(erased))
    erasures.decide(wish, operator, granted=True, reason="企业已经注销，依法删除")
    erasures.carry_out({"erasure_id": wish.id, "portion": 0})


# What comes again: of which field, title, words, every so many months, in how many days first.
AGAIN = (
    ("finance", "季度报税前看一次账", "每季申报前，请财务专家看一遍报表和贷款台账，有问题赶在申报期前改。", 3, 26),
    ("policy", "每年项目申报前核对条件", "每年申报前，请专家核对营收、研发费用、参保人数和知识产权四个数。", 12, 120),
)


def _come_again() -> None:
    """At the station that is shown: what comes every quarter, and what the station paused."""
    desk = _person(f"coordinator-{SHOWN_STATION}")
    for field, title, problem, every, days in AGAIN:
        closed = select(Case).where(
            Case.status == Status.CLOSED, Case.station_id.in_(desk.station_ids), Case.category_code == field
        )
        for case in db.session.scalars(closed.order_by(Case.id.desc()).limit(1)).all():
            first = clock.today() + timedelta(days=days)
            row = series.begin(case, desk, series.Plan(every, SeriesUnit.MONTH, first, title, problem))
            if every == 12:
                series.pause(row, desk)


def _days_since_a_workday(now: datetime) -> float:
    """How long ago the morning of a weekday was that has been over for a day: what was asked then still waits."""
    day = clock.local(now - timedelta(days=1)).date()
    while day.weekday() > 4:
        day -= timedelta(days=1)
    return (now - clock.from_local(day, 9)).total_seconds() / 86400


def _plans(city: City, n_cases: int, chance: random.Random) -> list[Tale]:
    """Every tale, not yet begun."""
    odd = load("odd_ends")
    scenarios = load("scenarios")
    now = clock.now()
    deck = itertools.chain.from_iterable(iter(lambda: _shuffled(scenarios, chance), None))
    plans: list[Tale] = []

    def plan(scenario: dict[str, Any], ending: str, days: float, **more: Any) -> None:
        company = more.pop("company", "") or _company_for(scenario, city, chance, first=not any(
            p.scenario is scenario for p in plans))  # fmt: skip
        start = now - timedelta(days=days)
        plans.append(Tale(scenario, company, start, ending, chance, city, odd, **more))

    for number, visits in enumerate(STAR_VISITS):
        plan(_for_field(scenarios, "market", chance), "closed", 700 - 95 * number, expert=STAR, long_visits=visits)
    plan(scenarios[_index(scenarios, "market")], "answered", 13, expert=STAR, long_visits=(150,))
    for ending, days in (("consulting", 8), ("offered", _days_since_a_workday(now))):
        shown = _company_at(SHOWN_DISTRICT, city, chance)
        plan(_for_field(scenarios, "market", chance), ending, days, expert=STAR, company=shown)
    for code, count in VETERANS.items():
        field = city.experts[code].category_codes[0]
        for number in range(count if n_cases >= 200 else 1):
            long = tuple(chance.choice((300, 360, 420, 480)) for _ in range(8))
            plan(_for_field(scenarios, field, chance), "closed", 820 - 90 * number, expert=code, long_visits=long)
    for ending, share, oldest, newest in ENDINGS:
        for n in range(max(1, round(share * n_cases))):
            scenario = next(deck)
            days = newest + (oldest - newest) * chance.random() ** (1.4 if oldest > 100 else 1.0)
            english = "problem_en" in scenario and ending in UNANSWERED
            is_shown = n % 3 == 0 and oldest < 100
            company = _company_at(SHOWN_DISTRICT, city, chance) if is_shown else ""
            plan(scenario, ending, days, english=english, company=company)
    _ends_at_the_desk(plan, odd, chance, n_cases)
    return plans


def _ends_at_the_desk(plan: Callable[..., None], odd: dict[str, Any], chance: random.Random, n_cases: int) -> None:
    """All seven grounds, referrals, pairs of duplicates, one appeal waiting."""
    for ground, rows in odd["rejections"].items():
        for row in rows[: 1 if n_cases < 200 else 2]:
            plan(_bare(row) | {"ground": ground}, "rejected", chance.uniform(5, 150))
    row = odd["rejections"]["duplicate_or_concluded"][-1]
    plan(_bare(row) | {"ground": "duplicate_or_concluded", "appeal": odd["appeals"][0]}, "rejected", 4)
    for row in chance.sample(odd["referrals"], min(len(odd["referrals"]), max(2, n_cases // 33))):
        plan(_bare(row), "referred", chance.uniform(3, 120))
    for row in odd["duplicates"][: max(2, n_cases // 50)]:
        days = chance.uniform(1, 3)
        plan(_bare(row["first"]), "triaged", days, company=row["company"])
        plan(_bare(row["second"]), "triaged", days * 0.6, company=row["company"])


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    """A request of the odd ends as a scenario."""
    return {"category": "knowledge", "topic": None, "messages": [], "visits": [], "industries": [], **row}


def _shuffled(rows: list[Any], chance: random.Random) -> list[Any]:
    return chance.sample(rows, len(rows))


def _index(scenarios: list[dict[str, Any]], field: str) -> int:
    return next(n for n, s in enumerate(scenarios) if s["category"] == field)


def _for_field(scenarios: list[dict[str, Any]], field: str, chance: random.Random) -> dict[str, Any]:
    return chance.choice([s for s in scenarios if s["category"] == field])


def _company_at(district: str, city: City, chance: random.Random) -> str:
    return chance.choice([code for code, (facts, _) in city.companies.items() if facts.district == district])


def _company_for(scenario: dict[str, Any], city: City, chance: random.Random, *, first: bool) -> str:
    """The company the text was written for; told again, another one of a fitting industry."""
    if first and scenario.get("company"):
        return str(scenario["company"])
    letters = tuple(scenario.get("industries") or ())
    fitting = [code for code, (facts, _) in city.companies.items() if not letters or facts.industry[0] in letters]
    return chance.choice(fitting or list(city.companies))


def _tell_all(plans: list[Tale]) -> int:
    """Run all tales together, always the one whose next moment is earliest, up to now."""
    now = clock.now()
    stations = tuple(db.session.scalars(select(Station).order_by(Station.id)))
    star_id = next(iter(plans)).city.experts[STAR].id
    storage = storage_from(current_app.config)
    queue: list[tuple[datetime, int, Any]] = []
    begin_all = []
    for n, tale in enumerate(plans):
        tale = replace(tale)
        tale.stations, tale.kept, tale.shown = stations, frozenset({star_id}), SHOWN_STATION
        tale.storage = storage
        acts = tale.tell()
        begin_all.append(tale)
        heapq.heappush(queue, (next(acts), n, acts))
    db.session.commit()
    begin(read_only=False)
    for steps in itertools.count(1):
        if not queue:
            break
        moment, n, acts = heapq.heappop(queue)
        if moment >= now:
            continue
        with clock.at(moment):
            following = next(acts, None)
        if following is not None:
            heapq.heappush(queue, (max(following, moment), n, acts))
        if steps % 200 == 0:
            db.session.commit()
            begin(read_only=False)
    db.session.commit()
    return len(begin_all)


def _merge_duplicates(city: City) -> None:
    """The second of each pair of duplicates is merged into the first."""
    open_cases = db.session.scalars(select(Case).where(Case.status == Status.TRIAGED).order_by(Case.id)).all()
    firsts: dict[int, Case] = {}
    pairs = {row["second"]["title"]: row["first"]["title"] for row in load("odd_ends")["duplicates"]}
    by_title = {case.title: case for case in open_cases}
    for second, first in pairs.items():
        source, target = by_title.get(second), by_title.get(first)
        if source is None or target is None or source.company_id != target.company_id:
            continue
        if source.station_id == target.station_id and source.id not in firsts:
            with clock.at(min(clock.now(), (source.last_event_at or clock.now()) + timedelta(hours=2))):
                triage.merge(source, city.desks[source.station_id or 0], into=target)


def _read_old_notices() -> None:
    """People have looked at their bells until yesterday."""
    yesterday = clock.now() - timedelta(days=1)
    old = select(Event.id).where(Event.at < yesterday).scalar_subquery()
    db.session.execute(
        update(Notice)
        .where(Notice.event_id.in_(old))
        .values(read_at=yesterday)
        .execution_options(synchronize_session=False)
    )


def logins_text() -> str:
    """The demo logins as a table; the password is the same for all."""
    rows = (
        ("coordinator-baoan-fuyong", "站点协调员 coordinator", "分诊台：分诊、派单、转站 / the queue"),
        ("expert-01", "专家 expert", "差两小时到一星；收件箱、记服务 / two hours below a star"),
        ("member-01", "企业 company", "本企业的求助 / all the company's requests"),
        ("viewer-01", "企业查看者 viewer", "只能看的同事 / a colleague who may only read"),
        ("district-baoan", "区服务机构 district", "申诉、收费核查、总览 / appeals, reviews"),
        ("operator", "总队运营 operator", "全市总览 / the city's figures"),
        ("overseer", "监督部门 overseer", "只读、打码、留痕 / read-only, masked, logged"),
        ("admin", "管理员 admin", "账号 / accounts"),
    )
    lines = [f"  {login:<26}{role:<24}{what}" for login, role, what in rows]
    return f"  password 密码: {PASSWORD}\n" + "\n".join(lines)
