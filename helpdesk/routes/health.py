"""Whether the house is well, for machines; and the log of unusual reading, for the administrator."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import clock
from helpdesk.adapters import schema
from helpdesk.db import db
from helpdesk.domain import channels, file_checks, incoming, ledger_checks, mail_delivery, webhooks
from helpdesk.models import Access, Account, Beat, Case, Job, JobStatus
from helpdesk.routes.guard import may, open_to_all
from helpdesk.routes.page import page

bp = Blueprint("health", __name__)


@bp.get("/health")
@open_to_all
def show() -> Any:
    """Database, its revision, worker's last sign of life, work that waits or failed, what the last check of the files
    found; 503 without a database.

    `state` is red while something needs a person: `troubles` says what (docs/architecture.md).
    """
    try:
        waiting = dict(
            db.session.execute(
                select(Job.status, func.count()).where(Job.status != JobStatus.DONE).group_by(Job.status)
            ).all()
        )
        beat = db.session.scalar(select(Beat.at).where(Beat.name == "worker"))
        stands = schema.state(db.session.connection())
        troubles = _troubles() | {"schema_differs": int(bool(stands.trouble))}
        files = file_checks.latest()
    except SQLAlchemyError:
        return jsonify(database="down"), 503
    age = round((clock.now() - beat).total_seconds()) if beat else None
    return jsonify(
        state="red" if any(troubles.values()) else "green",
        troubles=[name for name, count in troubles.items() if count],
        database="up",
        schema={"state": stands.standing.value, "database": stands.database, "code": stands.code},
        worker_seen_seconds_ago=age,
        jobs_waiting=waiting.get(JobStatus.PENDING, 0) + waiting.get(JobStatus.RUNNING, 0),
        jobs_failed=waiting.get(JobStatus.FAILED, 0),
        **troubles,
        files=None
        if files is None
        else {
            "checked_at": files.at.isoformat(timespec="seconds"),
            "files": files.files,
            "missing": files.missing,
            "damaged": files.damaged,
            "orphans_deleted": files.orphans,
            "orphans_kept_back": files.kept_back,
        },
    )


def _troubles() -> dict[str, int]:
    """What has been wrong for so long that somebody should look, counted."""
    return {
        "mailboxes_silent": len(incoming.silent()),
        "letters_unreadable": incoming.broken(),
        "letters_late": mail_delivery.late(),
        "channel_messages_late": channels.late(),
        "webhook_deliveries_late": webhooks.late(),
        "webhooks_paused": webhooks.paused(),
        "files_missing_or_damaged": _bad_files(),
        "ledger_rows_bad": _bad_rows(),
    }


def _bad_rows() -> int:
    latest = ledger_checks.latest()
    return latest.bad if latest is not None else 0


def _bad_files() -> int:
    latest = file_checks.latest()
    return latest.missing + latest.damaged if latest is not None else 0


@bp.get("/accesses")
@may("accesses.list")
def accesses() -> Response:
    """Who looked at a full phone number, and what the overseer read: newest first."""
    rows = db.session.execute(
        select(Access, Account.name, Case.number)
        .join(Account, Account.id == Access.account_id)
        .outerjoin(Case, Case.id == Access.case_id)
        .order_by(Access.id.desc())
        .limit(300)
    ).all()
    return page("health/accesses.html", rows=rows)
