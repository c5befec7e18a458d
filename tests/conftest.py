"""Fixtures everybody uses: app, browser, cast, make, clock. One migrated SQLite file is copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import make_url

from helpdesk import clock as house_clock
from helpdesk import config, create_app
from helpdesk.db import begin, db, transaction
from helpdesk.domain import reference, suggestion
from tests import servers
from tests.browser import Browser
from tests.cast import Cast, gather
from tests.make import Make

# A Wednesday morning in a year whose holidays are known.
NOW = datetime(2026, 11, 18, 2, 0, tzinfo=UTC)


def settings(folder: Path, url: str) -> dict[str, Any]:
    """Settings of a test application; nothing of the environment gets in."""
    return {
        "TESTING": True,
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": url,
        "SECRET_KEY": "only for tests",
        "FILES_DIR": str(folder / "files"),
        "FILES_URL": "",
        "CLAMD_URL": "",
        "REDIS_URL": "",
        "MAIL_URL": "",
        "MAIL_FROM": "",
        "PDF_ENGINE": "null",
        "OFFER_UNDO_SECONDS": 0,
        "PUBLIC_URL": "https://desk.example",
    }


def migrated(folder: Path, url: str) -> Flask:
    """An application on a database brought up by the migrations, with reference data and the cast."""
    from flask_migrate import upgrade

    app = create_app(settings(folder, url))
    with app.app_context():
        upgrade()
        with house_clock.at(NOW), transaction():
            reference.load_all()
            gather()
        db.session.remove()
        db.engine.dispose()
    return app


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every test has an application of its own; what they make of the templates is compiled once."""
    plain = Flask.jinja_options
    cache = FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))
    Flask.jinja_options = {**plain, "bytecode_cache": cache}
    yield
    Flask.jinja_options = plain


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the cast in it, made once."""
    folder = tmp_path_factory.mktemp("template")
    path = folder / "template.db"
    app = migrated(folder, f"sqlite:///{path}")
    with app.app_context():
        connection = db.engine.raw_connection()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        db.engine.dispose()
    return path


@pytest.fixture
def clock() -> Iterator[Any]:
    """The clock stands at a Wednesday morning; `clock(days=1)` moves it on."""
    with house_clock.at(NOW):
        yield house_clock


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application that tests on SQLite share: its routes, templates and statements are compiled once."""
    folder = tmp_path_factory.mktemp("house")
    return create_app(settings(folder, f"sqlite:///{folder / 'test.db'}"))


@pytest.fixture
def app(house: Flask, template_database: Path, tmp_path: Path, clock: Any) -> Iterator[Flask]:
    """The application on a fresh copy of the template database, with settings and folders of its own, in a context."""
    url = house.config["DATABASE_URL"]
    for ending in ("", "-wal", "-shm"):
        Path(url.removeprefix("sqlite:///") + ending).unlink(missing_ok=True)
    shutil.copy(template_database, url.removeprefix("sqlite:///"))
    # What a process has learned of one database says nothing about the next one under the same name.
    suggestion.memory = suggestion.Memory()
    before = dict(house.config)
    house.config.update(config.for_flask(tmp_path, settings(tmp_path, url)))
    config.use(house.config)
    with house.app_context():
        yield house
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    house.config.clear()
    house.config.update(before)


@pytest.fixture
def cast(app: Flask) -> Cast:
    """The people everyone knows, by name."""
    begin(read_only=False)
    return Cast()


@pytest.fixture
def make(app: Flask, cast: Cast) -> Make:
    """The smallest valid thing, override what matters."""
    return Make(cast)


@pytest.fixture
def browser(app: Flask, cast: Cast) -> Browser:
    """A browser that checks every page it sees."""
    return Browser(app, cast)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A throw-away PostgreSQL."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated database with the cast in it, made once; its user may create databases."""
    with servers.postgres_database(postgres_url, "helpdesk_template") as url:
        migrated(tmp_path_factory.mktemp("postgres"), url)
        yield make_url(url).database or ""


@pytest.fixture
def postgres_copy(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """A PostgreSQL database of one's own, migrated, with the cast in it."""
    with servers.postgres_database(postgres_url, "helpdesk_test", postgres_template) as url:
        yield url


@pytest.fixture
def postgres_empty(postgres_url: str) -> Iterator[str]:
    """A PostgreSQL database of one's own with nothing in it."""
    with servers.postgres_database(postgres_url, "helpdesk_empty") as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A throw-away Redis."""
    with servers.redis() as url:
        yield url


@pytest.fixture(scope="session")
def imap_url() -> Iterator[str]:
    """A throw-away IMAP server."""
    with servers.imap() as url:
        yield url


@pytest.fixture(scope="session")
def s3_url() -> Iterator[str]:
    """A throw-away S3 store."""
    with servers.s3() as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """The same on either engine: `town.case("consulting")`, `town.cast.wang`. A transaction is open."""
    if request.param == "sqlite":
        request.getfixturevalue("app")
        begin(read_only=False)
        yield Make(Cast())
        return
    app = create_app(settings(tmp_path, request.getfixturevalue("postgres_copy")))
    with house_clock.at(NOW), app.app_context():
        begin(read_only=False)
        yield Make(Cast())
        db.session.remove()
        db.engine.dispose()
