"""Writing down what happened: the event, and who should hear of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import channels, follows, mailing, search, webhooks
from helpdesk.models import Case, Event, Grant, Notice, Role
from helpdesk.rules.events import BY_KIND, Told, for_followers
from helpdesk.rules.mailing import PARTS, Part
from helpdesk.rules.policy import Who

# What of a step's answers decides who is told, and when.
TELLING = ("receiver_station_id", "offered_expert_ids", "tells_at")

# The order in which a person with several parts is described when they act on a case.
_PARTS = (
    Role.SYSTEM, Role.REQUESTER, Role.EXPERT, Role.COORDINATOR, Role.DISTRICT, Role.OPERATOR, Role.MEMBER,
    Role.OVERSEER, Role.ADMIN,
)  # fmt: skip


def hold(case: Case) -> Case:
    """Lock the case's row for this transaction and read it afresh: every verb that writes begins here."""
    db.session.refresh(case, with_for_update=True)
    return case


def event(
    case: Case,
    kind: str,
    by: Who,
    *,
    step: str | None = None,
    frm: str | None = None,
    to: str | None = None,
    receiver_station_id: int | None = None,
    offered_expert_ids: Collection[int] = (),
    mentioned_ids: Collection[int] = (),
    spared_ids: Collection[int] = (),
    tells_at: datetime | None = None,
    **facts: Any,
) -> Event:
    """Append one event to the case and its notices, which are shown from `tells_at` on.

    Who is in `spared_ids` hears of it by another event of the same act.
    Raises ValueError when the facts are not the declared ones.
    """
    told = BY_KIND[kind]
    if set(facts) != told.facts:
        raise ValueError(f"{kind}: facts {sorted(facts)} are not {sorted(told.facts)}")
    moment = clock.now()
    seq = db.session.execute(
        update(Case)
        .where(Case.id == case.id)
        .values(event_count=Case.event_count + 1, last_event_at=moment, last_actor=by.name)
        .returning(Case.event_count)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    db.session.refresh(case, ["event_count", "last_event_at", "last_actor"])
    row = Event(
        case_id=case.id,
        seq=seq,
        kind=kind,
        step=step,
        from_status=frm,
        to_status=to,
        actor_id=by.account_id,
        actor_name=by.name,
        actor_role=part_of(by, case),
        station_id=case.station_id,
        facts=facts,
        at=moment,
    )
    db.session.add(row)
    db.session.flush()
    readers = _readers(told, case, receiver_station_id, offered_expert_ids, mentioned_ids)
    for account_id in (by.account_id or 0, *spared_ids):
        readers.pop(account_id, None)
    db.session.add_all(
        Notice(account_id=reader, event_id=row.id, shown_from=tells_at or row.at) for reader in sorted(readers)
    )
    db.session.flush()
    mailing.write(row, case, readers, leaves_at=tells_at)
    channels.write(row, case, receiver_station_id=receiver_station_id)
    webhooks.write(row, case, leaves_at=tells_at)
    search.touch(case.id)
    return row


def part_of(by: Who, case: Case) -> Role:
    """In which of their parts somebody acts on this case."""
    parts = {h.role for h in by.held}
    if Role.REQUESTER in parts and by.link_case_id == case.id:
        return Role.REQUESTER
    if Role.EXPERT in parts and by.expert_id == case.expert_id:
        return Role.EXPERT
    for role in _PARTS:
        if role in parts and role not in (Role.REQUESTER, Role.EXPERT):
            return role
    return Role.EXPERT if Role.EXPERT in parts else Role.ANYONE


def _readers(
    told: Told,
    case: Case,
    receiver_station_id: int | None,
    offered_expert_ids: Collection[int],
    mentioned_ids: Collection[int],
) -> dict[int, Part]:
    """Which accounts hear of an event, and as whom: the first part that fits, a follower last of all."""
    criteria: list[tuple[Part, Any]] = []
    for audience in told.tells:
        if audience == "expert" and case.expert_id is not None:
            criteria.append((PARTS[audience], Grant.expert_id == case.expert_id))
        elif audience == "station" and case.station_id is not None:
            criteria.append((PARTS[audience], Grant.station_id == case.station_id))
        elif audience == "company" and case.company_id is not None:
            criteria.append((PARTS[audience], Grant.company_id == case.company_id))
        elif audience == "receiver":
            criteria.append((PARTS[audience], Grant.station_id == receiver_station_id))
        elif audience == "district" and case.district:
            criteria.append((PARTS[audience], (Grant.role == Role.DISTRICT) & (Grant.district == case.district)))
        elif audience == "operator":
            criteria.append((PARTS[audience], Grant.role == Role.OPERATOR))
        elif audience == "offered":
            criteria.append((PARTS[audience], Grant.expert_id.in_(offered_expert_ids)))
    readers: dict[int, Part] = dict.fromkeys(mentioned_ids, Part.MENTIONED)
    for part, criterion in sorted(criteria, key=lambda pair: list(Part).index(pair[0])):
        for account_id in db.session.scalars(
            select(Grant.account_id).where(criterion, Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None))
        ):
            readers.setdefault(account_id, part)
    if "company" in told.tells and case.contact_account_id is not None:
        readers.setdefault(case.contact_account_id, Part.COMPANY)
    if for_followers(told.kind):
        for account_id in follows.listening(case):
            readers.setdefault(account_id, Part.FOLLOWER)
    return readers


def untell(case: Case) -> None:
    """Take back what nobody has been shown yet: an offer undone before it left was never made."""
    of_case = select(Event.id).where(Event.case_id == case.id)
    db.session.execute(
        delete(Notice)
        .where(Notice.event_id.in_(of_case), Notice.shown_from > clock.now())
        .execution_options(synchronize_session=False)
    )
    mailing.untell(case)
    webhooks.untell(case)


def last_actor(case: Case, kind: str) -> str | None:
    """The name of whoever caused the latest event of this kind on the case."""
    return db.session.scalar(
        select(Event.actor_name).where(Event.case_id == case.id, Event.kind == kind).order_by(Event.seq.desc()).limit(1)
    )


def timeline(case: Case) -> list[Event]:
    """Everything that happened to the case, in order."""
    return list(db.session.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.seq)))
