"""Settled records are corrected by two new lines, never by an edit (办法67 art. 13; rules R05, R06, R07)."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import certificates, closure, corrections, hours, papers, visits
from helpdesk.domain.visits import VisitFacts
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Certificate, CorrectionState, EntryKind, Event, HoursEntry, PaperStatus, VisitStatus


def settled(make, **facts):
    """A closed case of Chen's with one settled visit of an hour."""
    case = make.case("closed", **facts)
    return case, visits.of(case)[0]


def facts_of(visit, **changed):
    facts = VisitFacts(
        starts_at=visit.starts_at, ends_at=visit.ends_at, mode=visit.mode, place=visit.place, summary=visit.summary
    )
    return dataclasses.replace(facts, **changed)


def the_ledger_and_the_papers_agree():
    """Minutes of the ledger for each case and expert are those of its one valid certificate; no minutes, no paper."""
    sums = {
        (case_id, expert_id): int(minutes)
        for case_id, expert_id, minutes in db.session.execute(
            select(HoursEntry.case_id, HoursEntry.expert_id, func.sum(HoursEntry.minutes)).group_by(
                HoursEntry.case_id, HoursEntry.expert_id
            )
        )
    }
    papers = {
        (row.case_id, row.expert_id): row.minutes
        for row in db.session.scalars(select(Certificate).where(Certificate.status == PaperStatus.VALID))
    }
    assert {key: minutes for key, minutes in sums.items() if minutes} == papers
    assert hours.first_bad_row() is None


def ask(visit, who, says="只谈了半小时。", key="one"):
    return corrections.ask(visit, who, says=says, form_key=key)


def test_granted_it_is_a_reversal_and_a_new_line_and_the_paper_is_issued_anew(town):
    make, cast = town, town.cast
    case, visit = settled(make)
    old = certificates.of_case(case.id)[0]
    row = ask(visit, cast.chen)
    half = facts_of(visit, starts_at=visit.starts_at.replace(minute=30))
    corrections.grant(row, cast.wang, facts=half, reason="翻了通话记录", content="帮企业核对了归集口径")
    lines = list(db.session.scalars(select(HoursEntry).where(HoursEntry.visit_id == visit.id).order_by(HoursEntry.id)))
    assert [(e.kind, e.minutes, e.revision) for e in lines] == [
        (EntryKind.CREDIT, 60, 1),
        (EntryKind.REVERSAL, -60, 1),
        (EntryKind.CREDIT, 30, 2),
    ]
    assert lines[1].reverses_id == lines[0].id and lines[1].recorded_by_id == cast.wang.account_id
    new = certificates.of_case(case.id)[0]
    assert (old.status, old.superseded_by_id) == (PaperStatus.SUPERSEDED, new.id)
    assert (new.minutes, new.facts["content"]) == (30, "帮企业核对了归集口径")
    assert new.facts["minutes_by_mode"] == {"online": 30}
    assert (row.state, row.before["counted_minutes"], row.after["counted_minutes"]) == ("granted", 60, 30)
    assert closure.latest_answer(case).by_name == "王岚"
    the_ledger_and_the_papers_agree()


def test_refused_everything_stands_and_the_reason_is_kept(make, cast):
    case, visit = settled(make)
    row = ask(visit, make.link(case))
    assert row.side == "company"
    with pytest.raises(Refused, match="reason_missing"):
        corrections.refuse(row, cast.wang, reason=" ")
    corrections.refuse(row, cast.wang, reason="签到表写的是一小时")
    assert (row.state, hours.minutes_of_visit(visit.id)) == (CorrectionState.REFUSED, 60)
    with pytest.raises(Refused, match="correction_decided"):
        corrections.grant(row, cast.wang, facts=facts_of(visit), reason="再想想")
    kinds = set(db.session.scalars(select(Event.kind).where(Event.case_id == case.id)))
    assert {"correction.asked", "correction.refused"} <= kinds
    ask(visit, make.link(case), key="two")
    the_ledger_and_the_papers_agree()


def test_one_request_at_a_time_and_the_same_form_twice_is_one(make, cast):
    _, visit = settled(make)
    assert ask(visit, cast.chen).id == ask(visit, cast.chen).id
    with pytest.raises(Refused, match="correction_open"):
        ask(visit, cast.chen, key="two")
    with pytest.raises(Refused, match="text_missing"):
        ask(visit, cast.chen, says=" ", key="three")


def test_before_it_is_settled_a_visit_is_changed_not_corrected(make, cast):
    case = make.case("consulting")
    with pytest.raises(Refused, match="correction_not_settled"):
        ask(make.visit(case), cast.chen)


def test_a_struck_visit_may_come_back_by_a_correction(make, cast):
    """What was left out is an omission in the sense of art. 13: a credit without a reversal."""
    case = make.case("answered")
    first = visits.of(case)[0]
    with clock.at(clock.now().replace(day=28)):
        closure.verify(
            case, cast.wang, decisions={first.id: False}, declared=dict.fromkeys(_gate(), True), reason="没找到记录"
        )
        assert (hours.minutes_of_visit(first.id), certificates.of_case(case.id)) == (0, [])
        row = ask(first, cast.chen, says="找到了签到表。")
        corrections.grant(row, cast.wang, facts=facts_of(first), reason="看了签到表")
        assert hours.minutes_of_visit(first.id) == 60
        the_ledger_and_the_papers_agree()


