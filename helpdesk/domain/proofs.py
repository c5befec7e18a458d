"""Taking away a file that proves a training or an award: possible until somebody has decided by it."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, exists, or_, select

from helpdesk.db import db
from helpdesk.domain import attachments
from helpdesk.errors import Refused
from helpdesk.models import Attachment, DossierCorrection, Expert, Honour, Training
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


def remove(row: Attachment, by: Who) -> None:
    """Take a scan away that should not have been sent: by whoever sent it, or the expert. Done twice it is done once.

    Raises Refused once it is evidence of a decision.
    """
    policy.require(by, "attachment.remove_proof", row)
    # Whoever decides holds the same row: either they decide by a file that stays, or without one.
    model, thing_id = (Training, row.training_id) if row.training_id is not None else (Honour, row.honour_id)
    db.session.get_one(model, thing_id, with_for_update=True, populate_existing=True)
    db.session.refresh(row, with_for_update=True)
    if row.removed_at is not None:
        return
    if db.session.scalar(select(Attachment.id).where(Attachment.id == row.id, _is_evidence())) is not None:
        raise Refused("proof_is_evidence")
    attachments.take_away(row)


def own(expert: Expert, who: Who) -> set[int]:
    """Files of a dossier that are this person's to take away, as far as nobody has decided by them."""
    mine = policy.which(who, "attachment.remove_proof")
    return set(db.session.scalars(_of(expert).where(mine)))


def evidence(expert: Expert) -> set[int]:
    """Files of a dossier that somebody has decided by, and that stay."""
    return set(db.session.scalars(_of(expert).where(_is_evidence())))


def _of(expert: Expert) -> Select:
    return select(Attachment.id).where(Attachment.expert_id == expert.id, Attachment.removed_at.is_(None))


def _is_evidence() -> ColumnElement[bool]:
    """It was there when somebody verified an award or refused to, struck a training, or decided a correction.

    What the network writes down by itself is no decision about a file: nobody else has looked at it yet.
    """
    row, file = DossierCorrection, Attachment
    verified = exists().where(
        Honour.id == file.honour_id, Honour.is_own.is_(False), Honour.decided_at >= file.linked_at
    )
    struck = exists().where(Training.id == file.training_id, Training.struck_at >= file.linked_at)
    corrected = exists().where(
        # The files of what was corrected moved to what stands in its place.
        or_(
            row.training_id == file.training_id,
            row.new_training_id == file.training_id,
            row.honour_id == file.honour_id,
            row.new_honour_id == file.honour_id,
        ),
        row.decided_at >= file.linked_at,
    )
    return or_(verified, struck, corrected)
