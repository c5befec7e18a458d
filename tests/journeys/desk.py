"""A help desk that answers on a port of its own, for tests that sit in front of a real browser.

Its clock starts at the tests' Wednesday morning and runs on from there, so a walk reads the same dates every day;
`desk.move(days=8)` lets time pass. The worker is a step of the test: `desk.work()`.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from helpdesk import clock, create_app
from helpdesk.db import begin, db, transaction
from helpdesk.jobs import registry, worker
from helpdesk.presentation.navigation import home_for
from tests.cast import Cast
from tests.conftest import NOW, settings
from tests.make import Make


class Quiet(WSGIRequestHandler):
    """A handler that prints nothing; what goes wrong is in the answer."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class Desk:
    """The application on its own copy of the template database, answering at `desk.address`."""

    def __init__(self, template: Path, folder: Path, **more: Any) -> None:
        shutil.copy(template, folder / "desk.db")
        self.server = make_server("127.0.0.1", 0, _nobody, threaded=True, request_handler=Quiet)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        values = settings(folder, f"sqlite:///{folder / 'desk.db'}")
        self.app: Flask = create_app({**values, "PUBLIC_URL": self.address, **more})
        self.began, self.moved = monotonic(), timedelta()
        self.server.app = self._with_clock(self.app.wsgi_app)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def now(self) -> datetime:
        """What time it is at this desk."""
        return NOW + self.moved + timedelta(seconds=monotonic() - self.began)

    def move(self, **delta: float) -> None:
        """Let time pass."""
        self.moved += timedelta(**delta)

    def _with_clock(self, app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
        # The house's clock is a context variable; every request runs in a thread that has to be told.
        def timed(environ: Any, start_response: Any) -> Iterable[bytes]:
            with clock.at(self.now()):
                return app(environ, start_response)

        return timed

    @contextmanager
    def inside(self) -> Iterator[Make]:
        """Behind the counter: a Make in one transaction, for what a test needs to be there already."""
        with self.app.app_context(), clock.at(self.now()):
            with transaction():
                yield Make(Cast())
            db.session.remove()

    @contextmanager
    def reading(self) -> Iterator[Cast]:
        """Behind the counter, only looking."""
        with self.app.app_context(), clock.at(self.now()):
            begin(read_only=True)
            yield Cast()
            # What was read stays readable afterwards: a rollback would empty it.
            db.session.expunge_all()
            db.session.rollback()
            db.session.remove()

    def work(self) -> int:
        """Let the background worker do what is due; returns how many jobs were done."""
        with self.app.app_context(), clock.at(self.now()):
            worker.tick()
            return worker.run_due(registry.outside_from(self.app.config))

    def cookie_of(self, login: str) -> dict[str, Any]:
        """The cookie of somebody who signed in a moment ago, for tests that are not about signing in."""
        client = self.app.test_client()
        with self.reading() as cast:
            account = cast.account(login)
            key = f"{account.id}.{account.session_epoch}"
        with client.session_transaction() as session:
            session["_user_id"], session["_fresh"] = key, True
        name = self.app.config["SESSION_COOKIE_NAME"]
        found = client.get_cookie(name)
        assert found is not None
        return {"name": name, "value": found.value, "url": self.address}

    def home_of(self, login: str) -> str:
        """Where this person lands after signing in."""
        return home_of(self.app, login)

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()


def home_of(app: Flask, login: str) -> str:
    """Where this person lands after signing in."""
    with app.test_request_context("/"):
        begin(read_only=True)
        home = home_for(getattr(Cast(), login))
        db.session.rollback()
    return home


def _nobody(environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("503 Service Unavailable", [])
    return [b""]
