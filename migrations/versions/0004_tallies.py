"""Tallies of cases by station, district, state and waiting, kept by triggers; indexes for what time alone changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STATUSES = (
    "draft", "submitted", "triaged", "offered", "accepted", "consulting", "answered", "closed", "rejected",
    "referred", "withdrawn", "merged",
)  # fmt: skip
FILL = (
    "INSERT INTO tallies (station_id, district, status, waiting_on, n) "
    "SELECT station_id, coalesce(district, ''), status, waiting_on, count(*) FROM cases "
    "WHERE station_id IS NOT NULL GROUP BY 1, 2, 3, 4"
)
ADD = (
    "INSERT INTO tallies (station_id, district, status, waiting_on, n) "
    "VALUES (NEW.station_id, coalesce(NEW.district, ''), NEW.status, NEW.waiting_on, 1) "
    "ON CONFLICT (station_id, district, status, waiting_on) DO UPDATE SET n = n + 1;"
)
TAKE = (
    "UPDATE tallies SET n = n - 1 WHERE station_id = OLD.station_id AND district = coalesce(OLD.district, '') "
    "AND status = OLD.status AND waiting_on = OLD.waiting_on;"
)
# One case moves between two rows. Both are locked in one order first: two moves the other way round never wait for
# each other.
FUNCTION = """
CREATE FUNCTION keep_tallies() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'DELETE' AND NEW.station_id IS NOT NULL THEN
    INSERT INTO tallies (station_id, district, status, waiting_on, n)
      VALUES (NEW.station_id, coalesce(NEW.district, ''), NEW.status, NEW.waiting_on, 0) ON CONFLICT DO NOTHING;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    PERFORM 1 FROM tallies t
      WHERE (t.station_id = OLD.station_id AND t.district = coalesce(OLD.district, '') AND t.status = OLD.status
             AND t.waiting_on = OLD.waiting_on)
         OR (t.station_id = NEW.station_id AND t.district = coalesce(NEW.district, '') AND t.status = NEW.status
             AND t.waiting_on = NEW.waiting_on)
      ORDER BY t.station_id, t.district, t.status, t.waiting_on FOR UPDATE;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    UPDATE tallies SET n = n - 1 WHERE station_id = OLD.station_id AND district = coalesce(OLD.district, '')
      AND status = OLD.status AND waiting_on = OLD.waiting_on;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE tallies SET n = n + 1 WHERE station_id = NEW.station_id AND district = coalesce(NEW.district, '')
      AND status = NEW.status AND waiting_on = NEW.waiting_on;
  END IF;
  RETURN NULL;
END $$
"""
WATCHED = "station_id, district, status, waiting_on"


def upgrade() -> None:
    op.create_table(
        "tallies",
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("district", sa.String(length=6), nullable=False),
        sa.Column(
            "status",
            sa.Enum(*STATUSES, name="status", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "waiting_on",
            sa.Enum("nobody", "company", name="waitingon", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_tallies_n_not_negative")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_tallies_station_id_stations")),
        sa.PrimaryKeyConstraint("station_id", "district", "status", "waiting_on", name=op.f("pk_tallies")),
    )
    op.create_index("ix_tallies_district", "tallies", ["district"])
    # What only time changes is counted from the few rows that it concerns.
    op.create_index("ix_cases_station_warn", "cases", ["station_id", "warn_at"], **_only("warn_at IS NOT NULL"))
    op.create_index("ix_cases_station_closed", "cases", ["station_id", "closed_at"], **_only("closed_at IS NOT NULL"))
    op.create_index("ix_cases_expert_solved", "cases", ["expert_id", "status", "category_code"])
    op.execute(FILL)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER cases_tally_insert AFTER INSERT ON cases WHEN NEW.station_id IS NOT NULL BEGIN {ADD} END"
        )
        op.execute(
            f"CREATE TRIGGER cases_tally_leave AFTER UPDATE OF {WATCHED} ON cases "
            f"WHEN OLD.station_id IS NOT NULL BEGIN {TAKE} END"
        )
        op.execute(
            f"CREATE TRIGGER cases_tally_enter AFTER UPDATE OF {WATCHED} ON cases "
            f"WHEN NEW.station_id IS NOT NULL BEGIN {ADD} END"
        )
        op.execute(
            f"CREATE TRIGGER cases_tally_delete AFTER DELETE ON cases WHEN OLD.station_id IS NOT NULL BEGIN {TAKE} END"
        )
        return
    op.execute(FUNCTION)
    op.execute(
        f"CREATE TRIGGER cases_tally AFTER INSERT OR DELETE OR UPDATE OF {WATCHED} ON cases "
        "FOR EACH ROW EXECUTE FUNCTION keep_tallies()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("insert", "leave", "enter", "delete"):
            op.execute(f"DROP TRIGGER cases_tally_{name}")
    else:
        op.execute("DROP TRIGGER cases_tally ON cases")
        op.execute("DROP FUNCTION keep_tallies()")
    op.drop_index("ix_cases_expert_solved", "cases")
    op.drop_index("ix_cases_station_closed", "cases")
    op.drop_index("ix_cases_station_warn", "cases")
    op.drop_table("tallies")


def _only(where: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(where), "postgresql_where": sa.text(where)}
