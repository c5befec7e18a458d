"""Corrections of trainings and awards: decided by somebody else, the old row kept (办法67 art. 13).

A granted correction strikes the row that was wrong and writes another one beside it, to which the proof moves; when the
thing never was, it only strikes. Statements and the dossier show what stands, the history shows all.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import attachments, honours, mailing, trainings
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts, account_of
from helpdesk.errors import NotFound, Refused
from helpdesk.models import (
    Account,
    Attachment,
    CorrectionState,
    DossierCorrection,
    Expert,
    Honour,
    HonourState,
    Notice,
    Training,
)
from helpdesk.rules import given, policy, separation
from helpdesk.rules.mailing import Part
from helpdesk.rules.policy import Who

LONGEST = 2000
Thing = Training | Honour


def stands(thing: Thing) -> bool:
    """Whether it counts, so that a mistake in it needs a correction."""
    if isinstance(thing, Training):
        return thing.struck_at is None
    return thing.state is HonourState.RECORDED


def ask(thing: Thing, by: Who, *, says: str, form_key: str) -> DossierCorrection:
    """Say what is wrong. The same form sent twice is one request; one may be open for a training or award.

    Raises Refused: nothing said, it does not count anyway, one is open already.
    """
    policy.require(by, "expert.ask_correction", thing.expert)
    before = db.session.scalar(select(DossierCorrection).where(DossierCorrection.form_key == form_key))
    if before is not None:
        return before
    if not says.strip():
        raise Refused("text_missing", field="says")
    if len(says) > LONGEST:
        raise Refused("text_too_long", field="says", over=len(says) - LONGEST)
    db.session.refresh(thing, with_for_update=True)
    if not stands(thing):
        raise Refused("dossier_not_standing", field="says")
    if open_of(thing) is not None:
        raise Refused("dossier_correction_open", field="says")
    assert by.account_id is not None
    row = DossierCorrection(
        expert_id=thing.expert_id,
        expert_account_id=account_of(thing.expert),
        station_id=thing.station_id,
        training_id=thing.id if isinstance(thing, Training) else None,
        honour_id=thing.id if isinstance(thing, Honour) else None,
        state=CorrectionState.OPEN,
        says=says.strip(),
        asked_at=clock.now(),
        asked_by_id=by.account_id,
        asked_by=by.name,
        form_key=form_key,
        reason="",
    )
    db.session.add(row)
    db.session.flush()
    return row


def grant(
    correction: DossierCorrection, by: Who, *, facts: TrainingFacts | HonourFacts | None, reason: str
) -> DossierCorrection:
    """It was wrong: strike it, and write what is right beside it; `facts` None when it never was.

    Raises Refused: own, asked oneself (rule R05), decided, no reason, nothing changed, facts that cannot be.
    """
    thing = _hold(correction, by, reason)
    why = reason.strip()[:500]
    was = trainings.facts_of(thing) if isinstance(thing, Training) else honours.facts_of(thing)
    if facts == was:
        raise Refused("nothing_changed", field="reason")
    new: dict[str, int] = {}
    if isinstance(thing, Training):
        if isinstance(facts, TrainingFacts):
            new["new_training_id"] = trainings.write(thing.expert, by, facts).id
            _move_proof(Attachment.training_id == thing.id, training_id=new["new_training_id"])
        thing.struck_at, thing.struck_by, thing.struck_reason = clock.now(), by.name, why
    else:
        if isinstance(facts, HonourFacts):
            new["new_honour_id"] = honours.replace(thing, by, facts).id
            _move_proof(Attachment.honour_id == thing.id, honour_id=new["new_honour_id"])
        honours.strike(thing, why)
    return _decide(correction, CorrectionState.GRANTED, by, reason, **new)


def refuse(correction: DossierCorrection, by: Who, *, reason: str) -> DossierCorrection:
    """It stands, and why."""
    _hold(correction, by, reason)
    return _decide(correction, CorrectionState.REFUSED, by, reason)


def add_proof(thing: Thing, by: Who, *, form_key: str) -> int:
    """Make a form's files part of what proves a training or award. Raises Refused when there are none."""
    policy.require(by, "expert.add_proof", thing.expert)
    if not attachments.loose(thing.expert, form_key):
        raise Refused("no_files", field="files")
    return attachments.bind(thing.expert, form_key, proves=thing)


