"""Ten working days to record and evaluate a service; each level is told once (办法67 art. 11; rule R01)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import closure, deadlines, record_terms, visits
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Event, Notice, RecordTerm
from helpdesk.rules import record_terms as rules
from helpdesk.rules.credit import GATE_STATION
from helpdesk.rules.promises import Calendar


def at(day: str, hour: int = 10) -> datetime:
    return house_clock.from_local(date.fromisoformat(day), hour)


def told(case) -> list[str]:
    rows = db.session.scalars(db.select(Event.kind).where(Event.case_id == case.id).order_by(Event.seq))
    return [kind for kind in rows if kind.startswith("record.")]


def test_days_are_working_days_of_the_national_calendar():
    """National Day 2026: the week of 1 to 7 October is off, Saturday the 10th is worked."""
    holidays = frozenset(date(2026, 10, n) for n in (1, 2, 5, 6, 7))
    calendar = Calendar(holidays, frozenset({date(2026, 10, 10)}), frozenset({2026}))
    term = rules.term_of(at("2026-09-28", 16), calendar)
    assert term.warn_at == at("2026-10-10", 0)
    assert term.red_at == at("2026-10-14", 0)
    assert term.due_at == at("2026-10-17", 0)
    assert rules.level_at(term, at("2026-10-09")) is None
    levels = [rules.level_at(term, at(day)).level for day in ("2026-10-10", "2026-10-14", "2026-10-16", "2026-10-17")]
    assert levels == [1, 2, 2, 3]


def test_each_level_is_told_once_to_station_and_expert(town):
    case = town.case("consulting")
    visit = town.visit(case)
    assert record_terms.go_round() == 0
    days = rules.workdays_after(house_clock.local(visit.ends_at).date(), 11, deadlines.calendar())
    for day, expected in ((days[3], 0), (days[4], 1), (days[5], 0), (days[7], 1), (days[9], 0), (days[10], 1)):
        with house_clock.at(house_clock.from_local(day, 9)):
            assert record_terms.go_round() == expected, day
            assert record_terms.go_round() == 0
    assert told(case) == ["record.warned", "record.pressing", "record.missed"]
    readers = set(
        db.session.scalars(
            db.select(Notice.account_id).join(Event, Event.id == Notice.event_id).where(Event.kind == "record.missed")
        )
    )
    assert {town.cast.chen.account_id, town.cast.wang.account_id} <= readers


def test_a_worker_that_slept_tells_only_the_highest(make):
    case = make.case("consulting")
    make.visit(case)
    with house_clock.at(house_clock.now() + timedelta(days=40)):
        assert record_terms.go_round() == 1
    assert told(case) == ["record.missed"]


def test_it_is_done_when_somebody_vouched_and_somebody_scored(make, cast):
    case = make.case("closed")
    record_terms.go_round()
    term = db.session.scalars(db.select(RecordTerm)).one()
    assert term.done_at is not None and term.done_at == max(term.recorded_at, term.evaluated_at)
    with house_clock.at(house_clock.now() + timedelta(days=40)):
        assert record_terms.go_round() == 0
    assert told(case) == [] and record_terms.waiting(cast.wang) == []


def test_the_company_stays_silent_so_the_station_evaluates(make, cast):
    case = make.case("answered")
    visit = visits.of(case)[0]
    with house_clock.at(house_clock.now() + timedelta(days=9)):
        closure.verify(case, cast.wang, decisions={visit.id: True}, declared=dict.fromkeys(GATE_STATION, True))
        record_terms.go_round()
        row = record_terms.waiting(cast.wang)[0]
        assert (row.needs_record, row.needs_evaluation) == (False, True)
        with pytest.raises(NotAllowed):
            record_terms.evaluate(visit, cast.chen, score=5, note="")
        with pytest.raises(Refused, match="score_out_of_range"):
            record_terms.evaluate(visit, cast.wang, score=None, note="")
        record_terms.evaluate(visit, cast.wang, score=4, note="问过企业")
        assert record_terms.waiting(cast.wang) == []
        with pytest.raises(Refused, match="evaluated_before"):
            record_terms.evaluate(visit, cast.wang, score=1, note="")
        record_terms.go_round()
    assert db.session.scalars(db.select(RecordTerm)).one().done_at is not None


def test_a_struck_visit_has_no_term(make, cast):
    case = make.case("consulting")
    visit = make.visit(case)
    record_terms.go_round()
    visits.dispute(visit, make.link(case), reason="没来")
    visits.void(visit, cast.wang, reason="没有这回事")
    record_terms.go_round()
    assert db.session.scalars(db.select(RecordTerm)).all() == []


def test_report_of_a_month_by_station(make, cast):
    make.case("closed")
    late = make.case("consulting", phone="13800000001")
    make.visit(late)
    record_terms.go_round()
    with house_clock.at(house_clock.now() + timedelta(days=30)):
        record_terms.go_round()
        lines = record_terms.report(cast.zhou, date(2026, 12, 1))
        assert [(x.due, x.in_time, x.late, x.open, x.missed) for x in lines] == [(2, 1, 0, 1, 1)]
        visits.confirm(visits.of(late)[0], make.link(late))
        record_terms.evaluate(visits.of(late)[0], cast.wang, score=5, note="")
        record_terms.go_round()
        lines = record_terms.report(cast.li, date(2026, 12, 1))
        assert [(x.in_time, x.late, x.open) for x in lines] == [(1, 1, 0)]
        assert record_terms.report(cast.zhao, date(2026, 12, 1)) == []
        assert record_terms.report(cast.zhou, date(2026, 11, 1)) == []


def test_pages_of_terms_and_report(browser, make, cast):
    case = make.case("consulting")
    visit = make.visit(case)
    record_terms.go_round()
    page = browser.get("/records", as_="wang")
    assert page.says("还差核定、评价") and page.says("还有时间")
    assert browser.get("/records", as_="chen").says("还差核定、评价")
    assert browser.get("/records", as_="zhao").says("记录都补全了")
    address = f"/cases/{case.number}/visits/{visit.id}/evaluation"
    browser.get(address, as_="chen", expect=403)
    assert browser.post(address, {}, as_="wang", page=address, expect=422).says("请打个分")
    browser.post(address, {"score": "5"}, as_="wang", page=address)
    assert browser.get("/records", as_="wang").says("还差核定，")
    with house_clock.at(house_clock.now() + timedelta(days=30)):
        page = browser.get("/records/report?month=2026-12", as_="zhou")
        assert page.says("南山") and page.says("逾期合计")
        text = browser.open("/records/report.csv?month=2026-12", "zhou").get_data(as_text=True)
        assert text.splitlines()[1].startswith("2026-12,") and text.splitlines()[1].endswith(",1,0,0,1,1")
        assert browser.get("/records/report?month=9999-99", as_="li").says("逾期统计")
