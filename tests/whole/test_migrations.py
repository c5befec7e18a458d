"""Migrations go up and down on both engines, agree with the models, and the database itself refuses change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from helpdesk import clock as house_clock
from helpdesk import create_app
from helpdesk.adapters import schema
from helpdesk.db import db, transaction
from tests import conftest
from tests.cast import Cast
from tests.make import Make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path) -> Iterator[Flask]:
    """An application on an empty database."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'empty.db'}" if is_sqlite else request.getfixturevalue("postgres_empty")
    app = create_app(conftest.settings(tmp_path, url))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_down_and_up_again(empty):
    upgrade()
    everything = tables()
    assert "hours_entries" in everything
    downgrade(revision="base")
    assert tables() == set()
    upgrade()
    assert tables() == everything


def test_models_and_migrations_agree(empty):
    upgrade()
    with db.engine.connect() as connection:
        assert schema.differences(connection) == []


def test_a_row_survives_a_step_down_and_up(empty):
    """Rebuilding tables must not take rows with it."""
    upgrade()
    with transaction():
        db.session.execute(
            text("INSERT INTO districts (code, zh, en, position) VALUES ('440305', '南山区', 'Nanshan', 1)")
        )
    downgrade(revision="-1")
    upgrade()
    assert db.session.execute(text("SELECT count(*) FROM districts")).scalar() == 1


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def lived_in(request: pytest.FixtureRequest, tmp_path) -> Iterator[Flask]:
    """A database with one closed case."""
    if request.param == "sqlite":
        app = request.getfixturevalue("app")
    else:
        app = create_app(conftest.settings(tmp_path, request.getfixturevalue("postgres_copy")))
    with app.app_context(), house_clock.at(conftest.NOW):
        with transaction():
            Make(Cast()).case("closed")
            Make(Cast()).article()
        db.session.remove()
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("table", ["hours_entries", "events", "accesses", "article_versions", "scheme_versions"])
def test_the_database_refuses_to_change_what_is_append_only(lived_in, table):
    with transaction():
        db.session.execute(
            text("INSERT INTO accesses (account_id, what, at) VALUES (1, 'test', '2026-11-18 02:00:00+00:00')")
        )
    for statement in (f"UPDATE {table} SET id = id + 1000", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(text(statement))
    assert db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar() > 0


FORBIDDEN = {
    "own hours confirmed": "UPDATE visits SET decided_by_id = expert_account_id",
    "a closed case without its time": "UPDATE cases SET closed_at = NULL",
    "an unknown state": "UPDATE cases SET status = 'lost'",
    "hours of nothing": "UPDATE visits SET contact_minutes = 0, counted_minutes = 0",
    "a visit that ends before it begins": "UPDATE visits SET ends_at = starts_at",
    "more counted than served": "UPDATE visits SET counted_minutes = contact_minutes + preparation_minutes + 1",
    "a published article that nobody reviewed": "UPDATE articles SET reviewed_at = NULL",
    "a version that was never written": "UPDATE articles SET published_version = version + 1",
    "six stars": "UPDATE feedback SET score = 6",
    "a revocation without a reason": "UPDATE certificates SET status = 'revoked'",
    "a paper of no minutes": "UPDATE certificates SET minutes = 0",
    "an accepted case that nobody has": (
        "UPDATE cases SET status = 'accepted', closed_at = NULL, expert_id = NULL, handler_id = NULL"
    ),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_database_refuses(lived_in, what):
    with pytest.raises(DBAPIError), transaction():
        db.session.execute(text(FORBIDDEN[what]))
