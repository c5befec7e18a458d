"""Keeping to the ten working days of 办法67 art. 11: what is open, who is told (once a level), what was missed.

A term is done by what others do (a visit is vouched for, a company scores, a station evaluates), so it is read from
their rows; a round of the worker writes it down and tells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db, only_row
from helpdesk.domain import activity_log, deadlines, record, visits
from helpdesk.errors import Refused
from helpdesk.models import COUNTS, Evaluation, Feedback, RecordTerm, Station, Visit, VisitStatus
from helpdesk.rules import policy, separation
from helpdesk.rules import record_terms as rules
from helpdesk.rules.policy import SYSTEM, Who

# How many terms one round looks at; the next one goes on.
AT_ONCE = 2000


def go_round() -> int:
    """Begin the terms of new visits, write down what is done, tell of each level once. Returns how often it told.

    Run by the clock. Run twice, or by two workers, a conditional UPDATE lets one of them tell; what passed several
    levels unseen is told of once, at the highest. A visit that was struck has no term.
    """
    _begin()
    struck = select(Visit.id).where(Visit.status == VisitStatus.VOID)
    db.session.execute(
        delete(RecordTerm).where(RecordTerm.visit_id.in_(struck)).execution_options(synchronize_session=False)
    )
    rows = db.session.scalars(
        select(RecordTerm)
        .where(RecordTerm.done_at.is_(None))
        .options(joinedload(RecordTerm.visit).joinedload(Visit.activity), joinedload(RecordTerm.case))
        .order_by(RecordTerm.level, RecordTerm.due_at)
        .limit(AT_ONCE)
    ).all()
    evaluated, told = _evaluated(rows), 0
    for row in rows:
        term = rules.term_of(row.visit.ends_at, deadlines.calendar())
        if (term.warn_at, term.red_at, term.due_at) != (row.warn_at, row.red_at, row.due_at):
            row.warn_at, row.red_at, row.due_at = term.warn_at, term.red_at, term.due_at
        row.recorded_at, row.evaluated_at = _recorded(row.visit), evaluated.get(row.visit_id)
        if row.recorded_at is not None and row.evaluated_at is not None:
            row.done_at = max(row.recorded_at, row.evaluated_at)
        db.session.flush()
        told += _tell(row, term)
    return told


def _begin() -> None:
    """Visits that have no term yet, also those from before there were terms."""
    known = select(RecordTerm.visit_id)
    fresh = select(Visit).where(Visit.status != VisitStatus.VOID, Visit.id.not_in(known)).order_by(Visit.id)
    for visit in db.session.scalars(fresh.limit(AT_ONCE)).all():
        term = rules.term_of(visit.ends_at, deadlines.calendar())
        db.session.add(
            RecordTerm(
                visit_id=visit.id,
                case_id=visit.case_id,
                station_id=visit.station_id,
                expert_id=visit.expert_id,
                warn_at=term.warn_at,
                red_at=term.red_at,
                due_at=term.due_at,
                level=0,
            )
        )
    db.session.flush()


def _tell(row: RecordTerm, term: rules.Term) -> int:
    level = rules.level_at(term, clock.now())
    if row.done_at is not None or level is None or level.level <= row.level:
        return 0
    won = db.session.execute(
        update(RecordTerm)
        .where(RecordTerm.visit_id == row.visit_id, RecordTerm.level < level.level)
        .values(level=level.level)
        .execution_options(synchronize_session=False)
    )
    if not only_row(won):
        return 0
    db.session.refresh(row, ["level"])
    day = clock.local(row.visit.ends_at).date().isoformat()
    if row.case is not None:
        record.event(row.case, level.event, SYSTEM, visit_id=row.visit_id, day=day, days=level.days)
        return 1
    assert row.visit.activity is not None
    return int(activity_log.warn_once(row.visit.activity, SYSTEM, level=level.level, days=level.days))


def _recorded(visit: Visit) -> datetime | None:
    """When somebody vouched for it."""
    return visit.decided_at if visit.status in COUNTS else None


def _evaluated(rows: Sequence[RecordTerm]) -> dict[int, datetime]:
    """When each visit was evaluated: by the station, or by the company's feedback after its end. Two queries."""
    ids, cases = [row.visit_id for row in rows], {row.case_id for row in rows if row.case_id is not None}
    found: dict[int, datetime] = {
        one.visit_id: one.at for one in db.session.scalars(select(Evaluation).where(Evaluation.visit_id.in_(ids)))
    }
    given: dict[tuple[int | None, int | None], list[datetime]] = {}
    scored = select(Feedback).where(Feedback.case_id.in_(cases), Feedback.score.is_not(None))
    for said in db.session.scalars(scored.order_by(Feedback.at)):
        given.setdefault((said.case_id, said.expert_id), []).append(said.at)
    for row in rows:
        moments = given.get((row.case_id, row.expert_id), [])
        after = next((at for at in moments if at >= row.visit.ends_at), None)
        if after is not None:
            found[row.visit_id] = min(found.get(row.visit_id, after), after)
    return found


