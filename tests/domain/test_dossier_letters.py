"""What was decided about a training or award is told to the expert and whoever asked, once (办法67 art. 13)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk.db import db
from helpdesk.domain import dossier_corrections, honours, mail_delivery, mailing, notices, trainings
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.errors import Refused
from helpdesk.models import Grant, Mail, MailKind, MailStatus, Notice, Role
from helpdesk.presentation import mail_page
from helpdesk.rules import policy

LESSON = TrainingFacts("上岗培训", "保密与回避", 120, "总队", date(2026, 3, 1))
AWARD = HonourFacts("优秀志愿者", date(2026, 1, 5), "市义工联")


@pytest.fixture
def told(cast):
    """Chen and Wang have addresses that are theirs."""
    for login in ("chen", "wang"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    return cast


def letters() -> list[Mail]:
    return list(db.session.scalars(select(Mail).where(Mail.kind == MailKind.DOSSIER).order_by(Mail.id)))


def readers_of_notices() -> list[int]:
    rows = select(Notice.account_id).where(Notice.dossier_correction_id.is_not(None)).order_by(Notice.id)
    return list(db.session.scalars(rows))


def worded(app, mail: Mail) -> str:
    """Text of a letter, which says the same in HTML."""
    with app.test_request_context():
        message = mail_page.message_of(mail)
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    assert message["Subject"] in parts["text/html"] and message["Reply-To"] is None
    return f"{message['Subject']}\n{parts['text/plain']}"


def asked(who, thing, says="其实三小时。"):
    return dossier_corrections.ask(thing, who, says=says, form_key=f"{who.name}-{thing.id}")


def test_granted_with_what_changed_and_why_exactly_once(app, told):
    row = trainings.record(told.expert("chen"), told.zhou, LESSON)
    correction = asked(told.chen, row)
    assert letters() == [] and readers_of_notices() == []
    dossier_corrections.grant(correction, told.wang, facts=replace(LESSON, minutes=180), reason="签到表是三小时")
    (mail,) = letters()
    assert (mail.address, mail.status, mail.part) == ("chen@desk.example", MailStatus.WAITING, "expert")
    assert readers_of_notices() == [told.chen.account_id], "whoever decided knows"
    text = worded(app, mail)
    for words in (
        "培训记录的更正申请有了结果",
        "已更正",
        "签到表是三小时",
        "王岚",
        "120 分钟 → 180 分钟",
        "其实三小时",
        "可以投诉",
    ):
        assert words in text, words
    assert f"/dossier-corrections/{correction.id}" in text
    assert "上岗培训" not in text.splitlines()[0], "no typed word in a subject"
    with pytest.raises(Refused, match="correction_decided"):
        dossier_corrections.refuse(correction, told.zhou, reason="又不")
    assert len(letters()) == 1
    with pytest.raises(IntegrityError), db.session.begin_nested():
        mailing.write_of_dossier(correction, told.account("chen"), mailing.Part.EXPERT)
    assert mail_delivery.needless(mail) == ""
    grant = db.session.scalars(select(Grant).where(Grant.account_id == told.chen.account_id)).one()
    grant.ended_at = correction.decided_at
    assert mail_delivery.needless(mail) == "no_right"


def test_refused_and_struck_say_so_and_whoever_asked_hears_too(app, told):
    chen = told.expert("chen")
    award = honours.ask(chen, told.chen, AWARD)
    honours.verify(award, told.wang)
    dossier_corrections.refuse(asked(told.chen, award, "单位写错。"), told.wang, reason="证书就是这样")
    text = worded(app, letters()[-1])
    assert "表彰记录的更正申请" in text and "没有错，不更正" in text and "证书就是这样" in text and "再申请一次" in text
    lesson = trainings.record(chen, told.zhou, LESSON)
    dossier_corrections.grant(asked(told.wang, lesson, "没有来。"), told.zhou, facts=None, reason="确实没来")
    to_wang, to_chen = letters()[-2:]
    assert (to_wang.account_id, to_chen.account_id) == (told.wang.account_id, told.chen.account_id)
    assert "您提了这份更正申请" in worded(app, to_wang) and "您的志愿服务档案" in worded(app, to_chen)
    assert "没有这回事，已作废" in worded(app, to_chen)
    assert readers_of_notices() == [told.chen.account_id, told.wang.account_id, told.chen.account_id]


def test_in_the_readers_language_and_only_to_an_address_that_is_theirs(app, cast):
    account = cast.account("chen")
    account.email, account.locale = "new@desk.example", "en"
    row = trainings.record(cast.expert("chen"), cast.zhou, LESSON)
    dossier_corrections.grant(asked(cast.chen, row), cast.wang, facts=replace(LESSON, minutes=180), reason="seen")
    other = trainings.record(cast.expert("chen"), cast.zhou, LESSON)
    dossier_corrections.refuse(asked(cast.chen, other), cast.wang, reason="no")
    mail, about_other = letters()
    assert mail.status is MailStatus.UNPROVED
    assert db.session.scalars(select(Mail.address).where(Mail.kind == MailKind.PROOF)).all() == ["new@desk.example"]
    mailing.vouch("new@desk.example")
    assert (mail.status, about_other.status) == (MailStatus.WAITING, MailStatus.WAITING), "of two things, both"
    text = worded(app, mail)
    assert "has been decided" in text and "120 minutes → 180 minutes" in text and "更正" not in text


def test_somebody_without_an_account_that_works_is_not_told(told):
    row = trainings.record(told.expert("chen"), told.zhou, LESSON)
    correction = asked(told.wang, row)
    told.account("chen").is_active = False
    dossier_corrections.grant(correction, told.zhou, facts=None, reason="不是他")
    assert [mail.address for mail in letters()] == ["wang@desk.example"]


def test_the_notice_is_on_the_page_until_the_right_to_it_ends(browser, cast):
    row = trainings.record(cast.expert("chen"), cast.zhou, LESSON)
    correction = asked(cast.wang, row)
    dossier_corrections.refuse(correction, cast.zhou, reason="签到表上有")
    url = f"/dossier-corrections/{correction.id}"
    db.session.commit()
    for login in ("chen", "wang"):
        page = browser.get("/notifications", as_=login)
        assert page.says("没有错，不更正") and page.says("签到表上有")
        assert url in [a.get("href") for a in page.all("a")]
    assert not browser.get("/notifications", as_="wu").says("签到表上有")
    grant = db.session.scalars(
        select(Grant).where(Grant.account_id == cast.account("wang").id, Grant.role == Role.COORDINATOR)
    ).one()
    assert notices.of_dossiers(cast.wang)
    grant.ended_at = correction.decided_at
    assert notices.of_dossiers(policy.who_is(cast.account("wang"))) == []
