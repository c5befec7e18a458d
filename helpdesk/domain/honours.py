"""Awards of volunteers (办法67 art. 9): our own are recorded at once, outside ones asked for and verified first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import attachments
from helpdesk.domain.trainings import account_of
from helpdesk.errors import Refused
from helpdesk.models import Award, Expert, Honour, HonourState, Nomination, PaperStatus
from helpdesk.rules import given, policy, separation
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class HonourFacts:
    """What art. 9 asks: name, day, who granted it; and how it can be verified."""

    name: str
    granted_on: date
    granted_by: str
    note: str = ""


def record(expert: Expert, by: Who, facts: HonourFacts, *, form_key: str = "") -> Honour:
    """Write down an award of our own network. Raises Refused for one's own (rule R05), missing words, a day to come."""
    separation.refuse_self(by, expert.id, account_of(expert))
    policy.require(by, "expert.record_honour", expert)
    row = _new(expert, facts, is_own=True, state=HonourState.RECORDED)
    _decide(row, by)
    return _keep(row, form_key)


def ask(expert: Expert, by: Who, facts: HonourFacts, *, form_key: str = "") -> Honour:
    """The expert asks to have an award of somebody else recorded, with the files that came with the form; it counts
    once somebody has verified it."""
    policy.require(by, "expert.ask_honour", expert)
    row = _new(expert, facts, is_own=False, state=HonourState.ASKED)
    return _keep(row, form_key)


def _keep(row: Honour, form_key: str) -> Honour:
    db.session.add(row)
    db.session.flush()
    if form_key:
        attachments.bind(row.expert, form_key, proves=row)
    return row


def replace(honour: Honour, by: Who, facts: HonourFacts) -> Honour:
    """What is right, in a row of its own, once somebody's right to correct was asked. Raises Refused for facts that
    cannot be."""
    row = _new(honour.expert, facts, is_own=honour.is_own, state=HonourState.RECORDED)
    _decide(row, by)
    db.session.add(row)
    db.session.flush()
    return row


def strike(honour: Honour, reason: str) -> None:
    """It counts no more and stays to be read, with the reason (art. 13)."""
    honour.state, honour.reason = HonourState.STRUCK, reason.strip()[:500]
    db.session.flush()


def record_from_elsewhere(expert: Expert, by: Who, facts: HonourFacts, how: str) -> Honour:
    """Write down an award of somebody else that was verified already; `how` says in which way (art. 9)."""
    separation.refuse_self(by, expert.id, account_of(expert))
    policy.require(by, "expert.record_honour", expert)
    row = _new(expert, facts, is_own=False, state=HonourState.RECORDED)
    row.reason = how.strip()[:500]
    _decide(row, by)
    db.session.add(row)
    db.session.flush()
    return row


def facts_of(row: Honour) -> HonourFacts:
    """What an award says."""
    return HonourFacts(row.name, row.granted_on, row.granted_by, row.note)


def verify(honour: Honour, by: Who) -> Honour:
    """Somebody looked at the proof: it is true. Raises Refused for one's own, or when it was decided already."""
    _hold(honour, by)
    honour.state = HonourState.RECORDED
    _decide(honour, by)
    db.session.flush()
    return honour


def refuse(honour: Honour, by: Who, *, reason: str) -> Honour:
    """It could not be verified, and why."""
    _hold(honour, by)
    reason = given.reason(reason)
    honour.state, honour.reason = HonourState.REFUSED, reason[:500]
    _decide(honour, by)
    db.session.flush()
    return honour


def waiting(who: Who) -> list[Honour]:
    """Awards that wait for this person to verify them, oldest first."""
    rows = select(Honour).where(Honour.state == HonourState.ASKED, policy.which(who, "honour.decide"))
    return list(db.session.scalars(rows.options(joinedload(Honour.expert)).order_by(Honour.id).limit(100)))


def of_expert(expert_id: int) -> list[Honour]:
    """An expert's awards, newest first, whatever became of them."""
    rows = select(Honour).where(Honour.expert_id == expert_id)
    return list(db.session.scalars(rows.order_by(Honour.granted_on.desc(), Honour.id.desc())))


@dataclass(frozen=True)
class Held:
    """One honour that stands: what, since when, from whom."""

    name: str
    on: date
    by: str


def held_by(expert_id: int) -> list[Held]:
    """What an expert holds, oldest first: recorded honours, and commendations of our own that were not revoked."""
    recorded = [
        Held(row.name, row.granted_on, row.granted_by)
        for row in of_expert(expert_id)
        if row.state is HonourState.RECORDED
    ]
    awarded = db.session.scalars(
        select(Award)
        .join(Nomination)
        .where(Nomination.expert_id == expert_id, Award.status == PaperStatus.VALID)
        .order_by(Award.awarded_on, Award.id)
    )
    ours = [Held(row.facts["title_zh"], row.awarded_on, row.facts["issuer_name"]) for row in awarded]
    return sorted([*recorded, *ours], key=lambda held: held.on)


def _new(expert: Expert, facts: HonourFacts, *, is_own: bool, state: HonourState) -> Honour:
    for name in ("name", "granted_by"):
        if not getattr(facts, name).strip():
            raise Refused("text_missing", field=name)
    if facts.granted_on > clock.today():
        raise Refused("day_in_future", field="granted_on")
    return Honour(
        expert_id=expert.id,
        expert_account_id=account_of(expert),
        station_id=expert.station_id,
        is_own=is_own,
        state=state,
        name=facts.name.strip()[:120],
        granted_on=facts.granted_on,
        granted_by=facts.granted_by.strip()[:120],
        note=facts.note.strip()[:500],
        asked_at=clock.now(),
    )


def _hold(honour: Honour, by: Who) -> None:
    db.session.refresh(honour, with_for_update=True)
    separation.refuse_self(by, honour.expert_id, honour.expert_account_id)
    policy.require(by, "honour.decide", honour)
    if honour.state is not HonourState.ASKED:
        raise Refused("honour_decided")


def _decide(honour: Honour, by: Who) -> None:
    honour.decided_at, honour.decided_by, honour.decided_by_id = clock.now(), by.name, by.account_id
