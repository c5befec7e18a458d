"""The coordinator's workspace: acts over many cases, saved views, who is looking at what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Tallies by field, too. What they hold follows from `cases`, so the table is made anew.
KEYS = ("station_id", "district", "category", "status", "waiting_on")
STATUSES = (
    "draft", "submitted", "triaged", "offered", "accepted", "consulting", "answered", "closed", "rejected",
    "referred", "withdrawn", "merged",
)  # fmt: skip


def _values(row: str, keys: tuple[str, ...]) -> dict[str, str]:
    """How each key is read from a row of `cases`; what is NULL there is "" here."""
    column = {"category": "category_code"}
    nullable = ("district", "category")
    prefix = f"{row}." if row else ""
    return {
        key: f"coalesce({prefix}{column.get(key, key)}, '')" if key in nullable else f"{prefix}{column.get(key, key)}"
        for key in keys
    }


def _same(row: str, keys: tuple[str, ...], table: str = "") -> str:
    prefix = f"{table}." if table else ""
    return " AND ".join(f"{prefix}{key} = {value}" for key, value in _values(row, keys).items())


def _make_tallies(keys: tuple[str, ...]) -> None:
    """The table, its triggers and its numbers, keyed by `keys`."""
    names, values = ", ".join(keys), ", ".join(_values("NEW", keys).values())
    columns: dict[str, sa.Column[object]] = {
        "station_id": sa.Column("station_id", sa.Integer(), nullable=False),
        "district": sa.Column("district", sa.String(length=6), nullable=False),
        "category": sa.Column("category", sa.String(length=20), nullable=False),
        "status": sa.Column(
            "status",
            sa.Enum(*STATUSES, name="status", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        "waiting_on": sa.Column(
            "waiting_on",
            sa.Enum("nobody", "company", name="waitingon", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
    }
    op.create_table(
        "tallies",
        *(columns[key] for key in keys),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_tallies_n_not_negative")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_tallies_station_id_stations")),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_tallies")),
    )
    op.create_index("ix_tallies_district", "tallies", ["district"])
    groups = ", ".join(str(n) for n in range(1, len(keys) + 1))
    op.execute(
        f"INSERT INTO tallies ({names}, n) SELECT {', '.join(_values('', keys).values())}, count(*) FROM cases "
        f"WHERE station_id IS NOT NULL GROUP BY {groups}"
    )
    columns_of_cases = {"category": "category_code"}
    watched = ", ".join(columns_of_cases.get(key, key) for key in keys)
    add = f"INSERT INTO tallies ({names}, n) VALUES ({values}, 1) ON CONFLICT ({names}) DO UPDATE SET n = n + 1;"
    take = f"UPDATE tallies SET n = n - 1 WHERE {_same('OLD', keys)};"
    if op.get_bind().dialect.name == "sqlite":
        for name, moment, row, act in (
            ("insert", "INSERT", "NEW", add),
            ("leave", f"UPDATE OF {watched}", "OLD", take),
            ("enter", f"UPDATE OF {watched}", "NEW", add),
            ("delete", "DELETE", "OLD", take),
        ):
            op.execute(
                f"CREATE TRIGGER cases_tally_{name} AFTER {moment} ON cases "
                f"WHEN {row}.station_id IS NOT NULL BEGIN {act} END"
            )
        return
    # One case moves between two rows. Both are locked in one order first: two moves the other way round never wait
    # for each other.
    op.execute(
        f"""
        CREATE FUNCTION keep_tallies() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP <> 'DELETE' AND NEW.station_id IS NOT NULL THEN
            INSERT INTO tallies ({names}, n) VALUES ({values}, 0) ON CONFLICT DO NOTHING;
          END IF;
          IF TG_OP = 'UPDATE' THEN
            PERFORM 1 FROM tallies t WHERE ({_same("OLD", keys, "t")}) OR ({_same("NEW", keys, "t")})
              ORDER BY {", ".join(f"t.{key}" for key in keys)} FOR UPDATE;
          END IF;
          IF TG_OP <> 'INSERT' THEN
            {take}
          END IF;
          IF TG_OP <> 'DELETE' THEN
            UPDATE tallies SET n = n + 1 WHERE {_same("NEW", keys)};
          END IF;
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"CREATE TRIGGER cases_tally AFTER INSERT OR DELETE OR UPDATE OF {watched} ON cases "
        "FOR EACH ROW EXECUTE FUNCTION keep_tallies()"
    )


def _drop_tallies() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "leave", "enter", "delete"):
            op.execute(f"DROP TRIGGER cases_tally_{name}")
    else:
        op.execute("DROP TRIGGER cases_tally ON cases")
        op.execute("DROP FUNCTION keep_tallies()")
    op.drop_table("tallies")


ACTS = ("triage", "offer", "transfer", "merge", "reject")


def upgrade() -> None:
    _drop_tallies()
    _make_tallies(KEYS)
    handled = sa.text("handler_id IS NOT NULL")
    op.create_index("ix_cases_handler", "cases", ["handler_id"], sqlite_where=handled, postgresql_where=handled)
    op.create_table(
        "bulk_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "act",
            sa.Enum(*ACTS, name="bulkact", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("items", sa.JSON(), nullable=False),
        sa.Column("results", sa.JSON(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("position >= 0", name=op.f("ck_bulk_runs_position_not_negative")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_bulk_runs_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_runs")),
    )
    op.create_index("ix_bulk_runs_account_id", "bulk_runs", ["account_id"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saved_views_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_saved_views_account_id_name")),
    )
    op.create_table(
        "presences",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_writing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_presences_case_id_cases")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_presences_account_id_accounts")),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_presences")),
    )
    op.create_index("ix_presences_seen_at", "presences", ["seen_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_handler", "cases")
    _drop_tallies()
    _make_tallies(tuple(key for key in KEYS if key != "category"))
    for name in ("presences", "saved_views", "bulk_runs"):
        op.drop_table(name)
