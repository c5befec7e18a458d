"""What becomes of a letter that comes in: whose it is, which case it belongs to, and what is never answered."""

from __future__ import annotations

import base64
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from helpdesk import clock as house_clock
from helpdesk import config
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db
from helpdesk.domain import attachments, closure, consultation, incoming, mail_delivery, mailing, visits
from helpdesk.domain.intake import Contact
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import (
    Address,
    Case,
    Channel,
    Event,
    Incoming,
    IncomingKind,
    IncomingStatus,
    Mail,
    MailKind,
    MailStatus,
    Message,
    Side,
    Status,
)
from helpdesk.presentation import mail_page
from tests.adapters.test_files import PDF, picture
from tests.cast import OTHER

LIN = "lin@southlight.example"
S = IncomingStatus


@pytest.fixture(autouse=True)
def address(app, monkeypatch):
    """The desk reads mail at help@desk.example."""
    monkeypatch.setitem(config._in_use, "MAIL_IN", "help@desk.example")
    monkeypatch.setitem(config._in_use, "MAIL_FROM", "no-reply@desk.example")


@pytest.fixture
def storage():
    return MemoryStorage()


def written(
    text="想问问研发费用怎么归集。",
    *,
    sender=f"林女士 <{LIN}>",
    to="help@desk.example",
    subject="求助",
    files=(),
    **more,
):
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, to, subject
    for name, value in more.items():
        letter[name.replace("_", "-")] = value
    letter.set_content(text)
    for name, data in files:
        letter.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return letter.as_bytes()


@pytest.fixture
def arrive(storage):
    """Take a letter in, as the worker does."""

    def _arrive(raw: bytes, to: str = "") -> Incoming:
        row, _ = incoming.keep(raw, storage, source="pipe", to=to)
        return incoming.place(row.id, reader.read(raw), storage)

    return _arrive