def find(expert: Expert, kind: str, row_id: int) -> Thing:
    """A training or an award (`kind` "trainings" or "honours") of this expert. Raises NotFound."""
    row = db.session.get(Training, row_id) if kind == "trainings" else db.session.get(Honour, row_id)
    if row is None or row.expert_id != expert.id:
        raise NotFound(kind)
    return row


def thing_of(correction: DossierCorrection) -> Thing:
    """What it is about."""
    thing = correction.training or correction.honour
    assert thing is not None
    return thing


def open_of(thing: Thing) -> DossierCorrection | None:
    """The correction of a training or award that nobody has decided yet."""
    return db.session.scalar(
        select(DossierCorrection).where(_about(thing), DossierCorrection.state == CorrectionState.OPEN)
    )


def of_expert(expert: Expert) -> list[DossierCorrection]:
    """What was said of an expert's trainings and awards, newest first."""
    rows = select(DossierCorrection).where(DossierCorrection.expert_id == expert.id)
    return list(db.session.scalars(_with_things(rows).order_by(DossierCorrection.id.desc())))


def waiting(who: Who) -> list[DossierCorrection]:
    """Corrections this person may decide, oldest first; one query."""
    rows = select(DossierCorrection).where(
        DossierCorrection.state == CorrectionState.OPEN, policy.which(who, "dossier_correction.decide")
    )
    return list(db.session.scalars(_with_things(rows).order_by(DossierCorrection.id).limit(100)))


def _with_things(rows: Any) -> Any:
    row = DossierCorrection
    names = (row.expert, row.training, row.honour, row.new_training, row.new_honour)
    return rows.options(*(joinedload(name) for name in names))


def _about(thing: Thing) -> ColumnElement[bool]:
    column = DossierCorrection.training_id if isinstance(thing, Training) else DossierCorrection.honour_id
    return column == thing.id


def _move_proof(criterion: ColumnElement[bool], **place: int) -> None:
    db.session.execute(update(Attachment).where(criterion).values(**place).execution_options(synchronize_session=False))


def _hold(correction: DossierCorrection, by: Who, reason: str) -> Thing:
    db.session.refresh(correction, with_for_update=True)
    policy.require(by, "dossier_correction.decide", correction)
    separation.refuse_self(by, correction.expert_id, correction.expert_account_id)
    if by.account_id == correction.asked_by_id:
        raise Refused("own_correction")
    if correction.state is not CorrectionState.OPEN:
        raise Refused("correction_decided")
    given.reason(reason)
    thing = thing_of(correction)
    db.session.refresh(thing, with_for_update=True)
    if not stands(thing):
        raise Refused("dossier_not_standing", field="reason")
    return thing


def _decide(
    correction: DossierCorrection, state: CorrectionState, by: Who, reason: str, **new: int
) -> DossierCorrection:
    correction.state, correction.reason = state, reason.strip()[:LONGEST]
    correction.decided_at, correction.decided_by, correction.decided_by_id = clock.now(), by.name, by.account_id
    for name, row_id in new.items():
        setattr(correction, name, row_id)
    db.session.flush()
    db.session.refresh(correction)
    _tell(correction, by)
    return correction


def _tell(correction: DossierCorrection, by: Who) -> None:
    """The expert hears what was decided and why, by notice and by letter in the transaction of the decision; so does
    whoever asked for them. It is decided once, so it is told once."""
    parts = {correction.asked_by_id: Part.DESK, account_of(correction.expert): Part.EXPERT}
    for account_id, part in parts.items():
        account = db.session.get(Account, account_id) if account_id not in (None, by.account_id) else None
        if account is not None and account.is_active:
            assert correction.decided_at is not None
            db.session.add(
                Notice(account_id=account.id, dossier_correction_id=correction.id, shown_from=correction.decided_at)
            )
            mailing.write_of_dossier(correction, account, part)
    db.session.flush()
