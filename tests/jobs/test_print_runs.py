"""Print runs: every certificate exactly once, whoever is killed when; what ends meanwhile is left out and listed."""

from __future__ import annotations

import contextlib
import csv
import io
import os
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import func, select, update

from helpdesk import clock as house_clock
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf import RenderingUnavailable
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage import StorageTrouble
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.config import ROOT
from helpdesk.db import db, transaction
from helpdesk.domain import print_runs
from helpdesk.domain.print_runs import Wish
from helpdesk.errors import NotFound, Refused
from helpdesk.jobs import worker
from helpdesk.jobs.registry import JOBS, Outside
from helpdesk.models import (
    Certificate,
    Job,
    JobStatus,
    LeftOut,
    PaperStatus,
    PrintRun,
    PrintRunItem,
    PrintRunState,
)
from tests.cast import OTHER
from tests.season import season

LANES = ("prints",)

# A worker that is killed by itself, at the n-th of its steps: a file read or stored, a piece of a large file, a commit.
# So a kill falls anywhere, however fast the machine is.
WORKER = """
import os, signal, sys
from datetime import UTC, datetime
from helpdesk import clock, create_app
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.db import db, transaction
from helpdesk.jobs import registry, worker
url, folder, moment, last = sys.argv[1:5]
clock.now = lambda: datetime.fromisoformat(moment)
left = [int(last)]
def step():
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
class Mortal(FolderStorage):
    def put(self, key, data):
        step(); super().put(key, data); step()
    def get(self, key):
        step(); return super().get(key)
    def put_pieces(self, key, pieces):
        def mortal():
            for piece in pieces:
                step(); yield piece
        super().put_pieces(key, mortal()); step()
app = create_app({"DATABASE_URL": url, "INSTANCE_DIR": folder, "SECRET_KEY": "only for tests", "PDF_ENGINE": "null",
                  "FILES_DIR": folder + "/files", "PUBLIC_URL": "https://desk.example"})
with app.app_context():
    commit = db.session.commit
    def mortal_commit():
        step(); commit(); step()
    db.session.commit = mortal_commit
    outside = registry.outside_from(app.config)
    outside = registry.Outside(outside.renderer, Mortal(outside.storage.root), outside.mailer)
    with transaction():
        worker.free_orphans()
    db.session.remove()
    worker.run_due(outside, ("prints",))
"""


def outside(storage=None, renderer=None) -> Outside:
    return Outside(renderer or NullRenderer(), storage if storage is not None else MemoryStorage(), MemoryMailer())


def wish(**more) -> Wish:
    today = house_clock.today()
    return Wish(**{"first": today - timedelta(days=30), "last": today, **more})


def begin(by, **more) -> int:
    run = print_runs.start(wish(**more), by, locale="zh_Hans_CN")
    db.session.commit()
    return run.id


def the(run_id: int) -> PrintRun:
    return db.session.get_one(PrintRun, run_id, populate_existing=True)


def work(world: Outside, lanes=LANES) -> int:
    db.session.rollback()
    return worker.run_due(world, lanes)


@contextlib.contextmanager
def written() -> Iterator[None]:
    db.session.rollback()
    with transaction():
        yield


def pages(data: bytes) -> list[str]:
    """The text of each page."""
    book = pypdfium2.PdfDocument(data)
    try:
        return [book[n].get_textpage().get_text_range().strip() for n in range(len(book))]
    finally:
        book.close()


