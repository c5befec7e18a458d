"""The people of the demo: staff, sixty experts, companies and some of their members. All invented."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import accounts, companies, mailing
from helpdesk.domain.companies import CompanyFacts
from helpdesk.models import Account, CompanyPart, Expert, ExpertStatus, Role, Skill, Station, Topic
from helpdesk.reference import load
from helpdesk.rules import policy
from helpdesk.rules.identifiers import CREDIT_ALPHABET, credit_check_digit
from helpdesk.rules.policy import Who

PASSWORD = "wenqu-demo-2026"  # noqa: S105 - printed for everybody to try the demo
REVIEWED = {"440305": "nanshan", "440306": "baoan", "440307": "longgang"}
COORDINATORS = (
    "林晓岚", "何佳", "邓敏仪", "罗文彬", "谢婷", "潘志勇", "叶锦华", "温晓红", "曾宪明", "卢颖", "戴国栋", "欧阳静",
    "史美玲", "石磊", "崔雨桐", "贺子轩", "江海燕", "范伟杰", "姜楠", "尹秋月", "骆家豪", "易思敏", "柯明", "卓越洋",
)  # fmt: skip
MEMBERS = 25


@dataclass
class City:
    """Everybody the tales need, by the codes of the reference data."""

    desks: dict[int, Who] = field(default_factory=dict)
    experts: dict[str, Expert] = field(default_factory=dict)
    expert_people: dict[int, Who] = field(default_factory=dict)
    companies: dict[str, tuple[CompanyFacts, dict[str, Any]]] = field(default_factory=dict)
    members: dict[str, Who] = field(default_factory=dict)
    districts: dict[str, Who] = field(default_factory=dict)
    operator: Who = policy.ANYBODY


def settle(chance: random.Random) -> City:
    """Write everybody; one transaction."""
    city = City()
    # Hashing is slow on purpose, so all demo accounts share one hash. Never do this with real ones.
    hashed = accounts.hash_password(PASSWORD)
    _staff(city, hashed)
    _experts(city, hashed)
    _companies(city, hashed, chance)
    db.session.flush()
    return city


def _account(login: str, name: str, hashed: str) -> Account:
    account = Account(login=login, name=name, password_hash=hashed, created_at=clock.now(), grants=[])
    db.session.add(account)
    db.session.flush()
    return account


def _staff(city: City, hashed: str) -> None:
    accounts.grant(_account("admin", "钟管理员", hashed), Role.ADMIN)
    operator = _account("operator", "何静（总队）", hashed)
    accounts.grant(operator, Role.OPERATOR)
    city.operator = policy.who_is(operator)
    accounts.grant(_account("overseer", "顾明（监督）", hashed), Role.OVERSEER)
    for code, word in REVIEWED.items():
        reviewer = _account(
            f"district-{word}", {"nanshan": "方国安", "baoan": "麦志明", "longgang": "凌芳"}[word], hashed
        )
        accounts.grant(reviewer, Role.DISTRICT, district=code)
        city.districts[code] = policy.who_is(reviewer)
    stations = db.session.scalars(select(Station).order_by(Station.id)).all()
    for n, station in enumerate(stations):
        person = _account(f"coordinator-{station.slug}", COORDINATORS[n % len(COORDINATORS)], hashed)
        accounts.grant(person, Role.COORDINATOR, station_id=station.id)
        city.desks[station.id] = policy.who_is(person)


def _experts(city: City, hashed: str) -> None:
    stations = {s.code: s.id for s in db.session.scalars(select(Station))}
    topics = {t.code: t.category_code for t in db.session.scalars(select(Topic))}
    for n, row in enumerate(load("experts"), 1):
        expert = _expert(row, stations[row["station"]], topics)
        person = _account(f"expert-{n:02d}", expert.name, hashed)
        accounts.grant(person, Role.EXPERT, expert_id=expert.id)
        city.experts[row["code"]] = expert
        city.expert_people[expert.id] = policy.who_is(person)


def _expert(row: dict[str, Any], station_id: int, topics: dict[str, str]) -> Expert:
    licence = row["licence"]
    skills = [Skill(category_code=code) for code in row["categories"]]
    skills += [
        Skill(category_code=topics[t], topic_code=t) for t in row["topics"] if topics.get(t) in row["categories"]
    ]
    expert = Expert(
        volunteer_number=row["volunteer_number"],
        name=row["name"],
        title=row["title"],
        employer=row["employer"],
        bio=row["bio"],
        status=ExpertStatus.SERVING,
        station_id=station_id,
        districts=row["districts"],
        languages=row["languages"],
        modes=row["modes"],
        weekly_minutes=row["weekly_minutes"],
        max_open_cases=row["max_open_cases"],
        licence_number=licence["number"] if licence else None,
        licence_valid_until=date.fromisoformat(licence["valid_until"]) if licence else None,
        is_public=True,
        registered_on=date.fromisoformat(row["registered_on"]),
        created_at=clock.now(),
        skills=skills,
    )
    db.session.add(expert)
    db.session.flush()
    return expert


def _companies(city: City, hashed: str, chance: random.Random) -> None:
    for n, row in enumerate(load("companies")):
        facts = CompanyFacts(
            row["name"],
            _credit_code(chance),
            row["district"],
            row["industry"],
            row["employees"],
            row["revenue_wan"],
            row["assets_wan"],
        )
        city.companies[row["code"]] = (facts, row)
        if n < MEMBERS:
            company = companies.find_or_add(facts)
            person = _account(f"member-{n + 1:02d}", row["contact"], hashed)
            accounts.grant(person, Role.MEMBER, company_id=company.id)
            city.members[row["code"]] = policy.who_is(person)
            if n == 0:
                viewer = _account("viewer-01", "唐晓雯", hashed)
                accounts.grant(viewer, Role.MEMBER, company_id=company.id, company_part=CompanyPart.VIEWER)


def _credit_code(chance: random.Random) -> str:
    body = "91440300MA5" + "".join(chance.choice(CREDIT_ALPHABET) for _ in range(6))
    return body + credit_check_digit(body)


def give_addresses() -> None:
    """Everybody has a mail address that is theirs. Last of all: the year that was told has been written about."""
    for account in db.session.scalars(select(Account)):
        account.email = f"{account.login}@wenqu.example"
        mailing.vouch(account.email)
