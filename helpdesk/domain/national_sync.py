"""The file for the national volunteer system, and the numbers that come back (条例 art. 19; 办法67 art. 4).

Each line carries the volunteer's personal data of 办法67 art. 5, the identity number opened for this file alone; every
volunteer whose data leaves is a line in the log of looking (rule R16). Lines of whoever has not given all of it wait
and are named with what is missing: a file with holes would be turned down as a whole.

There is no public interface: an operator uploads the file there and brings back a table of our numbers and theirs.
Exporting and importing again and again changes nothing. A table is taken whole or not at all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock
from helpdesk.db import db, in_parts
from helpdesk.domain import expert_persons
from helpdesk.errors import Refused
from helpdesk.models import (
    Access,
    Correction,
    CorrectionState,
    EntryKind,
    Expert,
    ExpertPerson,
    HoursEntry,
    NationalSync,
    SyncState,
    Visit,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# The first column of both files: our number of a ledger line.
OURS = re.compile(r"L-([1-9][0-9]{0,9})", re.ASCII)
THEIRS = re.compile(r"[A-Za-z0-9-]{4,60}", re.ASCII)
MOST_ROWS = 20_000
# What a volunteer has to give before their lines leave (办法67 art. 5), their consent included (PIPL art. 23); the name
# is on the roster.
FIELDS = ("sex", "born_on", "identity", "residence", "contact", "agreed")
_WHOLE = (
    ExpertPerson.sex.is_not(None),
    ExpertPerson.born_on.is_not(None),
    ExpertPerson.identity_sealed.is_not(None),
    ExpertPerson.residence != "",
    ExpertPerson.contact != "",
    ExpertPerson.national_consent_at.is_not(None),
)


@dataclass(frozen=True)
class Counts:
    """How many ledger lines are not exported, exported, confirmed."""

    new: int
    exported: int
    confirmed: int


@dataclass(frozen=True)
class Personal:
    """What the file says of a volunteer (办法67 art. 5); `identity` is the whole number."""

    person: ExpertPerson
    identity: str
    contact: str
    skills: str
    service_kinds: tuple[str, ...]


@dataclass(frozen=True)
class Held:
    """When, where and what of a visit, as the line of the ledger was written."""

    starts_at: datetime
    ends_at: datetime
    place: str
    summary: str
    decided_by: str


@dataclass(frozen=True)
class Exported:
    """A line of the file: the entry with its visit as it was then, the volunteer, and what is known of its way."""

    entry: HoursEntry
    visit: Held
    sync: NationalSync | None
    personal: Personal


@dataclass(frozen=True)
class Missing:
    """A volunteer whose lines wait: how many, and which of `FIELDS` nobody gave yet."""

    expert: Expert
    lines: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What an import would do with one row of the table: `problem` is a code, "" when it is fine."""

    n: int
    ours: str
    theirs: str
    problem: str


def number_of(entry_id: int) -> str:
    """Our number of a ledger line as both files carry it."""
    return f"L-{entry_id}"


def counts(by: Who) -> Counts:
    """How far the ledger has come."""
    policy.require(by, "national.sync")
    rows = db.session.execute(select(NationalSync.state, func.count()).group_by(NationalSync.state)).all()
    known = {state: int(n) for state, n in rows}
    lines = db.session.scalar(select(func.count()).select_from(HoursEntry)) or 0
    exported, confirmed = known.get(SyncState.EXPORTED, 0), known.get(SyncState.CONFIRMED, 0)
    return Counts(int(lines) - exported - confirmed, exported, confirmed)