@pytest.fixture
def known(cast):
    for login in ("chen", "wang"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    mailing.vouch(LIN)
    db.session.flush()


def letters(**wanted) -> list[Mail]:
    return list(db.session.scalars(select(Mail).filter_by(**wanted).order_by(Mail.id)))


def said(case) -> list[tuple[str, str]]:
    return [(m.side.value, m.body) for m in consultation.messages(case)]


def letter_to(case, address) -> Mail:
    return next(m for m in reversed(letters(case_id=case.id)) if m.address == address)


# --- replies ---


def test_a_reply_to_our_letter_is_said_on_its_case(make, known, arrive):
    case = make.case("consulting", email=LIN)
    ours = letter_to(case, LIN)
    text = "照片在附件里。\n\n在 2026年11月18日，问渠 <help@desk.example> 写道：\n> 您好"
    row = arrive(written(text, subject="回复：别的", to=mailing.reply_address(ours), files=[("合同.pdf", PDF)]))
    assert (row.status, row.case_id) == (S.SAID, case.id)
    assert said(case)[-1] == ("company", "照片在附件里。")
    assert row.quoted.startswith("在 2026年")
    assert [(a.name, a.message_id) for a in attachments.of_case(case, with_notes=False)] == [
        ("合同.pdf", row.message_id)
    ]


def test_our_message_id_is_as_good_as_our_address(make, known, arrive):
    case = make.case("consulting", email=LIN)
    row = arrive(written("收到。", In_Reply_To=letter_to(case, LIN).message_id))
    assert row.case_id == case.id
    assert said(case)[-1] == ("company", "收到。")


def test_an_expert_answers_from_the_mailbox_and_the_service_begins(make, known, arrive, cast):
    case = make.case("accepted", email=LIN)
    consultation.reply(case, make.link(case), body="在吗？", form_key="k")
    to = mailing.reply_address(letter_to(case, "chen@desk.example"))
    row = arrive(written("您好，我来帮您看。", sender="chen@desk.example", to=to))
    assert (row.status, row.why) == (S.SAID, "")
    assert said(case)[-1] == ("expert", "您好，我来帮您看。")
    assert case.status is Status.CONSULTING
    told = letter_to(case, LIN)
    assert told.event.kind == "message.posted"
    assert "您好，我来帮您看。" in mail_page.message_of(told).get_body(("plain",)).get_content()


def test_the_same_letter_again_is_the_same_message(make, known, arrive, storage):
    case = make.case("consulting", email=LIN)
    raw = written("一次。", to=mailing.reply_address(letter_to(case, LIN)))
    assert arrive(raw).id == arrive(raw).id
    assert [body for _, body in said(case)].count("一次。") == 1
    assert len(storage.files) == 1


def test_a_number_in_the_subject_opens_nothing(make, known, arrive):
    case = make.case("consulting", email=LIN)
    before = len(said(case))
    row = arrive(written("我是路人。", sender="mallory@else.example", subject=f"Re: [{case.number}] 您好"))
    assert row.status is S.BEGUN
    assert row.maybe_case_id == case.id
    assert row.case_id != case.id
    assert len(said(case)) == before


def test_a_sign_in_the_wrong_hands_opens_nothing(make, known, arrive):
    """The address leaked (a forwarded letter): who writes takes no part in the case."""
    case = make.case("consulting", email=LIN)
    ours = letter_to(case, LIN)
    row = arrive(written("让我看看。", sender="mallory@else.example", to=mailing.reply_address(ours)))
    assert (row.status, row.maybe_case_id) == (S.BEGUN, case.id)
    assert "让我看看。" not in [body for _, body in said(case)]


def test_a_made_up_sign_is_none(make, known, arrive):
    case = make.case("consulting", email=LIN)
    good = mailing.reply_address(letter_to(case, LIN))
    user, _, host = good.partition("@")
    for wrong in (
        f"{user[:-1]}0@{host}",
        f"help+{letter_to(case, LIN).id}.@{host}",
        f"help+1@{host}",
        "help+99999999999.a@" + host,
    ):
        assert mailing.mail_of_address(wrong) is None, wrong
    assert mailing.mail_of_address(good.upper()) is not None, "some servers change letters' case"
    assert mailing.mail_of_address(good.replace("desk.example", "else.example")) is None


def test_whoever_looks_like_an_expert_is_none_without_the_experts_own_letter(make, known, arrive):
    """A colleague's letter, the expert's address: staff only speak through what was written to themselves."""
    case = make.case("consulting", email=LIN)
    row = arrive(written("我是陈老师", sender="chen@desk.example", to=mailing.reply_address(letter_to(case, LIN))))
    assert row.status is not S.SAID
    assert ("expert", "我是陈老师") not in said(case)


def test_what_our_mail_server_calls_forged_waits_for_a_person(make, known, arrive, monkeypatch):
    case = make.case("consulting", email=LIN)
    forged = written("假的", to=mailing.reply_address(letter_to(case, LIN)),
                     Authentication_Results="mx.desk.example; spf=fail; dmarc=fail (p=reject)")  # fmt: skip
    monkeypatch.setitem(config._in_use, "MAIL_AUTHSERV", "mx.desk.example")
    row = arrive(forged)
    assert (row.status, row.why) == (S.HELD, "forged")
    other = written(
        "真的", to=mailing.reply_address(letter_to(case, LIN)), Authentication_Results="mx.evil; dmarc=fail"
    )
    assert arrive(other).status is S.SAID, "anybody can write such a header; only ours counts"


def test_a_reply_after_the_end_waits_at_the_station(make, known, arrive, cast):
    case = make.case("closed", email=LIN)
    row = arrive(written("还有个问题。", to=mailing.reply_address(letter_to(case, LIN))))
    assert (row.status, row.why, row.maybe_case_id) == (S.HELD, "case_ended", case.id)
    assert [r.id for r in incoming.listed(cast.wang, incoming.TO_DO)] == [row.id]
    assert incoming.listed(cast.zhao, incoming.TO_DO) == []


def test_an_answer_to_an_offer_by_mail_is_no_acceptance(make, known, arrive):
    case = make.case("offered")
    row = arrive(
        written("可以接", sender="chen@desk.example", to=mailing.reply_address(letter_to(case, "chen@desk.example")))
    )
    assert (row.status, row.why) == (S.HELD, "no_right")
    assert case.status is Status.OFFERED


def test_an_answer_ends_the_pause(make, known, arrive, cast):
    case = make.case("consulting", email=LIN)
    consultation.ask(case, cast.chen, question="请发营业执照", form_key="q")
    assert case.is_paused
    arrive(written("见附件", to=mailing.reply_address(letter_to(case, LIN)), files=[("执照.pdf", PDF)]))
    assert not case.is_paused


def test_files_we_do_not_take_are_named_and_the_words_arrive(make, known, arrive):
    case = make.case("consulting", email=LIN)
    row = arrive(written("看看", to=mailing.reply_address(letter_to(case, LIN)),
                         files=[("a.pdf", PDF), ("x.exe", b"MZ" + b"\0" * 99), ("空.pdf", b"")]))  # fmt: skip
    assert row.status is S.SAID
    assert row.files == [["a.pdf", ""], ["x.exe", "file_kind"]]


def test_a_letter_of_forty_thousand_letters_is_said_short_and_kept_whole(make, known, arrive):
    case = make.case("consulting", email=LIN)
    row = arrive(written("长" * 40_000, to=mailing.reply_address(letter_to(case, LIN)), subject="很长"))
    assert row.status is S.SAID
    assert len(said(case)[-1][1]) == consultation.LONGEST
    assert [f.name for f in attachments.of_case(case, with_notes=False)] == ["很长.txt"]


# --- requests ---


def test_a_stranger_begins_a_request_and_gets_one_fixed_letter(arrive, storage):
    row = arrive(written("想问问贷款的事 http://bad.example", files=[("a.pdf", PDF)], subject="贷款"))
    case = row.case
    assert (row.status, case.status, case.channel, case.number) == (S.BEGUN, Status.DRAFT, Channel.MAIL, None)
    assert case.draft["problem"]["problem"] == "贷款\n\n想问问贷款的事 http://bad.example"
    asked = letters(kind=MailKind.PROOF)
    assert [(m.address, m.case_id) for m in asked] == [(LIN, case.id)]
    letter = mail_page.message_of(asked[0])
    assert "bad.example" not in letter.as_string()
    assert "贷款" not in "".join(p.get_content() for p in letter.walk() if not p.is_multipart())
    assert letter["Auto-Submitted"] == "auto-generated"
    arrive(written("第二封"))
    assert len(letters(kind=MailKind.PROOF)) == 1, "at most one a day"
    with house_clock.at(house_clock.now() + timedelta(hours=25)):
        arrive(written("第三封"))
    assert len(letters(kind=MailKind.PROOF)) == 2


def test_whoever_wants_no_letters_gets_none(arrive):
    mailing.stop(LIN)
    assert arrive(written()).status is S.BEGUN
    assert letters(kind=MailKind.PROOF) == []


def test_a_known_senders_letter_is_a_request_at_once(make, known, arrive):
    first = make.case("closed", email=LIN)
    row = arrive(written("这次想问商标。\n盼复", subject="Fw: 商标被人抢注", files=[("商标.jpg", picture())]))
    case = row.case
    assert (row.status, case.status, case.channel) == (S.REQUESTED, Status.SUBMITTED, Channel.MAIL)
    assert (case.title, case.company_id, case.contact_phone) == ("商标被人抢注", first.company_id, first.contact_phone)
    assert [f.name for f in attachments.of_case(case, with_notes=False)] == ["商标.jpg"]
    receipt = letter_to(case, LIN)
    assert receipt.event.kind == "case.submitted"
    assert db.session.scalars(select(Event.kind).where(Event.case_id == case.id)).all() == ["case.submitted"]


def test_a_known_sender_with_too_many_open_cases_is_not_lost(make, known, arrive):
    for _ in range(5):
        make.case("submitted", email=LIN)
    row = arrive(written("第六件"))
    assert (row.status, row.why) == (S.BEGUN, "too_many_open_cases")
    assert row.case.status is Status.DRAFT


def test_an_unproved_address_is_never_taken_for_the_company(make, arrive):
    make.case("submitted", email=LIN)
    row = arrive(written("冒充的"))
    assert row.status is S.BEGUN


def test_a_long_request_is_cut_and_lies_beside_it_whole(arrive):
    row = arrive(written("求助。" * 900, subject="很长"))
    assert len(row.case.draft["problem"]["problem"]) == incoming.LONGEST_PROBLEM
    db.session.refresh(row)
    assert row.files == [["很长.txt", ""]]


def test_an_english_letter_is_answered_in_english(arrive):
    row = arrive(written("We would like to ask how to register a trademark in Shenzhen.", subject="Trademark"))
    assert row.case.locale == "en"
    assert letters(kind=MailKind.PROOF)[0].locale == "en"


# --- machines ---


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({"Auto_Submitted": "auto-replied"}, IncomingKind.AUTO),
        ({"subject": "自动回复: 求助"}, IncomingKind.AUTO),
        ({"subject": "回复：[外出自动回复] 休假"}, IncomingKind.AUTO),
        ({"subject": "Out of Office: away"}, IncomingKind.AUTO),
        ({"X_Autoreply": "yes"}, IncomingKind.AUTO),
        ({"Precedence": "auto_reply"}, IncomingKind.AUTO),
        ({"X_Loop": "somebody"}, IncomingKind.AUTO),
        ({"Return_Path": "<>"}, IncomingKind.AUTO),
        ({"sender": "no-reply@shop.example"}, IncomingKind.AUTO),
        ({"sender": "MAILER-DAEMON@mx.example"}, IncomingKind.BOUNCE),
        ({"X_Failed_Recipients": "a@b.example"}, IncomingKind.BOUNCE),
        ({"List_Id": "<news.example>"}, IncomingKind.LIST),
        ({"Precedence": "bulk"}, IncomingKind.LIST),
        ({"sender": "help@desk.example"}, IncomingKind.OWN),
        ({"sender": "no-reply@desk.example"}, IncomingKind.OWN),
    ],
    ids=str,
)
def test_machines_are_filed_and_never_answered(make, known, arrive, more, kind):
    case = make.case("consulting", email=LIN)
    before, count = len(said(case)), len(letters())
    row = arrive(written("我不在", to=mailing.reply_address(letter_to(case, LIN)), **more))
    assert (row.status, row.kind) == (S.FILED, kind)
    assert len(said(case)) == before
    assert len(letters()) == count
    assert row.why


