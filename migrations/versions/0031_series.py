"""Series: a case that comes again every so many weeks or months, and what was made for which day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
WHYS = ("station", "company", "over", "anonymised", "erasure", "no_consent", "contact_left", "too_many")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("first_case_id", sa.Integer(), nullable=False),
        sa.Column("last_case_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("unit", _enum("seriesunit", "week", "month"), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("urgency", _enum("urgency", "normal", "urgent"), nullable=False),
        sa.Column("state", _enum("seriesstate", "running", "paused", "ended"), nullable=False),
        sa.Column("why", _enum("serieswhy", *WHYS), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_by", sa.String(length=80), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("every BETWEEN 1 AND 52", name=op.f("ck_series_every_in_range")),
        sa.CheckConstraint("made >= 0 AND turn >= 0 AND version >= 1", name=op.f("ck_series_counts_not_negative")),
        sa.CheckConstraint("most IS NULL OR most BETWEEN 1 AND 200", name=op.f("ck_series_most_in_range")),
        sa.CheckConstraint("last_on IS NULL OR most IS NULL", name=op.f("ck_series_ends_in_one_way")),
        sa.CheckConstraint("(state = 'ended') = (next_on IS NULL)", name=op.f("ck_series_ended_has_no_next")),
        sa.CheckConstraint("(state = 'running') = (why IS NULL)", name=op.f("ck_series_rests_for_a_reason")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_series_company_id_companies")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_series_station_id_stations")),
        sa.ForeignKeyConstraint(["first_case_id"], ["cases.id"], name=op.f("fk_series_first_case_id_cases")),
        sa.ForeignKeyConstraint(["last_case_id"], ["cases.id"], name=op.f("fk_series_last_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
    )
    live = sa.text("state <> 'ended'")
    op.create_index("uq_series_live", "series", ["last_case_id"], unique=True, sqlite_where=live, postgresql_where=live)
    op.create_index("ix_series_due", "series", ["state", "next_on"])
    op.create_index("ix_series_station", "series", ["station_id", "state", "next_on", "id"])
    op.create_index("ix_series_first_case", "series", ["first_case_id"])
    op.create_index("ix_series_last_case", "series", ["last_case_id"])
    op.create_table(
        "series_cases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_series_cases_case_id_cases")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_series_cases_series_id_series")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series_cases")),
        sa.UniqueConstraint("case_id", name=op.f("uq_series_cases_case_id")),
        sa.UniqueConstraint("series_id", "day", name=op.f("uq_series_cases_series_id_day")),
    )


def downgrade() -> None:
    op.drop_table("series_cases")
    for name in ("ix_series_last_case", "ix_series_first_case", "ix_series_station", "ix_series_due", "uq_series_live"):
        op.drop_index(name, table_name="series")
    op.drop_table("series")
