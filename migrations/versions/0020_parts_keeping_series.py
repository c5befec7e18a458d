"""Handlers and viewers of a company."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
PART = sa.Enum("handler", "viewer", name="companypart", native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    with op.batch_alter_table("grants") as table:
        table.add_column(sa.Column("company_part", PART, nullable=True))
    # Until now every member could do everything.
    op.execute("UPDATE grants SET company_part = 'handler' WHERE role = 'member'")
    with op.batch_alter_table("grants") as table:
        table.create_check_constraint(
            op.f("ck_grants_member_has_part"), "(role = 'member') = (company_part IS NOT NULL)"
        )
    with op.batch_alter_table("invitations") as table:
        table.add_column(sa.Column("company_part", PART, nullable=False, server_default="handler"))
    with op.batch_alter_table("invitations") as table:
        table.alter_column("company_part", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("invitations") as table:
        table.drop_constraint(op.f("ck_invitations_companypart"), type_="check")
        table.drop_column("company_part")
    with op.batch_alter_table("grants") as table:
        table.drop_constraint(op.f("ck_grants_companypart"), type_="check")
        table.drop_constraint(op.f("ck_grants_member_has_part"), type_="check")
        table.drop_column("company_part")