def test_a_person_who_wants_no_answers_gets_none_and_is_heard(arrive):
    row = arrive(written(X_Auto_Response_Suppress="All"))
    assert row.status is S.BEGUN
    assert letters(kind=MailKind.PROOF) == []


def test_auto_submitted_no_is_a_person(arrive):
    assert arrive(written(Auto_Submitted="no")).kind is IncomingKind.PERSON


def test_two_machines_that_answer_each_other_stop(arrive):
    rows = [arrive(written(f"第 {n} 封")) for n in range(25)]
    assert [row.status for row in rows].count(S.BEGUN) == 20
    assert {row.why for row in rows if row.status is S.HELD} == {"too_many"}
    assert len(letters()) == 1


def test_a_bounce_tells_which_letter_was_not_delivered(make, known, arrive):
    case = make.case("consulting", email=LIN)
    ours = letter_to(case, LIN)
    mail_delivery.mark_sent(ours.id, "x")
    report = (
        "From: MAILER-DAEMON@mx.example\nTo: no-reply@desk.example\nSubject: Undelivered Mail Returned to Sender\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nSorry\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {LIN}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 no such user\n\n--b\nContent-Type: message/rfc822\n\n"
        f"From: no-reply@desk.example\nMessage-ID: {ours.message_id}\nSubject: x\n\nhi\n--b--\n"
    ).encode()
    assert arrive(report).status is S.FILED
    assert ours.status is MailStatus.FAILED
    assert ours.error == "5.1.1 smtp; 550 no such user"


