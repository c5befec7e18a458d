"""Asking for work later, by name: a row in the transaction that caused it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.models import Job, JobStatus


def later(name: str, *, key: str, run_at: datetime | None = None, **payload: Any) -> Job:
    """Note that `name` is to be done with `payload`. The same `key` again is the same piece of work."""
    full_key = f"{name}:{key}"
    found = db.session.scalar(select(Job).where(Job.key == full_key))
    if found is not None:
        return found
    job = Job(name=name, key=full_key, payload=payload, run_at=run_at or clock.now(), created_at=clock.now())
    db.session.add(job)
    db.session.flush()
    return job


def afresh(name: str, *, key: str, **payload: Any) -> Job:
    """Have a piece of work that was done or given up done once more, now, with all its tries."""
    job = later(name, key=key, **payload)
    job.status, job.run_at, job.attempts, job.lease_until = JobStatus.PENDING, clock.now(), 0, None
    db.session.flush()
    return job
