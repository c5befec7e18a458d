"""Somebody says that a recorded training or award is wrong: asked, decided by somebody else, kept (办法67 art. 13)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.db import Model, stored_enum
from helpdesk.models.correction import CorrectionState
from helpdesk.models.expert import Expert
from helpdesk.models.honour import Honour
from helpdesk.models.training import Training


class DossierCorrection(Model):
    """What is wrong with one training or award; granted, another row replaces it, or none when it never was.

    The row that was wrong stays, struck, and is what `training` or `honour` names for good.
    """

    __tablename__ = "dossier_corrections"
    __table_args__ = (
        CheckConstraint("(training_id IS NULL) <> (honour_id IS NULL)", name="of_one_thing"),
        CheckConstraint("length(says) > 0", name="says_something"),
        CheckConstraint(
            "(state = 'open') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by_id IS NULL)",
            name="decided_by_someone",
        ),
        CheckConstraint("state = 'open' OR length(reason) > 0", name="decision_has_reason"),
        # Neither the expert nor whoever asked decides (rule R05), also not by a way round the application.
        CheckConstraint(
            "decided_by_id IS NULL OR expert_account_id IS NULL OR decided_by_id <> expert_account_id",
            name="not_decided_by_expert",
        ),
        CheckConstraint("decided_by_id IS NULL OR decided_by_id <> asked_by_id", name="not_decided_by_asker"),
        CheckConstraint(
            "(new_training_id IS NULL OR (state = 'granted' AND training_id IS NOT NULL))"
            " AND (new_honour_id IS NULL OR (state = 'granted' AND honour_id IS NOT NULL))",
            name="replaced_when_granted",
        ),
        Index(
            "uq_dossier_corrections_training",
            "training_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "uq_dossier_corrections_honour",
            "honour_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_dossier_corrections_expert", "expert_id", "id"),
        Index("ix_dossier_corrections_station", "station_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    expert_id: Mapped[int] = mapped_column(ForeignKey("experts.id"))
    expert_account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    station_id: Mapped[int] = mapped_column(ForeignKey("stations.id"))
    training_id: Mapped[int | None] = mapped_column(ForeignKey("trainings.id"))
    honour_id: Mapped[int | None] = mapped_column(ForeignKey("honours.id"))
    state: Mapped[CorrectionState] = mapped_column(stored_enum(CorrectionState), default=CorrectionState.OPEN)
    says: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    asked_by: Mapped[str] = mapped_column(String(80))
    form_key: Mapped[str] = mapped_column(String(40), unique=True)
    reason: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    decided_by: Mapped[str | None] = mapped_column(String(80))
    # What stands in its place.
    new_training_id: Mapped[int | None] = mapped_column(ForeignKey("trainings.id"))
    new_honour_id: Mapped[int | None] = mapped_column(ForeignKey("honours.id"))

    expert: Mapped[Expert] = relationship()
    training: Mapped[Training | None] = relationship(foreign_keys=[training_id])
    honour: Mapped[Honour | None] = relationship(foreign_keys=[honour_id])
    new_training: Mapped[Training | None] = relationship(foreign_keys=[new_training_id])
    new_honour: Mapped[Honour | None] = relationship(foreign_keys=[new_honour_id])
