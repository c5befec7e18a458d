"""What an expert has done, for the expert alone: the ledger with who recorded it, papers, and what companies said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import certificates, hours
from helpdesk.models import Case, Certificate, Consent, Expert, Feedback, HoursEntry, Station, Status
from helpdesk.rules import anonymity

# Words of a company are shown again only where it agreed to one of these: as an example without names, or by its name.
AGREED = ("example", "paper_name")
# What was rated lower is no thanks; no score is not a bad one.
LEAST_SCORE = 4


@dataclass(frozen=True)
class Thanks:
    """What a company wrote when its case was closed. `company` is empty where it did not agree to be named."""

    words: str
    score: int | None
    at: datetime
    company: str
    category_code: str


@dataclass(frozen=True)
class Record:
    """Everything an expert may take along: one's own and nobody else's."""

    expert: Expert
    entries: list[HoursEntry]
    stations: dict[int, Station]
    papers: list[Certificate]
    taken_at: datetime

    @property
    def minutes(self) -> int:
        """The ledger's sum; reversals are taken off."""
        return sum(entry.minutes for entry in self.entries)


def of(expert: Expert) -> Record:
    """The whole record, oldest line first. Three queries, however much there is."""
    entries = sorted(hours.entries_of(expert.id), key=lambda entry: (entry.served_on, entry.id))
    return Record(expert, entries, stations_of(entries), certificates.of_expert(expert.id), clock.now())


def stations_of(entries: Iterable[HoursEntry]) -> dict[int, Station]:
    """The stations that recorded these lines, by id: one query."""
    ids = {entry.station_id for entry in entries}
    return {row.id: row for row in db.session.scalars(select(Station).where(Station.id.in_(ids)))} if ids else {}


def thanks(expert_id: int, words: anonymity.Words, *, most: int = 6) -> list[Thanks]:
    """Kind words of companies that agreed to be heard, newest first. Two queries.

    People's names are taken out always, a company's own unless it agreed to stand on the paper (PIPL art. 23, 25): a
    consent that was withdrawn takes its words away again.
    """
    agreed = select(Consent.case_id).where(Consent.purpose.in_(AGREED), Consent.withdrawn_at.is_(None))
    rows = list(
        db.session.scalars(
            select(Feedback)
            .join(Case, (Case.id == Feedback.case_id) & (Case.round == Feedback.round))
            .options(joinedload(Feedback.case).joinedload(Case.company))
            .where(Feedback.expert_id == expert_id, Feedback.comment != "", Case.status == Status.CLOSED)
            .where(Feedback.score.is_(None) | (Feedback.score >= LEAST_SCORE), Feedback.case_id.in_(agreed))
            .order_by(Feedback.id.desc())
            .limit(most)
        )
    )
    named = named_companies(row.case_id for row in rows)
    return [_thanks(row, words, is_named=row.case_id in named) for row in rows]


def named_companies(case_ids: Iterable[int]) -> set[int]:
    """Those of the cases whose company agreed that its name may stand on a paper: one query."""
    ids = set(case_ids)
    if not ids:
        return set()
    agreed = select(Consent.case_id).where(Consent.purpose == "paper_name", Consent.withdrawn_at.is_(None))
    return set(db.session.scalars(agreed.where(Consent.case_id.in_(ids))))


def _thanks(row: Feedback, words: anonymity.Words, *, is_named: bool) -> Thanks:
    company = row.case.company.name if row.case.company else ""
    names = anonymity.Names(company="" if is_named else company, contacts={row.case.contact_name, row.by_name})
    return Thanks(
        words=anonymity.hidden(row.comment, names, words),
        score=row.score,
        at=row.at,
        company=company if is_named else "",
        category_code=row.case.category_code or "",
    )
