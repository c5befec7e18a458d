"""Tallies: kept by the database, equal to a count at every moment, and what the desk shows."""

from __future__ import annotations

from sqlalchemy import func, select, text

from helpdesk.db import db
from helpdesk.domain import closure, queues, transfers, triage
from helpdesk.models import Case, Tally
from tests.cast import LONGGANG, OTHER


def tallied() -> dict[tuple, int]:
    columns = (Tally.station_id, Tally.district, Tally.status, Tally.waiting_on)
    return {tuple(row[:4]): row[4] for row in db.session.execute(select(*columns, Tally.n).where(Tally.n > 0))}


def counted() -> dict[tuple, int]:
    columns = (Case.station_id, Case.district, Case.status, Case.waiting_on)
    query = select(*columns, func.count()).where(Case.station_id.is_not(None)).group_by(*columns)
    return {tuple(row[:4]): row[4] for row in db.session.execute(query)}


def test_tallies_follow_every_step(town):
    cast = town.cast
    cases = [
        town.case(state, phone=f"1390013900{n}")
        for n, state in enumerate(("submitted", "triaged", "offered", "consulting", "answered", "closed"))
    ]
    town.case(company=OTHER, phone="13900139009")
    assert tallied() == counted()
    triage.triage(cases[0], cast.wang, category_code="finance")
    transfers.request(cases[1], cast.wang, to=cast.station(LONGGANG), reason="企业搬走了。")
    transfers.accept(cases[1], cast.zhao)
    closure.withdraw(cases[2], town.link(cases[2]), reason="other")
    db.session.flush()
    assert tallied() == counted()
    assert sum(tallied().values()) == 7


def test_a_change_that_changes_nothing_counts_nothing(town):
    case = town.case("submitted")
    assert sum(tallied().values()) == 1
    db.session.execute(
        text("UPDATE cases SET station_id = station_id, status = status WHERE id = :id"), {"id": case.id}
    )
    assert sum(tallied().values()) == 1


def test_the_desk_shows_what_the_lists_hold(town):
    for n, state in enumerate(("submitted", "submitted", "triaged", "offered", "consulting", "answered", "closed")):
        town.case(state, phone=f"1390013900{n}")
    town.case(company=OTHER, phone="13900139009")
    db.session.commit()
    for who in (town.cast.wang, town.cast.zhao, town.cast.zhou, town.cast.li, town.cast.sun, town.cast.chen):
        numbers = queues.counts(who)
        for view in numbers:
            listed = queues.page(who, queues.Filters(view=view)).cases
            assert numbers[view] == len(listed), (who.name, view)