def precheck(by: Who) -> list[Missing]:
    """Volunteers with lines to export whose personal data is not whole, most lines first; three queries."""
    policy.require(by, "national.sync")
    waiting = db.session.execute(
        select(HoursEntry.expert_id, func.count())
        .outerjoin(NationalSync, NationalSync.entry_id == HoursEntry.id)
        .where(NationalSync.national_id.is_(None))
        .group_by(HoursEntry.expert_id)
    ).all()
    lines = {int(expert_id): int(n) for expert_id, n in waiting}
    experts = db.session.scalars(select(Expert).where(Expert.id.in_(lines)).options(selectinload(Expert.skills))).all()
    known = {
        row.expert_id: row for row in db.session.scalars(select(ExpertPerson).where(ExpertPerson.expert_id.in_(lines)))
    }
    found = [Missing(expert, lines[expert.id], lacks(known.get(expert.id))) for expert in experts]
    return sorted((row for row in found if row.fields), key=lambda row: (-row.lines, row.expert.id))


def lacks(person: ExpertPerson | None) -> tuple[str, ...]:
    """Which of `FIELDS` a volunteer has not given. What they can do and which service they offer is known from the
    roster where they wrote nothing themselves."""
    if person is None:
        return FIELDS
    given = {
        "sex": person.sex,
        "born_on": person.born_on,
        "identity": person.identity_sealed,
        "residence": person.residence,
        "contact": person.contact,
        "agreed": person.national_consent_at,
    }
    return tuple(name for name in FIELDS if not given[name])


def export(by: Who) -> list[Exported]:
    """Every line that is not confirmed yet and whose volunteer gave all that is asked, oldest first, marked as
    exported. A reversal is a line like any other.

    Made again, the file is the same but for new lines, and what was confirmed meanwhile. Each volunteer whose data
    leaves with it is noted in the log of looking, each time.
    """
    policy.require(by, "national.sync")
    found = db.session.execute(
        select(HoursEntry, Visit, NationalSync, ExpertPerson)
        .join(Visit, Visit.id == HoursEntry.visit_id)
        .join(ExpertPerson, ExpertPerson.expert_id == HoursEntry.expert_id)
        .outerjoin(NationalSync, NationalSync.entry_id == HoursEntry.id)
        .where(NationalSync.national_id.is_(None), *_WHOLE)
        .options(
            joinedload(HoursEntry.case),
            joinedload(HoursEntry.activity),
            joinedload(HoursEntry.expert).selectinload(Expert.skills),
        )
        .order_by(HoursEntry.id)
        .limit(MOST_ROWS)
    ).all()
    people = {person.expert_id: _personal(entry.expert, person) for entry, _, _, person in found}
    assert by.account_id is not None
    for expert_id in sorted(people):
        db.session.add(Access(account_id=by.account_id, case_id=None, what=f"national:{expert_id}", at=clock.now()))
    rows = [(entry, visit, sync) for entry, visit, sync, _ in found]
    as_it_was = _as_it_was([(entry, visit) for entry, visit, _ in rows])
    for entry, _, sync in rows:
        if sync is None:
            db.session.add(
                NationalSync(
                    entry_id=entry.id, state=SyncState.EXPORTED, exported_at=clock.now(), exported_by=by.name[:80]
                )
            )
    db.session.flush()
    return [Exported(entry, as_it_was[entry.id], sync, people[entry.expert_id]) for entry, visit, sync in rows]


def _as_it_was(rows: Sequence[tuple[HoursEntry, Visit]]) -> dict[int, Held]:
    """What each line's visit said when the line was written: corrections keep what stood before them. Two queries.

    A credit that a correction reversed, and that reversal, say what the correction found; all else says what is.
    """
    ids = {visit.id for _, visit in rows}
    reversed_at: dict[int, datetime] = {}
    fixed: dict[int, list[Correction]] = {}
    for part in in_parts(ids):
        lines = select(HoursEntry.reverses_id, HoursEntry.recorded_at)
        for credit_id, at in db.session.execute(
            lines.where(HoursEntry.visit_id.in_(part), HoursEntry.kind == EntryKind.REVERSAL)
        ):
            reversed_at[int(credit_id or 0)] = at
        granted = select(Correction).where(Correction.visit_id.in_(part), Correction.state == CorrectionState.GRANTED)
        for row in db.session.scalars(granted.order_by(Correction.decided_at, Correction.id)):
            fixed.setdefault(row.visit_id, []).append(row)
    found = {}
    for entry, visit in rows:
        gone, by = reversed_at.get(entry.reverses_id or entry.id), None
        if gone is not None:
            by = next((row for row in fixed.get(visit.id, []) if row.decided_at and row.decided_at >= gone), None)
        found[entry.id] = _held(visit, by.before if by is not None else None)
    return found