def evaluate(visit: Visit, by: Who, *, score: int | None, note: str) -> Evaluation:
    """The station says how a visit of a case was, where the company did not; once (办法67 art. 10, 11).

    Raises Refused: no score, said already, own service (rule R05), or a visit that was struck.
    """
    case = record.hold(visits.case_of(visit))
    policy.require(by, "visit.evaluate", case)
    separation.refuse_self(by, visit.expert_id, visit.expert_account_id)
    if score is None or not 1 <= score <= 5:
        raise Refused("score_out_of_range", field="score")
    if visit.status is VisitStatus.VOID:
        raise Refused("visit_decided")
    if db.session.get(Evaluation, visit.id) is not None:
        raise Refused("evaluated_before")
    assert by.account_id is not None
    row = Evaluation(
        visit_id=visit.id,
        expert_id=visit.expert_id,
        expert_account_id=visit.expert_account_id,
        score=score,
        note=note.strip()[:2000],
        at=clock.now(),
        by_id=by.account_id,
        by_name=by.name,
    )
    db.session.add(row)
    db.session.flush()
    record.event(case, "visit.evaluated", by, visit_id=visit.id, score=score)
    return row


@dataclass(frozen=True)
class Open:
    """A visit whose record is not complete yet: what is missing, and the level it has reached now (0 in time)."""

    term: RecordTerm
    needs_record: bool
    needs_evaluation: bool
    level: int


def waiting(who: Who, *, limit: int = 200) -> list[Open]:
    """Open terms this person may read, soonest due first, as things stand this moment. Three queries."""
    rows = db.session.scalars(
        select(RecordTerm)
        .join(Visit, Visit.id == RecordTerm.visit_id)
        .where(RecordTerm.done_at.is_(None), Visit.status != VisitStatus.VOID, policy.which(who, "record_term.read"))
        .options(
            joinedload(RecordTerm.visit).joinedload(Visit.activity),
            joinedload(RecordTerm.case),
            joinedload(RecordTerm.expert),
        )
        .order_by(RecordTerm.due_at, RecordTerm.visit_id)
        .limit(limit)
    ).all()
    evaluated = _evaluated(rows)
    found = []
    for row in rows:
        level = rules.level_at(rules.Term(row.warn_at, row.red_at, row.due_at), clock.now())
        one = Open(row, _recorded(row.visit) is None, row.visit_id not in evaluated, level.level if level else 0)
        if one.needs_record or one.needs_evaluation:
            found.append(one)
    return found


@dataclass(frozen=True)
class Line:
    """One station in one month, by the day a term ended."""

    station: Station
    due: int
    in_time: int
    late: int
    open: int

    @property
    def missed(self) -> int:
        """What was not complete in time, whether it is by now or not."""
        return self.late + self.open


def report(who: Who, month: date) -> list[Line]:
    """Terms that ended in this month (up to now), station by station, for those this person may read. Two queries."""
    start = clock.from_local(month.replace(day=1))
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    end = min(clock.from_local(following), clock.now())
    in_time = RecordTerm.done_at.is_not(None) & (RecordTerm.done_at < RecordTerm.due_at)
    rows = db.session.execute(
        select(
            RecordTerm.station_id,
            func.count(),
            func.count().filter(in_time),
            func.count().filter(RecordTerm.done_at.is_not(None) & ~in_time),
            func.count().filter(RecordTerm.done_at.is_(None)),
        )
        .where(RecordTerm.due_at > start, RecordTerm.due_at <= end, policy.which(who, "record_term.read"))
        .group_by(RecordTerm.station_id)
    ).all()
    names = {row.id: row for row in db.session.scalars(select(Station).where(Station.id.in_([r[0] for r in rows])))}
    lines = [Line(names[station], *(int(n) for n in numbers)) for station, *numbers in rows]
    return sorted(lines, key=lambda line: (-line.missed, line.station.id))
