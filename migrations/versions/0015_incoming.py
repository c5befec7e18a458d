"""Letters that come in, the mailboxes they lay in, and a channel of that name."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
STATUSES = ("kept", "broken", "filed", "said", "requested", "begun", "held", "decided")
KINDS = ("person", "auto", "bounce", "list", "own")


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _channels(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """The words a case's channel may be. SQLite would rebuild the table, with all that hangs on it, for a CHECK; its
    manual gives this way of changing one in place (lang_altertable, section 7)."""
    old, new = (", ".join(f"'{name}'" for name in names) for names in (before, after))
    if op.get_bind().dialect.name != "sqlite":
        op.execute("ALTER TABLE cases DROP CONSTRAINT ck_cases_channel")
        op.execute(f"ALTER TABLE cases ADD CONSTRAINT ck_cases_channel CHECK (channel IN ({new}))")
        return
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema=ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?)"
        " WHERE type = 'table' AND name = 'cases' AND instr(sql, ?) > 0",
        (f"channel IN ({old})", f"channel IN ({new})", f"channel IN ({old})"),
    )
    if changed.rowcount != 1:
        raise RuntimeError("the table of cases does not look as expected")
    connection.exec_driver_sql(f"PRAGMA schema_version={version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema=OFF")


def upgrade() -> None:
    _channels(("web", "station"), ("web", "station", "mail"))
    op.create_table(
        "mailboxes",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("read_at", WHEN, nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mailboxes")),
    )
    op.create_table(
        "incoming_mails",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("envelope_to", sa.String(length=254), nullable=False),
        sa.Column("status", _one_of("incomingstatus", *STATUSES), nullable=False),
        sa.Column("kind", _one_of("incomingkind", *KINDS), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("sent_at", WHEN, nullable=True),
        sa.Column("received_at", WHEN, nullable=False),
        sa.Column("read_at", WHEN, nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("message_id", sa.Integer(), nullable=True),
        sa.Column("maybe_case_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "status <> 'said' OR message_id IS NOT NULL", name=op.f("ck_incoming_mails_said_names_message")
        ),
        sa.CheckConstraint(
            "status NOT IN ('requested', 'begun') OR case_id IS NOT NULL",
            name=op.f("ck_incoming_mails_request_names_case"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_incoming_mails_case_id_cases")),
        sa.ForeignKeyConstraint(["maybe_case_id"], ["cases.id"], name=op.f("fk_incoming_mails_maybe_case_id_cases")),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_incoming_mails_message_id_messages")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_incoming_mails_station_id_stations")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_mails")),
        sa.UniqueConstraint("sha256", name=op.f("uq_incoming_mails_sha256")),
    )
    op.create_index("ix_incoming_mails_status", "incoming_mails", ["status", "id"])
    op.create_index("ix_incoming_mails_sender", "incoming_mails", ["address", "received_at"])
    op.create_index("ix_incoming_mails_case", "incoming_mails", ["case_id"])
    op.create_index("ix_incoming_mails_message", "incoming_mails", ["message_id"], unique=True)
    op.create_index("ix_incoming_mails_station", "incoming_mails", ["station_id", "status", "id"])


def downgrade() -> None:
    op.drop_table("incoming_mails")
    op.drop_table("mailboxes")
    op.execute("UPDATE cases SET channel = 'web' WHERE channel = 'mail'")
    _channels(("web", "station", "mail"), ("web", "station"))
