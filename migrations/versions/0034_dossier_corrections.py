"""Corrections of trainings and awards, kept for ten years; files that prove them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
TABLE = "dossier_corrections"
NEW = {"expert_id": "experts", "training_id": "trainings", "honour_id": "honours"}
ONE_OWNER = (
    "(CASE WHEN case_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN article_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END) = 1"
)
ONE_OWNER_BEFORE = "(case_id IS NULL) <> (article_id IS NULL)"
IN_ONE_PLACE_BEFORE = (
    "(CASE WHEN message_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN note_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN visit_id IS NULL THEN 0 ELSE 1 END) <= 1"
)
IN_ONE_PLACE = (
    "(CASE WHEN message_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN note_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN visit_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN training_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN honour_id IS NULL THEN 0 ELSE 1 END) <= 1"
)


def _fk(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{TABLE}_{column}_{target}"))


def _check(condition: str, name: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{TABLE}_{name}"))


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("expert_account_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("training_id", sa.Integer(), nullable=True),
        sa.Column("honour_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "granted",
                "refused",
                name="correctionstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("says", sa.Text(), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.String(length=80), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("new_training_id", sa.Integer(), nullable=True),
        sa.Column("new_honour_id", sa.Integer(), nullable=True),
        _check("(training_id IS NULL) <> (honour_id IS NULL)", "of_one_thing"),
        _check("length(says) > 0", "says_something"),
        _check(
            "(state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            "decided_by_someone",
        ),
        _check("state = 'open' OR length(reason) > 0", "decision_has_reason"),
        _check(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            "not_decided_by_expert",
        ),
        _check("decided_by_id IS NULL OR decided_by_id <> asked_by_id", "not_decided_by_asker"),
        _check(
            "(new_training_id IS NULL OR (state = 'granted' AND training_id IS NOT NULL))"
            " AND (new_honour_id IS NULL OR (state = 'granted' AND honour_id IS NOT NULL))",
            "replaced_when_granted",
        ),
        _fk("expert_id", "experts"),
        _fk("expert_account_id", "accounts"),
        _fk("station_id", "stations"),
        _fk("training_id", "trainings"),
        _fk("honour_id", "honours"),
        _fk("asked_by_id", "accounts"),
        _fk("decided_by_id", "accounts"),
        _fk("new_training_id", "trainings"),
        _fk("new_honour_id", "honours"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{TABLE}")),
        sa.UniqueConstraint("form_key", name=op.f(f"uq_{TABLE}_form_key")),
    )
    is_open = sa.text("state = 'open'")
    for kind in ("training", "honour"):
        op.create_index(
            f"uq_{TABLE}_{kind}", TABLE, [f"{kind}_id"], unique=True, sqlite_where=is_open, postgresql_where=is_open
        )
    op.create_index(f"ix_{TABLE}_expert", TABLE, ["expert_id", "id"])
    op.create_index(f"ix_{TABLE}_station", TABLE, ["station_id", "state", "id"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} WHEN OLD.asked_at > datetime('now', '-10 years') "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} are kept for ten years'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {TABLE}_kept BEFORE DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_early_delete('asked_at')"
        )
    with op.batch_alter_table("attachments") as batch:
        for column, target in NEW.items():
            batch.add_column(sa.Column(column, sa.Integer(), nullable=True))
            batch.create_foreign_key(op.f(f"fk_attachments_{column}_{target}"), target, [column], ["id"])
        batch.drop_constraint(op.f("ck_attachments_one_owner"), type_="check")
        batch.create_check_constraint(op.f("ck_attachments_one_owner"), ONE_OWNER)
        batch.drop_constraint(op.f("ck_attachments_in_one_place"), type_="check")
        batch.create_check_constraint(op.f("ck_attachments_in_one_place"), IN_ONE_PLACE)
        batch.create_check_constraint(
            op.f("ck_attachments_proof_in_a_dossier"),
            "(training_id IS NULL AND honour_id IS NULL) OR expert_id IS NOT NULL",
        )
        batch.create_index("ix_attachments_expert", ["expert_id", "id"])


def downgrade() -> None:
    op.execute("DELETE FROM attachments WHERE expert_id IS NOT NULL")
    with op.batch_alter_table("attachments") as batch:
        batch.drop_index("ix_attachments_expert")
        batch.drop_constraint(op.f("ck_attachments_proof_in_a_dossier"), type_="check")
        batch.drop_constraint(op.f("ck_attachments_in_one_place"), type_="check")
        batch.create_check_constraint(op.f("ck_attachments_in_one_place"), IN_ONE_PLACE_BEFORE)
        batch.drop_constraint(op.f("ck_attachments_one_owner"), type_="check")
        batch.create_check_constraint(op.f("ck_attachments_one_owner"), ONE_OWNER_BEFORE)
        for column, target in NEW.items():
            batch.drop_constraint(op.f(f"fk_attachments_{column}_{target}"), type_="foreignkey")
            batch.drop_column(column)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER {TABLE}_kept ON {TABLE}")
    op.drop_table(TABLE)
