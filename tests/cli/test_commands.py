"""The commands: what they say when something is not as it should be."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from helpdesk import create_app
from helpdesk.cli.commands import COMMANDS
from helpdesk.db import begin, db
from helpdesk.models import Account, Grant, Role
from tests.cli.shell import run
from tests.conftest import settings


@pytest.mark.parametrize("words", ["demo", "reference", "work --once", "doctor", "ledger verify", "create-admin boss"])
def test_a_database_without_tables_is_said_in_one_line(tmp_path, words):
    app = create_app(settings(tmp_path, f"sqlite:///{tmp_path / 'new.db'}"))
    said = run(app, *words.split(), typed="a long password\na long password\n")
    assert said.exit_code == 1
    last = said.output.strip().splitlines()[-1]
    assert last.startswith(("the database is not ready", "the worker does not start")) and "flask db upgrade" in last
    assert "Traceback" not in said.output


def test_a_database_that_cannot_be_reached_is_said_in_one_line(tmp_path):
    app = create_app(settings(tmp_path, "postgresql+psycopg://nobody@127.0.0.1:1/nowhere"))
    said = run(app, "doctor")
    assert said.exit_code == 1
    assert "the database is not ready" in said.output
    assert "Traceback" not in said.output


def test_every_command_says_what_it_does(app):
    for command in COMMANDS:
        said = run(app, command.name, "--help")
        assert said.exit_code == 0
        assert command.help and command.help.split(".")[0] in " ".join(said.output.split())


def test_the_first_administrator_is_made(app):
    said = run(app, "create-admin", "boss", "--password", "a long password")
    assert said.exit_code == 0, said.output
    begin(read_only=True)
    account = db.session.scalars(select(Account).where(Account.login == "boss")).one()
    assert list(db.session.scalars(select(Grant.role).where(Grant.account_id == account.id))) == [Role.ADMIN]


@pytest.mark.parametrize(
    ("login", "password"), [("boss", "short"), ("wang", "a long password"), ("", "a long password")]
)
def test_an_account_that_cannot_be_is_refused_in_one_line(app, login, password):
    said = run(app, "create-admin", login, "--password", password)
    assert said.exit_code == 1
    assert len(said.output.strip().splitlines()) == 1


def test_the_health_of_a_lived_in_house_is_good(app, make):
    make.case("closed")
    make.case("consulting", phone="13900139009")
    db.session.commit()
    db.session.remove()
    for words, answer in ((["doctor"], "all well"), (["ledger", "verify"], "the ledger holds")):
        said = run(app, *words)
        assert (said.exit_code, said.output.strip()) == (0, answer)


def test_the_index_is_written_anew(app, make):
    make.case("consulting")
    db.session.commit()
    db.session.execute(text("DELETE FROM case_search"))
    db.session.commit()
    done = run(app, "helpdesk", "reindex")
    assert done.exit_code == 0
    assert "1 cases are in the index, 0 articles in theirs" in done.output
    assert db.session.scalar(text("SELECT count(*) FROM case_search")) == 1
