"""Star ladders: dated data with their basis, because each body has its own (domain brief, 2)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model


class Ladder(Model):
    """One ladder: name, basis, from when to when. Eligibility is computed, the star is given by people."""

    __tablename__ = "ladders"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True)
    zh: Mapped[str] = mapped_column(String(80))
    en: Mapped[str] = mapped_column(String(120))
    basis: Mapped[str] = mapped_column(String(200))
    effective_from: Mapped[date] = mapped_column(Date)
    effective_to: Mapped[date | None] = mapped_column(Date)
    is_default: Mapped[bool] = mapped_column(default=False)
    # Whether verified hours from other organisations count: most ladders take only their own (domain brief, 2).
    counts_transferred: Mapped[bool] = mapped_column(default=False)

    rungs: Mapped[list[Rung]] = relationship(back_populates="ladder", order_by="Rung.star")


class Rung(Model):
    """A star: the minutes and the months of registration it asks for."""

    __tablename__ = "rungs"
    __table_args__ = (
        UniqueConstraint("ladder_id", "star"),
        CheckConstraint("star BETWEEN 1 AND 5", name="star_in_range"),
        CheckConstraint("minutes > 0", name="minutes_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ladder_id: Mapped[int] = mapped_column(ForeignKey("ladders.id"))
    star: Mapped[int]
    minutes: Mapped[int]
    months_registered: Mapped[int] = mapped_column(default=0)

    ladder: Mapped[Ladder] = relationship(back_populates="rungs")
