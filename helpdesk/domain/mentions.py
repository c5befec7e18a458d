"""Colleagues named in an internal note: who can be, and who was. Only somebody who may read the note ever is."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import selectinload

from helpdesk.db import db
from helpdesk.models import Account, Case, Grant, Mention, Note, Role, Station
from helpdesk.rules import mentions, policy
from helpdesk.rules.policy import Who

# So many are offered while somebody types, and so many are told of one note.
OFFERED, MOST = 8, 10
# Among so many people of a case names are looked for.
KNOWN = 500


@dataclass(frozen=True)
class Colleague:
    """Somebody who may read the case's notes, and as what."""

    account_id: int
    name: str
    role: Role


def offered(case: Case, by: Who, begins: str = "") -> list[Colleague]:
    """Those who can be mentioned and whose name holds what was typed so far: the station first, at most OFFERED."""
    typed = begins.strip()[:40]
    query = _people(case, by).limit(OFFERED * 4)
    if typed:
        query = query.where(Account.name.contains(typed, autoescape=True))
    rows = [(account, _role(account, case)) for account in db.session.scalars(query)]
    order = (Role.COORDINATOR, Role.EXPERT, Role.DISTRICT, Role.OPERATOR)
    found: list[Colleague] = []
    for account, role in sorted(rows, key=lambda row: (order.index(row[1]), row[0].name, row[0].id)):
        if len(found) < OFFERED and _may_read(account, case):
            found.append(Colleague(account.id, account.name, role))
    return found


def find(case: Case, by: Who, account_id: int) -> Colleague | None:
    """One of those who can be mentioned; None for anybody else."""
    account = db.session.scalar(_people(case, by).where(Account.id == account_id))
    if account is None or not _may_read(account, case):
        return None
    return Colleague(account.id, account.name, _role(account, case))


def note_down(note: Note, case: Case, by: Who) -> list[Mention]:
    """Find who the note names and keep it. Who may not read it stays plain text; two of one name are both meant."""
    names = dict(db.session.execute(_people(case, by).with_only_columns(Account.id, Account.name).limit(KNOWN)).all())
    said = {name for _, _, name in mentions.spans(note.body, names.values())}
    wanted = [account_id for account_id, name in names.items() if name in said]
    if not wanted:
        return []
    accounts = db.session.scalars(
        select(Account).where(Account.id.in_(wanted)).options(selectinload(Account.grants)).order_by(Account.id)
    )
    rows = [
        Mention(note_id=note.id, account_id=account.id, name=account.name)
        for account in accounts
        if _may_read(account, case)
    ][:MOST]
    db.session.add_all(rows)
    db.session.flush()
    return rows


def of_notes(notes: list[Note]) -> dict[int, list[str]]:
    """Note to the names marked in it: one query."""
    if not notes:
        return {}
    found: dict[int, list[str]] = {}
    for row in db.session.scalars(select(Mention).where(Mention.note_id.in_([note.id for note in notes]))):
        found.setdefault(row.note_id, []).append(row.name)
    return found


def _people(case: Case, by: Who) -> Select[Account]:
    """Who stands near the case: whether they may read its notes is the policy's to say."""
    district = select(Station.district).where(Station.id == case.station_id).scalar_subquery()
    near = or_(
        and_(Grant.role == Role.COORDINATOR, Grant.station_id == case.station_id),
        and_(Grant.role == Role.EXPERT, Grant.expert_id == case.expert_id),
        and_(Grant.role == Role.DISTRICT, or_(Grant.district == case.district, Grant.district == district)),
        Grant.role == Role.OPERATOR,
    )
    held = select(Grant.account_id).where(near, Grant.confirmed_at.is_not(None), Grant.ended_at.is_(None))
    return (
        select(Account)
        .where(Account.id.in_(held), Account.is_active, Account.id != (by.account_id or 0))
        .options(selectinload(Account.grants))
        .order_by(Account.name, Account.id)
    )


def _may_read(account: Account, case: Case) -> bool:
    return policy.can(policy.who_is(account), "case.read_notes", case)


def _role(account: Account, case: Case) -> Role:
    """As what somebody stands near this case."""
    held = [grant for grant in account.grants if grant.is_current]
    for grant in held:
        if grant.role is Role.EXPERT and grant.expert_id == case.expert_id:
            return Role.EXPERT
    for grant in held:
        if grant.role is Role.COORDINATOR and grant.station_id == case.station_id:
            return Role.COORDINATOR
    return Role.DISTRICT if any(grant.role is Role.DISTRICT for grant in held) else Role.OPERATOR
