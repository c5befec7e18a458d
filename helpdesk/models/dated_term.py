"""What terms have in common that an operator sets to hold from a day on."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column


class DatedTerm:
    """The columns of a term: from which day, why, who set it when. How long it is, is its kind's own column; the row
    with the latest day that has come holds, of several with the same day the newest."""

    id: Mapped[int] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(Date)
    reason: Mapped[str] = mapped_column(String(200))
    set_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    set_by: Mapped[str] = mapped_column(String(80))
    set_at: Mapped[datetime]
