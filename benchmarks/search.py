"""Search and the first page of the queue at 1,000 and 100,000 cases: `python -m benchmarks.search [cases]`.

SQLite always; PostgreSQL too where its binaries are found (a throw-away server) or TEST_DATABASE_URL names one. Cases are
made of sentences of the demo's conversations, so that words are as frequent as they are in life.
"""

from __future__ import annotations

import contextlib
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, insert, select, text

from benchmarks.pages import signed_in
from helpdesk import clock, create_app
from helpdesk.cli import city
from helpdesk.db import begin, db, transaction
from helpdesk.domain import queues, reference, search
from helpdesk.domain.queues import Filters
from helpdesk.models import Case, Role
from helpdesk.reference import load
from helpdesk.rules.policy import Held, Who
from tests import servers

QUESTIONS = {
    "two characters": ["账期", "厂房", "补贴", "认证", "合同"],
    "four characters": ["研发费用", "出口退税", "劳动仲裁", "专精特新", "股权融资"],
    "three terms": ["银行 贷款 设备", "客户 账期 合同", "厂房 租金 搬", "补贴 申报 材料", "员工 工资 合同"],
}
ROUNDS = 4


@contextlib.contextmanager
def town(url: str, folder: Path, size: int) -> Iterator[Flask]:
    """An application on a database of `size` cases, indexed."""
    app = create_app({"DATABASE_URL": url, "INSTANCE_DIR": str(folder), "SECRET_KEY": "benchmark", "PDF_ENGINE": "null",
                      "WTF_CSRF_ENABLED": False, "TESTING": True})  # fmt: skip
    with app.app_context():
        if not url.startswith("sqlite"):
            db.session.execute(text("DROP SCHEMA public CASCADE"))
            db.session.execute(text("CREATE SCHEMA public"))
            db.session.commit()
        upgrade()
        with transaction():
            reference.load_all()
        city.build(100, tell=lambda _: None)
        with transaction():
            multiply(size)
        with transaction():
            search.reindex()
        with transaction():
            db.session.execute(text("ANALYZE"))
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


def multiply(size: int) -> None:
    """Cases with words of their own until there are `size`, spread over two years and all stations.

    The first go to the busiest station, every status as often as a page of the queue has rows: a page is then as long
    in the small city as in the large one, and what differs is only what had to be passed over to find it.
    """
    chance = random.Random(7)
    sentences = [
        piece
        for scenario in load("scenarios")
        for piece in (scenario["problem"] + "。".join(m["text"] for m in scenario["messages"])).split("。")
        if piece
    ]
    columns = [c for c in Case.__table__.columns if c.name != "id"]
    rows = [dict(r._mapping) for r in db.session.execute(select(*columns).where(Case.number.is_not(None)))]
    stations = db.session.execute(text("SELECT id, district FROM stations ORDER BY id")).all()
    busiest = db.session.execute(
        select(Case.station_id, Case.district)
        .where(Case.station_id.is_not(None))
        .group_by(Case.station_id, Case.district)
        .order_by(func.count().desc())
    ).first()
    by_status = sorted({row["status"] for row in rows})
    have = db.session.scalar(select(func.count()).select_from(Case)) or 0
    batch: list[dict[str, Any]] = []
    for n in range(max(0, size - have)):
        first = n < queues.PAGE * len(by_status)
        row = dict(chance.choice([r for r in rows if r["status"] == by_status[n % len(by_status)]] if first else rows))
        station = busiest if first else chance.choice(stations)
        row |= {
            "number": f"SZ-99-{n:06d}", "tracking_token": secrets.token_urlsafe(20), "tracking_code": f"{n:08d}",
            "title": chance.choice(sentences)[:40], "problem": "。".join(chance.sample(sentences, 4)),
            "station_id": station[0], "district": station[1],
            "submitted_at": clock.now() - timedelta(minutes=chance.randrange(1_000_000)), "merged_into_id": None,
        }  # fmt: skip
        if row["status"] == "merged":
            row["status"] = "withdrawn"
        batch.append(row)
        if len(batch) == 1000:
            db.session.execute(insert(Case), batch)
            batch.clear()
    if batch:
        db.session.execute(insert(Case), batch)


def asked(who: Who, questions: list[str], sort: str) -> tuple[float, float]:
    """Median and 95th percentile in milliseconds of a page of answers, warm."""
    spent = []
    for _ in range(ROUNDS):
        for question in questions:
            begin(read_only=True)
            start = time.perf_counter()
            queues.page(who, Filters(q=question, sort=sort))
            spent.append(1000 * (time.perf_counter() - start))
            db.session.rollback()
    spent = sorted(spent[len(questions) :])
    return statistics.median(spent), spent[int(0.95 * (len(spent) - 1))]


def written(with_index: bool) -> float:
    """Milliseconds to write one case's words, or to change a case without them; each in its own transaction."""
    spent = []
    for case_id in db.session.scalars(select(Case.id).order_by(Case.id.desc()).limit(40)).all():
        db.session.rollback()
        start = time.perf_counter()
        with transaction():
            db.session.execute(text("UPDATE cases SET version = version + 1 WHERE id = :id"), {"id": case_id})
            if with_index:
                search.write([case_id])
        spent.append(1000 * (time.perf_counter() - start))
    return statistics.median(spent)


def first_pages(app: Flask) -> dict[str, float]:
    """CPU milliseconds of each view's first page, as the coordinator with most cases."""
    desk = signed_in(app, Role.COORDINATOR)
    for view in queues.BY_NAME:
        desk.get(f"/queue?view={view}")
    found = {}
    for view in queues.BY_NAME:
        for _ in range(3):
            assert desk.get(f"/queue?view={view}").status_code == 200
        start = time.process_time()
        for _ in range(10):
            desk.get(f"/queue?view={view}")
        found[view] = 100 * (time.process_time() - start)
    return found


def main(large: int = 100_000) -> None:
    """Print the tables."""
    operator = Who(account_id=1, name="bench", held=(Held(Role.OPERATOR),))
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        engines = {"SQLite": lambda size: f"sqlite:///{folder / f'{size}.db'}"}
        if servers.postgres_is_here():
            url = stack.enter_context(servers.postgres())
            engines["PostgreSQL"] = lambda _size: url
        for engine, url_of in engines.items():
            pages = {}
            for size in (1000, large):
                with town(url_of(size), folder, size) as app:
                    pages[size] = first_pages(app)
                    if size == large:
                        _tell_search(engine, size, operator)
            slowest = max(pages[large], key=lambda view: pages[large][view])
            for view in ("all", slowest):
                small, big = pages[1000][view], pages[large][view]
                print(
                    f"{engine:<12}queue, first page of view {view:<10}{small:>8.1f}{big:>8.1f} ms CPU  x{big / small:.2f}"
                )


def _tell_search(engine: str, size: int, who: Who) -> None:
    for kind, questions in QUESTIONS.items():
        for sort in ("best", "new"):
            median, worst = asked(who, questions, sort)
            print(f"{engine:<12}{size:>9,} cases  {kind:<16}{sort:<6}p50 {median:>7.1f} ms  p95 {worst:>7.1f} ms")
    print(f"{engine:<12}a change without the index {written(False):.1f} ms, with it {written(True):.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