def test_nobody_can_fail_our_letters_without_their_ids(make, known, arrive):
    case = make.case("consulting", email=LIN)
    ours = letter_to(case, LIN)
    mail_delivery.mark_sent(ours.id, "x")
    report = (
        'From: MAILER-DAEMON@x\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        f"--b\nContent-Type: message/delivery-status\n\nA: b\n\nFinal-Recipient: rfc822; {LIN}\nStatus: 5.1.1\n\n--b--"
    ).encode()
    arrive(report)
    assert ours.status is MailStatus.SENT


# --- what people decide ---


def test_a_desk_puts_a_letter_on_its_case(make, known, arrive, cast, storage):
    case = make.case("consulting", email=LIN)
    raw = written(
        "换了邮箱写的", sender="王工 <wang.eng@else.example>", subject=f"[{case.number}]", files=[("a.pdf", PDF)]
    )
    row = arrive(raw)
    draft = row.case
    with pytest.raises(NotAllowed):
        incoming.put_on(row, cast.zhao, case=case, letter=reader.read(raw), storage=storage)
    incoming.put_on(row, cast.wang, case=case, letter=reader.read(raw), storage=storage)
    assert (row.status, row.case_id, row.decided_by) == (S.SAID, case.id, "王岚")
    message = db.session.get_one(Message, row.message_id)
    assert (message.side, message.author_name, message.body) == (Side.COMPANY, "王工", "换了邮箱写的")
    assert draft.status is Status.WITHDRAWN
    assert "message.brought" in db.session.scalars(select(Event.kind).where(Event.case_id == case.id)).all()
    assert [f.name for f in attachments.of_case(case, with_notes=False)] == ["a.pdf"]
    with pytest.raises(Refused, match="mail_not_open"):
        incoming.put_on(row, cast.wang, case=case, letter=reader.read(raw), storage=storage)


