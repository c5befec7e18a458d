"""The enterprises that ask: found by credit code, sized by the official table."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Company, SizeClass
from helpdesk.rules import sizes


@dataclass(frozen=True)
class CompanyFacts:
    """What the form says of a company; `credit_code` is squeezed and checked, None for one not yet registered."""

    name: str
    credit_code: str | None
    district: str
    industry: str
    employees: int | None
    revenue_wan: int | None
    assets_wan: int | None = None


def find_or_add(facts: CompanyFacts) -> Company:
    """The company with this credit code, or a new one.

    What a stranger types never changes a company already known: only empty figures are filled in, because anybody
    can copy a credit code from a public register.
    """
    found = None
    if facts.credit_code:
        found = db.session.scalar(select(Company).where(Company.credit_code == facts.credit_code).with_for_update())
    if found is None:
        found = Company(
            name=facts.name,
            credit_code=facts.credit_code,
            district=facts.district,
            industry=facts.industry,
            employees=facts.employees,
            revenue_wan=facts.revenue_wan,
            assets_wan=facts.assets_wan,
            size=size_of(facts),
            created_at=clock.now(),
        )
        db.session.add(found)
        db.session.flush()
    return found


def size_of(facts: CompanyFacts) -> SizeClass:
    """The size class of 工信部联企业〔2011〕300号 for these figures."""
    return sizes.classify(
        facts.industry,
        employees=facts.employees,
        revenue_wan=facts.revenue_wan,
        assets_wan=facts.assets_wan,
    )
