"""Personal data goes when its term is over or its company asks; the service record and the statistics stay."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from helpdesk import clock as house_clock
from helpdesk.adapters.mail.memory import MemoryMailer
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import begin, db, transaction
from helpdesk.domain import (
    attachments,
    certificates,
    closure,
    complaints,
    consultation,
    corrections,
    erasures,
    hours,
    keeping,
    life,
    mailing,
    papers,
    record,
    statements,
    visits,
)
from helpdesk.errors import NotAllowed, Refused
from helpdesk.jobs import worker
from helpdesk.jobs.registry import Outside
from helpdesk.models import (
    Account,
    Case,
    Certificate,
    Company,
    ComplaintAbout,
    ComplaintOutcome,
    Erasure,
    Event,
    HoursEntry,
    Outcome,
    PaperStatus,
    Status,
    Visit,
    VisitStatus,
)
from helpdesk.rules.policy import SYSTEM
from tests.cast import SOUTHLIGHT

YEARS = timedelta(days=37 * 31)
MAIL = "secret.person@southlight.example"
PHONE = "13812345678"
WORDS = (
    "机密问题甲",
    "机密回复乙",
    "机密备注丙",
    "机密文件丁",
    "机密评语戊",
    "机密地点己",
    "机密附言庚",
    "秘而不宣",
    "机密更正辛",
    "机密答复壬",
    "机密投诉癸",
    "机密结论子",
    "机密措施丑",
)


def lived(make, **more):
    """A closed case whose every corner holds a word that must go."""
    cast = make.cast
    case = make.case("consulting", phone=PHONE, email=MAIL, problem="机密问题甲，请帮忙。", **more)
    mailing.vouch(MAIL)
    storage = MemoryStorage()
    upload = attachments.Upload("机密文件丁.txt", b"secret file")
    attachments.keep(case, make.link(case), "k1", [upload], storage)
    consultation.reply(case, make.link(case), body="机密回复乙", form_key="k1")
    attachments.bind(case, "k1")
    consultation.note(case, cast.wang, body="机密备注丙 @陈明远", form_key="k2")
    letter = make.letter(case, storage)
    letter.case_id, letter.text = case.id, "机密附言庚"
    visit = make.visit(case, place="机密地点己", summary="秘而不宣")
    make.answer(case)
    closure.dispute(case, make.link(case), reason="机密附言庚")
    make.answer(case)
    visits.confirm(visit, make.link(case))
    make.confirm(case, comment="机密评语戊")
    wrong = corrections.ask(visit, make.link(case), says="机密更正辛", form_key="wrong")
    corrections.refuse(wrong, cast.wang, reason="机密答复壬")
    said = complaints.Said(ComplaintAbout.SERVICE, "机密投诉癸")
    complaint = complaints.make(make.link(case), said, form_key="complaint", case=case)
    complaints.answer(complaint, cast.li, outcome=ComplaintOutcome.UPHELD, reason="机密结论子", done="机密措施丑")
    return case, storage


def everything() -> str:
    """All text that is anywhere in the database, the search index included."""
    found = []
    for table in inspect(db.session.connection()).get_table_names():
        if table.startswith(("case_search_", "article_search_")) or table == "alembic_version":
            continue
        rows = db.session.execute(text(f'SELECT * FROM "{table}"')).all()
        found += [f"{table}: " + " | ".join(str(value) for value in row).replace("\n", " ") for row in rows]
    return "\n".join(found)


def lines_with(word: str, everywhere: str) -> list[str]:
    """Where a word stands, also as JSON writes it."""
    escaped = json.dumps(word)[1:-1]
    found = [line[:300] for line in everywhere.splitlines() if word in line or escaped in line]
    # Who confirmed a visit is part of the ledger, which the law wants kept and nobody can change.
    return [line for line in found if not line.startswith("hours_entries:")]


def run(storage) -> None:
    db.session.commit()
    db.session.remove()
    worker.run_due(Outside(NullRenderer(), storage, MemoryMailer()), ("papers", "files"))
    begin(read_only=False)


def test_nothing_of_a_person_is_left_when_the_term_is_over(town):
    case, storage = lived(town)
    number, token, code, minutes = case.number, case.tracking_token, case.tracking_code, case.visit_count
    run(storage)
    paper = certificates.of_case(case.id)[0].number
    before = everything()
    for word in (*WORDS, MAIL, PHONE, "林女士"):
        assert lines_with(word, before), f"the test itself: {word}"
    with house_clock.at(house_clock.now() + YEARS):
        assert keeping.numbers_due() == [number]
        assert keeping.next_portion() == 1
        run(storage)
        after = everything()
        for word in (*WORDS, MAIL, PHONE, "林女士", token, code):
            assert lines_with(word, after) == [], word
        assert keeping.next_portion() == 0, "once"
    case = db.session.scalars(select(Case).where(Case.number == number)).one()
    assert (case.status, case.category_code, case.district, case.visit_count) == (
        Status.CLOSED, "policy", SOUTHLIGHT.district, minutes,
    )  # fmt: skip
    assert case.company.name == SOUTHLIGHT.name, "a company is no person; its name goes when it asks"
    assert closure.latest_feedback(case).score == 5
    (visit,) = db.session.scalars(select(Visit).where(Visit.case_id == case.id)).all()
    assert visit.status is VisitStatus.CONFIRMED and visit.counted_minutes > 0
    assert hours.first_bad_row() is None and db.session.scalars(select(HoursEntry)).all()
    assert certificates.of_case(case.id)[0].number == paper
    assert certificates.of_case(case.id)[0].status is PaperStatus.VALID
    assert life.replay(record.timeline(case)) is Status.CLOSED, "the log still replays"
    assert not [key for key in storage.files if key.startswith(("attachments/", "mail/"))], "bytes too"


def test_only_an_anonymous_case_may_lose_words_in_the_log(town):
    case, _ = lived(town)
    db.session.commit()
    number = case.id
    for change in ("facts = '{}'", "actor_name = ''"):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(text(f"UPDATE events SET {change} WHERE case_id = {number}"))
    with house_clock.at(house_clock.now() + YEARS), transaction():
        keeping.next_portion()
    for change in (
        "kind = 'x'",
        "seq = seq + 100",
        "actor_role = 'system'",
        "at = '2020-01-01'",
        "to_status = 'draft'",
    ):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(text(f"UPDATE events SET {change} WHERE case_id = {number}"))
    with pytest.raises(DBAPIError, match="append-only"), transaction():
        db.session.execute(text(f"DELETE FROM events WHERE case_id = {number}"))


def test_what_is_open_held_reviewed_or_disputed_never_goes(make, cast):
    open_one = make.case("consulting", phone="13800000001")
    held = make.case("closed", phone="13800000002")
    keeping.hold(held, cast.li, reason="市场监管局在查")
    disputed = make.case("closed", phone="13800000003")
    visit = db.session.scalars(select(Visit).where(Visit.case_id == disputed.id)).one()
    visit.dispute_reason, visit.status = "不对", VisitStatus.DISPUTED
    db.session.flush()
    with house_clock.at(house_clock.now() + YEARS):
        assert keeping.count_due() == 0
        for case in (open_one, held, disputed):
            assert keeping.anonymise(case, SYSTEM) is False
            assert case.contact_phone
        keeping.release(held, cast.zhou)
        assert keeping.numbers_due() == [held.number]
    young = make.case("closed", phone="13800000004")
    assert young.number not in keeping.numbers_due()
    kinds = [event.kind for event in record.timeline(held)]
    assert "case.data_held" in kinds and "case.data_released" in kinds


def test_only_district_and_operator_hold_and_only_the_system_anonymises(make, cast):
    case = make.case("closed")
    for who in (cast.wang, cast.lin, cast.chen, cast.sun, cast.feng):
        with pytest.raises(NotAllowed):
            keeping.hold(case, who, reason="x")
    for who in (cast.zhou, cast.feng, cast.wang):
        with pytest.raises(NotAllowed):
            keeping.anonymise(case, who)
    with pytest.raises(Refused, match="reason_missing"):
        keeping.hold(case, cast.li, reason="  ")


def test_the_term_is_data_with_a_day(make, cast):
    assert keeping.in_force().months == 36
    today = house_clock.today()
    keeping.set_term(cast.zhou, months=12, from_on=today + timedelta(days=30), reason="市里的规定")
    assert keeping.in_force().months == 36, "not yet"
    assert keeping.in_force(today + timedelta(days=30)).months == 12
    case = make.case("closed")
    with house_clock.at(house_clock.now() + timedelta(days=300)):
        assert keeping.count_due() == 0
    with house_clock.at(house_clock.now() + timedelta(days=400)):
        assert keeping.numbers_due() == [case.number]
    for bad, field in (({"months": 5}, "months"), ({"months": 121}, "months"), ({"reason": " "}, "reason"),
                       ({"from_on": today - timedelta(days=1)}, "from_on")):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            keeping.set_term(cast.zhou, **{"months": 24, "from_on": today, "reason": "为了测试", **bad})
        assert refusal.value.field == field
    with pytest.raises(NotAllowed):
        keeping.set_term(cast.li, months=24, from_on=today, reason="x")


def test_the_edge_falls_on_a_day_that_exists(make, cast):
    keeping.set_term(cast.zhou, months=6, from_on=house_clock.today(), reason="短")
    with house_clock.at(house_clock.from_local(date(2027, 8, 31), 9)):
        assert house_clock.local(keeping.edge()).date() == date(2027, 2, 28)


def test_portions_follow_each_other_and_a_kill_loses_nothing(make, cast, monkeypatch):
    monkeypatch.setattr(keeping, "PORTION", 2)
    monkeypatch.setattr(keeping.next_portion, "__defaults__", (2,))
    numbers = [make.case("closed", phone=f"1380000001{n}").number for n in range(5)]
    db.session.commit()
    with house_clock.at(house_clock.now() + YEARS):
        with transaction():
            keeping.ask_for_round()
        job = worker.claim(("papers",))
        while job is not None and job.name != keeping.ROUND:
            worker.perform(job, Outside(NullRenderer(), MemoryStorage(), MemoryMailer()))
            job = worker.claim(("papers",))
        # Killed after the effect, before the mark: nothing of it was kept.
        begin(read_only=False)
        keeping.go_round(job.payload)
        db.session.rollback()
        assert keeping.count_due() == 5
        db.session.remove()
    with house_clock.at(house_clock.now() + YEARS + timedelta(minutes=11)):
        worker.run_due(Outside(NullRenderer(), MemoryStorage(), MemoryMailer()), ("papers",))
        begin(read_only=False)
        assert keeping.count_due() == 0
        cases = db.session.scalars(select(Case).where(Case.number.in_(numbers))).all()
        for case in cases:
            events = [e.kind for e in record.timeline(case)]
            assert case.anonymised_at is not None and events.count("case.anonymised") == 1


def test_an_anonymous_case_takes_no_more_steps(make, cast):
    case = make.case("closed")
    make.link(case)
    with house_clock.at(house_clock.now() + YEARS):
        keeping.anonymise(case, SYSTEM)
        assert life.steps_for(case, cast.zhou) == []
        with pytest.raises(Refused, match="anonymised"):
            closure.reopen(case, cast.zhou, reason="再来")


def test_a_company_is_erased_when_it_asks_and_the_operator_agrees(town):
    cast = town.cast
    case, storage = lived(town)
    live = town.case("consulting", phone="13800000009")
    company = cast.company()
    run(storage)
    company = cast.company()
    old = certificates.of_case(case.id)[0]
    assert old.facts["company_name"] == SOUTHLIGHT.name and old.pdf_key in storage.files
    old_key, old_code, minutes = old.pdf_key, old.code, old.minutes
    with pytest.raises(Refused, match="open_cases_first") as refusal:
        erasures.ask_for_company(company, cast.lin)
    assert live.number in refusal.value.facts["numbers"]
    closure.withdraw(db.session.merge(live), cast.lin, reason="solved_ourselves")
    with pytest.raises(NotAllowed):
        erasures.ask_for_company(company, cast.jiang)
    row = erasures.ask_for_company(company, cast.lin)
    with pytest.raises(Refused, match="erasure_asked"):
        erasures.ask_for_company(company, cast.he)
    with pytest.raises(NotAllowed):
        erasures.decide(row, cast.li, granted=True, reason="x")
    with pytest.raises(Refused, match="reason_missing"):
        erasures.decide(row, cast.zhou, granted=True, reason=" ")
    erasures.decide(row, cast.zhou, granted=True, reason="依法删除")
    with pytest.raises(Refused, match="erasure_decided"):
        erasures.decide(row, cast.zhou, granted=False, reason="又不")
    run(storage)
    after = everything()
    for word in (*WORDS, MAIL, PHONE, SOUTHLIGHT.name, SOUTHLIGHT.credit_code, "林巧", "何志"):
        assert lines_with(word, after) == [], word
    issued = certificates.of_case(case.id)
    assert [p.status for p in issued] == [PaperStatus.VALID, PaperStatus.SUPERSEDED]
    assert issued[0].facts["company_name"] is None and issued[0].minutes == minutes
    assert issued[0].pdf_key in storage.files and old_key not in storage.files
    verdict = papers.check(old_code)
    assert verdict.state == "superseded" and verdict.successor == issued[0].number
    assert hours.first_bad_row() is None
    assert db.session.get_one(Erasure, row.id).done_at is not None
    assert not db.session.scalars(select(Account).where(Account.login == "lin")).all()


def test_one_case_is_erased_by_its_tracking_link(make, cast):
    case, other = make.case("closed", phone=PHONE), make.case("closed", phone="13800000033")
    token = case.tracking_token
    row = erasures.ask_for_case(case, make.link(case))
    erasures.decide(row, cast.zhou, granted=True, reason="依法")
    erasures.carry_out({"erasure_id": row.id, "portion": 0})
    assert case.anonymised_at is not None and case.tracking_token != token
    assert other.anonymised_at is None and cast.company().name == SOUTHLIGHT.name
    assert erasures.carry_out({"erasure_id": row.id, "portion": 0}) == 0, "done twice is done once"


def test_what_is_held_is_not_granted_and_a_no_is_told(make, cast):
    case = make.case("closed", phone=PHONE)
    keeping.hold(case, cast.zhou, reason="审计")
    row = erasures.ask_for_case(case, make.link(case))
    with pytest.raises(Refused, match="cases_held"):
        erasures.decide(row, cast.zhou, granted=True, reason="依法")
    erasures.decide(row, cast.zhou, granted=False, reason="审计还没完")
    event = record.timeline(case)[-1]
    assert event.kind == "case.erasure_refused" and event.facts["reason"] == "审计还没完"
    assert erasures.ask_for_case(case, make.link(case)).id != row.id, "asked again later"


def test_a_case_that_came_in_meanwhile_keeps_its_company(make, cast):
    make.case("closed", phone=PHONE)
    row = erasures.ask_for_company(cast.company(), cast.lin)
    erasures.decide(row, cast.zhou, granted=True, reason="依法")
    make.case("submitted", phone="13800000077")
    erasures.carry_out({"erasure_id": row.id, "portion": 0})
    assert cast.company().name == SOUTHLIGHT.name
    assert db.session.scalars(select(Company)).all()
    assert Outcome.SOLVED and db.session.scalars(select(Certificate)).all() and db.session.scalars(select(Event)).all()


def test_an_open_correction_keeps_a_case(make, cast):
    case, _ = lived(make)
    corrections.ask(visits.of(case)[0], cast.chen, says="少记了。", form_key="again")
    with house_clock.at(house_clock.now() + YEARS):
        assert keeping.next_portion() == 0


def test_a_statement_that_names_an_erased_company_holds_no_more(make, cast):
    """And the next one the expert draws up does not name it."""
    case = make.case("answered")
    for visit in visits.undecided(case):
        visits.confirm(visit, make.link(case))
    make.confirm(case, name_on_paper=True)
    year = {"starts_on": date(2026, 1, 1), "ends_on": house_clock.today()}
    naming = statements.draw_up(cast.chen, form_key="a", **year)
    assert naming.facts["groups"][0]["lines"][0]["company"] == SOUTHLIGHT.name
    wish = erasures.ask_for_case(case, make.link(case))
    erasures.decide(wish, cast.zhou, granted=True, reason="本人申请")
    erasures.carry_out({"erasure_id": wish.id, "portion": 0})
    db.session.refresh(naming)
    assert naming.status is PaperStatus.SUPERSEDED and naming.pdf_key is None
    assert SOUTHLIGHT.name not in str(naming.facts)
    assert papers.check(naming.code).state == "superseded"
    fresh = statements.draw_up(cast.chen, form_key="b", **year)
    assert fresh.minutes == naming.minutes
    assert SOUTHLIGHT.name not in str(fresh.facts)
