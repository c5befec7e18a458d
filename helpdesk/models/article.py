"""The knowledge base: answers worth reading before asking. Words live in versions; what readers said is counted."""

from __future__ import annotations

import enum
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, and_
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.case import Case
from helpdesk.models.category import Category
from helpdesk.models.network import Station


class ArticleState(enum.StrEnum):
    """Not yet read by anybody outside; read by everybody; taken back."""

    DRAFT = "draft"
    PUBLISHED = "published"
    RETIRED = "retired"


class ArticleVersion(Model):
    """What an article said from one save to the next. Never changed, only followed by another."""

    __tablename__ = "article_versions"
    __table_args__ = (
        UniqueConstraint("article_id", "number"),
        CheckConstraint("number > 0", name="number_counts"),
        CheckConstraint("title_zh <> ''", name="has_title"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    number: Mapped[int]
    title_zh: Mapped[str] = mapped_column(String(80))
    body_zh: Mapped[str]
    # Both English fields are filled or both are empty.
    title_en: Mapped[str] = mapped_column(String(160), default="")
    body_en: Mapped[str] = mapped_column(default="")
    # What was changed, in the writer's words.
    note: Mapped[str] = mapped_column(String(120), default="")
    author_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    author_name: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class Article(Model):
    """One article. `version` is the newest one, `published_version` the one that everybody reads."""

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_public", "state", "category_code", "id"),
        Index("ix_articles_station", "station_id", "id"),
        Index("ix_articles_review", "state", "review_on"),
        CheckConstraint("published_version <= version", name="published_is_a_version"),
        CheckConstraint(
            "state <> 'published' OR (published_version IS NOT NULL AND reviewed_at IS NOT NULL"
            " AND review_on IS NOT NULL)",
            name="published_was_reviewed",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    category_code: Mapped[str] = mapped_column(ForeignKey("categories.code"))
    # Who answers for it; the corps itself when there is none.
    station_id: Mapped[int | None] = mapped_column(ForeignKey("stations.id"))
    state: Mapped[ArticleState] = mapped_column(stored_enum(ArticleState), default=ArticleState.DRAFT)
    version: Mapped[int] = mapped_column(default=0)
    published_version: Mapped[int | None]
    # When somebody last said that all of it still holds, and when it has to be looked at again.
    reviewed_at: Mapped[datetime | None]
    review_on: Mapped[date | None]
    # The closed case it was made from; one case makes one article. Only the desk sees it.
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), unique=True)
    created_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))
    changed_at: Mapped[datetime]

    category: Mapped[Category] = relationship()
    station: Mapped[Station | None] = relationship()
    case: Mapped[Case | None] = relationship()
    newest: Mapped[ArticleVersion] = relationship(
        primaryjoin=lambda: and_(
            foreign(ArticleVersion.article_id) == Article.id, ArticleVersion.number == Article.version
        ),
        viewonly=True,
        uselist=False,
    )
    public: Mapped[ArticleVersion | None] = relationship(
        primaryjoin=lambda: and_(
            foreign(ArticleVersion.article_id) == Article.id, ArticleVersion.number == Article.published_version
        ),
        viewonly=True,
        uselist=False,
    )


class ArticleFeedback(Model):
    """What one browser said about one article. `reader` is a hash that differs from article to article, so that
    nobody can tell which articles one reader read."""

    __tablename__ = "article_feedback"
    __table_args__ = (
        UniqueConstraint("article_id", "reader"),
        Index("ix_article_feedback_deflected", "deflected_at"),
        CheckConstraint("deflected_at IS NULL OR helpful", name="deflected_is_helpful"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("articles.id"))
    reader: Mapped[str] = mapped_column(String(64))
    helpful: Mapped[bool]
    comment: Mapped[str] = mapped_column(default="")
    # When they said, while asking, that they need not ask any more.
    deflected_at: Mapped[datetime | None]
    at: Mapped[datetime]
