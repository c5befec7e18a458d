"""How cases belong together: one split off another, one that follows another, one that is part of a bigger one."""

from __future__ import annotations

import enum
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case


class LinkKind(enum.StrEnum):
    """What `case` is to `other`: split off it, its follow-up, a part of it."""

    SPLIT = "split"
    FOLLOWS = "follows"
    PART = "part"


class CaseLink(Model):
    """A link says something and moves nothing: hours, promises and rights stay each case's own."""

    __tablename__ = "case_links"
    __table_args__ = (
        UniqueConstraint("case_id", "other_id"),
        CheckConstraint("case_id <> other_id", name="not_to_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(stored_enum(LinkKind))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]

    case: Mapped[Case] = relationship(foreign_keys=[case_id])
    other: Mapped[Case] = relationship(foreign_keys=[other_id])
