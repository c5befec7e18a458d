"""The 志愿服务记录证明: a volunteer draws one up alone, for any period, at once and free (办法67 art. 12-15)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import (
    accounts,
    experts,
    numbers,
    own_record,
    papers,
    record_paper,
)
from helpdesk.errors import Refused
from helpdesk.models import (
    Activity,
    Case,
    Category,
    Certificate,
    ConfirmedBy,
    Expert,
    HoursEntry,
    PaperStatus,
    Statement,
    Station,
)
from helpdesk.rules import anonymity, policy
from helpdesk.rules.policy import Who

# Statements of one volunteer in an hour: enough for every wish, too few to fill a disk.
LIMIT, WINDOW = 20, timedelta(hours=1)
EARLIEST = date(2000, 1, 1)
# What stands for names on a paper, whose words are Chinese.
WORDS = anonymity.Words(company="该企业", contact="企业联系人", expert="专家", staff="工作人员", gone="（略）")
MOST_HANDLERS = 3
# What stands in the place of an identity number that the volunteer did not want on the paper.
NO_NUMBER = "本证明不载证件号码"
# What tells a line of an activity from one of a case in the frozen facts.
ACTIVITY = "activity"


def draw_up(by: Who, *, starts_on: date, ends_on: date, id_tail: str = "", form_key: str = "") -> Statement:
    """A statement of one's own service in a period; the worker draws the PDF at once.

    The same form sent twice, and the same period again on the same day with an unchanged record, give the same paper.
    `id_tail` is what the volunteer wants to be told apart by: the last four characters of an identity number, printed
    as their own word and not checked; the number itself is never asked for (rule R16). Raises Refused, TooMany.
    """
    policy.require(by, "statements.make")
    expert = experts.expert_of(by)
    tail = id_tail.strip().upper()
    _check(starts_on, ends_on, tail)
    known = _same_form(expert, form_key)
    if known is not None:
        return known
    key = f"statement:{expert.id}"
    accounts.check_tries(key, limit=LIMIT)
    accounts.count_try(key, window=WINDOW)
    entries = _entries(expert, starts_on, ends_on)
    minutes = sum(entry.minutes for entry in entries)
    if minutes <= 0:
        raise Refused("no_hours_in_period", field="starts_on")
    last = max(entries, key=lambda entry: entry.id)
    facts = _facts(
        expert, entries, starts_on, ends_on, f"**************{tail}（本人填写）" if tail else NO_NUMBER, last.hash
    )
    same = _same_paper(expert, starts_on, ends_on, facts)
    if same is not None:
        return same
    row = Statement(
        number=numbers.statement_number(),
        code=papers.free_code(),
        status=PaperStatus.VALID,
        facts=facts,
        issued_at=clock.now(),
        expert_id=expert.id,
        starts_on=starts_on,
        ends_on=ends_on,
        minutes=minutes,
        last_entry_id=last.id,
        form_key=form_key[:40],
    )
    db.session.add(row)
    db.session.flush()
    papers.draw_later(row)
    return row


def of_expert(expert_id: int, *, most: int = 100) -> list[Statement]:
    """A volunteer's statements, newest first."""
    return list(
        db.session.scalars(
            select(Statement).where(Statement.expert_id == expert_id).order_by(Statement.id.desc()).limit(most)
        )
    )


def without_company(case: Case) -> list[str]:
    """Take a company's name off every statement that says it of this case; returns keys of PDFs to delete.

    Such a statement holds no more, because its paper says what may not be said: its holder draws up a new one.
    """
    company = case.company.name if case.company else ""
    served = select(HoursEntry.expert_id).where(HoursEntry.case_id == case.id)
    keys = []
    for row in db.session.scalars(select(Statement).where(Statement.expert_id.in_(served))):
        groups = [
            {**group, "lines": [_unnamed(line, case.number or "", company) for line in group["lines"]]}
            for group in row.facts["groups"]
        ]
        if groups == row.facts["groups"]:
            continue
        row.facts = {**row.facts, "groups": groups}
        if row.status is PaperStatus.VALID:
            row.status, row.ended_at = PaperStatus.SUPERSEDED, clock.now()
        if row.pdf_key is not None:
            keys.append(row.pdf_key)
            row.pdf_key = row.rendered_at = None
    db.session.flush()
    return keys


