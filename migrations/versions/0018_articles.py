"""The knowledge base: articles, their versions, what readers said, their index; a file may belong to an article."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
REFUSE = ("UPDATE", "DELETE")


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("category_code", sa.String(length=20), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "published",
                "retired",
                name="articlestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("published_version", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", WHEN, nullable=True),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("published_version <= version", name=op.f("ck_articles_published_is_a_version")),
        sa.CheckConstraint(
            "state <> 'published' OR (published_version IS NOT NULL AND reviewed_at IS NOT NULL"
            " AND review_on IS NOT NULL)",
            name=op.f("ck_articles_published_was_reviewed"),
        ),
        sa.ForeignKeyConstraint(
            ["category_code"], ["categories.code"], name=op.f("fk_articles_category_code_categories")
        ),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_articles_station_id_stations")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_articles_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        sa.UniqueConstraint("case_id", name=op.f("uq_articles_case_id")),
    )
    op.create_index("ix_articles_public", "articles", ["state", "category_code", "id"])
    op.create_index("ix_articles_station", "articles", ["station_id", "id"])
    op.create_index("ix_articles_review", "articles", ["state", "review_on"])
    op.create_table(
        "article_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title_zh", sa.String(length=80), nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("title_en", sa.String(length=160), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=120), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author_name", sa.String(length=80), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_article_versions_number_counts")),
        sa.CheckConstraint("title_zh <> ''", name=op.f("ck_article_versions_has_title")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_versions_article_id_articles")),
        sa.ForeignKeyConstraint(["author_id"], ["accounts.id"], name=op.f("fk_article_versions_author_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_versions")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_article_versions_article_id_number")),
    )
    op.create_table(
        "article_feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("reader", sa.String(length=64), nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("deflected_at", WHEN, nullable=True),
        sa.Column("at", WHEN, nullable=False),
        sa.CheckConstraint("deflected_at IS NULL OR helpful", name=op.f("ck_article_feedback_deflected_is_helpful")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_feedback_article_id_articles")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_feedback")),
        sa.UniqueConstraint("article_id", "reader", name=op.f("uq_article_feedback_article_id_reader")),
    )
    op.create_index("ix_article_feedback_deflected", "article_feedback", ["deflected_at"])
    _files_of_articles()
    _append_only()
    _index()


def _files_of_articles() -> None:
    """A file hangs on a case or on an article, never on both or none."""
    with op.batch_alter_table("attachments") as batch:
        batch.alter_column("case_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("article_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_attachments_article_id_articles"), "articles", ["article_id"], ["id"])
        batch.create_check_constraint(op.f("ck_attachments_one_owner"), "(case_id IS NULL) <> (article_id IS NULL)")
        batch.create_index("ix_attachments_article", ["article_id", "id"])


def _append_only() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for act in REFUSE:
            op.execute(
                f"CREATE TRIGGER article_versions_no_{act.lower()} BEFORE {act} ON article_versions "
                "BEGIN SELECT RAISE(ABORT, 'article_versions is append-only'); END"
            )
        return
    op.execute(
        "CREATE TRIGGER article_versions_append_only BEFORE UPDATE OR DELETE ON article_versions "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE TRIGGER article_versions_no_truncate BEFORE TRUNCATE ON article_versions "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _index() -> None:
    """As 0003 for cases; the search adapter owns it, `flask helpdesk reindex` fills it."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE article_search USING fts5(head, body, tokenize = 'unicode61 remove_diacritics 0')"
        )
        return
    op.execute(
        "CREATE TABLE article_search (article_id integer PRIMARY KEY REFERENCES articles (id) ON DELETE CASCADE,"
        " tokens tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_article_search_tokens ON article_search USING gin (tokens)")


def downgrade() -> None:
    op.execute("DROP TABLE article_search")
    op.execute("DELETE FROM attachments WHERE article_id IS NOT NULL")
    with op.batch_alter_table("attachments") as batch:
        batch.drop_index("ix_attachments_article")
        batch.drop_constraint(op.f("ck_attachments_one_owner"), type_="check")
        batch.drop_constraint(op.f("fk_attachments_article_id_articles"), type_="foreignkey")
        batch.drop_column("article_id")
        batch.alter_column("case_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("article_feedback")
    op.drop_table("article_versions")
    op.drop_table("articles")
