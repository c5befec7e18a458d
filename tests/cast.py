"""The cast: people everyone knows, each with one reason to exist. Invented, like everything here.

林 lin      owns Southlight (南山光电), an SME of Nanshan; confirmed member
何 he       works there too; confirmed member
蒋 jiang    works there too, and may only read; confirmed viewer
白 bai      works for another company; must never see Southlight's cases
贾 jia      claims to work at Southlight; nobody has confirmed it
陈 chen     expert for policy, finance and law (licence valid), with room
吴 wu       expert for policy, one case at most: soon at capacity
郑 zheng    expert for law whose licence has run out
王 wang     coordinator of the Nanshan station
赵 zhao     coordinator of the Longgang station: must not see Nanshan's cases
钱 qian     expert and coordinator of Nanshan in one person: must not touch own hours
孙 sun      overseer: reads, masked, logged
李 li       district reviewer of Nanshan
周 zhou     operator of the corps
冯 feng     administrator: accounts, nothing else
褚 chu      signed in, without any part
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import accounts, companies, intake
from helpdesk.domain.companies import CompanyFacts
from helpdesk.models import Account, Company, CompanyPart, Expert, ExpertStatus, Role, Skill, Station
from helpdesk.rules import policy
from helpdesk.rules.identifiers import credit_check_digit
from helpdesk.rules.policy import Who

PASSWORD = "a long enough password"
NANSHAN, LONGGANG = "440305", "440307"


def code_for(first17: str) -> str:
    """A valid unified social credit code."""
    return first17 + credit_check_digit(first17)


SOUTHLIGHT = CompanyFacts("南山光电有限公司", code_for("91440300MA5TEXT01"), NANSHAN, "C", 28, 900)
OTHER = CompanyFacts("龙岗模具有限公司", code_for("91440300MA5TEXT02"), LONGGANG, "C", 12, 200)


def gather() -> None:
    """Write the cast into an empty database that has its reference data."""
    hashed = accounts.hash_password(PASSWORD)
    southlight, other = companies.find_or_add(SOUTHLIGHT), companies.find_or_add(OTHER)
    nanshan, longgang = intake.station_for(NANSHAN), intake.station_for(LONGGANG)
    nanshan.counts_preparation, nanshan.preparation_cap_minutes = True, 60
    people = {
        "lin": ("林巧", [(Role.MEMBER, {"company_id": southlight.id})]),
        "he": ("何志", [(Role.MEMBER, {"company_id": southlight.id})]),
        "jiang": ("蒋观", [(Role.MEMBER, {"company_id": southlight.id, "company_part": CompanyPart.VIEWER})]),
        "bai": ("白帆", [(Role.MEMBER, {"company_id": other.id})]),
        "jia": ("贾明", []),
        "chen": ("陈明远", []),
        "wu": ("吴刚", []),
        "zheng": ("郑宇", []),
        "wang": ("王岚", [(Role.COORDINATOR, {"station_id": nanshan.id})]),
        "zhao": ("赵桐", [(Role.COORDINATOR, {"station_id": longgang.id})]),
        "qian": ("钱进", [(Role.COORDINATOR, {"station_id": nanshan.id})]),
        "sun": ("孙察", [(Role.OVERSEER, {})]),
        "li": ("李区", [(Role.DISTRICT, {"district": NANSHAN})]),
        "zhou": ("周总", [(Role.OPERATOR, {})]),
        "feng": ("冯管", [(Role.ADMIN, {})]),
        "chu": ("褚某", []),
    }
    made = {}
    for login, (name, parts) in people.items():
        account = Account(login=login, name=name, password_hash=hashed, created_at=clock.now(), grants=[])
        db.session.add(account)
        db.session.flush()
        for role, unit in parts:
            accounts.grant(account, role, **unit)
        made[login] = account
    accounts.grant(made["jia"], Role.MEMBER, company_id=southlight.id, confirmed=False)
    licence = date(2030, 1, 1)
    _expert(made["chen"], "0001", ("policy", "finance", "legal"), nanshan, most=5, licence=licence)
    _expert(made["wu"], "0002", ("policy",), nanshan, most=1)
    _expert(made["zheng"], "0003", ("legal",), nanshan, most=3, licence=date(2020, 1, 1))
    _expert(made["qian"], "0004", ("policy",), nanshan, most=3)
    db.session.flush()


def _expert(
    account: Account, number: str, fields: tuple[str, ...], station: Station, *, most: int, licence: date | None = None
) -> None:
    expert = Expert(
        volunteer_number=f"44030000{number}",
        name=account.name,
        title="高级顾问",
        employer="某研究院",
        bio="做了很多年。",
        status=ExpertStatus.SERVING,
        station_id=station.id,
        districts=[NANSHAN],
        languages=["zh"],
        modes=["online", "phone", "onsite", "station"],
        weekly_minutes=600,
        max_open_cases=most,
        licence_number="A1" if licence else None,
        licence_valid_until=licence,
        registered_on=date(2024, 1, 1),
        created_at=clock.now(),
        skills=[Skill(category_code=code) for code in fields],
    )
    db.session.add(expert)
    db.session.flush()
    accounts.grant(account, Role.EXPERT, expert_id=expert.id)


class Cast:
    """`cast.wang` is the person (a Who), `cast.account("wang")` the account, `cast.expert("chen")` the expert."""

    def account(self, login: str) -> Account:
        return db.session.scalars(select(Account).where(Account.login == login)).one()

    def __getattr__(self, login: str) -> Who:
        if login.startswith("_"):
            raise AttributeError(login)
        return policy.who_is(self.account(login))

    def expert(self, login: str) -> Expert:
        return db.session.get_one(Expert, self.__getattr__(login).expert_id)

    def station(self, district: str = NANSHAN) -> Station:
        return intake.station_for(district)

    def company(self, facts: CompanyFacts = SOUTHLIGHT) -> Company:
        return db.session.scalars(select(Company).where(Company.credit_code == facts.credit_code)).one()


LOGINS = (
    "lin",
    "he",
    "jiang",
    "bai",
    "jia",
    "chen",
    "wu",
    "zheng",
    "wang",
    "zhao",
    "qian",
    "sun",
    "li",
    "zhou",
    "feng",
    "chu",
)