def _unnamed(line: dict[str, Any], number: str, company: str) -> dict[str, Any]:
    if line["number"] != number or not company:
        return line
    return {**line, "company": None, "content": line["content"].replace(company, WORDS.company)}


def span(expert_id: int) -> tuple[date, date] | None:
    """The first and the last day served; None without a line in the ledger."""
    days = list(db.session.scalars(select(HoursEntry.served_on).where(HoursEntry.expert_id == expert_id)))
    return (min(days), max(days)) if days else None


def _check(starts_on: date, ends_on: date, tail: str) -> None:
    if ends_on < starts_on:
        raise Refused("period_backwards", field="ends_on")
    if ends_on > clock.today():
        raise Refused("period_in_future", field="ends_on")
    if starts_on < EARLIEST:
        raise Refused("period_too_early", field="starts_on", year=EARLIEST.year)
    if tail and not (
        len(tail) == 4 and tail.isascii() and tail[:3].isdigit() and (tail[3].isdigit() or tail[3] == "X")
    ):
        raise Refused("id_tail_shape", field="id_tail")


def _same_form(expert: Expert, form_key: str) -> Statement | None:
    return db.session.scalar(
        select(Statement).where(Statement.expert_id == expert.id, Statement.form_key == form_key[:40])
    )


def _same_paper(expert: Expert, starts_on: date, ends_on: date, facts: dict[str, Any]) -> Statement | None:
    found = db.session.scalars(
        select(Statement).where(
            Statement.expert_id == expert.id,
            Statement.status == PaperStatus.VALID,
            Statement.starts_on == starts_on,
            Statement.ends_on == ends_on,
        )
    )
    return next((row for row in found if row.facts == facts), None)


def _entries(expert: Expert, starts_on: date, ends_on: date) -> list[HoursEntry]:
    return list(
        db.session.scalars(
            select(HoursEntry)
            .where(HoursEntry.expert_id == expert.id, HoursEntry.served_on.between(starts_on, ends_on))
            .options(joinedload(HoursEntry.case).joinedload(Case.company), joinedload(HoursEntry.activity))
            .order_by(HoursEntry.served_on, HoursEntry.id)
        )
    )


@dataclass
class _Served:
    """The lines of one case or activity in one field under one station, summed."""

    service: Case | Activity
    category: str
    station_id: int
    entries: list[HoursEntry] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(entry.minutes for entry in self.entries)

    def minutes_by(self, who: ConfirmedBy) -> int:
        return sum(entry.minutes for entry in self.entries if entry.confirmed_by is who)


def _facts(
    expert: Expert, entries: list[HoursEntry], starts_on: date, ends_on: date, id_masked: str, digest: str
) -> dict[str, Any]:
    """Everything the paper says, frozen. A fixed number of queries, however many cases there are."""
    served = _gather(entries)
    ids = {one.service.id for one in served if isinstance(one.service, Case)}
    named = own_record.named_companies(ids)
    stations = own_record.stations_of(entries)
    slips = _certificates(expert, ids)
    fields = {row.code: row for row in db.session.scalars(select(Category).order_by(Category.position))}
    lines = [entry for one in served for entry in one.entries if entry.minutes > 0]
    recorders = _recorders(served, stations, slips)
    return {
        "expert_name": expert.name,
        "expert_number": expert.volunteer_number,
        "id_masked": id_masked,
        "starts_on": starts_on.isoformat(),
        "ends_on": ends_on.isoformat(),
        "first_on": min(entry.served_on for entry in lines).isoformat(),
        "last_on": max(entry.served_on for entry in lines).isoformat(),
        "minutes_total": sum(one.minutes for one in served),
        "minutes_by_company": sum(one.minutes_by(ConfirmedBy.COMPANY) for one in served),
        "minutes_by_station": sum(one.minutes_by(ConfirmedBy.STATION) for one in served),
        "groups": [
            {
                "zh": row.zh,
                "en": row.en,
                "minutes": sum(one.minutes for one in served if one.category == code),
                "lines": [_line(one, stations, slips, named) for one in served if one.category == code],
            }
            for code, row in fields.items()
            if any(one.category == code for one in served)
        ],
        "recorders": recorders,
        "issuer_name": "、".join(dict.fromkeys(row["name"] for row in recorders)),
        "issued_on": clock.today().isoformat(),
        "ledger_digest": digest,
        **record_paper.beside(expert.id, starts_on, ends_on),
    }


