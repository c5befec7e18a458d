"""The full text of cases: an FTS5 table on SQLite, a tsvector with a GIN index on PostgreSQL. No model: the search
adapter owns it, `flask reindex` fills it."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE case_search USING fts5(head, body, tokenize = 'unicode61 remove_diacritics 0')"
        )
        return
    op.execute(
        "CREATE TABLE case_search (case_id integer PRIMARY KEY REFERENCES cases (id) ON DELETE CASCADE,"
        " tokens tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_case_search_tokens ON case_search USING gin (tokens)")


def downgrade() -> None:
    op.execute("DROP TABLE case_search")
