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
from typing import Any

from flask import Flask, current_app
from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from helpdesk import clock
from helpdesk.adapters import Trouble
from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.scan import ScanTrouble
from helpdesk.adapters.signing import SigningUnavailable
from helpdesk.adapters.storage import StorageTrouble
from helpdesk.adapters.wake import Bell
from helpdesk.db import begin, db, only_row, transaction
from helpdesk.jobs.registry import JOBS, LANES, ROUNDS, SCHEDULE, Outside, Work
from helpdesk.models import Beat, Job, JobStatus

log = logging.getLogger("helpdesk.worker")

HOST = socket.gethostname()[:30]
NAME = f"{HOST}:{os.getpid()}"


def claim(lanes: tuple[str, ...] = LANES) -> Job | None:
    """The next due job of these lanes, marked as ours until its lease ends; None when there is none."""
    moment = clock.now()
    names = [name for name, work in JOBS.items() if work.lane in lanes]
    due = or_(
        (Job.status == JobStatus.PENDING) & (Job.run_at <= moment),
        (Job.status == JobStatus.RUNNING) & (Job.lease_until < moment),
    )
    begin(read_only=True)
    found = db.session.execute(
        select(Job.id, Job.name).where(due, Job.name.in_(names)).order_by(Job.run_at, Job.id).limit(1)
    ).first()
    db.session.rollback()
    if found is None:
        return None
    candidate, lease = found.id, JOBS[found.name].lease
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

    A job that raises is tried again, later each time; after its last try it rests as failed, with its error.
    """
    job_id, attempts, work, payload = job.id, job.attempts, JOBS[job.name], job.payload
    try:
        begin(read_only=True)
        prepared = work.prepare(outside, payload)
        db.session.rollback()
        with transaction():
            work.finish(payload, prepared)
            db.session.execute(
                update(Job)
                .where(Job.id == job_id)
                .values(status=JobStatus.DONE, done_at=clock.now(), lease_until=None, error=None)
                .execution_options(synchronize_session=False)
            )
    except Exception as error:
        db.session.rollback()
        # What the set-up or the world outside lacks is said in a line; only what nobody foresaw needs a trace.
        foreseen = isinstance(error, (RenderingUnavailable, SigningUnavailable, Trouble, ScanTrouble, StorageTrouble))
        log.error("job %s failed: %s", job_id, error, exc_info=not foreseen)
        words = str(error) if foreseen else traceback.format_exc(limit=3)
        _put_back(job_id, attempts, work, payload, error, words)
        return False
    return True


def _put_back(job_id: int, attempts: int, work: Work, payload: dict[str, Any], error: Exception, words: str) -> None:
    gives_up = attempts >= work.tries
    with transaction():
        if work.stumble is not None:
            work.stumble(payload, error)
        if gives_up and work.give_up is not None:
            work.give_up(payload, words)
        db.session.execute(
            update(Job)
            .where(Job.id == job_id)
            .values(
                status=JobStatus.FAILED if gives_up else JobStatus.PENDING,
                run_at=clock.now() + work.pause(attempts),
                lease_until=None,
                error=words[-2000:],
            )
            .execution_options(synchronize_session=False)
        )


def run_due(outside: Outside, lanes: tuple[str, ...] = LANES, stop: threading.Event | None = None) -> int:
    """Do everything that is due now; returns how many jobs were done."""
    done = 0
    while (stop is None or not stop.is_set()) and (job := claim(lanes)) is not None:
        done += perform(job, outside)
        db.session.remove()
    return done


def free_orphans() -> int:
    """What a worker of this machine held when it was killed is due at once; its lease need not run out."""
    held = db.session.execute(
        select(Job.id, Job.worker).where(Job.status == JobStatus.RUNNING, Job.worker.startswith(f"{HOST}:"))
    ).all()
    orphans = [row.id for row in held if not _lives(row.worker)]
    if orphans:
        db.session.execute(
            update(Job)
            .where(Job.id.in_(orphans), Job.status == JobStatus.RUNNING)
            .values(lease_until=clock.now() - timedelta(seconds=1))
            .execution_options(synchronize_session=False)
        )
    return len(orphans)


def _lives(worker: str) -> bool:
    pid = worker.rpartition(":")[2]
    if not pid.isdigit() or int(pid) == os.getpid():
        return False  # we have only just begun: what bears our number is of a predecessor
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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


def go_round(outside: Outside, lanes: tuple[str, ...] = LANES) -> list[str]:
    """Make the rounds of these lanes whose time has come; two workers never begin the same one in the same interval."""
    made = []
    for row in ROUNDS:
        if row.lane in lanes:
            with transaction():
                is_ours = _take_beat(row.name, row.seconds)
            db.session.remove()
            if is_ours:
                row.verb(outside)
                made.append(row.name)
                db.session.remove()
    return made


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
    """Work until told to stop: rows, clock jobs, a sign of life; a ring of the bell shortens the wait.

    The first lane is worked here, each other one by a thread of its own.
    """
    log.info("worker %s begins", NAME)
    with transaction():
        free_orphans()
    db.session.remove()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    others = [threading.Thread(target=_work_lane, args=(app, lane, outside, stop), name=lane) for lane in LANES[1:]]
    for thread in others:
        thread.start()
    while not stop.is_set():
        try:
            with transaction():
                _take_beat("worker", 0)
            tick()
            run_due(outside, LANES[:1], stop)
        except Exception:
            log.exception("the worker stumbled and goes on")
            db.session.rollback()
        db.session.remove()
        bell.wait(0.5, stop)
    for thread in others:
        thread.join()
    log.info("worker %s ends", NAME)


def _work_lane(app: Flask, lane: str, outside: Outside, stop: threading.Event) -> None:
    with app.app_context():
        while not stop.is_set():
            try:
                go_round(outside, (lane,))
                run_due(outside, (lane,), stop)
            except Exception:
                log.exception("the lane %s stumbled and goes on", lane)
                db.session.rollback()
            db.session.remove()
            stop.wait(0.5)
