"""Rows are the truth: a worker killed in the middle of a rendering loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.adapters.wake import NoBell, RedisBell
from helpdesk.config import ROOT
from helpdesk.db import begin, db, transaction
from helpdesk.jobs import registry, worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import Certificate, Job, JobStatus

# A worker whose renderer says that it has begun, then takes its time.
SLOW_WORKER = """
import sys, time, threading, pathlib
from helpdesk import create_app
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.jobs import registry, worker
from helpdesk.adapters.wake import NoBell

marker, url, folder = sys.argv[1:4]

class Slow(NullRenderer):
    def render(self, facts):
        pathlib.Path(marker).write_text("begun")
        time.sleep(30)
        return super().render(facts)

app = create_app({"DATABASE_URL": url, "INSTANCE_DIR": folder, "SECRET_KEY": "x", "PDF_ENGINE": "null"})
with app.app_context():
    outside = registry.outside_from(app.config)
    worker.work(registry.Outside(Slow(), outside.storage, outside.mailer), NoBell(), threading.Event())
"""


TRIES = registry.JOBS["papers.draw"].tries


def settle() -> None:
    """What the test made is committed, and the worker starts with a session of its own."""
    db.session.commit()
    db.session.remove()


def outside() -> Outside:
    return Outside(NullRenderer(), MemoryStorage(), MemoryMailer())


def test_a_closed_case_gets_its_paper(make):
    case_id = make.case("closed").id
    settle()
    things = outside()
    assert worker.run_due(things) == 1
    paper = db.session.scalars(select(Certificate).where(Certificate.case_id == case_id)).one()
    assert paper.pdf_key in things.storage.files
    assert paper.number.encode() in things.storage.get(paper.pdf_key)
    db.session.remove()
    assert worker.run_due(things) == 0


def test_killed_in_the_middle_of_a_rendering_the_paper_appears_exactly_once(app, make, tmp_path):
    make.case("closed")
    settle()
    marker = tmp_path / "begun"
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_WORKER, marker, app.config["SQLALCHEMY_DATABASE_URI"], tmp_path],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        _wait_for(marker.exists)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    job = db.session.scalars(select(Job).where(Job.name == "papers.draw")).one()
    assert job.status is JobStatus.RUNNING
    lease_until = job.lease_until
    db.session.rollback()
    things = registry.outside_from(app.config)
    assert worker.run_due(things, ("papers",)) == 0, "its lease still stands"
    with house_clock.at(max(house_clock.now(), lease_until) + timedelta(seconds=5)):
        assert worker.run_due(things, ("papers",)) == 1
        assert worker.run_due(things, ("papers",)) == 0
    papers = db.session.scalars(select(Certificate)).all()
    assert [bool(p.pdf_key) for p in papers] == [True]
    files = [p for p in Path(app.config["FILES_DIR"]).rglob("*") if p.is_file()]
    assert len(files) == 1, files


def test_a_crash_between_file_and_mark_leaves_one_file(make):
    """The file is kept, the mark is not: drawn again, the same bytes go to the same place."""
    case_id = make.case("closed").id
    settle()
    things = outside()
    job = worker.claim()
    lease_until = job.lease_until
    begin(read_only=True)
    drawn = registry.JOBS[job.name].prepare(things, job.payload)
    db.session.rollback()
    assert drawn is not None
    with house_clock.at(lease_until + timedelta(seconds=1)):
        assert worker.run_due(things) == 1
    assert list(things.storage.files) == [drawn.key]
    assert db.session.scalars(select(Certificate.pdf_key).where(Certificate.case_id == case_id)).one() == drawn.key


def test_a_job_that_fails_is_tried_later_and_rests_after_eight_tries(make):
    make.case("closed")
    settle()

    class Broken(NullRenderer):
        def render(self, facts):
            raise RuntimeError("no paper")

    things = Outside(Broken(), MemoryStorage(), MemoryMailer())
    moment = house_clock.now()
    for _ in range(TRIES):
        moment += timedelta(hours=2)
        with house_clock.at(moment):
            assert worker.run_due(things) == 0
    job = db.session.scalars(select(Job)).one()
    assert (job.status, job.attempts) == (JobStatus.FAILED, TRIES)
    assert "no paper" in job.error


def test_two_workers_claim_a_job_once(make):
    make.case("closed")
    settle()
    first, second = worker.claim(), worker.claim()
    assert first is not None
    assert second is None


def test_a_clock_job_runs_once_in_its_interval(app, cast):
    settle()
    with transaction():
        assert worker._take_beat("test", 60)
    with transaction():
        assert not worker._take_beat("test", 60)
    with house_clock.at(house_clock.now() + timedelta(seconds=61)), transaction():
        assert worker._take_beat("test", 60)


@pytest.mark.redis
def test_a_ring_wakes_a_waiting_worker(redis_url):
    bell, stop = RedisBell(redis_url), threading.Event()
    threading.Timer(0.3, RedisBell(redis_url).ring).start()
    start = time.monotonic()
    bell.wait(5, stop)
    assert time.monotonic() - start < 3


@pytest.mark.redis
def test_redis_away_is_the_same_as_no_bell():
    bell = RedisBell("redis://127.0.0.1:1/0")
    bell.ring()
    stop = threading.Event()
    stop.set()
    bell.wait(0.1, stop)
    NoBell().ring()


def _wait_for(what, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
