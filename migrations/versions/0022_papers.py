"""Papers of every kind: who signed them, when they ended; work waiting to draw one gets its new name."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
STATES = "status IN ('valid', 'superseded', 'revoked')"


def upgrade() -> None:
    op.create_table(
        "signing_certificates",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("algorithm", sa.String(length=40), nullable=False),
        sa.Column("pem", sa.Text(), nullable=False),
        sa.Column("is_seal", sa.Boolean(), nullable=False),
        sa.Column("valid_from", WHEN, nullable=False),
        sa.Column("valid_until", WHEN, nullable=False),
        sa.Column("first_used_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_signing_certificates")),
    )
    with op.batch_alter_table("certificates") as batch:
        batch.add_column(sa.Column("ended_at", WHEN, nullable=True))
        batch.add_column(sa.Column("signer", sa.String(length=64), nullable=True))
        batch.create_foreign_key(
            op.f("fk_certificates_signer_signing_certificates"), "signing_certificates", ["signer"], ["fingerprint"]
        )
        batch.create_index(op.f("ix_certificates_pdf_sha256"), ["pdf_sha256"])
        batch.drop_constraint(op.f("ck_certificates_certificatestatus"), type_="check")
        batch.create_check_constraint(op.f("ck_certificates_paperstatus"), STATES)
    _rename(
        "certificates.render",
        "papers.draw",
        lambda old: {"kind": "certificate", "id": old["certificate_id"]},
        lambda old: f"papers.draw:certificate-{old['certificate_id']}",
    )


def downgrade() -> None:
    _rename(
        "papers.draw",
        "certificates.render",
        lambda old: {"certificate_id": old["id"]},
        lambda old: f"certificates.render:{old['id']}",
    )
    with op.batch_alter_table("certificates") as batch:
        batch.drop_index(op.f("ix_certificates_pdf_sha256"))
        batch.drop_constraint(op.f("fk_certificates_signer_signing_certificates"), type_="foreignkey")
        batch.drop_column("signer")
        batch.drop_column("ended_at")
        batch.drop_constraint(op.f("ck_certificates_paperstatus"), type_="check")
        batch.create_check_constraint(op.f("ck_certificates_certificatestatus"), STATES)
    op.drop_table("signing_certificates")


def _rename(name, new_name, payload_of, key_of):
    """Work that waits, or was given up and may be asked for again, under the name the new code knows."""
    bind = op.get_bind()
    for row in bind.execute(sa.text("SELECT id, payload FROM jobs WHERE name = :name"), {"name": name}).fetchall():
        old = json.loads(row.payload) if isinstance(row.payload, str) else row.payload
        bind.execute(
            sa.text("UPDATE jobs SET name = :name, key = :key, payload = :payload WHERE id = :id"),
            {"name": new_name, "key": key_of(old), "payload": json.dumps(payload_of(old)), "id": row.id},
        )
