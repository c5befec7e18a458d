"""A database that is not what this version wants is named line by line, and nothing serves on it (B1 no. 10)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from helpdesk import create_app, why_not_serve
from helpdesk.adapters import schema
from helpdesk.adapters.schema import Standing
from helpdesk.config import ROOT
from helpdesk.db import db
from tests import conftest
from tests.cli.shell import run


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def migrated(request: pytest.FixtureRequest, tmp_path) -> Iterator[Flask]:
    """An application on a migrated database without rows."""
    is_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'x.db'}" if is_sqlite else request.getfixturevalue("postgres_empty")
    app = create_app(conftest.settings(tmp_path, url))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def say(*statements: str) -> None:
    for statement in statements:
        db.session.execute(text(statement))
    db.session.commit()
    db.session.remove()


def differences() -> list[str]:
    with db.engine.connect() as connection:
        return schema.differences(connection)


def standing() -> Standing:
    with db.engine.connect() as connection:
        return schema.state(connection).standing


def test_nothing_differs_after_the_migrations(migrated):
    result = run(migrated, "helpdesk", "check-db")
    assert result.exit_code == 0, result.output
    assert "is what this version wants" in result.output
    assert why_not_serve(migrated) == ""


def test_each_difference_is_a_line_that_says_what_to_do(migrated):
    sqlite = db.engine.dialect.name == "sqlite"
    say(
        "DROP INDEX ix_notices_unread",
        "DROP TABLE case_search",
        "DROP TABLE act_links",
        "ALTER TABLE notices ADD COLUMN mine INTEGER",
        "CREATE TABLE somebody_elses (id INTEGER)",
        "DROP TRIGGER events_no_update" if sqlite else "ALTER TABLE events DISABLE TRIGGER events_append_only",
        "DROP TRIGGER hours_entries_no_delete" if sqlite else "DROP TRIGGER hours_entries_no_truncate ON hours_entries",
        "DROP TRIGGER cases_tally_leave" if sqlite else "DROP TRIGGER cases_tally ON cases",
    )
    result = run(migrated, "helpdesk", "check-db")
    assert result.exit_code == 1
    lines = result.output.strip().splitlines()
    for words in (
        "index ix_notices_unread of notices is missing",
        "search table case_search is missing",
        "table act_links is missing",
        "column notices.mine is not of this version",
        "table somebody_elses is not of this version",
        "append-only protection hours_entries_no_",
        "append-only protection events_",
        "trigger cases_tally",
    ):
        found = [line for line in lines if words in line]
        assert len(found) == 1, (words, lines)
        assert ": " in found[0], "with what to do"


def test_a_missing_check_is_a_difference(migrated):
    if db.engine.dialect.name == "sqlite":
        say(
            "CREATE TABLE plain AS SELECT * FROM outages",
            "DROP TABLE outages",
            "ALTER TABLE plain RENAME TO outages",
        )
    else:
        say("ALTER TABLE outages DROP CONSTRAINT ck_outages_ends_later")
    assert any(line.startswith("check ck_outages_ends_later of outages is missing") for line in differences())


def test_missing_migrations_and_a_newer_database_are_told_apart(migrated):
    downgrade(revision="-1")
    assert standing() is Standing.BEHIND
    assert "flask db upgrade" in why_not_serve(migrated)
    upgrade()
    say("UPDATE alembic_version SET version_num = '9999'")
    assert standing() is Standing.AHEAD
    assert "newer than the code" in why_not_serve(migrated)
    result = run(migrated, "helpdesk", "check-db")
    assert (result.exit_code, len(result.output.strip().splitlines())) == (1, 1)
    result = run(migrated, "work", "--once")
    assert result.exit_code == 1 and "the worker does not start" in result.output
    told = migrated.test_client().get("/health").get_json()
    assert (told["state"], told["schema"]["state"]) == ("red", "ahead")
    assert "schema_differs" in told["troubles"]
    say("DROP TABLE alembic_version")
    assert standing() is Standing.EMPTY


def test_the_web_server_refuses_with_one_line(tmp_path):
    """gunicorn itself, on a database without a single table; commands go on working there."""
    environment = {**os.environ, "INSTANCE_DIR": str(tmp_path), "DATABASE_URL": "", "SECRET_KEY": "only for tests"}
    environment.pop("FLASK_RUN_FROM_CLI", None)
    words = [sys.executable, "-m", "gunicorn", "wsgi:app", "--bind", f"unix:{tmp_path / 's'}", "--no-control-socket"]
    said = subprocess.run(
        [*words, "--log-level", "critical"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    lines = [line for line in said.stderr.splitlines() if line.strip()]
    assert said.returncode != 0
    assert "the web server does not start: the database has no tables of ours yet. Run: flask db upgrade" in lines
    assert not any("Traceback" in line for line in lines)
