"""Complaints, what was done with each (append-only), and in how many working days they are answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
LEVELS = ("district", "city")
OUTCOMES = ("upheld", "partly", "refused")
MAIL_KIND = "ck_mails_mailkind"
OF_ONE = (
    "(CASE WHEN event_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN outage_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN complaint_step_id IS NULL THEN 0 ELSE 1 END) = 1"
)
OF_ONE_BEFORE = "(event_id IS NULL) <> (outage_id IS NULL)"
UNIQUE = {"notices": ["account_id", "complaint_step_id"], "mails": ["complaint_step_id", "address"]}
# What a step of an anonymous complaint may lose is all but these.
STAYS = ("id", "complaint_id", "act", "level", "at", "by_id", "outcome", "correction_id", "certificate_id")
ANONYMOUS = (
    "EXISTS (SELECT 1 FROM complaints WHERE complaints.id = OLD.complaint_id AND complaints.anonymised_at IS NOT NULL)"
)


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _differ(one: str, other: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        f"{one} IS NULL OR {other} IS NULL OR {one} <> {other}", name=op.f(f"ck_complaints_{name}")
    )


def upgrade() -> None:
    op.create_table(
        "complaints",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("token", sa.String(length=60), nullable=False),
        sa.Column("about", _word("complaintabout", "service", "record", "paper", "commendation"), nullable=False),
        sa.Column("about_number", sa.String(length=40), nullable=False),
        sa.Column("state", _word("complaintstate", "received", "looking", "answered"), nullable=False),
        sa.Column("level", _word("complaintlevel", *LEVELS), nullable=False),
        sa.Column("district", sa.String(length=6), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("expert_id", sa.Integer(), nullable=True),
        sa.Column("expert_account_id", sa.Integer(), nullable=True),
        sa.Column("act_by_id", sa.Integer(), nullable=True),
        sa.Column("side", _word("side", "company", "expert", "station"), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.String(length=254), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("received_at", WHEN, nullable=False),
        sa.Column("warn_at", WHEN, nullable=False),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("outcome", _word("complaintoutcome", *OUTCOMES), nullable=True),
        sa.Column("answered_at", WHEN, nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("first_by_id", sa.Integer(), nullable=True),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("anonymised_at", WHEN, nullable=True),
        sa.CheckConstraint("length(says) > 0", name=op.f("ck_complaints_says_something")),
        sa.CheckConstraint("warn_at < due_at", name=op.f("ck_complaints_in_order")),
        sa.CheckConstraint("told BETWEEN 0 AND 2", name=op.f("ck_complaints_told_known")),
        sa.CheckConstraint(
            "(state = 'answered') = (outcome IS NOT NULL) AND (outcome IS NULL) = (answered_at IS NULL)"
            " AND (answered_at IS NULL) = (answered_by_id IS NULL)",
            name=op.f("ck_complaints_answered_by_someone"),
        ),
        _differ("answered_by_id", "account_id", "not_by_self"),
        _differ("answered_by_id", "expert_account_id", "not_by_expert"),
        _differ("answered_by_id", "act_by_id", "not_by_actor"),
        _differ("answered_by_id", "first_by_id", "not_twice"),
        _fk("complaints", "case_id", "cases"),
        _fk("complaints", "station_id", "stations"),
        _fk("complaints", "expert_id", "experts"),
        _fk("complaints", "expert_account_id", "accounts"),
        _fk("complaints", "act_by_id", "accounts"),
        _fk("complaints", "account_id", "accounts"),
        _fk("complaints", "answered_by_id", "accounts"),
        _fk("complaints", "first_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaints")),
        sa.UniqueConstraint("number", name=op.f("uq_complaints_number")),
        sa.UniqueConstraint("token", name=op.f("uq_complaints_token")),
        sa.UniqueConstraint("form_key", name=op.f("uq_complaints_form_key")),
    )
    op.create_index("ix_complaints_desk", "complaints", ["level", "state", "due_at"])
    op.create_index("ix_complaints_district", "complaints", ["district", "level", "state", "due_at"])
    op.create_index("ix_complaints_account", "complaints", ["account_id", "id"])
    op.create_index("ix_complaints_case", "complaints", ["case_id", "id"])
    op.create_index("ix_complaints_received", "complaints", ["received_at"])
    op.create_table(
        "complaint_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("complaint_id", sa.Integer(), nullable=False),
        sa.Column(
            "act",
            _word("complaintact", "received", "looking", "answered", "further", "warned", "missed"),
            nullable=False,
        ),
        sa.Column("level", _word("complaintlevel", *LEVELS), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("outcome", _word("complaintoutcome", *OUTCOMES), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("correction_id", sa.Integer(), nullable=True),
        sa.Column("certificate_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(act = 'answered') = (outcome IS NOT NULL)", name=op.f("ck_complaint_steps_answer_has_outcome")
        ),
        sa.CheckConstraint(
            "act NOT IN ('answered', 'further') OR length(reason) > 0", name=op.f("ck_complaint_steps_says_why")
        ),
        _fk("complaint_steps", "complaint_id", "complaints"),
        _fk("complaint_steps", "by_id", "accounts"),
        _fk("complaint_steps", "correction_id", "corrections"),
        _fk("complaint_steps", "certificate_id", "certificates"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_steps")),
    )
    op.create_index("ix_complaint_steps_complaint", "complaint_steps", ["complaint_id", "id"])
    _protect_steps()
    op.create_table(
        "complaint_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("workdays", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=False),
        sa.Column("set_by", sa.String(length=80), nullable=False),
        sa.Column("set_at", WHEN, nullable=False),
        sa.CheckConstraint("workdays BETWEEN 3 AND 60", name=op.f("ck_complaint_rules_workdays_in_range")),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_complaint_rules_has_reason")),
        _fk("complaint_rules", "set_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint_rules")),
    )
    op.create_index("ix_complaint_rules_from_on", "complaint_rules", ["from_on", "id"])
    for table, columns in UNIQUE.items():
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("complaint_step_id", sa.Integer(), nullable=True))
            batch.create_foreign_key(
                op.f(f"fk_{table}_complaint_step_id_complaint_steps"), "complaint_steps", ["complaint_step_id"], ["id"]
            )
            batch.create_unique_constraint(op.f(f"uq_{table}_{'_'.join(columns)}"), columns)
            if table == "notices":
                batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
                batch.create_check_constraint(op.f("ck_notices_of_one_thing"), OF_ONE)
            else:
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                kinds = "kind IN ('event', 'digest', 'proof', 'outage', 'complaint')"
                batch.create_check_constraint(op.f(MAIL_KIND), kinds)
                batch.create_check_constraint(
                    op.f("ck_mails_complaint_names_step"), "(kind = 'complaint') = (complaint_step_id IS NOT NULL)"
                )


def _protect_steps() -> None:
    """A step is never changed or deleted; words and names may go once its complaint is anonymous (PIPL art. 47)."""
    if op.get_bind().dialect.name == "sqlite":
        same = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in STAYS)
        op.execute(
            "CREATE TRIGGER complaint_steps_no_update BEFORE UPDATE ON complaint_steps "
            f"WHEN NOT ({same} AND {ANONYMOUS})"
            " BEGIN SELECT RAISE(ABORT, 'complaint_steps is append-only'); END"
        )
        op.execute(
            "CREATE TRIGGER complaint_steps_no_delete BEFORE DELETE ON complaint_steps"
            " BEGIN SELECT RAISE(ABORT, 'complaint_steps is append-only'); END"
        )
        return
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in STAYS)
    op.execute(
        "CREATE FUNCTION refuse_complaint_step_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' THEN IF {same} AND {ANONYMOUS} THEN RETURN NEW; END IF; END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER complaint_steps_append_only BEFORE UPDATE OR DELETE ON complaint_steps "
        "FOR EACH ROW EXECUTE FUNCTION refuse_complaint_step_change()"
    )
    op.execute(
        "CREATE TRIGGER complaint_steps_no_truncate BEFORE TRUNCATE ON complaint_steps "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    # Letters on their way about a complaint have no place in the older database.
    op.execute(
        "DELETE FROM jobs WHERE name = 'mail.send' AND key IN "
        "(SELECT 'mail.send:' || CAST(id AS TEXT) FROM mails WHERE complaint_step_id IS NOT NULL)"
    )
    op.execute("DELETE FROM act_links WHERE mail_id IN (SELECT id FROM mails WHERE complaint_step_id IS NOT NULL)")
    for table, columns in UNIQUE.items():
        op.execute(f"DELETE FROM {table} WHERE complaint_step_id IS NOT NULL")
        with op.batch_alter_table(table) as batch:
            if table == "notices":
                batch.drop_constraint(op.f("ck_notices_of_one_thing"), type_="check")
                batch.create_check_constraint(op.f("ck_notices_of_one_thing"), OF_ONE_BEFORE)
            else:
                batch.drop_constraint(op.f("ck_mails_complaint_names_step"), type_="check")
                batch.drop_constraint(op.f(MAIL_KIND), type_="check")
                batch.create_check_constraint(op.f(MAIL_KIND), "kind IN ('event', 'digest', 'proof', 'outage')")
            batch.drop_constraint(op.f(f"uq_{table}_{'_'.join(columns)}"), type_="unique")
            batch.drop_constraint(op.f(f"fk_{table}_complaint_step_id_complaint_steps"), type_="foreignkey")
            batch.drop_column("complaint_step_id")
    op.drop_table("complaint_rules")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER complaint_steps_append_only ON complaint_steps")
        op.execute("DROP TRIGGER complaint_steps_no_truncate ON complaint_steps")
        op.execute("DROP FUNCTION refuse_complaint_step_change()")
    op.drop_table("complaint_steps")
    op.drop_table("complaints")