def _held(visit: Visit, before: dict[str, Any] | None) -> Held:
    if before is None:
        return Held(visit.starts_at, visit.ends_at, visit.place, visit.summary, visit.decided_by or "")
    starts, ends = (datetime.fromisoformat(before[name]) for name in ("starts_at", "ends_at"))
    return Held(starts, ends, before["place"], before["summary"], visit.decided_by or "")


def _personal(expert: Expert, person: ExpertPerson) -> Personal:
    return Personal(
        person=person,
        identity=expert_persons.opened(person),
        contact=person.contact,
        skills=person.skills or expert.title,
        service_kinds=tuple(person.service_kinds),
    )


def check(text: str) -> list[Verdict]:
    """The table row by row: our number and theirs. Raises Refused for one without rows, or with too many."""
    lines = [row for row in csv.reader(io.StringIO(text.lstrip("\ufeff"))) if any(cell.strip() for cell in row)]
    if lines and not OURS.fullmatch(_cell(lines[0], 0)) and len(lines) > 1:
        lines = lines[1:]  # the heading
    if not lines:
        raise Refused("table_empty", field="text")
    if len(lines) > MOST_ROWS:
        raise Refused("table_too_long", field="text", limit=MOST_ROWS)
    pairs = [(_cell(row, 0), _cell(row, 1)) for row in lines]
    ids = {int(found[1]) for ours, _ in pairs if (found := OURS.fullmatch(ours))}
    known = {
        row.entry_id: row for row in db.session.scalars(select(NationalSync).where(NationalSync.entry_id.in_(ids)))
    }
    numbers = {theirs for _, theirs in pairs}
    taken = {
        row.national_id: row.entry_id
        for row in db.session.scalars(select(NationalSync).where(NationalSync.national_id.in_(numbers)))
    }
    seen: dict[str, str] = {}
    verdicts = []
    for n, (ours, theirs) in enumerate(pairs, 1):
        verdicts.append(Verdict(n, ours[:40], theirs[:80], _problem(ours, theirs, known, taken, seen)))
        seen.setdefault(ours, theirs)
        seen.setdefault(f"={theirs}", ours)
    return verdicts


def take_in(by: Who, text: str) -> tuple[int, list[Verdict]]:
    """Write down the numbers that came back, all or none. Returns how many were new, and the report row by row; with
    any problem nothing is written. The same table again is harmless."""
    policy.require(by, "national.sync")
    verdicts = check(text)
    if any(row.problem for row in verdicts):
        return 0, verdicts
    fresh = 0
    for row in verdicts:
        sync = db.session.get_one(NationalSync, int(row.ours[2:]))
        if sync.state is SyncState.EXPORTED:
            sync.state, sync.national_id, sync.confirmed_at = SyncState.CONFIRMED, row.theirs, clock.now()
            fresh += 1
    db.session.flush()
    return fresh, verdicts


def _problem(
    ours: str, theirs: str, known: dict[int, NationalSync], taken: dict[str | None, int], seen: dict[str, str]
) -> str:
    found = OURS.fullmatch(ours)
    if found is None:
        return "not_ours"
    if not THEIRS.fullmatch(theirs):
        return "not_a_number"
    entry_id = int(found[1])
    if entry_id not in known:
        return "not_exported"
    if known[entry_id].national_id not in (None, theirs):
        return "has_another"
    if taken.get(theirs, entry_id) != entry_id:
        return "taken"
    if seen.get(ours, theirs) != theirs or seen.get(f"={theirs}", ours) != ours:
        return "twice"
    return ""


def _cell(row: list[str], place: int) -> str:
    text = row[place].strip() if len(row) > place else ""
    return text.removeprefix("'")
