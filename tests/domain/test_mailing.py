"""Who gets a letter of what, at which address, and when none is written."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import assignment, closure, consultation, mail_delivery, mail_links, mailing, notices
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import Act, Address, Job, JobStatus, Mail, MailKind, MailStatus, Note
from helpdesk.presentation import mail_page
from helpdesk.rules.events import EVENTS
from helpdesk.rules.mailing import GROUP_OF, GROUPS, How

LIN = "lin@southlight.example"


def letters(case=None, **wanted):
    query = select(Mail).order_by(Mail.id).filter_by(**wanted)
    return list(db.session.scalars(query.where(Mail.case_id == case.id) if case is not None else query))


def kinds(found):
    return [mail.event.kind if mail.event else mail.kind.value for mail in found]


@pytest.fixture
def known(cast):
    """Chen and Wang have addresses that are theirs."""
    for login in ("chen", "wang", "lin"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    db.session.flush()


def test_every_event_with_a_subject_is_in_one_group_and_no_other_is():
    grouped = [kind for group in GROUPS for kind in group.kinds]
    assert sorted(grouped) == sorted(row.kind for row in EVENTS if row.subject)
    assert "note.posted" not in GROUP_OF, "a note never leaves the house"


def test_an_address_nobody_vouched_for_gets_one_question_with_nothing_anybody_typed(make):
    case = make.case("triaged", email=" Lin@Southlight.example ", problem="请看 http://bad.example 买药")
    assert kinds(letters(case, status=MailStatus.WAITING)) == ["proof"]
    assert {m.status for m in letters(case, kind=MailKind.EVENT)} == {MailStatus.UNPROVED}
    question = letters(case, kind=MailKind.PROOF)[0]
    assert question.address == LIN
    text = mail_page.message_of(question).as_string()
    body = "".join(part.get_content() for part in mail_page.message_of(question).walk() if not part.is_multipart())
    for typed in ("林女士", "bad.example", "买药", "南山光电"):
        assert typed not in body
        assert typed not in text
    make.case("submitted", email=LIN, phone="13900139001")
    assert db.session.scalar(select(func.count()).select_from(Mail).where(Mail.kind == MailKind.PROOF)) == 1


def test_what_waited_is_sent_once_the_owner_has_said_yes(make):
    first = make.case("triaged", email=LIN)
    second = make.case("submitted", email=LIN, phone="13900139001")
    mailing.vouch(LIN)
    waiting = letters(kind=MailKind.EVENT, status=MailStatus.WAITING)
    assert sorted(m.case_id for m in waiting) == [first.id, second.id], "one letter of each case: the newest"
    assert kinds([m for m in waiting if m.case_id == first.id]) == ["case.triaged"]
    jobs = db.session.scalars(select(Job.payload).where(Job.name == mailing.SEND)).all()
    assert {m.id for m in waiting} <= {payload["mail_id"] for payload in jobs}


def test_whoever_says_it_is_not_theirs_is_never_written_to_again(make):
    make.case("submitted", email=LIN)
    mailing.stop(LIN)
    assert letters(status=MailStatus.WAITING) == []
    case = make.case("accepted", email=LIN, phone="13900139001")
    assert letters(case) == []


def test_a_stranger_cannot_make_us_write_to_many_addresses(make, monkeypatch):
    monkeypatch.setattr(mailing, "QUESTIONS_AN_HOUR", 2)
    for n in range(4):
        make.case("submitted", email=f"x{n}@elsewhere.example", phone=f"1390013900{n}")
    assert len(letters(kind=MailKind.PROOF)) == 2
    assert len(letters(status=MailStatus.UNPROVED)) == 4


def test_the_contact_hears_of_what_others_did_and_not_of_their_own_words(make, cast):
    mailing.vouch(LIN)
    case = make.case("consulting", email=LIN)
    assert kinds(letters(case, address=LIN)) == ["case.submitted", "case.triaged", "case.accepted", "message.posted"]
    consultation.reply(case, make.link(case), body="好的，谢谢。", form_key="own")
    assert kinds(letters(case, address=LIN))[-1] == "message.posted"
    assert len(letters(case, address=LIN)) == 4


def test_a_note_of_the_desk_never_makes_a_letter(make, cast, known):
    mailing.vouch(LIN)
    case = make.case("consulting", email=LIN)
    before = len(letters(case))
    consultation.note(case, cast.wang, body="这家企业脾气不好", form_key="n1")
    assert db.session.scalar(select(func.count()).select_from(Note)) == 1
    assert len(letters(case)) == before


def test_an_offer_is_written_to_its_expert_without_the_companys_name(make, cast, known):
    case = make.case("offered")
    mail = letters(case, address="chen@desk.example")[0]
    letter = mail_page.compose(mail)
    assert "南山光电" not in letter.title + letter.quoted + letter.about + str(letter.facts)
    assert [b.label for b in letter.buttons] == ["接单", "这次不方便", "打开看看"]
    assert set(mail_links.links_of(mail)) == {Act.ACCEPT, Act.DECLINE}


def test_an_offer_that_was_undone_makes_no_letter(make, cast, known, app, monkeypatch):
    from helpdesk import config

    monkeypatch.setitem(config._in_use, "OFFER_UNDO_SECONDS", 10)
    case = make.case("offered")
    mail = letters(case, address="chen@desk.example")[0]
    assert mail.leaves_at == house_clock.now() + timedelta(seconds=10)
    assignment.undo(case, cast.wang)
    db.session.refresh(mail)
    assert mail.status is MailStatus.DROPPED


def test_an_offer_answered_in_the_meantime_is_not_written_any_more(make, cast, known):
    case = make.case("offered")
    mail = letters(case, address="chen@desk.example")[0]
    assert mail_delivery.needless(mail) == ""
    assignment.accept(make.offer(case), cast.chen, no_conflict=True)
    assert mail_delivery.needless(mail) == "answered"


def test_the_desk_gets_its_news_once_a_day_and_only_what_it_has_not_read(make, cast, known):
    case = make.case("accepted")
    assert {m.status for m in letters(case, address="wang@desk.example")} == {MailStatus.DAILY}
    assert mailing.gather_digests() == 0, "what came today is for tomorrow"
    with house_clock.at(house_clock.now() + timedelta(days=1)):
        assert mailing.gather_digests() == 1
        assert mailing.gather_digests() == 0, "the same day again"
        digest = letters(kind=MailKind.DIGEST)[0]
        assert digest.address == "wang@desk.example"
        told = mail_delivery.told_in(digest)
        assert [event.kind for _, event, _ in told] == ["case.submitted", "case.accepted"]
        letter = mail_page.compose(digest)
        assert letter.title == "昨天以来的 2 条进展"
        notices.mark_read(cast.wang)
        assert mail_delivery.needless(digest) == "read"


def test_a_digest_is_not_written_before_the_morning(make, cast, known):
    make.case("submitted")
    tomorrow = house_clock.local(house_clock.now()).date() + timedelta(days=1)
    with house_clock.at(house_clock.from_local(tomorrow, 7, 59)):
        assert mailing.gather_digests() == 0
    with house_clock.at(house_clock.from_local(tomorrow, 8, 1)):
        assert mailing.gather_digests() == 1


def test_wishes_are_kept_to_and_musts_cannot_be_switched_off(make, cast, known):
    mailing.set_wish(cast.account("chen"), "words", How.NEVER)
    mailing.set_wish(cast.account("wang"), "progress", How.NOW)
    case = make.case("consulting")
    consultation.reply(case, make.link(case), body="在吗？", form_key="q")
    assert "message.posted" not in kinds(letters(case, address="chen@desk.example"))
    assert {m.status for m in letters(case, address="wang@desk.example") if m.event.kind == "case.accepted"} == {
        MailStatus.WAITING
    }
    for group, how in (("musts", How.NEVER), ("nonsense", How.NOW)):
        with pytest.raises(Refused):
            mailing.set_wish(cast.account("chen"), group, how)


def test_who_lost_the_right_to_read_a_case_gets_no_letter_of_it(make, cast, known):
    from helpdesk.domain import accounts

    mailing.set_wish(cast.account("wang"), "progress", How.NOW)
    case = make.case("accepted")
    mail = letters(case, address="wang@desk.example")[0]
    assert mail_delivery.needless(mail) == ""
    accounts.end_grant(cast.account("wang").grants[0])
    assert mail_delivery.needless(mail) == "no_right"
    cast.account("wang").is_active = False
    assert mail_delivery.needless(mail) == "inactive"


def test_an_account_that_speaks_for_the_company_is_told_once(make, cast, known):
    """Lin sent the case herself, is its contact and a member: one letter, and a receipt of her own request."""
    case = make.case("triaged", sent_by=cast.lin, email="other@southlight.example")
    assert [(m.address, m.event.kind) for m in letters(case) if m.part == "company"] == [
        ("lin@desk.example", "case.submitted"), ("lin@desk.example", "case.triaged"),
    ]  # fmt: skip


def test_the_same_letter_has_the_same_message_id_and_a_case_is_one_thread(make, cast, known):
    case = make.case("consulting", email=LIN)
    mailing.vouch(LIN)
    ids = [mail.message_id for mail in letters()]
    assert len(set(ids)) == len(ids)
    roots = {mailing.thread_root(mail) for mail in letters(case, address=LIN, kind=MailKind.EVENT)}
    assert len(roots) == 1
    message = mail_page.message_of(letters(case, address=LIN, kind=MailKind.EVENT)[-1])
    assert message["References"] == message["In-Reply-To"] == roots.pop()
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_name_full_of_line_ends_makes_no_header_of_its_own(make):
    mailing.vouch(LIN)
    case = make.case("submitted", email=LIN)
    mail = letters(case)[0]
    mail.name = 'A\r\nBcc: all@elsewhere.example\u202e"<x@y.example>'
    message = mail_page.message_of(mail)
    assert message["Bcc"] is None
    assert [a.addr_spec for a in message["To"].addresses] == [LIN]
    assert "\nBcc:" not in message.as_string().replace("\r", "")


@pytest.mark.parametrize("locale", ["zh_Hans_CN", "en"])
@pytest.mark.parametrize("status", ["submitted", "triaged", "offered", "accepted", "consulting", "answered", "closed"])
def test_every_letter_on_the_straight_way_can_be_written_in_both_languages(make, cast, known, locale, status):
    mailing.vouch(LIN)
    for login in ("chen", "wang"):
        cast.account(login).locale = locale
        for group in GROUPS:
            mailing.set_wish(cast.account(login), group.name, How.NOW)
    case = make.case(status, email=LIN)
    case.locale = locale
    found = letters(case)
    assert found
    for mail in found:
        mail.locale = locale
        if mail_delivery.needless(mail):
            continue
        message = mail_page.message_of(mail)
        text, html = (part.get_content() for part in message.iter_parts())
        assert case.number in message["Subject"]
        assert "%(" not in text + html + message["Subject"]
        assert "https://desk.example/" in text
        assert html.count("<a ") >= 2
        assert message["Content-Language"] == ("en" if locale == "en" else "zh-CN")


def test_what_a_visitor_wrote_cannot_break_out_of_the_letter(make, cast, known):
    case = make.case("consulting", email=LIN)
    mailing.vouch(LIN)
    consultation.reply(case, cast.chen, body='<script>alert(1)</script><img src=x onerror="y">', form_key="x")
    text, html = (p.get_content() for p in mail_page.message_of(letters(case, address=LIN)[-1]).iter_parts())
    assert "<script" not in html
    assert "<img" not in html
    assert "> <script>alert(1)</script>" in text


# --- links ---


def test_a_link_is_signed_and_cannot_be_counted_up(make, cast, known):
    mail = letters(make.case("offered"), address="chen@desk.example")[0]
    link = mail_links.links_of(mail)[Act.ACCEPT]
    token = mail_links.link_token(link)
    assert mail_links.link_of(token).id == link.id
    for wrong in ("", "1", token[:-1], token.replace(token[0], "z", 1), token + "x", "a.b"):
        with pytest.raises(NotFound):
            mail_links.link_of(wrong)


def test_a_link_is_used_once_and_runs_out(make, cast, known):
    mail = letters(make.case("offered"), address="chen@desk.example")[0]
    links = mail_links.links_of(mail)
    mail_links.use(links[Act.ACCEPT])
    for act in (Act.ACCEPT, Act.DECLINE):
        db.session.refresh(links[act])
        with pytest.raises(Refused, match="link_used"):
            mail_links.use(links[act])
    other = letters(make.case("submitted", email=LIN, phone="13900139001"), kind=MailKind.PROOF)[0]
    with (
        house_clock.at(house_clock.now() + timedelta(days=mailing.LINK_DAYS, minutes=1)),
        pytest.raises(Refused, match="link_over"),
    ):
        mail_links.use(mail_links.links_of(other)[Act.PROVE])


# --- the list ---


def test_only_what_was_given_up_can_be_sent_again_and_only_by_those_who_may(make, cast, known):
    mail = letters(make.case("offered"), address="chen@desk.example")[0]
    with pytest.raises(Refused):
        mail_delivery.send_again(mail, cast.zhou)
    mail_delivery.mark_failed(mail.id, "派单", "550 no such user")
    with pytest.raises(NotAllowed):
        mail_delivery.send_again(mail, cast.wang)
    mail_delivery.send_again(mail, cast.zhou)
    job = db.session.scalars(select(Job).where(Job.key == f"{mailing.SEND}:{mail.id}")).one()
    assert (mail.status, job.status, job.attempts) == (MailStatus.WAITING, JobStatus.PENDING, 0)


def test_a_new_address_of_ones_own_is_asked_before_anything_goes_there(make, cast, known):
    chen = cast.account("chen")
    mailing.set_own_address(chen, "New@Desk.example")
    assert chen.email == "new@desk.example"
    assert kinds(letters(address="new@desk.example")) == ["proof"]
    case = make.case("offered")
    assert letters(case, address="new@desk.example")[0].status is MailStatus.UNPROVED
    mailing.stop("gone@desk.example")
    with pytest.raises(Refused):
        mailing.set_own_address(chen, "gone@desk.example")
    mailing.set_own_address(chen, "")
    assert chen.email is None


def test_the_closing_of_a_case_tells_expert_and_company_what_each_may_know(make, cast, known):
    mailing.vouch(LIN)
    case = make.case("closed", email=LIN)
    assert "case.closed" in kinds(letters(case, address="chen@desk.example"))
    assert "certificate.issued" in kinds(letters(case, address="chen@desk.example"))
    assert "certificate.issued" not in kinds(letters(case, address=LIN))
    assert closure.latest_answer(case) is not None
    assert db.session.get(Address, LIN).proved_at is not None