def test_an_operator_completes_a_strangers_request(arrive, cast):
    row = arrive(written("想租便宜的场地", files=[("a.pdf", PDF)]))
    with pytest.raises(NotAllowed):
        incoming.complete(row, cast.wang, company=OTHER, contact=Contact("林女士", "13800138000", LIN))
    case = incoming.complete(row, cast.zhou, company=OTHER, contact=Contact("林女士", "13800138000", LIN))
    assert (case.status, row.status) == (Status.SUBMITTED, S.REQUESTED)
    assert case.station_id == row.station_id == cast.station(OTHER.district).id
    assert [f.name for f in attachments.of_case(case, with_notes=False)] == ["a.pdf"]


def test_a_desk_makes_a_request_of_what_was_filed(arrive, cast, storage):
    raw = written("真的有事", subject="自动回复: 求助")
    row = arrive(raw)
    incoming.begin(row, cast.zhou, letter=reader.read(raw), storage=storage)
    assert (row.status, row.case.status) == (S.BEGUN, Status.DRAFT)
    assert letters(kind=MailKind.PROOF) == []


def test_what_is_not_to_be_done_says_why(arrive, cast):
    row = arrive(written("广告"))
    with pytest.raises(Refused, match="reason_missing"):
        incoming.dismiss(row, cast.zhou, reason=" ")
    draft = row.case
    incoming.dismiss(row, cast.zhou, reason="广告")
    assert (row.status, row.why, draft.status) == (S.DECIDED, "广告", Status.WITHDRAWN)


def test_the_station_of_the_setting_looks_after_letters_of_no_case(arrive, cast, monkeypatch):
    monkeypatch.setitem(config._in_use, "MAIL_STATION", cast.station().slug)
    row = arrive(written())
    assert [r.id for r in incoming.listed(cast.wang, incoming.TO_DO)] == [row.id]
    assert incoming.counts(cast.wang) == {S.BEGUN: 1}
    assert incoming.listed(cast.zhao, ()) == []


