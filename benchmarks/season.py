"""A season of distinct certificates through the product's own print run, its worker killed three times on the way:
`.venv/bin/python -m benchmarks.season [count]` (10,000 certificates: a quarter of an hour of one core).

Database, files and keys are the product's own, in a temporary folder; the worker is a process of its own that works the
lane of print runs. It is killed (SIGKILL) after a third and two thirds of the drawing, and while the files are bound, and
begun again. At the end every certificate has to be there exactly once: in the rows, in the ZIP and in the PDF. The
memory is the highest resident set of the worker alive between two marks.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
from sqlalchemy import update

from helpdesk import clock, create_app
from helpdesk.adapters.pdf import faces
from helpdesk.db import begin, db, transaction
from helpdesk.domain import print_runs, reference
from helpdesk.jobs import registry, worker
from helpdesk.models import Certificate, PrintRun, PrintRunState
from helpdesk.rules.identifiers import CROCKFORD, group_code, luhn32

SURNAMES, NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "明远志强晓岚巧帆刚宇桐进察总管"
FIELDS = ("出口认证", "研发归集", "融资方案", "劳动合同", "商标布局", "数字化改造", "税务筹划", "厂房租约")
PAUSE = 0.25


def settings(folder: Path) -> dict[str, Any]:
    """An application of its own; the fonts are those that set-up has made."""
    return {
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'season.db'}",
        "FILES_DIR": str(folder / "files"),
        "FONTS_DIR": str(faces.fonts_dir()),
        "SECRET_KEY": "only for this measurement",
        "PUBLIC_URL": "https://wenqu.example",
        "OFFER_UNDO_SECONDS": 0,
    }


def prepare(folder: Path, count: int) -> int:
    """So many certificates that differ in number, code, name, content and hours, and a run of all of them; its number."""
    from flask_migrate import upgrade

    from tests.cast import Cast, gather
    from tests.conftest import NOW
    from tests.make import Make
    from tests.season import season

    app = create_app(settings(folder))
    # The tests' own Wednesday morning, so that no visit falls on the day before its case.
    with clock.at(NOW), app.app_context():
        upgrade()
        with transaction():
            reference.load_all()
            gather()
        begin(read_only=False)
        cast = Cast()
        season(Make(cast), count)
        rows = db.session.query(Certificate).order_by(Certificate.id).all()
        chance = random.Random(7)
        for n, row in enumerate(rows):
            body = "".join(chance.choice(CROCKFORD) for _ in range(16))
            name = SURNAMES[n % 16] + NAMES[n * 7 % len(NAMES)] + NAMES[n * 4 % len(NAMES)]
            content = f"帮助企业理清{FIELDS[n % 8]}和{FIELDS[n // 8 % 8]}，列出{n % 9 + 2}项要办的事"
            facts = {**row.facts, "expert_name": name, "content": content, "cumulative_minutes": 60 + n}
            values = {"code": group_code(body + luhn32(body)), "facts": facts}
            # Rows that are loaded need not follow: looking for each among all would take longer than drawing them.
            written = update(Certificate).where(Certificate.id == row.id).values(**values)
            db.session.execute(written.execution_options(synchronize_session=False))
        wish = print_runs.Wish(clock.today() - timedelta(days=1), clock.today(), unprinted=False)
        run = print_runs.start(wish, cast.zhou, locale="zh_Hans_CN")
        assert run.total == count, f"{run.total} of {count} chosen"
        db.session.commit()
        return run.id


def work(folder: Path) -> None:
    """The worker: whatever is due in the lane of print runs, until the run is over."""
    app = create_app(settings(folder))
    with app.app_context():
        outside = registry.outside_from(app.config)
        with transaction():
            worker.free_orphans()
        while True:
            worker.run_due(outside, ("prints",))
            over = db.session.query(PrintRun.state).order_by(PrintRun.id.desc()).limit(1).scalar()
            db.session.remove()
            if over not in print_runs.GOES_ON:
                return
            time.sleep(PAUSE)


@dataclass
class Watch:
    """The worker as its watcher sees it."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    killed: int = 0
    cpu: float = 0.0
    peak: float = 0.0
    marks: list[tuple[int, float, float]] = field(default_factory=list)

    def begin(self) -> None:
        """Start the worker, or start it again."""
        command = [sys.executable, "-m", "benchmarks.season", "work", str(self.folder)]
        self.process = subprocess.Popen(command)

    def look(self) -> None:
        """Note the resident memory, in megabytes."""
        assert self.process is not None
        try:
            text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        except FileNotFoundError:
            return
        line = next((row for row in text.splitlines() if row.startswith("VmRSS")), "VmRSS: 0 kB")
        self.peak = max(self.peak, int(line.split()[1]) / 1024)

    def kill(self) -> None:
        """As a power cut does it, and begin again."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.killed += 1
        self.begin()


def main(count: int = 10_000) -> None:
    """Print what a season of `count` takes; raises AssertionError when a certificate is missing or there twice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_id = prepare(folder, count)
        watch, begun = Watch(folder), time.monotonic()
        rows = sqlite3.connect(folder / "season.db", timeout=60)
        to_kill = [count // 3, count * 2 // 3]
        to_mark = [mark for mark in (count // 10, count // 2, count) if mark]
        watch.begin()
        drawn_after = 0.0
        while True:
            time.sleep(PAUSE)
            watch.look()
            position, state = rows.execute("SELECT position, state FROM print_runs WHERE id = ?", (run_id,)).fetchone()
            while to_mark and position >= to_mark[0]:
                watch.marks.append((to_mark.pop(0), watch.peak, time.monotonic() - begun))
                watch.peak = 0.0
            if to_kill and position >= to_kill[0]:
                to_kill.pop(0)
                watch.kill()
            if state == PrintRunState.BINDING.value and watch.killed == 2:
                drawn_after = time.monotonic() - begun
                parts = list((folder / "files" / "prints").glob("*")) if (folder / "files" / "prints").exists() else []
                if parts:
                    watch.kill()
            if state not in (PrintRunState.DRAWING.value, PrintRunState.BINDING.value):
                break
        assert watch.process is not None
        watch.process.wait()
        whole = time.monotonic() - begun
        assert state == PrintRunState.READY.value, state
        zip_mb, pdf_mb = check(folder, run_id, count)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"{count} distinct certificates, worker killed {watch.killed} times: each there exactly once")
        for mark, megabytes, after in watch.marks:
            print(
                f"{mark:>7} drawn after {after / 60:6.1f} min, highest resident memory since the mark before {megabytes:5.0f} MB"
            )
        print(
            f"bound after {whole / 60:.1f} min (drawn {drawn_after / 60:.1f}); memory while binding {watch.peak:.0f} MB"
        )
        print(
            f"CPU {used.ru_utime + used.ru_stime:.0f} s in all, {(used.ru_utime + used.ru_stime) * 1000 / count:.0f} ms each"
        )
        print(f"ZIP {zip_mb:.0f} MB, PDF for print {pdf_mb:.0f} MB")


def check(folder: Path, run_id: int, count: int) -> tuple[float, float]:
    """Every certificate once in the rows, the ZIP and the PDF; the sizes of both files in megabytes."""
    app = create_app(settings(folder))
    with app.app_context():
        storage = registry.outside_from(app.config).storage
        rows = db.session.query(Certificate.number, Certificate.pdf_sha256).all()
        run = db.session.get_one(PrintRun, run_id)
        zip_key, pdf_key = run.zip_key or "", run.pdf_key or ""
        assert not print_runs.left_out(run)
        archive, book = folder / "season.zip", folder / "season.pdf"
        for key, path in ((zip_key, archive), (pdf_key, book)):
            with path.open("wb") as file:
                for chunk in storage.stream(key):
                    file.write(chunk)
    assert len({sha for _, sha in rows}) == len({number for number, _ in rows}) == count
    with zipfile.ZipFile(archive) as packed:
        names = [entry for entry in packed.namelist() if entry.endswith(".pdf")]
    assert len(names) == len(set(names)) == count
    assert all(sum(number in entry for entry in names) == 1 for number, _ in rows[:: max(1, count // 50)])
    with pikepdf.open(book) as printed:
        assert len(printed.pages) == count
    # What the killed workers had begun is no file of ours; the nightly sweep takes it away.
    return archive.stat().st_size / 1e6, book.stat().st_size / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        work(Path(sys.argv[2]))
    else:
        main(*(int(text) for text in sys.argv[1:2]))
