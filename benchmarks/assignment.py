"""A whole queue offered at once against taking turns, on the demonstration city: `python -m benchmarks.assignment`.

Each station's queue by itself, and all stations' queues as if one desk gave them out. Points are those of the offers page
(at most a hundred for a case), less what a second case of the same round costs its expert.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import select

from helpdesk import create_app
from helpdesk.cli import city
from helpdesk.db import db, transaction
from helpdesk.domain import batch, reference
from helpdesk.models import Account, Grant, Role, Station
from helpdesk.rules import policy
from helpdesk.rules.policy import SYSTEM, Who


def desks() -> list[tuple[str, Who]]:
    """One coordinator of every station that has one."""
    rows = db.session.execute(
        select(Station.en, Account)
        .join(Grant, Grant.station_id == Station.id)
        .join(Account, Account.id == Grant.account_id)
        .where(Grant.role == Role.COORDINATOR, Grant.ended_at.is_(None))
        .order_by(Station.id)
    ).all()
    found: dict[str, Who] = {}
    for name, account in rows:
        found.setdefault(name, policy.who_is(account))
    return list(found.items())


def main(url: str | None = None) -> None:
    """Print the table; `url` names a database that holds a city already."""
    with tempfile.TemporaryDirectory() as name:
        app = create_app({"DATABASE_URL": url or f"sqlite:///{Path(name) / 'city.db'}", "INSTANCE_DIR": name,
                          "SECRET_KEY": "benchmark", "PDF_ENGINE": "null"})  # fmt: skip
        with app.app_context():
            if url is None:
                upgrade()
                with transaction():
                    reference.load_all()
                city.build(360, tell=lambda _: None)
            print(f"{'queue':34}{'cases':>6}{'turns':>16}{'at once':>16}{'gain':>8}{'ms':>7}")
            cases = turns = once = 0.0
            for station, who in desks():
                found = _told(station, who)
                cases, turns, once = cases + found[0], turns + found[1], once + found[2]
            print(f"{'all stations, each by itself':34}{cases:6.0f}{turns:16.1f}{once:16.1f}{once - turns:8.1f}")
            _told("all stations as one queue", SYSTEM)
            db.session.remove()


def _told(name: str, who: Who) -> tuple[int, float, float]:
    start = time.perf_counter()
    found = batch.plan(who)
    spent = 1000 * (time.perf_counter() - start)
    n = len(found.pairs) + len(found.left)
    if n:
        given = f"{found.greedy:.1f} ({found.greedy_pairs})"
        best = f"{found.total:.1f} ({len(found.pairs)})"
        print(f"{name:34}{n:6}{given:>16}{best:>16}{found.total - found.greedy:8.1f}{spent:7.0f}")
    return n, found.greedy, found.total


if __name__ == "__main__":
    main()