def _gate():
    from helpdesk.rules.credit import GATE_STATION

    return GATE_STATION


def test_nothing_changed_is_no_correction(make, cast):
    _, visit = settled(make)
    with pytest.raises(Refused, match="nothing_changed"):
        corrections.grant(ask(visit, cast.chen), cast.wang, facts=facts_of(visit), reason="看过")


def test_the_rules_about_times_hold_for_corrections_too(make, cast):
    _, visit = settled(make)
    row = ask(visit, cast.chen)
    with pytest.raises(Refused, match="visit_ends_before_start"):
        corrections.grant(row, cast.wang, facts=facts_of(visit, ends_at=visit.starts_at), reason="改")


def test_a_record_found_untrue_is_reversed_and_its_paper_revoked(town):
    make, cast = town, town.cast
    case, visit = settled(make)
    with pytest.raises(NotAllowed):
        hours.reverse(visit, cast.wang, reason="不是真的")
    with pytest.raises(Refused, match="reason_missing"):
        hours.reverse(visit, cast.zhou, reason="")
    hours.reverse(visit, cast.zhou, reason="企业说没有这回事")
    assert (hours.minutes_of_visit(visit.id), visit.status) == (0, VisitStatus.VOID)
    paper = certificates.of_case(case.id)[0]
    assert (paper.status, paper.revoked_reason) == (PaperStatus.REVOKED, "企业说没有这回事")
    assert papers.check(paper.code).state == "revoked"
    with pytest.raises(Refused, match="nothing_settled"):
        hours.reverse(visit, cast.zhou, reason="再来一次")
    the_ledger_and_the_papers_agree()


def test_of_two_visits_one_is_reversed_the_paper_says_what_is_left(make, cast):
    case = make.case("consulting")
    make.visit(case)
    second = make.visit(case, minutes=30)
    make.answer(case)
    make._closed(case)
    hours.reverse(second, cast.zhou, reason="记重了")
    papers = certificates.of_case(case.id)
    assert [(p.status, p.minutes) for p in papers] == [("valid", 60), ("superseded", 90)]
    assert papers[0].facts["starts_on"] == clock.local(visits.of(case)[1].starts_at).date().isoformat()
    the_ledger_and_the_papers_agree()


def test_after_a_reopening_the_old_lines_can_be_corrected_too(make, cast):
    case, visit = settled(make)
    closure.reopen(case, make.link(case), reason="还差一点")
    row = ask(visit, cast.chen)
    corrections.grant(row, cast.wang, facts=facts_of(visit, contact_minutes=45), reason="核对过")
    make.visit(case)
    make.answer(case)
    make._closed(case)
    assert hours.minutes_of_case(case.id, visit.expert_id) == 105
    the_ledger_and_the_papers_agree()


def test_pages_for_the_expert_the_company_and_the_desk(browser, make, cast):
    case, visit = settled(make)
    number, door = case.number, f"/t/{case.tracking_token}/corrections"
    page = browser.get(f"/cases/{number}/corrections", as_="chen")
    assert page.says("计入 1.0 小时")
    wrong = browser.post(f"/cases/{number}/corrections", {"says": ""}, as_="chen", expect=422)
    assert wrong.says("请写明哪里不对") and wrong.says("请选是哪一次服务")
    form = browser.get(door).form("/corrections")
    browser.post(door, form | {"visit": str(visit.id), "says": "其实谈了两次。", "wished_minutes": "30"}, page=door)
    assert browser.get(door).says("等站点核实")
    assert browser.get("/records", as_="chen").says("其实谈了两次。")
    listed = browser.get("/records", as_="wang")
    link = next(a.get("href") for a in listed.all("a") if "/corrections/" in (a.get("href") or ""))
    browser.get(link, as_="zhao", expect=404)
    page = browser.get(link, as_="wang")
    assert page.says("提出的人说实际 30 分钟")
    assert not browser.get(link, as_="chen").all("textarea")
    refused = browser.post(f"{link}/refusal", {"no-reason": ""}, as_="wang", page=link, expect=422)
    assert refused.says("请写明核实到什么")
    granted = page.form("/grant") | {"contact_minutes": "30", "reason": "问过企业"}
    browser.post(f"{link}/grant", granted, as_="wang", page=link)
    assert browser.get(link, as_="chen").says("已更正") and browser.get(door).says("60 分钟 → 30 分钟")
    paper = certificates.of_case(case.id)[0]
    assert browser.get(f"/certificates/{paper.number}", as_="zhou").says("记录不属实？冲正")
    assert browser.get(f"/cases/{number}/reversals", as_="zhou").says("计入 0.5 小时")
    address = f"/cases/{number}/visits/{visit.id}/reversal"
    assert browser.post(address, {"reason": ""}, as_="zhou", page=address, expect=422).says("请写明核实到什么")
    browser.post(address, {"reason": "不属实"}, as_="zhou", page=address)
    assert browser.get(f"/v/{paper.code}").says("作废")
