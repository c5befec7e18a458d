"""The worker: claims a row, does it once, marks it. Killed anywhere, the next one carries on.

A claim is a conditional UPDATE with a lease; the effect and the mark are one transaction, so a job is either done or
not begun. What a crash left running is claimed again when its lease is over.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import traceback
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from helpdesk import clock
from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.wake import Bell
from helpdesk.db import begin, db, only_row, transaction
from helpdesk.jobs.registry import JOBS, SCHEDULE, Outside
from helpdesk.models import Beat, Job, JobStatus

log = logging.getLogger("helpdesk.worker")

LEASE = timedelta(seconds=60)
TRIES = 8
NAME = f"{socket.gethostname()[:30]}:{os.getpid()}"


def claim(*, lease: timedelta = LEASE) -> Job | None:
    """The next due job, marked as ours until its lease ends; None when there is none."""
    moment = clock.now()
    due = or_(
        (Job.status == JobStatus.PENDING) & (Job.run_at <= moment),
        (Job.status == JobStatus.RUNNING) & (Job.lease_until < moment),
    )
    begin(read_only=True)
    candidate = db.session.scalar(select(Job.id).where(due).order_by(Job.run_at, Job.id).limit(1))
    db.session.rollback()
    if candidate is None:
        return None
    with transaction():
        won = db.session.execute(
            update(Job)
            .where(Job.id == candidate, due)
            .values(status=JobStatus.RUNNING, lease_until=moment + lease, attempts=Job.attempts + 1, worker=NAME)
            .execution_options(synchronize_session=False)
        )
        if not only_row(won):
            return None
        return db.session.get_one(Job, candidate, populate_existing=True)


def perform(job: Job, outside: Outside) -> bool:
    """Do one claimed job; effect and mark are one transaction. Returns whether it was done.

    A job that raises is tried again, later each time; after eight tries it rests as failed, with its error.
    """
    job_id, attempts = job.id, job.attempts
    try:
        work = JOBS[job.name]
        begin(read_only=True)
        prepared = work.prepare(outside, job.payload)
        db.session.rollback()
        with transaction():
            work.finish(job.payload, prepared)
            db.session.execute(
                update(Job)
                .where(Job.id == job_id)
                .values(status=JobStatus.DONE, done_at=clock.now(), lease_until=None, error=None)
                .execution_options(synchronize_session=False)
            )
    except Exception as error:
        db.session.rollback()
        # What the set-up lacks is said in a line; only what nobody foresaw needs a trace.
        log.error("job %s failed: %s", job_id, error, exc_info=not isinstance(error, RenderingUnavailable))
        _put_back(job_id, attempts, traceback.format_exc(limit=3))
        return False
    return True


def _put_back(job_id: int, attempts: int, error: str) -> None:
    gives_up = attempts >= TRIES
    with transaction():
        db.session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(
                status=JobStatus.FAILED if gives_up else JobStatus.PENDING,
                run_at=clock.now() + timedelta(seconds=min(3600, 2**attempts)),
                lease_until=None,
                error=error[-2000:],
            )
            .execution_options(synchronize_session=False)
        )


def run_due(outside: Outside) -> int:
    """Do everything that is due now; returns how many jobs were done."""
    done = 0
    while (job := claim()) is not None:
        done += perform(job, outside)
        db.session.remove()
    return done


def tick() -> list[str]:
    """Run the clock jobs whose time has come; two workers never run the same one in the same interval."""
    ran = []
    for row in SCHEDULE:
        with transaction():
            if _take_beat(row.name, row.seconds):
                row.verb()
                ran.append(row.name)
        db.session.remove()
    return ran


def _take_beat(name: str, seconds: int) -> bool:
    moment = clock.now()
    insert = pg_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    statement = insert(Beat).values(name=name, at=moment)
    statement = statement.on_conflict_do_update(
        index_elements=[Beat.name],
        set_={"at": moment},
        where=Beat.at <= moment - timedelta(seconds=seconds),
    )
    return only_row(db.session.execute(statement))


def work(outside: Outside, bell: Bell, stop: threading.Event) -> None:
    """Work until told to stop: rows, clock jobs, a sign of life; a ring of the bell shortens the wait."""
    log.info("worker %s begins", NAME)
    while not stop.is_set():
        try:
            with transaction():
                _take_beat("worker", 0)
            tick()
            run_due(outside)
        except Exception:
            log.exception("the worker stumbled and goes on")
            db.session.rollback()
        db.session.remove()
        bell.wait(0.5, stop)
    log.info("worker %s ends", NAME)