def test_one_that_cannot_be_read_waits_with_its_error_and_can_be_tried_again(arrive, cast, storage):
    row, _ = incoming.keep(written(), storage, source="pipe")
    incoming.give_up(row.id, "Traceback\nValueError: odd")
    assert (row.status, row.why) == (S.BROKEN, "ValueError: odd")
    assert incoming.broken() == 1
    incoming.read_again(row, cast.zhou)
    assert row.status is S.KEPT


def test_one_that_is_too_large_is_kept_as_far_as_it_came(storage, cast):
    raw = written("很大的信")
    row, _ = incoming.keep(raw, storage, source="imap", is_cut=True)
    incoming.place(row.id, reader.read(raw), storage)
    assert (row.status, row.why, row.subject) == (S.HELD, "too_large", "求助")


def test_a_mailbox_that_is_silent_too_long_is_told(app):
    incoming.asked("box")
    assert incoming.silent() == []
    with house_clock.at(house_clock.now() + timedelta(minutes=16)):
        assert [box.name for box in incoming.silent()] == ["box"]
        incoming.asked("box", "no connection")
        assert [box.error for box in incoming.silent()] == ["no connection"]


def test_a_case_is_carried_by_mail_alone(make, known, arrive, cast, storage):
    """Request, question, answer, confirmation: the company never signs in. In GB 18030, as Foxmail writes it."""
    make.case("closed", email=LIN)

    def word(text):
        return f"=?GB18030?B?{base64.b64encode(text.encode('gb18030')).decode()}?="

    def gb(text, to, subject="回复：求助", files=()):
        head = f"From: {word('林女士')} <{LIN}>\r\nTo: {to}\r\nSubject: {word(subject)}\r\nMIME-Version: 1.0\r\n"
        body = 'Content-Type: text/plain; charset="gb18030"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        body += base64.encodebytes(text.encode("gb18030")).decode()
        parts = "".join(
            f'--x\r\nContent-Type: application/octet-stream; name="{word(name)}"\r\nContent-Disposition: attachment\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{base64.encodebytes(data).decode()}\r\n"
            for name, data in files
        )
        return f"{head}Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n{body}\r\n{parts}--x--".encode()

    case = arrive(
        gb("镕基路的厂房要续租，合同有几条看不懂。", "help@desk.example", "厂房续租", [("租赁合同.pdf", PDF)])
    ).case
    assert case.number
    assert case.problem == "厂房续租\n\n镕基路的厂房要续租，合同有几条看不懂。"
    make._triaged(case, category="legal")
    make._offered(case, expert="chen")
    make._accepted(case, expert="chen")
    consultation.reply(case, cast.chen, body="您好，哪几条？", form_key="e1")
    reply_to = mailing.reply_address(letter_to(case, LIN))
    quoted = '\n\n\n------------------ 原始邮件 ------------------\n发件人: "问渠" <help@desk.example>;\n您好，哪几条？'
    arrive(gb("第七条和第九条。" + quoted, reply_to, files=[("第七条.pdf", PDF + b"7")]))
    assert said(case)[-1] == ("company", "第七条和第九条。")
    make.visit(case)
    make.answer(case)
    told = letter_to(case, LIN)
    assert told.event.kind == "case.answered"
    text = mail_page.message_of(told).get_body(("plain",)).get_content()
    assert f"/t/{case.tracking_token}/confirmation?outcome=solved" in text
    arrive(gb("解决了，谢谢！", mailing.reply_address(told)))
    for visit in visits.undecided(case):
        visits.confirm(visit, make.link(case))
    make.confirm(case)
    assert case.status is Status.CLOSED
    assert closure.latest_feedback(case) is not None
    assert [f.name for f in attachments.of_case(case, with_notes=False)] == ["租赁合同.pdf", "第七条.pdf"]
    assert db.session.get(Address, LIN).proved_at is not None
    assert db.session.scalar(select(Case.id).where(Case.status == Status.DRAFT, Case.channel == Channel.MAIL)) is None