def manifest(archive: zipfile.ZipFile) -> list[list[str]]:
    text = archive.read("清单.csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_a_season_becomes_one_zip_and_one_pdf_in_the_same_order(make, cast):
    numbers = season(make, 60)
    run_id = begin(cast.wang, station_id=cast.station().id)
    world = outside()
    assert work(world, LANES) == 4, "three portions, one binding"
    run = the(run_id)
    assert (run.state, run.position) == (PrintRunState.READY, 60)
    assert pages(world.storage.get(run.pdf_key)) == numbers
    archive = zipfile.ZipFile(io.BytesIO(world.storage.get(run.zip_key)))
    assert archive.testzip() is None
    names = archive.namelist()
    assert [n.rpartition("/")[2][:15] for n in names[:-1]] == numbers
    assert names[0].endswith(f"/{numbers[0]} 陈明远.pdf")
    rows = manifest(archive)
    assert rows[0] == ["证书编号", "姓名", "小时", "SHA-256", "状态"]
    assert [row[0] for row in rows[1:]] == numbers
    assert rows[1][1:3] == ["陈明远", "1.0"]
    stored = {row.number: row.pdf_sha256 for row in db.session.scalars(select(Certificate))}
    assert {row[0]: row[3] for row in rows[1:]} == stored
    # The certificates in the archive are the very files that were issued, not copies drawn anew.
    one = db.session.scalars(select(Certificate).where(Certificate.number == numbers[3])).one()
    assert archive.read(names[3]) == world.storage.get(one.pdf_key)


def test_whoever_is_killed_when_every_certificate_is_there_exactly_once(app, make, cast, tmp_path):
    """A worker dies at a random step of its work, a dozen times; then one is let live."""
    numbers = season(make, 60)
    run_id = begin(cast.wang, station_id=cast.station().id)
    db.session.remove()
    chance, deaths = random.Random(7), 0
    for _life in range(200):
        last = chance.randint(1, 90) if deaths < 12 else 0
        process = subprocess.run(
            [sys.executable, "-c", WORKER, app.config["SQLALCHEMY_DATABASE_URI"], str(tmp_path),
             house_clock.now().isoformat(), str(last)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE,
        )  # fmt: skip
        if process.returncode == -signal.SIGKILL:
            deaths += 1
            continue
        assert process.returncode == 0, process.stderr.decode()
        if the(run_id).state is PrintRunState.READY:
            break
    assert deaths >= 5
    run, storage = the(run_id), FolderStorage(tmp_path / "files")
    assert run.state is PrintRunState.READY
    assert pages(storage.get(run.pdf_key)) == numbers
    names = zipfile.ZipFile(io.BytesIO(storage.get(run.zip_key))).namelist()
    assert [n.rpartition("/")[2][:15] for n in names[:-1]] == numbers
    assert db.session.scalar(select(func.count()).select_from(PrintRunItem)) == 60
    drawn = db.session.scalars(select(Certificate.pdf_key)).all()
    assert len(drawn) == 60
    assert all(storage.exists(key) for key in drawn)


def test_what_ends_before_the_files_are_ready_is_left_out_and_listed(make, cast):
    numbers = season(make, 30)
    run_id = begin(cast.zhou)
    world = outside()
    job = worker.claim(LANES)
    assert worker.perform(job, world)
    with written():
        db.session.execute(
            update(Certificate)
            .where(Certificate.number.in_(numbers[2:4]))
            .values(status=PaperStatus.REVOKED, revoked_reason="写错了人")
        )
    work(world, LANES)
    run = the(run_id)
    kept = [n for n in numbers if n not in numbers[2:4]]
    assert pages(world.storage.get(run.pdf_key)) == kept
    archive = zipfile.ZipFile(io.BytesIO(world.storage.get(run.zip_key)))
    assert len(archive.namelist()) == 29
    told = {row[0]: row[4] for row in manifest(archive)[1:]}
    assert [told[n] for n in numbers[1:4]] == ["有效，已打印", "已撤销，未打印", "已撤销，未打印"]
    assert [(row.number, why) for row, why in print_runs.left_out(run)] == [(n, LeftOut.REVOKED) for n in numbers[2:4]]


def test_what_ends_while_the_files_are_written_has_them_written_again(make, cast, monkeypatch):
    numbers = season(make, 3)
    run_id = begin(cast.zhou)
    world, real = outside(), JOBS[print_runs.BIND].prepare

    def meanwhile(*given):
        done = real(*given)
        with written():
            db.session.execute(
                update(Certificate)
                .where(Certificate.number == numbers[0])
                .values(status=PaperStatus.REVOKED, revoked_reason="写错了人")
            )
        return done

    monkeypatch.setitem(JOBS, print_runs.BIND, _with(JOBS[print_runs.BIND], prepare=meanwhile))
    work(world, LANES)
    run = the(run_id)
    assert (run.state, run.round) == (PrintRunState.READY, 1)
    assert pages(world.storage.get(run.pdf_key)) == numbers[1:]
    assert len([key for key in world.storage.files if key.startswith("prints/")]) == 2, "the first ones are gone"


def _with(work, **more):
    from dataclasses import replace

    return replace(work, **more)


def test_a_file_that_is_gone_and_one_that_is_broken_are_left_out(make, cast):
    storage = MemoryStorage()
    numbers = season(make, 4, storage=storage)
    by_number = {row.number: row for row in db.session.scalars(select(Certificate))}
    storage.delete(by_number[numbers[0]].pdf_key)
    storage.put(by_number[numbers[2]].pdf_key, b"no PDF")
    run_id = begin(cast.zhou)
    work(outside(storage), LANES)
    run = the(run_id)
    assert pages(storage.get(run.pdf_key)) == [numbers[1], numbers[3]]
    assert {why for _, why in print_runs.left_out(run)} == {LeftOut.MISSING}


def test_one_that_cannot_be_drawn_holds_up_none_and_a_machine_that_cannot_is_tried_again(make, cast):
    numbers = season(make, 5)

    class Picky(NullRenderer):
        bad = {numbers[1]}

        def render(self, facts):
            if facts.number in self.bad:
                raise RenderingUnavailable("no such character")
            return super().render(facts)

    run_id = begin(cast.zhou)
    everything = Picky()
    everything.bad = set(numbers)
    world = outside(renderer=everything)
    moment = house_clock.now()
    for _ in range(JOBS[print_runs.DRAW].tries):
        with house_clock.at(moment):
            work(world, LANES)
        moment += timedelta(hours=2)
    assert (the(run_id).state, the(run_id).error) == (PrintRunState.FAILED, "no such character")
    with written():
        print_runs.go_on(the(run_id), cast.zhou)
    work(outside(world.storage, Picky()), LANES)
    run = the(run_id)
    assert run.state is PrintRunState.READY
    assert pages(world.storage.get(run.pdf_key)) == [n for n in numbers if n != numbers[1]]
    assert [why for _, why in print_runs.left_out(run)] == [LeftOut.UNDRAWN]


def test_a_storage_that_takes_nothing_is_tried_again(make, cast):
    class Full(MemoryStorage):
        def put_pieces(self, key, pieces):
            raise StorageTrouble("full")

    numbers = season(make, 2)
    run_id = begin(cast.zhou)
    full = Full()
    assert work(outside(full), LANES) == 1
    assert the(run_id).state is PrintRunState.BINDING
    roomy = MemoryStorage()
    roomy.files, roomy.moments = full.files, full.moments
    with house_clock.at(house_clock.now() + timedelta(hours=1)):
        assert work(outside(roomy), LANES) == 1
    assert pages(roomy.get(the(run_id).pdf_key)) == numbers


def test_a_coordinator_prints_the_own_station_and_the_operator_all(make, cast):
    season(make, 2)
    longgang = make.case("closed", company=OTHER, phone="13900000001")
    theirs = db.session.scalars(select(Certificate.number).where(Certificate.case_id == longgang.id)).one()
    db.session.commit()
    assert print_runs.count(wish(), cast.wang).certificates == 2
    assert print_runs.count(wish(), cast.zhao).certificates == 1
    assert print_runs.count(wish(), cast.zhou).certificates == 3
    assert print_runs.count(wish(), cast.chen).certificates == 0
    assert print_runs.count(wish(station_id=cast.station().id), cast.zhao).certificates == 0
    assert print_runs.count(wish(category="legal"), cast.zhou).certificates == 0
    assert print_runs.count(wish(last=house_clock.today() - timedelta(days=1)), cast.zhou).certificates == 0
    run_id = begin(cast.zhao)
    world = outside()
    work(world, LANES)
    assert pages(world.storage.get(the(run_id).pdf_key)) == [theirs]


def test_what_was_printed_is_not_printed_again_unless_it_is_wanted(make, cast):
    season(make, 3)
    run_id = begin(cast.zhou)
    assert begin(cast.zhou) == run_id, "twice pressed is once"
    assert print_runs.count(wish(), cast.zhou).certificates == 3, "not printed before it is ready"
    work(outside(), LANES)
    db.session.rollback()
    assert print_runs.count(wish(), cast.zhou).certificates == 0
    assert print_runs.count(wish(unprinted=False), cast.zhou).certificates == 3
    with pytest.raises(Refused, match="nothing_to_print"):
        print_runs.start(wish(), cast.zhou, locale="en")


def test_days_the_wrong_way_round_and_too_many_are_refused(make, cast, monkeypatch):
    season(make, 3)
    with pytest.raises(Refused, match="days_reversed"):
        print_runs.start(wish(last=house_clock.today() - timedelta(days=60)), cast.zhou, locale="en")
    monkeypatch.setattr(print_runs, "MOST", 2)
    with pytest.raises(Refused, match="too_many_to_print"):
        print_runs.start(wish(), cast.zhou, locale="en")


def test_a_cancelled_run_stops_and_leaves_nothing(make, cast):
    season(make, 30)
    run_id = begin(cast.zhou)
    world = outside()
    worker.perform(worker.claim(LANES), world)
    with written():
        print_runs.cancel(the(run_id), cast.zhou)
    work(world, LANES)
    assert the(run_id).state is PrintRunState.CANCELLED
    assert not [key for key in world.storage.files if key.startswith("prints/")]
    with pytest.raises(Refused, match="print_run_over"):
        print_runs.cancel(the(run_id), cast.zhou)
    with pytest.raises(Refused, match="print_run_not_stopped"):
        print_runs.go_on(the(run_id), cast.zhou)


def test_files_go_after_their_days_and_what_nobody_has_goes_too(make, cast):
    season(make, 2)
    run_id = begin(cast.zhou)
    world = outside()
    work(world, LANES)
    token = print_runs.link_token(the(run_id), "pdf")
    world.storage.put("prints/99-abc.zip", b"left by a crash")
    with house_clock.at(house_clock.now() + timedelta(days=10)), written():
        assert print_runs.sweep(world.storage) == 1, "what no run has"
        assert the(run_id).state is PrintRunState.READY
    with house_clock.at(house_clock.now() + timedelta(days=15)):
        with written():
            assert print_runs.sweep(world.storage) == 2
        assert the(run_id).state is PrintRunState.SWEPT
        with pytest.raises(NotFound):
            print_runs.open_by_token(token, world.storage)
    with written():
        assert print_runs.count(wish(), cast.zhou).certificates == 0, "still printed"
    for nonsense in ("", "x.y.z", token + "a"):
        with pytest.raises(NotFound):
            print_runs.open_by_token(nonsense, world.storage)


def test_the_sweep_is_asked_for_by_the_clock(make, cast):
    with written():
        print_runs.ask_to_sweep()
        print_runs.ask_to_sweep()
    assert work(outside(), ("files",)) == 1
    assert db.session.scalars(select(Job.status).where(Job.name == print_runs.SWEEP)).all() == [JobStatus.DONE]


# Binds certificates that differ as real ones do (each brings 60 kB of its own) and says the highest memory.
BINDS = """
import os, resource, sys
from datetime import datetime
from pathlib import Path
from helpdesk.adapters.archive import Entry, zip_pieces
from helpdesk.adapters.pdf import binder
from helpdesk.adapters.pdf.null import one_line_pdf
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.domain import print_runs
storage, count = FolderStorage(Path(sys.argv[1])), int(sys.argv[2])
def one(n):
    import zlib
    own = os.urandom(60_000)
    page = one_line_pdf(f"N-{n}").replace(b"/Resources<<", b"/Resources<</XObject<</X 6 0 R>>")
    body = page[: page.index(b"xref")]
    return (body + b"6 0 obj\\n<</Type/XObject/Subtype/Image/Width 1/Height 60000/BitsPerComponent 8"
            b"/ColorSpace/DeviceGray/Length 60000>>\\nstream\\n" + own + b"\\nendstream\\nendobj\\n"
            b"trailer\\n<</Size 7/Root 1 0 R>>\\nstartxref\\n0\\n%%EOF\\n")
moment = datetime(2026, 11, 18)
print_runs.keep(storage, "prints/1.zip", zip_pieces(Entry(f"{n}.pdf", one(n), moment) for n in range(count)))
kept = print_runs.keep(storage, "prints/1.pdf", binder.bind((one(n) for n in range(count)), title="t"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, kept.size)
"""


def _binds(folder: Path, count: int) -> tuple[int, int]:
    done = subprocess.run(
        [sys.executable, "-c", BINDS, str(folder), str(count)],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    kilobytes, size = done.stdout.split()
    return int(kilobytes), int(size)


def test_twice_as_many_certificates_need_no_more_memory(tmp_path):
    """Two hundred and four hundred, in processes of their own: 12 MB more of paper, hardly more memory."""
    few, small = _binds(tmp_path, 200)
    many, large = _binds(tmp_path, 400)
    assert large > small * 1.9
    assert many - few < 4_000, f"{many - few} kB more for {(large - small) // 1000} kB more"
