"""Words not sent yet, cases followed, colleagues mentioned and invited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "unsent",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "box",
            sa.Enum("reply", "note", name="box", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("saved_at", WHEN, nullable=False),
        sa.CheckConstraint("body <> ''", name=op.f("ck_unsent_has_words")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_unsent_account_id_accounts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_unsent_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "account_id", "box", name=op.f("pk_unsent")),
    )
    op.create_index("ix_unsent_saved_at", "unsent", ["saved_at"])
    op.create_table(
        "follows",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("since", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_follows_account_id_accounts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_follows_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", "account_id", name=op.f("pk_follows")),
    )
    op.create_index("ix_follows_account_id", "follows", ["account_id", "case_id"])
    op.create_table(
        "mentions",
        sa.Column("note_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_mentions_account_id_accounts")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_mentions_note_id_notes")),
        sa.PrimaryKeyConstraint("note_id", "account_id", name=op.f("pk_mentions")),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=40), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("invited_by_id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("accepted_at", WHEN, nullable=True),
        sa.Column("accepted_by_id", sa.Integer(), nullable=True),
        sa.Column("revoked_at", WHEN, nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_invitations_ends_later")),
        sa.CheckConstraint(
            "(accepted_at IS NULL) = (accepted_by_id IS NULL)", name=op.f("ck_invitations_accepted_by_somebody")
        ),
        sa.CheckConstraint("accepted_at IS NULL OR revoked_at IS NULL", name=op.f("ck_invitations_one_end")),
        sa.ForeignKeyConstraint(
            ["accepted_by_id"], ["accounts.id"], name=op.f("fk_invitations_accepted_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_invitations_company_id_companies")),
        sa.ForeignKeyConstraint(["invited_by_id"], ["accounts.id"], name=op.f("fk_invitations_invited_by_id_accounts")),
        sa.ForeignKeyConstraint(["mail_id"], ["mails.id"], name=op.f("fk_invitations_mail_id_mails")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitations_secret_hash")),
    )
    op.create_index("ix_invitations_company", "invitations", ["company_id", "id"])
    op.create_index("ix_invitations_mail", "invitations", ["mail_id"])


def downgrade() -> None:
    op.drop_table("invitations")
    op.drop_table("mentions")
    op.drop_table("follows")
    op.drop_table("unsent")
