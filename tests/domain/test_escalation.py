"""Each level of a promise in danger is told once: coordinator, then district, then operator."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import consultation, escalation
from helpdesk.models import Case, Escalation, Event, Notice


def told(account_id: int) -> list[str]:
    query = select(Event.kind).join(Notice, Notice.event_id == Event.id).where(Notice.account_id == account_id)
    return [kind for kind in db.session.scalars(query) if kind.startswith("case.over") or kind == "case.at_risk"]


def at(case: Case, **span: float):
    assert case.due_at is not None
    return house_clock.at(case.due_at + timedelta(**span))


def test_every_level_once_and_to_those_who_can_help(town):
    cast = town.cast
    case = town.case("submitted")
    due, warn = case.due_at, case.warn_at
    assert warn is not None and due is not None
    assert escalation.escalate() == 0
    with house_clock.at(warn):
        assert (escalation.escalate(), escalation.escalate()) == (1, 0)
    with house_clock.at(due):
        assert (escalation.escalate(), escalation.escalate()) == (1, 0)
    assert told(cast.wang.account_id) == ["case.at_risk", "case.overdue"]
    assert told(cast.li.account_id) == []
    with house_clock.at(due + timedelta(days=1)):
        assert (escalation.escalate(), escalation.escalate()) == (1, 0)
    assert told(cast.li.account_id) == ["case.overdue_for_district"]
    assert told(cast.zhou.account_id) == []
    with house_clock.at(due + timedelta(days=4)):
        assert (escalation.escalate(), escalation.escalate()) == (1, 0)
    assert told(cast.zhou.account_id) == ["case.overdue_for_operator"]
    with house_clock.at(due + timedelta(days=40)):
        assert escalation.escalate() == 0
    assert db.session.scalar(select(func.count()).select_from(Escalation)) == 4


def test_a_worker_that_slept_tells_once_at_the_highest(make, cast):
    case = make.case("submitted")
    with at(case, days=10):
        assert escalation.escalate() == 1
    assert told(cast.wang.account_id) == ["case.overdue_for_operator"]
    assert told(cast.zhao.account_id) == []


def test_a_new_promise_is_a_new_clock(make, cast):
    """Sorted late, it was told; the next promise of the same case is told of anew."""
    from helpdesk.domain import triage

    case = make.case("submitted")
    with at(case, minutes=1):
        assert escalation.escalate() == 1
        triage.triage(case, cast.wang, category_code="finance")
        assert escalation.escalate() == 0
    with at(case, minutes=1):
        assert escalation.escalate() == 1


def test_a_case_that_waits_for_the_company_is_nobodys_fault(make, cast):
    case = make.case("consulting")
    due = case.due_at
    consultation.ask(case, cast.chen, question="去年研发费用占收入多少？", form_key="q1")
    with house_clock.at(due + timedelta(days=30)):
        assert escalation.escalate() == 0


def test_the_company_is_not_told(make):
    from helpdesk.rules import events, promises

    for level in promises.LEVELS:
        assert not events.for_company(level.event)
        assert "expert" not in events.BY_KIND[level.event].tells