def _gather(entries: Iterable[HoursEntry]) -> list[_Served]:
    """By case or activity, in the order served; what was reversed altogether is gone."""
    found: dict[tuple[object, ...], _Served] = {}
    for entry in entries:
        key = (entry.case_id, entry.activity_id, entry.category_code, entry.station_id)
        found.setdefault(key, _Served(entry.service, entry.category_code, entry.station_id)).entries.append(entry)
    return [one for one in found.values() if one.minutes > 0]


def _certificates(expert: Expert, case_ids: set[int]) -> dict[int, Certificate]:
    """The valid certificate of each case: it has the content and who handled the case, frozen."""
    rows = select(Certificate).where(
        Certificate.expert_id == expert.id,
        Certificate.case_id.in_(case_ids),
        Certificate.status == PaperStatus.VALID,
    )
    return {row.case_id: row for row in db.session.scalars(rows)}


def _line(one: _Served, stations: dict[int, Station], slips: dict[int, Certificate], named: set[int]) -> dict[str, Any]:
    by = {who for who in ConfirmedBy if one.minutes_by(who) > 0}
    modes: dict[str, int] = {}
    for entry in one.entries:
        modes[entry.how] = modes.get(entry.how, 0) + entry.minutes
    credits = [entry for entry in one.entries if entry.minutes > 0]
    what = _of_case(one.service, slips, named) if isinstance(one.service, Case) else _of_activity(one.service)
    return {
        "number": one.service.number,
        **what,
        "on": min(entry.served_on for entry in credits).isoformat(),
        "until": max(entry.served_on for entry in credits).isoformat(),
        "modes": modes,
        "minutes": one.minutes,
        "confirmed_by": "both" if len(by) == 2 else "company" if ConfirmedBy.COMPANY in by else "station",
        "recorder": stations[one.station_id].legal_entity,
    }


def _of_case(case: Case, slips: dict[int, Certificate], named: set[int]) -> dict[str, Any]:
    company = case.company.name if case.company else ""
    slip = slips.get(case.id)
    names = anonymity.Names(company="" if case.id in named else company, contacts={case.contact_name})
    return {
        "company": company if case.id in named and company else None,
        "content": anonymity.hidden(slip.facts["content"] if slip else case.title, names, WORDS),
    }


def _of_activity(activity: Activity) -> dict[str, Any]:
    return {"kind": ACTIVITY, "company": None, "content": activity.title}


def _recorders(
    served: list[_Served], stations: dict[int, Station], slips: dict[int, Certificate]
) -> list[dict[str, Any]]:
    """谁记录谁证明: each recording organisation with its own minutes, the most first."""
    rows = []
    for station_id, station in stations.items():
        own = [one for one in served if one.station_id == station_id]
        if not own:
            continue
        cases = {one.service.id for one in own if isinstance(one.service, Case)}
        activities = {one.service.id: one.service for one in own if isinstance(one.service, Activity)}
        handlers = [
            slips[one.service.id].facts["handler_name"]
            for one in own
            if isinstance(one.service, Case) and one.service.id in slips
        ]
        handlers += [activity.verified_by or "" for activity in activities.values()]
        rows.append(
            {
                "name": station.legal_entity,
                "station": station.zh,
                "head": station.head_name,
                "handlers": "、".join(list(dict.fromkeys(handlers))[:MOST_HANDLERS]),
                "contact": station.phone,
                "minutes": sum(one.minutes for one in own),
                "cases": len(cases),
                **({"activities": len(activities)} if activities else {}),
            }
        )
    return sorted(rows, key=lambda row: (-row["minutes"], row["name"], row["station"]))
