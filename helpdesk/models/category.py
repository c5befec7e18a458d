"""The ten fields of the plan (三（一）-（十）) and their topics; one vocabulary for need and skill."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model


class Category(Model):
    """One of the ten fields. They cannot be deleted; their topics may grow."""

    __tablename__ = "categories"

    code: Mapped[str] = mapped_column(String(20), primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    zh: Mapped[str] = mapped_column(String(40))
    zh_short: Mapped[str] = mapped_column(String(20))
    en: Mapped[str] = mapped_column(String(60))
    hint_zh: Mapped[str] = mapped_column(String(120))
    hint_en: Mapped[str] = mapped_column(String(200))
    plan_section: Mapped[str] = mapped_column(String(20))
    licence_required: Mapped[bool] = mapped_column(default=False)

    topics: Mapped[list[Topic]] = relationship(back_populates="category", order_by="Topic.position")


class Topic(Model):
    """A topic under a field; the twenty management topics of plan 三（八） are marked."""

    __tablename__ = "topics"

    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"), index=True)
    position: Mapped[int]
    zh: Mapped[str] = mapped_column(String(40))
    en: Mapped[str] = mapped_column(String(80))
    is_management: Mapped[bool] = mapped_column(default=False)

    category: Mapped[Category] = relationship(back_populates="topics")
