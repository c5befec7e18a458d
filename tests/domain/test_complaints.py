"""Complaints: made by anybody, never answered by whoever is complained about, in time, once further (条例 art. 26)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import (
    accounts,
    certificates,
    complaints,
    corrections,
    keeping,
    mail_delivery,
    mailing,
    statements,
    visits,
)
from helpdesk.domain.complaints import Said
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import (
    Account,
    ComplaintAbout,
    ComplaintAct,
    ComplaintLevel,
    ComplaintOutcome,
    ComplaintState,
    Mail,
    Notice,
    Role,
    Side,
)
from helpdesk.presentation import mail_page
from helpdesk.rules import complaints as rules
from helpdesk.rules import policy
from helpdesk.rules.policy import ANYBODY
from tests.cast import LONGGANG, NANSHAN

ANSWERED_BY = "UPDATE complaints SET state = 'answered', outcome = 'upheld', answered_at = due_at, answered_by_id ="
UPHELD, REFUSED = ComplaintOutcome.UPHELD, ComplaintOutcome.REFUSED


def said(about=ComplaintAbout.SERVICE, says="约好的时间没有来。", **more):
    return Said(about, says, **more)


def by_link(make, case, key="k", **more):
    return complaints.make(make.link(case), said(**more), form_key=key, case=case)


def test_a_company_complains_by_its_link_and_the_district_answers(make, cast):
    case = make.case("consulting")
    row = by_link(make, case)
    assert by_link(make, case).id == row.id, "the same form is one complaint"
    assert (row.level, row.district, row.side, row.name) == (ComplaintLevel.DISTRICT, NANSHAN, Side.COMPANY, "林女士")
    assert row.expert_account_id == cast.chen.account_id and row.number.startswith("TS-26-")
    assert house_clock.local(row.due_at - timedelta(seconds=1)).date().isoformat() == "2026-12-09", "15 working days"
    for who in (cast.chen, cast.wang, cast.qian, cast.lin, cast.feng, cast.zhou, cast.sun):
        with pytest.raises(NotAllowed):
            complaints.answer(row, who, outcome=UPHELD, reason="x", done="y")
    for who in (cast.chen, cast.wang, cast.qian, cast.lin, cast.feng):
        assert not policy.can(who, "complaint.read", row)
    assert policy.can(cast.sun, "complaint.read", row) and policy.can(cast.zhou, "complaint.read", row)
    assert complaints.to_answer(cast.li) == 1 and complaints.to_answer(cast.zhou) == 0
    complaints.look(row, cast.li)
    with pytest.raises(Refused, match="complaint_looked_at"):
        complaints.look(row, cast.li)
    for given, code in (
        ({"outcome": None, "reason": "x"}, "complaint_outcome"),
        ({"outcome": UPHELD, "reason": " "}, "reason_missing"),
        ({"outcome": UPHELD, "reason": "属实"}, "complaint_done_missing"),
        ({"outcome": REFUSED, "reason": "x", "link": "certificate-1"}, "complaint_link"),
    ):
        with pytest.raises(Refused, match=code):
            complaints.answer(row, cast.li, **given)
    complaints.answer(row, cast.li, outcome=UPHELD, reason="确实没来。", done="已换专家。")
    with pytest.raises(Refused, match="complaint_answered"):
        complaints.answer(row, cast.li, outcome=REFUSED, reason="又不")
    assert [s.act for s in row.steps] == [ComplaintAct.RECEIVED, ComplaintAct.LOOKING, ComplaintAct.ANSWERED]
    assert complaints.figures(cast.li) == complaints.Figures(0, 0, 1, 0, 1)


def test_it_goes_further_once_to_somebody_else(make, cast):
    case = make.case("consulting")
    row = by_link(make, case)
    with pytest.raises(Refused, match="complaint_not_answered"):
        complaints.take_further(row, make.link(case), reason="x")
    complaints.answer(row, cast.li, outcome=REFUSED, reason="没有证据。")
    for who in (cast.chen, cast.li, cast.bai, ANYBODY):
        with pytest.raises(NotAllowed):
            complaints.take_further(row, who, reason="x")
    with pytest.raises(Refused, match="reason_missing"):
        complaints.take_further(row, make.link(case), reason=" ")
    with (
        house_clock.at(house_clock.now() + timedelta(days=rules.FURTHER_DAYS + 1)),
        pytest.raises(Refused, match="too_late"),
    ):
        complaints.take_further(row, make.link(case), reason="晚了")
    # Whoever answered at the district does not answer again, also with another part.
    accounts.grant(cast.account("li"), Role.OPERATOR)
    complaints.take_further(row, make.link(case), reason="有录音。")
    assert (row.level, row.state, row.first_by_id) == (ComplaintLevel.CITY, ComplaintState.RECEIVED, cast.li.account_id)
    with pytest.raises(NotAllowed):
        complaints.answer(row, cast.li, outcome=REFUSED, reason="x")
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text(f"{ANSWERED_BY} first_by_id"))
    complaints.answer(row, cast.zhou, outcome=ComplaintOutcome.PARTLY, reason="录音属实。", done="已约谈。")
    with pytest.raises(Refused, match="complaint_last_level"):
        complaints.take_further(row, make.link(case), reason="还是不满意")


def test_nobody_answers_what_they_did_themselves(make, cast):
    """Neither the expert, nor a coordinator of the station, nor whoever decided, whatever other part they hold."""
    case = make.case("closed")
    wrong = corrections.ask(visits.of(case)[0], cast.chen, says="少记了。", form_key="w")
    corrections.refuse(wrong, cast.zhou, reason="没有证据")
    row = complaints.make(cast.chen, said(ComplaintAbout.RECORD, number=case.number), form_key="k")
    assert row.act_by_id == cast.zhou.account_id and row.side is Side.EXPERT
    assert not policy.can(cast.zhou, "complaint.read", row)
    for login, role, unit in (
        ("chen", Role.DISTRICT, {"district": NANSHAN}),
        ("wang", Role.DISTRICT, {"district": NANSHAN}),
        ("zhou", Role.DISTRICT, {"district": NANSHAN}),
    ):
        accounts.grant(cast.account(login), role, **unit)
        assert not policy.can(getattr(cast, login), "complaint.answer", row), login
    assert policy.can(cast.li, "complaint.answer", row)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text(f"{ANSWERED_BY} act_by_id"))


def test_where_the_district_has_nobody_the_city_answers(make, cast):
    accounts.end_grant(next(g for g in cast.account("li").grants if g.role is Role.DISTRICT))
    row = by_link(make, make.case("consulting"))
    assert row.level is ComplaintLevel.CITY and policy.can(cast.zhou, "complaint.answer", row)
    assert complaints.make(cast.chu, said(ComplaintAbout.COMMENDATION), form_key="c").level is ComplaintLevel.CITY


def test_a_paper_is_named_by_number_or_code_and_a_case_only_by_who_reads_it(make, cast):
    case = make.case("closed")
    paper = certificates.of_case(case.id)[0]
    mine = statements.draw_up(cast.chen, starts_on=house_clock.today(), ends_on=house_clock.today(), form_key="s")
    stranger = {"name": "某", "contact": "13700000000"}
    for n, number in enumerate((paper.number, paper.code, paper.number.lower())):
        row = complaints.make(ANYBODY, said(ComplaintAbout.PAPER, number=number, **stranger), form_key=f"p{n}")
        assert (row.about_number, row.case_id, row.side, row.district) == (paper.number, case.id, None, NANSHAN)
    assert complaints.make(cast.chen, said(ComplaintAbout.PAPER, number=mine.number), form_key="m").case_id is None
    for who, extra in ((ANYBODY, stranger), (cast.bai, {})):
        with pytest.raises(Refused, match="complaint_number_unknown"):
            complaints.make(who, said(number=case.number, **extra), form_key="n")
    assert complaints.make(cast.chen, said(number=case.number), form_key="own").case_id == case.id
    for typed, code in (
        ({"name": ""}, "complainer_name"),
        ({"contact": " "}, "complainer_contact"),
        ({"says": " "}, "text_missing"),
    ):
        with pytest.raises(Refused, match=code):
            complaints.make(ANYBODY, said(**{**stranger, **typed}), form_key="x")
    with pytest.raises(NotAllowed):
        complaints.make(cast.jiang, said(), form_key="v", case=case)


def test_one_contact_does_not_drown_a_desk(make, cast):
    for n in range(complaints.MOST_OPEN):
        complaints.make(ANYBODY, said(name="某", contact="1"), form_key=f"f{n}")
    with pytest.raises(Refused, match="complaints_enough"):
        complaints.make(ANYBODY, said(name="别名", contact="1"), form_key="more")
    complaints.make(ANYBODY, said(name="别人", contact="2"), form_key="other")


def test_a_term_is_warned_of_and_missed_once_each(town):
    cast = town.cast
    row = by_link(town, town.case("consulting"))
    assert complaints.watch() == 0
    with house_clock.at(row.warn_at):
        assert (complaints.watch(), complaints.watch()) == (1, 0)
    with house_clock.at(row.due_at + timedelta(hours=1)):
        assert (complaints.watch(), complaints.watch()) == (1, 0)
        assert complaints.figures(cast.li).overdue == 1
        complaints.answer(row, cast.li, outcome=REFUSED, reason="查无此事")
        assert complaints.figures(cast.li) == complaints.Figures(0, 0, 0, 1, 0)
        assert complaints.watch() == 0
    told = db.session.execute(select(Notice.account_id).where(Notice.complaint_step_id.is_not(None))).scalars().all()
    assert set(told) == {cast.li.account_id, cast.zhou.account_id, cast.sun.account_id}, "missed: reported above"
    for change in ("UPDATE complaint_steps SET reason = 'x'", "DELETE FROM complaint_steps"):
        with pytest.raises(DBAPIError, match="append-only"), db.session.begin_nested():
            db.session.execute(text(change))


def test_the_days_are_a_setting_with_a_day(make, cast):
    today = house_clock.today()
    complaints.set_term(cast.zhou, days=7, from_on=today + timedelta(days=30), reason="市里的规定")
    assert (complaints.workdays(), complaints.workdays(today + timedelta(days=30))) == (15, 7)
    early = by_link(make, make.case("consulting"))
    with house_clock.at(house_clock.now() + timedelta(days=31)):
        row = complaints.make(cast.chu, said(), form_key="late")
        assert row.due_at - row.received_at < timedelta(days=13) < early.due_at - early.received_at
    for bad, field in (
        ({"days": 2}, "workdays"),
        ({"reason": " "}, "reason"),
        ({"from_on": today - timedelta(days=1)}, "from_on"),
    ):
        with pytest.raises(Refused) as refusal:
            complaints.set_term(cast.zhou, **{"days": 10, "from_on": today, "reason": "x", **bad})
        assert refusal.value.field == field
    with pytest.raises(NotAllowed):
        complaints.set_term(cast.li, days=10, from_on=today, reason="x")


def test_letters_tell_the_complainer_the_answer_and_the_desk_no_word(make, cast):
    for login in ("li", "chen"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    mailing.vouch("lin@southlight.example")
    case = make.case("consulting", email="lin@southlight.example")
    row = by_link(make, case, says="机密投诉")
    complaints.answer(row, cast.li, outcome=UPHELD, reason="确实如此。", done="已道歉。")
    letters = db.session.scalars(select(Mail).where(Mail.complaint_step_id.is_not(None)).order_by(Mail.id)).all()
    assert [m.address for m in letters] == ["lin@southlight.example", "li@desk.example", "lin@southlight.example"]
    told = [mail_page.message_of(mail) for mail in letters]
    bodies = [message.get_body(("plain",)).get_content() for message in told]
    assert "机密投诉" not in "".join(bodies) and "已道歉。" in bodies[2] and "属实" in str(told[2]["Subject"])
    assert case.tracking_token in bodies[2] and f"/complaints/{row.id}" in bodies[1]
    assert not any(message["Reply-To"] for message in told)
    assert all(mail_delivery.needless(mail) == "" for mail in letters)
    accounts.end_grant(next(g for g in cast.account("li").grants if g.role is Role.DISTRICT))
    assert mail_delivery.needless(letters[1]) == "no_right"


def test_words_go_with_the_case_or_when_the_term_is_over(make, cast):
    case = make.case("closed")
    row = by_link(make, case, says="机密甲")
    free = complaints.make(ANYBODY, said(says="机密乙", name="某某", contact="x@else.example"), form_key="free")
    years = timedelta(days=365 * 4)
    with house_clock.at(house_clock.now() + years):
        assert keeping.next_portion() == 0, "an open complaint keeps its case"
    complaints.answer(row, cast.li, outcome=UPHELD, reason="机密丙", done="机密丁")
    complaints.answer(free, cast.zhou, outcome=REFUSED, reason="机密丙")
    with house_clock.at(house_clock.now() + years):
        assert keeping.next_portion() == 1
        keeping.ask_for_round()
        db.session.flush()
    everywhere = "\n".join(
        str(r)
        for t in ("complaints", "complaint_steps", "mails", "addresses")
        for r in db.session.execute(text(f"SELECT * FROM {t}"))
    )
    for word in ("机密", "某某", "x@else.example"):
        assert word not in everywhere, word
    assert (row.outcome, free.outcome, row.number[:3]) == (UPHELD, REFUSED, "TS-")
    with pytest.raises(NotFound):
        complaints.by_token(free.token)


def test_pages_of_a_complaint(browser, make, cast):
    case = make.case("closed")
    paper = certificates.of_case(case.id)[0]
    own = f"/t/{case.tracking_token}/complaints"
    assert browser.post(own, {"says": ""}, page=own, expect=422).says("请选投诉什么")
    browser.post(own, {"about": "service", "says": "态度不好。"}, page=own)
    assert browser.get(own).says("最晚")
    page = browser.get("/overview", as_="li")
    link = next(a for a in page.all("a") if a.get("href") == "/complaints")
    assert "".join(link.itertext()).strip().endswith("1"), "the bar counts"
    listed = browser.get("/complaints", as_="li")
    url = next(
        a.get("href")
        for a in listed.all("a")
        if (a.get("href") or "").startswith("/complaints/") and a.get("href")[12:].isdigit()
    )
    for login in ("chen", "wang"):
        browser.get(url, as_=login, expect=404)
        browser.get("/complaints", as_=login, expect=403)
    browser.post(f"{url}/look", as_="li", page=url)
    assert browser.get(own).says("正在核实")
    wrong = browser.post(f"{url}/answer", {"outcome": "upheld", "reason": "属实。"}, as_="li", page=url, expect=422)
    assert wrong.says("请写明做了什么来纠正") and "属实。" in wrong.text
    good = {"outcome": "upheld", "reason": "属实。", "done": "已道歉。", "link": f"certificate-{paper.id}"}
    browser.post(f"{url}/answer", good, as_="li", page=url)
    page = browser.get(own)
    assert page.says("已道歉。") and page.says(paper.number) and not page.says("李区"), "no names of who answered"
    browser.post(f"{own}/{url[12:]}/further", {f"further{url[12:]}-reason": "不够。"}, page=own)
    assert browser.get(own).says("总队收到了")
    assert browser.get(url, as_="zhou").says("不够。")
    # A stranger, by the open form; what they typed stays beside the refusal.
    form = f"/complaints/new?about=paper&number={paper.number}"
    typed = {"about": "paper", "number": "WQ-1", "says": "名字错", "name": "某", "contact": "1"}
    bad = browser.post("/complaints/new", typed, page=form, expect=422)
    assert bad.says("没有这个编号") and "WQ-1" in bad.text
    sent = browser.post("/complaints/new", {**typed, "number": paper.number}, page=form)
    assert "/complaints/link/" in sent.location and browser.get(sent.location).says("名字错")
    # An account.
    sent = browser.post("/complaints/new", {"about": "record", "says": "不改"}, as_="chen", page="/complaints/new")
    assert browser.get(sent.location, as_="chen").says("不改") and browser.get("/complaints/mine", as_="chen").says(
        "TS-26"
    )
    browser.get(sent.location, as_="wang", expect=404)
    term = "/complaints/term"
    assert browser.post(term, {"workdays": "2"}, as_="zhou", page=term, expect=422).says("请写明原因")
    browser.post(
        term, {"workdays": "10", "from_on": house_clock.today().isoformat(), "reason": "新规定"}, as_="zhou", page=term
    )
    assert browser.get("/complaints/new").says("10 个工作日")
    assert browser.get("/notifications", as_="li").says("投诉")
    assert db.session.scalar(select(Account.id)) and LONGGANG
