"""The summary before sending, the size in words, and what we know of a member already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import companies
from helpdesk.domain.companies import CompanyFacts
from helpdesk.i18n import counted
from helpdesk.models import Account, Category, Company, District, Role, SizeClass
from helpdesk.presentation.words import MEETINGS, industry_label, named, word
from helpdesk.rules import identifiers, sizes
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Part:
    """One line of the summary, and the page where it is changed."""

    label: str
    value: str
    page: str


def summary(draft: dict[str, Any]) -> list[Part]:
    """Everything the draft holds, in the order it was asked."""
    problem, company, contact = draft["problem"], draft["company"], draft["contact"]
    category = db.session.get(Category, problem.get("category") or "")
    rows = [
        Part(gettext("问题"), problem["problem"], "problem"),
        Part(gettext("方面"), named(category, short=True) or gettext("说不准，你们定"), "problem"),
        Part(gettext("企业名称"), company["name"], "company"),
        Part(gettext("统一社会信用代码"), company.get("credit_code") or gettext("还没有"), "company"),
        Part(gettext("所在区"), named(db.session.get(District, company["district"])), "company"),
        Part(gettext("行业"), industry_label(company["industry"]), "company"),
        Part(gettext("规模"), _size(company), "company"),
        Part(gettext("称呼"), contact["name"], "contact"),
        Part(gettext("手机号"), contact["phone"], "contact"),
        Part(gettext("邮箱"), contact.get("email") or "", "contact"),
        Part(gettext("方便的时间"), contact.get("times") or "", "contact"),
        Part(gettext("想怎么谈"), _meeting(contact.get("meeting")), "contact"),
        Part(gettext("同意"), _consents(contact), "contact"),
    ]
    return [row if row.value else Part(row.label, gettext("未填写"), row.page) for row in rows]


def _meeting(value: str | None) -> str:
    return next((gettext(label) for kind, label in MEETINGS.items() if kind.value == value), "")


def _consents(contact: dict[str, Any]) -> str:
    words = {
        "handling": gettext("交给承办的工作站和专家"),
        "referral": gettext("需要时转给别的单位"),
        "example": gettext("去掉名字后当例子"),
    }
    return gettext("；").join(text for name, text in words.items() if contact.get(name))


def _size(company: dict[str, Any]) -> str:
    figures = {name: _number(company.get(name)) for name in ("employees", "revenue_wan", "assets_wan")}
    facts = CompanyFacts("", None, "", company["industry"], **figures)
    parts = [size_words(companies.size_of(facts), company["industry"])]
    if facts.employees is not None:
        parts.append(counted("%(n)s 人", facts.employees))
    return gettext("，").join(part for part in parts if part)


def _number(text: str | None) -> int | None:
    digits = identifiers.squeeze(text or "").replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def size_words(size: SizeClass, industry: str | None) -> str:
    """The size class in words; why there is none yet when figures are missing."""
    if not industry:
        return ""
    if size is SizeClass.UNCLASSIFIED:
        return gettext("填了人数和收入，就能算出规模")
    return gettext("%(size)s企业", size=word(size))


def known(who: Who, page: str) -> dict[str, Any]:
    """What a signed-in person need not type again."""
    account = db.session.get(Account, who.account_id)
    if page == "contact" and account is not None:
        return {"name": account.name, "phone": account.phone or "", "email": account.email or ""}
    part = who.first(Role.MEMBER)
    company = db.session.scalar(select(Company).where(Company.id == part.company_id)) if part else None
    if page != "company" or company is None:
        return {}
    return {
        "name": company.name,
        "credit_code": company.credit_code or "",
        "no_code": company.credit_code is None,
        "district": company.district,
        "industry": _choice(company.industry),
        "employees": str(company.employees or ""),
        "revenue_wan": str(company.revenue_wan or ""),
        "assets_wan": str(company.assets_wan or ""),
    }


def _choice(industry: str) -> str:
    """The form's choice that holds a finer industry code."""
    sector = sizes.sector_of(industry)
    return next((code for code, _ in sizes.industry_choices() if sizes.sector_of(code) is sector), "")
