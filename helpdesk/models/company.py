"""The enterprises that ask."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.db import Model, stored_enum


class SizeClass(enum.StrEnum):
    """工信部联企业〔2011〕300号; `unclassified` for sectors outside its table."""

    MICRO = "micro"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    UNCLASSIFIED = "unclassified"


class Company(Model):
    """An enterprise. A credit code belongs to one row; a firm not yet registered has none."""

    __tablename__ = "companies"
    __table_args__ = (
        CheckConstraint("credit_code IS NULL OR length(credit_code) = 18", name="credit_code_length"),
        CheckConstraint("employees IS NULL OR employees >= 0", name="employees_not_negative"),
        CheckConstraint("revenue_wan IS NULL OR revenue_wan >= 0", name="revenue_not_negative"),
        Index("uq_companies_credit_code", "credit_code", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    credit_code: Mapped[str | None] = mapped_column(String(18))
    district: Mapped[str] = mapped_column(ForeignKey("districts.code"), index=True)
    # A letter and digits of GB/T 4754, as fine as the size table needs: C, F51, I65 ...
    industry: Mapped[str] = mapped_column(String(4))
    employees: Mapped[int | None]
    revenue_wan: Mapped[int | None]
    assets_wan: Mapped[int | None]
    size: Mapped[SizeClass] = mapped_column(stored_enum(SizeClass))
    created_at: Mapped[datetime]
