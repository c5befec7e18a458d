"""Handlers act for their company, viewers read: on every page, in every route, in every letter."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import consultation, invitations, mailing
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import Account, CompanyPart, Grant, Mail
from helpdesk.presentation import mail_page
from helpdesk.rules import policy
from tests.browser import NS
from tests.cast import OTHER
from tests.looking import anew

HANDLER, VIEWER = CompanyPart.HANDLER, CompanyPart.VIEWER


def grant_of(login: str) -> Grant:
    return db.session.scalars(select(Grant).join(Account).where(Account.login == login)).one()


@pytest.fixture
def answered(make):
    """A case of Southlight that waits for its company, with a visit to check."""
    case = make.case("consulting")
    make.visit(case)
    make.answer(case)
    db.session.commit()
    return case


def test_a_viewer_reads_everything_and_finds_nothing_to_press(browser, answered):
    here = f"/me/requests/{answered.number}"
    assert browser.get("/me/requests", as_="jiang").says(answered.number)
    page = browser.get(here, as_="jiang")
    assert page.says("您好，我来帮您看。") and page.says("您是本企业的查看者") and page.says("按项目建辅助账")
    main = page.all("main")[0]
    assert not list(main.iter(NS + "form")), "no form"
    links = [a.get("href") or "" for a in main.iter(NS + "a")]
    for door in ("confirmation", "withdrawal", "appeal", "reopening"):
        assert not any(door in link for link in links), door
    whole = (
        page.text + browser.get(f"{here}/receipt", as_="jiang").text + browser.get(f"{here}/print", as_="jiang").text
    )
    for secret in (answered.tracking_code, answered.tracking_token, answered.contact_phone[-4:]):
        assert secret not in whole, "nothing by which the tracking link could be had"
    handler = browser.get(here, as_="lin")
    assert handler.says("确认并打分") and handler.says(answered.tracking_code)


def test_every_act_of_a_viewer_is_forbidden(browser, answered, cast):
    visit = grant_of("he").company_id and answered.number
    here = f"/me/requests/{visit}"
    for door in ("confirmation", "withdrawal", "reopening", "appeal"):
        browser.get(f"{here}/{door}", as_="jiang", expect=403)
        browser.post(f"{here}/{door}", as_="jiang", page=here, expect=403)
    for door in ("messages", "resumption", "consents/referral"):
        browser.post(f"{here}/{door}", as_="jiang", page=here, expect=403)
    company = f"/me/companies/{cast.company().id}"
    he = grant_of("he").id
    for door in (f"{company}/invitations", f"{company}/links", f"/me/members/{he}/part", f"/me/members/{he}/removal"):
        browser.post(door, {"part": "viewer"}, as_="jiang", page=company, expect=403)
    anew(read_only=False)
    row = invitations.invite(cast.company(), cast.lin)
    db.session.commit()
    browser.post(f"/me/invitations/{row.id}/revocation", as_="jiang", page=company, expect=403)


def test_the_verbs_refuse_a_viewer_too(make, cast):
    case = make.case("consulting")
    with pytest.raises(NotAllowed):
        consultation.reply(case, cast.jiang, body="我也说一句", form_key="k")
    for action in policy.AS_COMPANY.split():
        may = policy.can(cast.jiang, action, case)
        assert may == (action in ("case.read", "case.read_as_company")), action


def test_the_page_of_colleagues_for_each(browser, cast, answered):
    company = f"/me/companies/{cast.company().id}"
    viewer = browser.get(company, as_="jiang")
    assert viewer.says("处理人") and viewer.says("林巧") and viewer.says("您是查看者")
    actions = [f.get("action") or "" for f in viewer.all("main")[0].iter(NS + "form")]
    assert actions == [f"/me/members/{grant_of('jiang').id}/removal"], "leaving is all"
    browser.get(company, as_="bai", expect=404)
    assert browser.get(company, as_="lin").says("请查看者的链接")


def test_an_invitation_gives_the_weaker_part_unless_another_is_chosen(browser, cast, answered):
    company = f"/me/companies/{cast.company().id}"
    page = browser.get(company, as_="lin")
    assert page.form("/invitations")["part"] == "viewer"
    assert [e.get("value") for e in page.all("input", name="part", type="radio")] == ["viewer", "handler"]
    assert page.form("/links")["part"] == "viewer", "the first of the two links"


def test_an_invitation_says_which_part(browser, cast, answered):
    company = f"/me/companies/{cast.company().id}"
    browser.post(f"{company}/links", {**browser.get(company, as_="lin").form("/links"), "part": "viewer"}, as_="lin")
    page = browser.get(company, as_="lin")
    url = "".join(page.all("code")[-1].itertext()).removeprefix("https://desk.example")
    shown = browser.get(url, as_="chu")
    assert shown.says("加入后您是查看者")
    browser.post(url, shown.form(url), as_="chu")
    anew(read_only=False)
    assert grant_of("chu").company_part is VIEWER
    browser.get(f"/me/requests/{answered.number}/confirmation", as_="chu", expect=403)


@pytest.mark.parametrize("part", ["", "owner"])
def test_a_part_that_is_none_is_given_back(browser, cast, answered, part):
    company = f"/me/companies/{cast.company().id}"
    form = browser.get(company, as_="lin").form("/invitations") | {"email": "a@southlight.example", "part": part}
    page = browser.post(f"{company}/invitations", form, as_="lin", expect=422)
    assert page.form("/invitations")["email"] == "a@southlight.example"
    browser.post(f"{company}/links", {"part": part}, as_="lin", page=company, expect=422)
    browser.post(f"/me/members/{grant_of('he').id}/part", {"part": part}, as_="lin", page=company, expect=422)


def test_a_handler_changes_a_part_and_it_holds_at_once(browser, cast, answered):
    company = f"/me/companies/{cast.company().id}"
    row = invitations.invite(cast.company(), cast.he)
    db.session.commit()
    he = grant_of("he").id
    # One press shows what it means; the button there makes it so.
    assert not [f for f in browser.get(company, as_="lin").all("form") if (f.get("action") or "").endswith("/part")]
    sure = browser.get(f"/me/members/{he}/part", as_="lin")
    assert sure.says("改为查看者？") and sure.says("发出的邀请一并撤回")
    browser.post(f"/me/members/{he}/part", sure.form(f"/{he}/part"), as_="lin")
    assert browser.get(f"/me/members/{he}/part", as_="lin").says("改为处理人？")
    browser.get(f"/me/requests/{answered.number}/confirmation", as_="he", expect=403)
    anew(read_only=False)
    assert not invitations.is_open(db.session.merge(row)), "a viewer asks nobody in"
    page = browser.get(company, as_="lin")
    lin = grant_of("lin").id
    assert not [f for f in page.all("form") if f"/members/{lin}/" in (f.get("action") or "")], "the last handler"
    assert browser.post(f"/me/members/{lin}/part", {"part": "viewer"}, as_="lin", page=company, expect=422).says(
        "总要有一位处理人"
    )


def test_there_is_always_a_handler_who_can_sign_in(make, cast):
    who = cast.lin
    invitations.set_part(grant_of("he"), who, VIEWER)
    for act in (
        lambda: invitations.set_part(grant_of("lin"), who, VIEWER),
        lambda: invitations.remove(grant_of("lin"), who),
    ):
        with pytest.raises(Refused, match="last_handler"):
            act()
    invitations.set_part(grant_of("he"), who, HANDLER)
    cast.account("he").is_active = False
    db.session.flush()
    with pytest.raises(Refused, match="last_handler"):
        invitations.remove(grant_of("lin"), who)
    invitations.remove(grant_of("jiang"), who)


def test_an_invitation_never_makes_a_member_less(make, cast):
    less = invitations.invite(cast.company(), cast.lin, part=VIEWER)
    invitations.accept(less, cast.account("he"))
    assert grant_of("he").company_part is HANDLER
    more = invitations.invite(cast.company(), cast.lin)
    invitations.accept(more, cast.account("jiang"))
    assert grant_of("jiang").company_part is HANDLER


def test_what_a_viewer_sent_belongs_to_the_company(make, cast):
    case = make.case("answered", sent_by=cast.jiang)
    assert policy.can(cast.jiang, "case.read", case) and not policy.can(cast.jiang, "case.confirm", case)
    assert policy.can(cast.lin, "case.confirm", case)
    elsewhere = make.case("answered", company=OTHER, sent_by=cast.jiang, phone="13900000011", expert="chen")
    assert policy.can(cast.jiang, "case.confirm", elsewhere), "for another company they speak themselves"
    draft = make.case("draft", sent_by=cast.jiang)
    assert policy.can(cast.jiang, "case.withdraw", draft)


def test_a_letter_to_a_viewer_holds_no_way_to_act(make, cast):
    account = cast.account("jiang")
    account.email = "jiang@southlight.example"
    mailing.vouch(account.email)
    case = make.case("consulting", sent_by=cast.jiang)
    make.visit(case)
    make.answer(case)
    mails = db.session.scalars(select(Mail).where(Mail.account_id == account.id, Mail.case_id == case.id)).all()
    assert len(mails) > 3
    for mail in mails:
        message = mail_page.message_of(mail)
        text = "".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")
        for secret in (case.tracking_token, case.tracking_code, "/confirmation", "outcome="):
            assert secret not in text, (mail.event.kind, secret)
        assert f"/me/requests/{case.number}" in text


def test_two_handlers_cannot_both_step_back(town):
    who = town.cast.lin
    other = town.cast.he
    invitations.set_part(grant_of("he"), who, VIEWER)
    with pytest.raises((Refused, NotAllowed)):
        invitations.set_part(grant_of("lin"), other, VIEWER)
    assert invitations.members(town.cast.company())
