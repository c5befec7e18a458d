"""Queries and CPU a page at two sizes.

Databases of 100 and 10,000 cases are made by copying rows of a small demo: the pages are asked as the coordinator of
the station that owns most of them.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, func, insert, select

from helpdesk import create_app
from helpdesk.cli import city as demo
from helpdesk.db import db, transaction
from helpdesk.domain import reference
from helpdesk.models import Account, Case, Grant, Role

SIZES = (100, 10_000)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    page: str
    queries: tuple[int, ...]
    milliseconds: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Time at the large size over time at the small one."""
        return self.milliseconds[-1] / self.milliseconds[0]


@contextlib.contextmanager
def filled(size: int, folder: Path) -> Iterator[Flask]:
    """An application on a database of about `size` cases."""
    app = create_app(
        {"DATABASE_URL": f"sqlite:///{folder / f'{size}.db'}", "INSTANCE_DIR": str(folder), "SECRET_KEY": "benchmark",
         "PDF_ENGINE": "null", "WTF_CSRF_ENABLED": False, "TESTING": True}
    )  # fmt: skip
    with app.app_context():
        upgrade()
        with transaction():
            reference.load_all()
        demo.build(100, tell=lambda _: None)
        with transaction():
            copy_cases(size)
        db.session.remove()
    yield app


def copy_cases(size: int) -> None:
    """Copies of the submitted cases with numbers and tokens of their own, until there are `size`."""
    columns = [c for c in Case.__table__.columns if c.name != "id"]
    rows = [dict(r._mapping) for r in db.session.execute(select(*columns).where(Case.number.is_not(None)))]
    have = db.session.scalar(select(func.count()).select_from(Case)) or 0
    copies = []
    for n in range(max(0, size - have)):
        row = dict(rows[n % len(rows)])
        row["number"] = f"SZ-99-{n:06d}"
        row["tracking_token"] = secrets.token_urlsafe(20)
        # Counted rather than drawn: eight characters do not tell 10,000 copies apart by chance alone.
        row["tracking_code"] = f"{n:08d}"
        copies.append(row)
    for start in range(0, len(copies), 500):
        db.session.execute(insert(Case), copies[start : start + 500])


def signed_in(app: Flask, role: Role) -> Any:
    """A client signed in as the person of this role whose unit has the most cases."""
    with app.app_context():
        busiest = select(func.count()).select_from(Case)
        unit = {
            Role.COORDINATOR: busiest.where(Case.station_id == Grant.station_id),
            Role.EXPERT: busiest.where(Case.expert_id == Grant.expert_id),
        }.get(role)
        query = select(Account).join(Grant).where(Grant.role == role)
        if unit is not None:
            query = query.order_by(unit.scalar_subquery().desc())
        account = db.session.scalars(query.limit(1)).one()
        key = f"{account.id}.{account.session_epoch}"
        db.session.remove()
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = key, True
    return client


@contextlib.contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements of the block."""
    seen: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def pages_of(app: Flask) -> list[tuple[str, Any, str]]:
    """Name, client and address of each page measured."""
    desk, expert = signed_in(app, Role.COORDINATOR), signed_in(app, Role.EXPERT)
    listing = desk.get("/queue?view=all").get_data(as_text=True)
    number = re.findall(r"SZ-\d\d-\d+", listing)[0]
    return [
        ("queue, first page", desk, "/queue?view=all"),
        ("queue, due soon", desk, "/queue?view=risk"),
        ("queue with a case open", desk, f"/queue/{number}?view=all"),
        ("case page", desk, f"/cases/{number}"),
        ("all cases", desk, "/cases"),
        ("expert's inbox", expert, "/inbox"),
        ("expert's hours", expert, "/me/hours"),
        ("front page", app.test_client(), "/"),
    ]


def measure(app: Flask) -> dict[str, tuple[int, float]]:
    """Queries and milliseconds of CPU of each page, warm."""
    found = {}
    for name, client, url in pages_of(app):
        for _ in range(3):
            assert client.get(url).status_code == 200, url
        with counted(app) as statements:
            client.get(url)
        start, rounds = time.process_time(), 20
        for _ in range(rounds):
            client.get(url)
        found[name] = (len(statements), 1000 * (time.process_time() - start) / rounds)
    return found


def table() -> list[Row]:
    """All pages at all sizes."""
    with tempfile.TemporaryDirectory() as name:
        sizes = []
        for size in SIZES:
            folder = Path(name) / str(size)
            folder.mkdir()
            with filled(size, folder) as app:
                sizes.append(measure(app))
    return [Row(page, tuple(s[page][0] for s in sizes), tuple(s[page][1] for s in sizes)) for page in sizes[0]]


def main() -> None:
    """Print the table."""
    print(f"{'page':<26}" + "".join(f"{f'queries at {s:,}':>20}" for s in SIZES)
          + "".join(f"{f'CPU ms at {s:,}':>20}" for s in SIZES) + f"{'ratio':>8}")  # fmt: skip
    for row in table():
        print(f"{row.page:<26}" + "".join(f"{q:>20}" for q in row.queries)
              + "".join(f"{m:>20.1f}" for m in row.milliseconds) + f"{row.ratio:>8.2f}")  # fmt: skip


if __name__ == "__main__":
    main()
