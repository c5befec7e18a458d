"""Promises as versions that an operator makes, stations' own opening hours, older versions of the calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
# What a clock that runs already warned at, in percent of its time.
WARNED_AT = {"progress": 80, "first_answer": 80, "confirm": 43}
DAYS = "一二三四五六日"


def upgrade() -> None:
    op.create_table(
        "target_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("change", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_target_versions")),
    )
    op.create_table(
        "promise_targets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("category", sa.String(length=20), nullable=True),
        sa.Column(
            "urgency",
            sa.Enum("normal", "urgent", name="urgency", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("warn_percent", sa.Integer(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_promise_targets_amount_positive")),
        sa.CheckConstraint("warn_percent BETWEEN 10 AND 100", name=op.f("ck_promise_targets_warns_in_time")),
        sa.CheckConstraint(
            "unit IN ('workdays', 'working_hours', 'days', 'hours')", name=op.f("ck_promise_targets_unit_known")
        ),
        sa.ForeignKeyConstraint(["category"], ["categories.code"], name=op.f("fk_promise_targets_category_categories")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["target_versions.id"], name=op.f("fk_promise_targets_version_id_target_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise_targets")),
    )
    op.create_index("ix_promise_targets_version", "promise_targets", ["version_id"])
    op.create_table(
        "calendar_loads",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("loaded_at", WHEN, nullable=False),
        sa.Column("loaded_by", sa.String(length=80), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("year", "version", name=op.f("pk_calendar_loads")),
    )
    op.create_table(
        "station_hours",
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens_at", sa.Time(), nullable=False),
        sa.Column("shuts_at", sa.Time(), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_station_hours_weekday_known")),
        sa.CheckConstraint("opens_at < shuts_at", name=op.f("ck_station_hours_opens_before_it_shuts")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_station_hours_station_id_stations")),
        sa.PrimaryKeyConstraint("station_id", "weekday", "opens_at", name=op.f("pk_station_hours")),
    )
    op.add_column("calendar_years", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    # Inline: SQLite could only add the checks by building tables anew that much refers to.
    op.execute(
        "ALTER TABLE clocks ADD COLUMN warn_percent INTEGER DEFAULT 50 NOT NULL"
        " CONSTRAINT ck_clocks_warns_in_time CHECK (warn_percent BETWEEN 10 AND 100)"
    )
    for kind, percent in WARNED_AT.items():
        op.execute(f"UPDATE clocks SET warn_percent = {percent} WHERE kind = '{kind}'")
    op.execute(
        "ALTER TABLE cases ADD COLUMN target_version_id INTEGER"
        " CONSTRAINT fk_cases_target_version_id_target_versions REFERENCES target_versions (id)"
    )
    _hours_from_words()
    op.drop_column("stations", "hours")
    op.drop_column("categories", "quick_answer")


def downgrade() -> None:
    op.add_column("categories", sa.Column("quick_answer", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE categories SET quick_answer = true WHERE code = 'policy'")
    op.add_column("stations", sa.Column("hours", sa.String(length=120), server_default="", nullable=False))
    _words_from_hours()
    op.drop_column("cases", "target_version_id")
    op.drop_column("clocks", "warn_percent")
    op.drop_column("calendar_years", "version")
    for name in ("station_hours", "calendar_loads", "promise_targets", "target_versions"):
        op.drop_table(name)


def _hours_from_words() -> None:
    """Read what people wrote, as `周一至周五 9:00–12:00，14:00–18:00`; what cannot be read becomes office hours."""
    bind = op.get_bind()
    table = sa.table(
        "station_hours",
        sa.column("station_id", sa.Integer()),
        sa.column("weekday", sa.Integer()),
        sa.column("opens_at", sa.Time()),
        sa.column("shuts_at", sa.Time()),
    )
    for station_id, words in bind.execute(sa.text("SELECT id, hours FROM stations ORDER BY id")).all():
        rows = []
        for part in re.split(r"，(?=周)", words or ""):
            found = re.fullmatch(rf"周([{DAYS}])(?:至周([{DAYS}]))? ([\d:–，]+)", part.strip())
            if found is None:
                rows = []
                break
            first, last = DAYS.index(found[1]), DAYS.index(found[2] or found[1])
            for span in found[3].split("，"):
                opens, _, shuts = span.partition("–")
                rows += [
                    {"station_id": station_id, "weekday": day, "opens_at": _time(opens), "shuts_at": _time(shuts)}
                    for day in range(first, last + 1)
                ]
        if rows:
            bind.execute(table.insert(), rows)


def _words_from_hours() -> None:
    bind = op.get_bind()
    rows = bind.execute(
        sa.text("SELECT station_id, weekday, opens_at, shuts_at FROM station_hours ORDER BY 1, 2, 3")
    ).all()
    days: dict[int, dict[int, list[str]]] = {}
    for station_id, weekday, opens, shuts in rows:
        days.setdefault(station_id, {}).setdefault(weekday, []).append(f"{str(opens)[:5]}–{str(shuts)[:5]}")
    for station_id, week in days.items():
        parts: list[tuple[int, int, str]] = []
        for weekday, spans in sorted(week.items()):
            text = "，".join(spans)
            if parts and parts[-1][1] == weekday - 1 and parts[-1][2] == text:
                parts[-1] = (parts[-1][0], weekday, text)
            else:
                parts.append((weekday, weekday, text))
        words = "，".join(
            f"周{DAYS[first]}{f'至周{DAYS[last]}' if last > first else ''} {text}" for first, last, text in parts
        )
        bind.execute(
            sa.text("UPDATE stations SET hours = :words WHERE id = :id"), {"words": words[:120], "id": station_id}
        )


def _time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").replace(tzinfo=UTC).time()
