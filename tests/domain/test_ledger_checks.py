"""Tampering past every guard is found, and the first bad row is named (办法67 art. 3, 17; rule R06)."""

from __future__ import annotations

import pytest
from flask import current_app
from sqlalchemy import text

from helpdesk.db import begin, db
from helpdesk.domain import hours, ledger_checks, visits
from helpdesk.jobs import registry, worker
from helpdesk.models import HoursEntry
from tests.cli.shell import run


def past_the_triggers(*statements: str) -> None:
    """As somebody with the database's password and no scruples would: triggers dropped, then raw SQL."""
    db.session.commit()
    begin(read_only=False)
    if db.engine.dialect.name == "sqlite":
        for act in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER hours_entries_no_{act}"))
    else:
        db.session.execute(text("DROP TRIGGER hours_entries_append_only ON hours_entries"))
    for statement in statements:
        db.session.execute(text(statement))
    db.session.commit()
    db.session.remove()


def three_lines(make) -> list[int]:
    for n in range(3):
        make.case("closed", phone=f"1380013800{n}")
    return list(db.session.scalars(db.select(HoursEntry.id).order_by(HoursEntry.id)))


TAMPERED = {
    "minutes": "UPDATE hours_entries SET minutes = minutes + 1 WHERE id = {second}",
    "the expert": "UPDATE hours_entries SET expert_id = expert_id + 1 WHERE id = {second}",
    "who recorded it": "UPDATE hours_entries SET recorded_by_id = 1 WHERE id = {second}",
    "the expert's account": "UPDATE hours_entries SET expert_account_id = NULL WHERE id = {second}",
    "the day": "UPDATE hours_entries SET served_on = '2020-01-01' WHERE id = {second}",
    "the reason": "UPDATE hours_entries SET reason = 'x' WHERE id = {second}",
    "its own hash": "UPDATE hours_entries SET hash = 'x' WHERE id = {second}",
}


@pytest.mark.parametrize("what", TAMPERED)
def test_an_altered_line_is_named(town, what):
    _, second, _ = three_lines(town)
    past_the_triggers(TAMPERED[what].format(second=second))
    said = run(current_app._get_current_object(), "helpdesk", "ledger", "verify")
    assert said.exit_code == 1
    assert said.output.strip() == f"the ledger does not hold: row {second} was altered or is out of its chain."
    assert hours.first_bad_row() == second
    assert run(current_app._get_current_object(), "doctor").exit_code == 1


def test_a_missing_line_shows_in_the_next_one_and_the_last_ones_in_the_counter(town):
    _, second, third = three_lines(town)
    past_the_triggers(f"DELETE FROM hours_entries WHERE id = {third}")
    begin(read_only=False)
    kinds = [kind for kind, _ in ledger_checks.look().troubles]
    assert kinds[0] == "cut_off" and "minutes" in kinds and "other_line" in kinds
    db.session.execute(text(f"DELETE FROM hours_entries WHERE id < {second}"))
    assert ledger_checks.look().troubles == [("altered", str(second))]


def test_a_line_without_a_decided_visit_is_named(town):
    _, second, _ = three_lines(town)
    visit_id = db.session.get_one(HoursEntry, second).visit_id
    db.session.execute(text(f"UPDATE visits SET status = 'void' WHERE id = {visit_id}"))
    said = ledger_checks.look()
    assert said.troubles == [("undecided", str(second))]
    assert "nobody decided" in said.first
    db.session.execute(text(f"UPDATE visits SET status = 'confirmed', counted_minutes = 1 WHERE id = {visit_id}"))
    assert ledger_checks.look().troubles == [("undecided", str(second))]


def test_a_paper_with_other_minutes_is_named(town):
    _, second, third = three_lines(town)
    db.session.execute(text("UPDATE certificates SET minutes = 900 WHERE number = 'WQ-2026-0000002'"))
    db.session.execute(text("UPDATE certificates SET status = 'revoked', revoked_reason = 'x' WHERE id = 3"))
    said = ledger_checks.look()
    assert said.troubles == [("minutes", "WQ-2026-0000002"), ("no_paper", str(third))]
    assert "WQ-2026-0000002" in said.first and second


def test_the_nightly_walk_turns_health_red_and_green_again(app, make, browser):
    case = make.case("closed")
    visit_id = visits.of(case)[0].id
    db.session.execute(text(f"UPDATE visits SET counted_minutes = 1 WHERE id = {visit_id}"))
    db.session.commit()
    ledger_checks.ask_to_check()
    db.session.commit()
    worker.run_due(registry.outside_from(app.config), ("files",))
    said = browser.open("/health").get_json()
    assert (said["state"], said["ledger_rows_bad"]) == ("red", 1)
    assert "ledger_rows_bad" in said["troubles"]
    begin(read_only=False)
    db.session.execute(text(f"UPDATE visits SET counted_minutes = 60 WHERE id = {visit_id}"))
    ledger_checks.settle(ledger_checks.look())
    assert browser.open("/health").get_json()["ledger_rows_bad"] == 0


def test_lines_hashed_before_accounts_were_part_of_it_hold_still(make):
    make.case("closed")
    entry = db.session.scalars(db.select(HoursEntry)).one()
    old = hours._hash(hours._facts(entry))
    past_the_triggers(f"UPDATE hours_entries SET hash = '{old}'", _papers_digest(old))
    assert ledger_checks.look().troubles == []


def _papers_digest(value: str) -> str:
    return f"UPDATE certificates SET facts = json_set(facts, '$.ledger_digest', '{value}')"
