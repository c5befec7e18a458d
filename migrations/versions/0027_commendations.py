"""Commendations: schemes in dated versions in place of the ladders, cycles, nominations, awards; a log of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

WHEN = sa.DateTime(timezone=True)
# Rules that a cycle was run by, what reviewers decided and what was done: the database refuses to change them.
APPEND_ONLY = ("scheme_versions", "assessments", "commendation_events")

OLD_LADDERS = sa.table(
    "ladders",
    *(sa.column(n) for n in ("id", "code", "zh", "en", "basis")),
    sa.column("effective_from", sa.Date), sa.column("effective_to", sa.Date), sa.column("is_default", sa.Boolean),
)  # fmt: skip
OLD_RUNGS = sa.table("rungs", *(sa.column(n) for n in ("ladder_id", "star", "minutes", "months_registered")))
SCHEMES = sa.table(
    "schemes",
    *(sa.column(n) for n in ("id", "code", "kind", "subject", "zh", "en")),
    sa.column("is_default", sa.Boolean),
)
VERSIONS = sa.table(
    "scheme_versions",
    *(sa.column(n) for n in ("scheme_id", "number", "basis", "approver", "notice_days", "made_by", "note")),
    sa.column("effective_from", sa.Date), sa.column("effective_to", sa.Date), sa.column("once_only", sa.Boolean),
    sa.column("routes", sa.JSON), sa.column("stages", sa.JSON), sa.column("criteria", sa.JSON),
    sa.column("made_at", WHEN),
)  # fmt: skip
STARS = "一二三四五"


def upgrade() -> None:
    op.create_table(
        "schemes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("stars", "title", name="schemekind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column(
            "subject",
            sa.Enum(
                "expert",
                "station",
                "company",
                "team",
                name="subject",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("zh", sa.String(length=80), nullable=False),
        sa.Column("en", sa.String(length=120), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schemes")),
        sa.UniqueConstraint("code", name=op.f("uq_schemes_code")),
    )
    op.create_table(
        "scheme_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("approver", sa.String(length=120), nullable=False),
        sa.Column("routes", sa.JSON(), nullable=False),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("notice_days", sa.Integer(), nullable=False),
        sa.Column("once_only", sa.Boolean(), nullable=False),
        sa.Column("criteria", sa.JSON(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("made_by", sa.String(length=80), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "effective_to IS NULL OR effective_to >= effective_from", name=op.f("ck_scheme_versions_ends_after_start")
        ),
        sa.CheckConstraint("notice_days BETWEEN 0 AND 30", name=op.f("ck_scheme_versions_notice_in_range")),
        sa.CheckConstraint("number > 0", name=op.f("ck_scheme_versions_number_positive")),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"], name=op.f("fk_scheme_versions_scheme_id_schemes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scheme_versions")),
        sa.UniqueConstraint("scheme_id", "number", name=op.f("uq_scheme_versions_scheme_id_number")),
    )
    op.create_table(
        "cycles",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "review",
                "finished",
                "called_off",
                name="cyclestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("nominations_until", sa.Date(), nullable=False),
        sa.Column("opened_at", WHEN, nullable=False),
        sa.Column("opened_by", sa.String(length=80), nullable=False),
        sa.Column("frozen_at", WHEN, nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (frozen_at IS NULL) OR state = 'called_off'",
            name=op.f("ck_cycles_frozen_when_not_open"),
        ),
        sa.CheckConstraint("period_to >= period_from", name=op.f("ck_cycles_period_ends_later")),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"], name=op.f("fk_cycles_scheme_id_schemes")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["scheme_versions.id"], name=op.f("fk_cycles_version_id_scheme_versions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cycles")),
    )
    op.create_index("ix_cycles_scheme_id", "cycles", ["scheme_id"])
    op.create_index("ix_cycles_state", "cycles", ["state"])
    op.create_table(
        "nominations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=False),
        sa.Column("expert_id", sa.Integer(), nullable=True),
        sa.Column("station_id", sa.Integer(), nullable=True),
        sa.Column("company_id", sa.Integer(), nullable=True),
        sa.Column("team_id", sa.Integer(), nullable=True),
        sa.Column("district", sa.String(length=8), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "nominated",
                "district",
                "city",
                "passed",
                "notice",
                "awarded",
                "unqualified",
                "declined",
                "withdrawn",
                name="nominationstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("checked", sa.JSON(), nullable=False),
        sa.Column("score_hundredths", sa.Integer(), nullable=False),
        sa.Column(
            "publicity",
            sa.Enum(
                "full", "masked", "nothing", name="publicity", native_enum=False, create_constraint=True, length=32
            ),
            nullable=True,
        ),
        sa.Column("publicity_at", WHEN, nullable=True),
        sa.Column("noticed_from", sa.Date(), nullable=True),
        sa.Column("noticed_until", sa.Date(), nullable=True),
        sa.Column("created_at", WHEN, nullable=False),
        sa.CheckConstraint(
            "state <> 'notice' OR noticed_from IS NOT NULL", name=op.f("ck_nominations_notice_has_days")
        ),
        sa.CheckConstraint(
            "(CASE WHEN expert_id IS NULL THEN 0 ELSE 1 END + CASE WHEN station_id IS NULL THEN 0 ELSE 1 END"
            " + CASE WHEN company_id IS NULL THEN 0 ELSE 1 END + CASE WHEN team_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_nominations_one_subject"),
        ),
        sa.CheckConstraint(
            "(noticed_from IS NULL) = (noticed_until IS NULL)", name=op.f("ck_nominations_notice_has_both_days")
        ),
        sa.CheckConstraint("level > 0", name=op.f("ck_nominations_level_positive")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_nominations_company_id_companies")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.id"], name=op.f("fk_nominations_cycle_id_cycles")),
        sa.ForeignKeyConstraint(["district"], ["districts.code"], name=op.f("fk_nominations_district_districts")),
        sa.ForeignKeyConstraint(["expert_id"], ["experts.id"], name=op.f("fk_nominations_expert_id_experts")),
        sa.ForeignKeyConstraint(["station_id"], ["stations.id"], name=op.f("fk_nominations_station_id_stations")),
        sa.ForeignKeyConstraint(["team_id"], ["expert_teams.id"], name=op.f("fk_nominations_team_id_expert_teams")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nominations")),
        sa.UniqueConstraint("cycle_id", "company_id", name=op.f("uq_nominations_cycle_id_company_id")),
        sa.UniqueConstraint("cycle_id", "expert_id", name=op.f("uq_nominations_cycle_id_expert_id")),
        sa.UniqueConstraint("cycle_id", "station_id", name=op.f("uq_nominations_cycle_id_station_id")),
        sa.UniqueConstraint("cycle_id", "team_id", name=op.f("uq_nominations_cycle_id_team_id")),
    )
    op.create_index("ix_nominations_expert", "nominations", ["expert_id"])
    op.create_index("ix_nominations_state", "nominations", ["state"])
    op.create_table(
        "assessments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.CheckConstraint("stage IN ('district', 'city')", name=op.f("ck_assessments_stage_known")),
        sa.CheckConstraint("verdict = 'passed' OR length(reason) > 0", name=op.f("ck_assessments_has_reason")),
        sa.CheckConstraint(
            "verdict IN ('passed', 'declined', 'recused', 'confirmed')", name=op.f("ck_assessments_verdict_known")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_assessments_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nominations.id"], name=op.f("fk_assessments_nomination_id_nominations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessments")),
    )
    op.create_index("ix_assessments_nomination", "assessments", ["nomination_id"])
    op.create_table(
        "awards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "valid",
                "superseded",
                "revoked",
                name="paperstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("issued_at", WHEN, nullable=False),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("pdf_key", sa.String(length=120), nullable=True),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("pdf_bytes", sa.Integer(), nullable=True),
        sa.Column("rendered_at", WHEN, nullable=True),
        sa.Column("signer", sa.String(length=64), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("awarded_by_id", sa.Integer(), nullable=True),
        sa.Column("awarded_by", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("revoked_by", sa.String(length=80), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(status = 'valid') = (ended_at IS NULL)", name=op.f("ck_awards_ended_has_time")),
        sa.CheckConstraint(
            "status <> 'revoked' OR length(coalesce(revoked_reason, '')) > 0",
            name=op.f("ck_awards_revoked_has_reason"),
        ),
        sa.CheckConstraint("(pdf_key IS NULL) = (rendered_at IS NULL)", name=op.f("ck_awards_rendered_has_file")),
        sa.ForeignKeyConstraint(
            ["signer"], ["signing_certificates.fingerprint"], name=op.f("fk_awards_signer_signing_certificates")
        ),
        sa.UniqueConstraint("number", name=op.f("uq_awards_number")),
        sa.UniqueConstraint("code", name=op.f("uq_awards_code")),
        sa.ForeignKeyConstraint(["awarded_by_id"], ["accounts.id"], name=op.f("fk_awards_awarded_by_id_accounts")),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nominations.id"], name=op.f("fk_awards_nomination_id_nominations")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"], name=op.f("fk_awards_scheme_id_schemes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
        sa.UniqueConstraint("nomination_id", name=op.f("uq_awards_nomination_id")),
    )
    op.create_index(op.f("ix_awards_pdf_sha256"), "awards", ["pdf_sha256"])
    op.create_index("ix_awards_scheme", "awards", ["scheme_id", "awarded_on"])
    op.create_table(
        "commendation_events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scheme_id", sa.Integer(), nullable=False),
        sa.Column("cycle_id", sa.Integer(), nullable=True),
        sa.Column("nomination_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_commendation_events_actor_id_accounts")),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycles.id"], name=op.f("fk_commendation_events_cycle_id_cycles")),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nominations.id"], name=op.f("fk_commendation_events_nomination_id_nominations")
        ),
        sa.ForeignKeyConstraint(["scheme_id"], ["schemes.id"], name=op.f("fk_commendation_events_scheme_id_schemes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commendation_events")),
    )
    op.create_index("ix_commendation_events_cycle", "commendation_events", ["cycle_id", "id"])
    op.create_index("ix_commendation_events_nomination", "commendation_events", ["nomination_id", "id"])
    op.create_table(
        "objections",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("form_key", sa.String(length=40), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("decision", sa.String(length=20), nullable=True),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_by", sa.String(length=80), nullable=True),
        sa.Column("decided_at", WHEN, nullable=True),
        sa.CheckConstraint(
            "decision IS NULL OR decision IN ('upheld', 'dismissed')", name=op.f("ck_objections_decision_known")
        ),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name=op.f("ck_objections_decided_has_time")),
        sa.CheckConstraint("decision IS NULL OR length(reply) > 0", name=op.f("ck_objections_decision_has_reply")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_objections_account_id_accounts")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name=op.f("fk_objections_decided_by_id_accounts")),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nominations.id"], name=op.f("fk_objections_nomination_id_nominations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objections")),
        sa.UniqueConstraint("nomination_id", "form_key", name=op.f("uq_objections_nomination_id_form_key")),
        sa.UniqueConstraint("token", name=op.f("uq_objections_token")),
    )
    op.create_index("ix_objections_nomination", "objections", ["nomination_id"])
    op.create_table(
        "recommendations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("nomination_id", sa.Integer(), nullable=False),
        sa.Column(
            "route",
            sa.Enum(
                "self", "organisation", "company", name="route", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.CheckConstraint(
            "(route = 'company') = (case_id IS NOT NULL)", name=op.f("ck_recommendations_company_names_case")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_recommendations_account_id_accounts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_recommendations_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["nomination_id"], ["nominations.id"], name=op.f("fk_recommendations_nomination_id_nominations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint("nomination_id", "case_id", name=op.f("uq_recommendations_nomination_id_case_id")),
    )
    op.create_index("ix_recommendations_nomination", "recommendations", ["nomination_id"])
    _ladders_become_schemes()
    op.drop_table("rungs")
    op.drop_table("ladders")
    _refuse_changes()


def _ladders_become_schemes() -> None:
    """What stood in the ladders is the first version of a scheme; before today nobody kept when it was written."""
    bind = op.get_bind()
    for row in bind.execute(sa.select(OLD_LADDERS)).mappings().all():
        scheme = {k: row[k] for k in ("id", "code", "zh", "en", "is_default")}
        bind.execute(SCHEMES.insert().values(**scheme, kind="stars", subject="expert"))
        levels = [
            {
                "number": rung["star"],
                "zh": f"{STARS[rung['star'] - 1]}星",
                "en": f"{rung['star']} star{'s' if rung['star'] > 1 else ''}",
                "needs": [
                    {"measure": "total_minutes", "operator": ">=", "value": rung["minutes"]},
                    {"measure": "months", "operator": ">=", "value": rung["months_registered"]},
                ],
            }
            for rung in bind.execute(
                sa.select(OLD_RUNGS).where(OLD_RUNGS.c.ladder_id == row["id"]).order_by(OLD_RUNGS.c.star)
            ).mappings()
        ]
        bind.execute(
            VERSIONS.insert().values(
                scheme_id=row["id"], number=1, basis=row["basis"], approver="", notice_days=5, once_only=False,
                made_by="", note="", effective_from=row["effective_from"], effective_to=row["effective_to"],
                routes=["self", "organisation"], stages=["district", "city"],
                criteria={"levels": levels, "needs": [], "weights": []}, made_at=datetime.now(UTC),
            )
        )  # fmt: skip
    if bind.dialect.name == "postgresql":
        op.execute("SELECT setval('schemes_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM schemes), false)")


def _schemes_become_ladders() -> None:
    """The newest version of each ladder, as far as minutes and months go."""
    bind = op.get_bind()
    for scheme in bind.execute(sa.select(SCHEMES).where(SCHEMES.c.kind == "stars")).mappings().all():
        version = (
            bind.execute(
                sa.select(VERSIONS)
                .where(VERSIONS.c.scheme_id == scheme["id"])
                .order_by(VERSIONS.c.number.desc())
                .limit(1)
            )
            .mappings()
            .first()
        )
        if version is None:
            continue
        same = {k: scheme[k] for k in ("id", "code", "zh", "en", "is_default")}
        dates = {k: version[k] for k in ("basis", "effective_from", "effective_to")}
        bind.execute(OLD_LADDERS.insert().values(**same, **dates))
        criteria = version["criteria"]
        for level in criteria["levels"]:
            needs = {c["measure"]: c["value"] for c in (*criteria["needs"], *level["needs"]) if c["operator"] == ">="}
            if needs.get("total_minutes") and level["number"] <= len(STARS):
                bind.execute(
                    OLD_RUNGS.insert().values(
                        ladder_id=scheme["id"],
                        star=level["number"],
                        minutes=needs["total_minutes"],
                        months_registered=needs.get("months", 0),
                    )
                )
    if bind.dialect.name == "postgresql":
        for table in ("ladders", "rungs"):
            op.execute(f"SELECT setval('{table}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM {table}), false)")


def _refuse_changes() -> None:
    """As for the ledger and the events (0002)."""
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "sqlite":
            for act in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                )
            continue
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.create_table(
        "ladders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("zh", sa.String(length=80), nullable=False),
        sa.Column("en", sa.String(length=120), nullable=False),
        sa.Column("basis", sa.String(length=200), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ladders")),
        sa.UniqueConstraint("code", name=op.f("uq_ladders_code")),
    )
    op.create_table(
        "rungs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ladder_id", sa.Integer(), nullable=False),
        sa.Column("star", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("months_registered", sa.Integer(), nullable=False),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_rungs_minutes_positive")),
        sa.CheckConstraint("star BETWEEN 1 AND 5", name=op.f("ck_rungs_star_in_range")),
        sa.ForeignKeyConstraint(["ladder_id"], ["ladders.id"], name=op.f("fk_rungs_ladder_id_ladders")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rungs")),
        sa.UniqueConstraint("ladder_id", "star", name=op.f("uq_rungs_ladder_id_star")),
    )
    _schemes_become_ladders()
    op.drop_table("recommendations")
    op.drop_table("objections")
    op.drop_table("commendation_events")
    op.drop_table("awards")
    op.drop_table("assessments")
    op.drop_table("nominations")
    op.drop_table("cycles")
    op.drop_table("scheme_versions")
    op.drop_table("schemes")
