"""Whether the ledger still is what was written: its chain, its visits, its papers (办法67 art. 3, 17, 21; rule R06).

The chain shows an altered, inserted or missing line; the ledger's counter shows missing last ones; the papers, which
hold the hash of the line they were issued from, show a ledger that was written anew from some line on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import hours
from helpdesk.domain.later import later
from helpdesk.models import (
    COUNTS,
    RECORDING,
    Activity,
    ActivityState,
    ActivityStep,
    Certificate,
    Counter,
    EntryKind,
    HoursEntry,
    LedgerCheck,
    PaperStatus,
    Visit,
)

log = logging.getLogger("helpdesk.ledger")

CHECK = "ledger.check"
BATCH = 1000
# So many troubles are kept with a check; the first is the one to look at.
KEPT = 20

# What each kind of trouble is in a line; the number is a ledger row or, for papers, what they are called.
SAYS = {
    "altered": "row {what} was altered or is out of its chain",
    "cut_off": "the last rows are missing: {what} were written",
    "undecided": "row {what} credits a visit that nobody decided, or that says otherwise",
    "unmatched": "row {what} reverses a line that says otherwise",
    "twice": "row {what} counts time of its expert that another row counts too",
    "minutes": "certificate {what} has other minutes than the ledger",
    "no_paper": "row {what} stands in no valid certificate",
    "other_line": "certificate {what} was issued from a line that is not in the ledger",
}


@dataclass
class Findings:
    """What was looked at, and what does not hold: (kind, row or number), in the order of `SAYS`."""

    entries: int = 0
    papers: int = 0
    troubles: list[tuple[str, str]] = field(default_factory=list)

    @property
    def first(self) -> str:
        """The first trouble in one line; empty when all holds."""
        if not self.troubles:
            return ""
        kind, what = self.troubles[0]
        return SAYS[kind].format(what=what)


def look() -> Findings:
    """Walk the whole ledger and compare it with visits and papers. Writes nothing; some queries and one pass."""
    found = Findings()
    bad = _walk(found)
    if bad is not None:
        found.troubles.append(("altered", str(bad)))
        return found  # what a broken chain says of visits and papers proves nothing
    written = db.session.scalar(select(Counter.n).where(Counter.key == "ledger")) or 0
    if written != found.entries:
        found.troubles.append(("cut_off", str(written)))
    found.troubles += [("undecided", str(row)) for row in db.session.scalars(_undecided())]
    found.troubles += [("unmatched", str(row)) for row in db.session.scalars(_unmatched())]
    found.troubles += [("twice", str(row)) for row in db.session.scalars(_twice())]
    found.troubles += _papers(found)
    return found


def ask_to_check() -> None:
    """Once a day, soon after midnight, by the worker."""
    later(CHECK, key=clock.today().isoformat())


def settle(found: Findings) -> LedgerCheck:
    """Keep what a walk found; a trouble also goes to the log."""
    row = LedgerCheck(
        at=clock.now(),
        entries=found.entries,
        papers=found.papers,
        bad=len(found.troubles),
        troubles=[list(trouble) for trouble in found.troubles[:KEPT]],
    )
    db.session.add(row)
    db.session.flush()
    if found.troubles:
        log.error("the ledger does not hold: %s", found.first)
    return row


def latest() -> LedgerCheck | None:
    """The newest walk."""
    return db.session.scalar(select(LedgerCheck).order_by(LedgerCheck.at.desc(), LedgerCheck.id.desc()).limit(1))


def _walk(found: Findings) -> int | None:
    """Along the chain; the id of the first line that does not hold, also one that cannot even be read."""
    previous = hours.GENESIS
    for entry_id, entry in _lines():
        if entry is None or not hours.holds(entry, previous):
            return entry_id
        previous = entry.hash
        found.entries += 1
    return None


def _lines() -> Iterator[tuple[int, Any]]:
    """Every line in order, afresh from the database; None for one that holds no readable facts."""
    after = 0
    while ids := db.session.scalars(
        select(HoursEntry.id).where(HoursEntry.id > after).order_by(HoursEntry.id).limit(BATCH)
    ).all():
        after = ids[-1]
        try:
            rows = {row.id: row for row in _read(HoursEntry.id.in_(ids))}
        except (ValueError, LookupError, TypeError):
            rows = {}
            for entry_id in ids:
                try:
                    rows |= {row.id: row for row in _read(HoursEntry.id == entry_id)}
                except (ValueError, LookupError, TypeError):
                    break
        for entry_id in ids:
            yield entry_id, rows.get(entry_id)


def _read(where: ColumnElement[bool]) -> Sequence[Any]:
    """Lines as bare rows: what the database holds, whatever this session has read before."""
    return db.session.execute(select(*HoursEntry.__table__.columns).where(where)).all()


def _undecided() -> Select[Any]:
    """Standing credits whose visit was decided by nobody, by its own expert, or says something else; or whose activity
    is not verified, or was by whoever recorded it."""
    reversal = aliased(HoursEntry)
    says_otherwise = or_(
        Visit.status.not_in(COUNTS),
        Visit.case_id.is_distinct_from(HoursEntry.case_id),
        Visit.activity_id.is_distinct_from(HoursEntry.activity_id),
        and_(HoursEntry.activity_id.is_not(None), Activity.state != ActivityState.VERIFIED),
        exists().where(
            ActivityStep.activity_id == HoursEntry.activity_id,
            ActivityStep.act.in_(RECORDING),
            ActivityStep.by_id == Activity.verified_by_id,
        ),
        Visit.expert_id != HoursEntry.expert_id,
        Visit.counted_minutes != HoursEntry.minutes,
        Visit.decided_by_id == Visit.expert_account_id,
    )
    return (
        select(HoursEntry.id)
        .outerjoin(reversal, reversal.reverses_id == HoursEntry.id)
        .join(Visit, Visit.id == HoursEntry.visit_id)
        .outerjoin(Activity, Activity.id == HoursEntry.activity_id)
        .where(HoursEntry.kind == EntryKind.CREDIT, reversal.id.is_(None), says_otherwise)
        .order_by(HoursEntry.id)
    )


def _unmatched() -> Select[Any]:
    credit = aliased(HoursEntry)
    same = and_(
        credit.kind == EntryKind.CREDIT,
        credit.minutes == -HoursEntry.minutes,
        credit.expert_id == HoursEntry.expert_id,
        credit.visit_id == HoursEntry.visit_id,
    )
    return (
        select(HoursEntry.id)
        .join(credit, credit.id == HoursEntry.reverses_id)
        .where(HoursEntry.kind == EntryKind.REVERSAL, ~same)
        .order_by(HoursEntry.id)
    )


def _twice() -> Select[Any]:
    """Credits whose visit counts and shares a moment with an earlier one of the same expert that counts (rule R03)."""
    other, reversal = aliased(Visit), aliased(HoursEntry)
    return (
        select(HoursEntry.id)
        .outerjoin(reversal, reversal.reverses_id == HoursEntry.id)
        .join(Visit, Visit.id == HoursEntry.visit_id)
        .join(
            other,
            and_(
                other.expert_id == Visit.expert_id,
                other.id < Visit.id,
                other.starts_at < Visit.ends_at,
                other.ends_at > Visit.starts_at,
            ),
        )
        .where(HoursEntry.kind == EntryKind.CREDIT, reversal.id.is_(None))
        .where(Visit.status.in_(COUNTS), other.status.in_(COUNTS))
        .order_by(HoursEntry.id)
        .distinct()
    )


def _papers(found: Findings) -> list[tuple[str, str]]:
    """The one invariant: the ledger's minutes of a case and expert are those of its one valid paper, none for none.

    An activity has no paper of its own."""
    rows = db.session.execute(
        select(HoursEntry.case_id, HoursEntry.expert_id, func.sum(HoursEntry.minutes), func.max(HoursEntry.id))
        .where(HoursEntry.case_id.is_not(None))
        .group_by(HoursEntry.case_id, HoursEntry.expert_id)
    )
    sums = {(case_id, expert_id): (int(minutes), last) for case_id, expert_id, minutes, last in rows}
    hashes = set(db.session.scalars(select(HoursEntry.hash)))
    troubles: list[tuple[str, str]] = []
    for paper in db.session.scalars(select(Certificate).order_by(Certificate.id)):
        found.papers += 1
        if paper.facts.get("ledger_digest") not in hashes:
            troubles.append(("other_line", paper.number))
        if paper.status is PaperStatus.VALID:
            minutes, _ = sums.pop((paper.case_id, paper.expert_id), (0, 0))
            if minutes != paper.minutes or paper.facts.get("minutes_total") != paper.minutes:
                troubles.append(("minutes", paper.number))
    troubles += [("no_paper", str(last)) for minutes, last in sums.values() if minutes]
    return sorted(troubles, key=lambda trouble: list(SAYS).index(trouble[0]))
