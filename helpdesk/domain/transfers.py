"""Passing a case to another station: a request; the first stays accountable until the next accepts (rule R10)."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import assignment, deadlines, life, record
from helpdesk.models import Case, Station, Transfer, TransferStatus
from helpdesk.rules.policy import Who


def request(case: Case, by: Who, *, to: Station | None, reason: str, seen: int | None = None) -> Transfer:
    """Ask another station to take over. Until it accepts, nothing changes for the company."""
    record.hold(case)
    savepoint = db.session.begin_nested()
    try:
        transfer = Transfer(
            case_id=case.id,
            from_station_id=case.station_id,
            to_station_id=to.id if to else case.station_id,
            reason=reason.strip(),
            requested_by=by.name,
            requested_at=clock.now(),
        )
        life.take(
            case,
            "request_transfer",
            by,
            seen=seen,
            asked={"station_record": to, "reason": reason, "receiver_station_id": to.id if to else None},
            station=to.code if to else "",
            reason=reason.strip(),
        )
        db.session.add(transfer)
        db.session.flush()
    except BaseException:
        savepoint.rollback()
        raise
    savepoint.commit()
    return transfer


def pending(case: Case) -> Transfer | None:
    """The transfer that waits for an answer, if any."""
    return db.session.scalar(
        select(Transfer).where(Transfer.case_id == case.id, Transfer.status == TransferStatus.PENDING)
    )


def accept(case: Case, by: Who, *, seen: int | None = None) -> None:
    """The receiving station takes over: the case starts at its door again, open offers are taken back."""
    transfer = pending(case)
    target = transfer.to_station_id if transfer else case.station_id
    sender = transfer.from_station if transfer else case.station
    life.take(
        case,
        "accept_transfer",
        by,
        seen=seen,
        sets={
            "station_id": target,
            "expert_id": None,
            "handler_id": None,
            "transfer_count": Case.transfer_count + 1,
        },
        station=transfer.to_station.code if transfer else "",
        from_station=sender.code if sender else "",
    )
    assignment.rescind_all(case)
    deadlines.retarget(case)
    _decide(transfer, TransferStatus.ACCEPTED, by, "")


def bounce(case: Case, by: Who, *, reason: str, seen: int | None = None) -> None:
    """The receiving station says no; the sender keeps the case."""
    transfer = pending(case)
    life.take(
        case,
        "bounce_transfer",
        by,
        seen=seen,
        asked={"reason": reason},
        station=transfer.to_station.code if transfer else "",
        reason=reason.strip(),
    )
    _decide(transfer, TransferStatus.BOUNCED, by, reason.strip())


def cancel(case: Case, by: Who, *, seen: int | None = None) -> None:
    """The sender thinks better of it."""
    transfer = pending(case)
    life.take(case, "cancel_transfer", by, seen=seen, station=transfer.to_station.code if transfer else "")
    _decide(transfer, TransferStatus.CANCELLED, by, "")


def _decide(transfer: Transfer | None, status: TransferStatus, by: Who, answer: str) -> None:
    if transfer is not None:
        transfer.status, transfer.decided_by, transfer.decided_at = status, by.name, clock.now()
        transfer.answer = answer
        db.session.flush()


def drop_pending(case: Case, by: Who) -> None:
    """A case that ended needs no other station any more."""
    _decide(pending(case), TransferStatus.CANCELLED, by, "")
