"""One's own record as the facts of a paper to keep; and what stands beside the services on every such paper."""

from __future__ import annotations

from datetime import date
from typing import Any

from helpdesk import clock, config
from helpdesk.adapters.pdf.record import RecordFacts
from helpdesk.domain import catalogue, honours, record_transfers, trainings
from helpdesk.domain.own_record import Record
from helpdesk.models import ConfirmedBy

EVER = (date.min, date.max)


def beside(expert_id: int, first: date = EVER[0], last: date = EVER[1]) -> dict[str, list[dict[str, Any]]]:
    """Trainings, honours and verified hours from elsewhere of a period, as `StatementFacts` takes them."""
    of_period = (first, last) if (first, last) != EVER else (None, None)
    return {
        "trainings": [
            {"name": row.name, "on": row.held_on.isoformat(), "minutes": row.minutes, "by": row.organiser}
            for row in reversed(trainings.of_expert(expert_id))
            if row.struck_at is None and first <= row.held_on <= last
        ],
        "honours": [
            {"name": row.name, "on": row.on.isoformat(), "by": row.by}
            for row in honours.held_by(expert_id)
            if first <= row.on <= last
        ],
        "transferred": [
            {"origin": row.name, "count": row.count, "minutes": row.minutes}
            for row in record_transfers.verified_of(expert_id, *of_period)
        ],
    }


def facts_of(record: Record) -> RecordFacts:
    """The whole record, every line of the ledger and every certificate. A fixed number of queries."""
    expert, taken = record.expert, clock.local(record.taken_at).date()
    others = beside(expert.id)
    fields = {row.code: row.zh for row in catalogue.categories()}
    return RecordFacts(
        number=f"{expert.volunteer_number}-{taken:%Y%m%d}",
        verification_code="",
        verify_url="",
        city=str(config.setting("CITY_CODE")),
        expert_name=expert.name,
        expert_number=expert.volunteer_number,
        registered_on=expert.registered_on,
        taken_on=taken,
        minutes_total=record.minutes,
        minutes_by_company=_by(record, ConfirmedBy.COMPANY),
        minutes_by_station=_by(record, ConfirmedBy.STATION),
        ledger_digest=max(record.entries, key=lambda entry: entry.id).hash if record.entries else "",
        lines=[
            {
                "on": entry.served_on.isoformat(),
                "number": entry.service.number or "",
                **({"kind": "activity"} if entry.activity_id is not None else {}),
                "title": entry.service.title,
                "field": fields.get(entry.category_code, entry.category_code),
                "mode": entry.how,
                "confirmed_by": entry.confirmed_by.value,
                "recorder": record.stations[entry.station_id].legal_entity,
                "minutes": entry.minutes,
                "reason": entry.reason or "",
            }
            for entry in record.entries
        ],
        papers=[
            {
                "number": row.number,
                "case": row.facts["case_number"],
                "on": row.facts["issued_on"],
                "state": row.status.value,
                "minutes": row.minutes,
            }
            for row in record.papers
        ],
        trainings=others["trainings"],
        honours=others["honours"],
        transferred=others["transferred"],
    )


def _by(record: Record, who: ConfirmedBy) -> int:
    return sum(entry.minutes for entry in record.entries if entry.confirmed_by is who)
