"""Personal data, training and awards of volunteers (办法67 art. 5, 8, 9)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def _word(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    op.create_table(
        "expert_persons",
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("sex", _word("sex", "female", "male"), nullable=True),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("residence", sa.String(length=120), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False),
        sa.Column("service_kinds", sa.JSON(), nullable=False),
        sa.Column(
            "identity_kind",
            _word("identitykind", "resident", "hk_macau", "taiwan", "foreign_resident", "passport"),
            nullable=True,
        ),
        sa.Column("identity_sealed", sa.Text(), nullable=True),
        sa.Column("identity_tail", sa.String(length=4), nullable=True),
        sa.Column("identity_consent_at", WHEN, nullable=True),
        sa.Column("consent_at", WHEN, nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(identity_sealed IS NULL) = (identity_consent_at IS NULL)"
            " AND (identity_sealed IS NULL) = (identity_kind IS NULL)"
            " AND (identity_sealed IS NULL) = (identity_tail IS NULL)",
            name=op.f("ck_expert_persons_identity_with_consent"),
        ),
        _fk("expert_persons", "expert_id", "experts"),
        sa.PrimaryKeyConstraint("expert_id", name=op.f("pk_expert_persons")),
    )
    op.create_table(
        "trainings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("expert_account_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("organiser", sa.String(length=120), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", WHEN, nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=False),
        sa.Column("recorded_by", sa.String(length=80), nullable=False),
        sa.Column("struck_at", WHEN, nullable=True),
        sa.Column("struck_reason", sa.Text(), nullable=True),
        sa.Column("struck_by", sa.String(length=80), nullable=True),
        sa.CheckConstraint("minutes BETWEEN 1 AND 14400", name=op.f("ck_trainings_minutes_in_range")),
        sa.CheckConstraint(
            "expert_account_id IS NULL OR recorded_by_id <> expert_account_id", name=op.f("ck_trainings_not_by_self")
        ),
        sa.CheckConstraint(
            "(struck_at IS NULL) = (struck_reason IS NULL)", name=op.f("ck_trainings_struck_has_reason")
        ),
        _fk("trainings", "expert_id", "experts"),
        _fk("trainings", "expert_account_id", "accounts"),
        _fk("trainings", "station_id", "stations"),
        _fk("trainings", "recorded_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
    )
    op.create_index("ix_trainings_expert", "trainings", ["expert_id", "held_on"])
    op.create_table(
        "honours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=False),
        sa.Column("expert_account_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=False),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("state", _word("honourstate", "asked", "recorded", "refused", "struck"), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("granted_by", sa.String(length=120), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("asked_at", WHEN, nullable=False),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (decided_at IS NULL)", name=op.f("ck_honours_decided_by_someone")),
        sa.CheckConstraint(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            name=op.f("ck_honours_not_by_self"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('refused', 'struck') OR reason IS NOT NULL", name=op.f("ck_honours_refused_has_reason")
        ),
        sa.CheckConstraint("state = 'asked' OR decided_by_id IS NOT NULL", name=op.f("ck_honours_decided_by_account")),
        _fk("honours", "expert_id", "experts"),
        _fk("honours", "expert_account_id", "accounts"),
        _fk("honours", "station_id", "stations"),
        _fk("honours", "decided_by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_honours")),
    )
    op.create_index("ix_honours_expert", "honours", ["expert_id", "granted_on"])
    op.create_index("ix_honours_station", "honours", ["station_id", "state"])


def downgrade() -> None:
    op.drop_table("honours")
    op.drop_table("trainings")
    op.drop_table("expert_persons")
