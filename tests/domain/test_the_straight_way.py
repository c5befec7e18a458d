"""A request becomes a case, is helped, closed, certified and counted: the straight way, in the domain alone."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import certificates, hours, life, papers, record
from helpdesk.models import Certificate, Event, HoursEntry, Job, Status


def test_a_closed_case_has_hours_one_certificate_and_a_job(make, cast):
    case = make.case("closed")
    assert case.status is Status.CLOSED
    assert case.number == "SZ-26-00001"
    expert = cast.expert("chen")
    entries = db.session.scalars(select(HoursEntry)).all()
    assert [(e.expert_id, e.minutes, e.confirmed_by) for e in entries] == [(expert.id, 60, "company")]
    assert hours.first_bad_row() is None
    papers = certificates.of_case(case.id)
    assert [(p.number, p.minutes, p.status) for p in papers] == [("WQ-2026-0000001", 60, "valid")]
    assert db.session.scalars(select(Job.name)).all() == ["papers.draw"]
    assert life.replay(record.timeline(case)) is Status.CLOSED


def test_events_have_no_gaps(make):
    case = make.case("closed")
    numbers = db.session.scalars(select(Event.seq).where(Event.case_id == case.id).order_by(Event.seq)).all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert case.event_count == len(numbers)


def test_the_paper_says_what_the_ledger_says(make):
    case = make.case("closed")
    paper = db.session.scalars(select(Certificate)).one()
    assert paper.facts["minutes_total"] == paper.minutes == 60
    assert paper.facts["company_name"] == "南山光电有限公司"
    assert paper.facts["content"] == "帮助企业理清研发费用归集口径"
    assert paper.facts["issuer_name"] == case.station.legal_entity
    verdict = papers.check(paper.code)
    assert (verdict.state, verdict.name) == ("valid", "陈**")
