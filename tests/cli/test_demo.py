"""The demo city: told through the verbs, so it keeps every rule; the same moment tells the same city."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from helpdesk import clock, create_app
from helpdesk.db import begin, db
from helpdesk.domain import hours, life
from helpdesk.models import (
    Account,
    Case,
    Certificate,
    District,
    Event,
    Expert,
    HoursEntry,
    Message,
    Notice,
    Skill,
    Station,
    Status,
    Visit,
    VisitStatus,
)
from tests.cli.shell import run
from tests.conftest import NOW, settings

CASES = 60


def empty_app(folder: Path) -> Flask:
    app = create_app(settings(folder, f"sqlite:///{folder / 'demo.db'}"))
    with app.app_context():
        upgrade()
    return app


def demo(app: Flask, *words: str) -> Result:
    with clock.at(NOW):
        return run(app, "demo", *words)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    app = empty_app(tmp_path_factory.mktemp("city"))
    told = demo(app, "--cases", str(CASES))
    assert told.exit_code == 0, told.output
    with app.app_context(), clock.at(NOW):
        begin(read_only=True)
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def test_every_state_has_a_case_and_every_district_a_station(city):
    states = Counter(db.session.scalars(select(Case.status)))
    assert set(states) == set(Status)
    assert sum(states.values()) >= CASES
    with_station = set(db.session.scalars(select(Station.district)))
    assert with_station == set(db.session.scalars(select(District.code)))
    assert db.session.scalar(select(func.count()).select_from(Expert)) == 60
    assert len(set(db.session.scalars(select(Skill.category_code)))) == 10


def test_the_events_replay_to_the_state_of_each_case(city):
    for case in db.session.scalars(select(Case)):
        events = list(db.session.scalars(select(Event).where(Event.case_id == case.id)))
        assert life.replay(events) == case.status, case.number


def test_the_ledger_holds_and_has_the_confirmed_minutes_of_settled_cases(city):
    assert hours.first_bad_row() is None
    entered = dict(
        db.session.execute(
            select(HoursEntry.visit_id, func.sum(HoursEntry.minutes)).group_by(HoursEntry.visit_id)
        ).all()
    )
    for visit in db.session.scalars(select(Visit)):
        stands = visit.status in (VisitStatus.CONFIRMED, VisitStatus.VERIFIED)
        if visit.id in entered:
            assert stands and entered[visit.id] == visit.counted_minutes
        else:
            assert not stands or visit.case.status is not Status.CLOSED


def test_numbers_have_no_gaps(city):
    for column, pattern in ((Case.number, r"SZ-(\d\d)-(\d+)"), (Certificate.number, r"WQ-(\d{4})-(\d+)")):
        years: dict[str, list[int]] = {}
        for number in db.session.scalars(select(column).where(column.is_not(None))):
            year, count = re.fullmatch(pattern, number).groups()
            years.setdefault(year, []).append(int(count))
        assert years
        for year, counts in years.items():
            assert sorted(counts) == list(range(1, len(counts) + 1)), (pattern, year)


def test_nothing_is_told_of_tomorrow(city):
    assert db.session.scalar(select(func.max(Event.at))) <= clock.now()
    assert db.session.scalar(select(func.max(Message.at))) <= clock.now()
    assert db.session.scalar(select(func.max(Visit.ends_at))) <= clock.now()


def test_the_people_of_the_printed_logins_have_something_to_do(city):
    printed = re.findall(r"^  ([a-z0-9-]+) {2,}", demo(city, "--logins").output, re.MULTILINE)
    assert "expert-01" in printed
    known = set(db.session.scalars(select(Account.login).where(Account.login.in_(printed))))
    assert known == set(printed)
    star = db.session.scalars(select(Expert).order_by(Expert.id)).first()
    totals = hours.totals(star.id)
    assert 97 * 60 <= totals.minutes < 100 * 60, "two hours below a star"
    unread = db.session.scalar(
        select(func.count()).select_from(Notice).join(Account).where(
            Account.login == "coordinator-baoan-fuyong", Notice.read_at.is_(None)
        )
    )  # fmt: skip
    assert unread < 30


def test_a_filled_database_is_refused_unless_told(city, tmp_path):
    refused = demo(city)
    assert refused.exit_code == 1
    assert refused.output.strip().count("\n") == 0
    assert "--force" in refused.output
    assert demo(city, "--if-empty").exit_code == 0


def test_the_same_moment_tells_the_same_city(city, tmp_path):
    def told() -> list[tuple[object, ...]]:
        columns = (Case.number, Case.title, Case.status, Case.station_id, Case.expert_id, Case.submitted_at)
        return sorted(map(str, db.session.execute(select(*columns))))

    first = told()
    again = empty_app(tmp_path)
    assert demo(again, "--cases", str(CASES)).exit_code == 0
    with again.app_context():
        begin(read_only=True)
        assert told() == first
        db.session.remove()
        db.engine.dispose()
