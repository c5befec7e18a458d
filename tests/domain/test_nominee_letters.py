"""Letters and notices to nominees: each step once, in its transaction, in the reader's language, as they wish."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.db import db
from helpdesk.domain import accounts, awards, cycles, mail_delivery, mailing, nominations, notices
from helpdesk.errors import Refused, Stale
from helpdesk.models import Mail, MailKind, MailStatus, Nomination, Notice, Objection, Publicity, Role, Route, Subject
from helpdesk.presentation import mail_page, nominee_words, notice_page
from helpdesk.rules import commendation
from helpdesk.rules import mailing as mailing_rules
from helpdesk.rules.mailing import How
from tests import commending
from tests.commending import later


@pytest.fixture
def told(make):
    """Chen has served, and has an address that is his."""
    make.case("closed")
    account = make.cast.account("chen")
    account.email = "chen@desk.example"
    mailing.vouch(account.email)
    return account


def kinds() -> list[str]:
    rows = db.session.scalars(select(Mail).where(Mail.kind == MailKind.COMMENDATION).order_by(Mail.id))
    return [row.line.kind for row in rows]


def newest() -> Mail:
    return db.session.scalars(select(Mail).where(Mail.kind == MailKind.COMMENDATION).order_by(Mail.id.desc())).first()


def worded(app, mail: Mail | None = None) -> str:
    """Text and HTML of a letter, which have to say the same."""
    with app.test_request_context():
        message = mail_page.message_of(mail or newest())
    parts = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    assert set(parts) == {"text/plain", "text/html"}
    for word in (message["Subject"].split("：")[0].split(": ")[0].rstrip("…"),):
        assert word in parts["text/html"]
    return f"{message['Subject']}\n{parts['text/plain']}"


def test_every_kind_has_words_and_every_worded_kind_is_an_event():
    assert set(mailing_rules.NOMINEE) == set(nominee_words.SAID) <= set(commendation.EVENTS)
    assert set(mailing_rules.NOMINEE.values()) <= set(mailing_rules.BY_NAME)


def test_the_way_to_an_award_each_step_once(app, make, told):
    cast = make.cast
    cycle = commending.open_cycle(make)
    row = nominations.nominate(cast.wang, cycle, cast.expert("chen").id, reason="帮得好")
    text = worded(app)
    assert "王岚推荐您参加“2026 年度之星”" in text and "5 个工作日" in text and "/publicity" in text
    nominations.nominate(cast.zhou, cycle, cast.expert("chen").id, reason="也推荐")
    assert kinds() == ["nomination.made"]
    with later(days=15):
        cycles.freeze(cast.zhou, cycle)
        nominations.assess(row, cast.li, passed=True)
        assert kinds() == ["nomination.made"]
    with later(days=16):
        other = accounts.create(login="zhou2", name="周二", password="a long enough password")
        accounts.grant(other, Role.OPERATOR)
        from helpdesk.rules import policy

        second = policy.who_is(other)
        nominations.assess(row, second, passed=True)
        assert kinds()[-1] == "nomination.consent_asked" and "公示要您本人同意" in worded(app)
        nominations.set_publicity(row, cast.chen, Publicity.MASKED)
        cycles.publish(second, cycle)
        text = worded(app)
        assert "2026 年 12 月 4 日" in text and "随时可以改" in text and "只公示姓" in text and "/notices" in text
        said = awards.object_(row, cast.chu, name="某人", contact="13700000000", text="他没有来过。", form_key="k")
        text = worded(app)
        assert "说明情况" in text and "某人" not in text and "13700000000" not in text and "没有来过" not in text
        awards.answer(said, cast.chen, text="那天有签到。")
        awards.decide(said, second, upheld=False, reply="查了签到表，确实来过。")
        assert "不成立" in worded(app) and "查了签到表" in worded(app)
    with later(days=40):
        given = awards.award(row, second)
        assert "获得表彰" in worded(app) and given.number in worded(app)
        awards.revoke(given, second, reason="材料有误")
        assert "撤销" in worded(app) and "材料有误" in worded(app)
    assert kinds() == [
        "nomination.made", "nomination.consent_asked", "nomination.noticed", "objection.made", "objection.decided",
        "award.given", "award.revoked",
    ]  # fmt: skip
    told_here = db.session.scalar(select(func.count()).select_from(Notice).where(Notice.line_id.is_not(None)))
    assert told_here == 7
    assert {mail.status for mail in db.session.scalars(select(Mail).where(Mail.line_id.is_not(None)))} == {
        MailStatus.WAITING
    }


def test_a_no_is_told_with_its_reason_and_so_is_what_never_came_to_a_decision(app, make, told):
    cast = make.cast
    row = commending.to_city(make, stop_at_district=True)
    with later(days=15):
        nominations.assess(row, cast.li, passed=False, reason="材料不全")
        assert kinds()[-1] == "nomination.assessed" and "材料不全" in worded(app)
        with pytest.raises(Stale):
            nominations.assess(row, cast.li, passed=False, reason="再来")
    far = commending.open_cycle(make, commending.criteria(500))
    nominations.nominate(cast.wang, far, cast.expert("chen").id, reason="好")
    with later(days=15):
        cycles.freeze(cast.zhou, far)
        assert kinds()[-1] == "nomination.unqualified" and "没有达到" in worded(app)
    with house_clock.at(house_clock.now() - timedelta(days=2)):
        again = commending.in_review(make, cast.expert("chen").id, name="取消的")
        cycles.call_off(cast.zhou, again.cycle, reason="经费没有批下来")
    assert kinds()[-1] == "nomination.called_off" and "经费没有批下来" in worded(app)


def test_without_consent_the_end_says_so_and_a_withdrawal_is_told(app, make, told):
    cast = make.cast
    row = commending.to_city(make)
    with later(days=16):
        nominations.assess(row, cast.zhou, passed=True)
        cycles.finish(cast.zhou, row.cycle)
        assert kinds()[-2:] == ["nomination.consent_asked", "nomination.passed_over"]
        assert "没有同意公示" in worded(app)
    cycle = commending.open_cycle(make)
    other = nominations.nominate(cast.wang, cycle, cast.expert("chen").id, reason="好")
    nominations.withdraw(other, cast.wang, reason="推荐错了")
    assert kinds()[-2:] == ["nomination.made", "nomination.withdrawn"] and "推荐错了" in worded(app)
    nominations.nominate(cast.zhou, cycle, cast.expert("chen").id, reason="还是推荐")
    assert kinds()[-1] == "nomination.made"


def test_nobody_is_told_of_what_they_did_themselves(make, told):
    cast = make.cast
    row = nominations.nominate_oneself(cast.chen, commending.open_cycle(make), reason="做了很多")
    nominations.set_publicity(row, cast.chen, Publicity.FULL)
    assert kinds() == []


def test_as_they_wish_never_daily_and_never_off_for_what_they_may_act_on(app, make, told):
    cast = make.cast
    mailing.set_wish(told, "honours", How.NEVER)
    row = commending.to_city(make, stop_at_district=True)
    with later(days=15):
        nominations.assess(row, cast.li, passed=False, reason="材料不全")
    assert kinds() == ["nomination.made"]
    with pytest.raises(Refused, match="wish_not_possible"):
        mailing.set_wish(told, "musts", How.NEVER)
    mailing.set_wish(told, "honours", How.DAILY)
    cycle = commending.open_cycle(make)
    other = nominations.nominate(cast.wang, cycle, cast.expert("chen").id, reason="好")
    nominations.withdraw(other, cast.wang, reason="推荐错了")
    assert newest().status is MailStatus.DAILY
    with later(days=1):
        assert mailing.gather_digests() == 1
        digest = db.session.scalars(select(Mail).where(Mail.kind == MailKind.DIGEST)).one()
        assert "推荐撤回了" in worded_digest(app, digest) and mail_delivery.needless(digest) == ""
        notices.mark_read(cast.chen)
        assert mail_delivery.needless(digest) == "read"


def worded_digest(app, mail: Mail) -> str:
    with app.test_request_context():
        return mail_page.message_of(mail).get_body(("plain",)).get_content()


def test_english_readers_read_english(app, make, told):
    told.locale = "en"
    nominations.nominate(make.cast.wang, commending.open_cycle(make), make.cast.expert("chen").id, reason="好")
    text = worded(app)
    assert "put you forward" in text and "推荐" not in text


def test_an_address_nobody_proved_gets_the_one_question_and_then_the_newest(make):
    cast = make.cast
    cast.account("chen").email = "new@desk.example"
    cycle = commending.open_cycle(make)
    row = nominations.nominate(cast.wang, cycle, cast.expert("chen").id, reason="好")
    nominations.withdraw(row, cast.wang, reason="错了")
    asked = db.session.scalars(select(Mail).where(Mail.kind == MailKind.PROOF)).all()
    assert [mail.address for mail in asked] == ["new@desk.example"]
    mailing.vouch("new@desk.example")
    states = [m.status for m in db.session.scalars(select(Mail).where(Mail.line_id.is_not(None)).order_by(Mail.id))]
    assert states == [MailStatus.DROPPED, MailStatus.WAITING]


def test_a_station_is_told_through_who_coordinates_it_and_who_left_is_not(make):
    cast = make.cast
    for login in ("wang", "qian"):
        cast.account(login).email = f"{login}@desk.example"
        mailing.vouch(f"{login}@desk.example")
    scheme = commending.title(make, commending.criteria(0), subject=Subject.STATION, routes=(Route.ORGANISATION,))
    row = nominations.nominate(cast.zhou, commending.open_cycle(make, scheme=scheme), cast.station().id, reason="好")
    mails = db.session.scalars(select(Mail).where(Mail.line_id.is_not(None)).order_by(Mail.address)).all()
    assert [mail.address for mail in mails] == ["qian@desk.example", "wang@desk.example"]
    assert mail_delivery.needless(mails[0]) == ""
    grant = next(g for g in cast.account("qian").grants if g.role is Role.COORDINATOR)
    accounts.end_grant(grant)
    assert mail_delivery.needless(mails[0]) == "no_right"
    assert list(mailing.accounts_of_nominee(row)) == [cast.account("wang").id]


def test_the_list_of_notices_tells_it_and_leads_there(app, make):
    cast = make.cast
    nominations.nominate(cast.wang, commending.open_cycle(make), cast.expert("chen").id, reason="好")
    assert notices.unread_count(cast.chen) == 1
    with app.test_request_context():
        row = notice_page.rows([], [], cast.chen, honours=notices.of_nominee(cast.chen))[0]
    assert "推荐您参加" in row.text and row.url == "/me/commendations" and row.unread


def test_the_nominee_answers_once_and_not_after_the_decision(browser, make):
    cast = make.cast
    make.case("closed")
    row = commending.to_notice(make)
    with later(days=17):
        said = awards.object_(row, cast.chu, name="某人", contact="13700000000", text="他没有来过。", form_key="k")
        place = f"/me/commendations/{row.id}/objections"
        page = browser.get(place, as_="chen")
        assert page.says("他没有来过") and not page.says("某人") and not page.says("13700000000")
        browser.get(place, as_="wu", expect=404)
        name = f"o{said.id}-answer"
        assert browser.post(f"{place}/{said.id}", {name: " "}, as_="chen", page=place, expect=422).says("请写您的说明")
        browser.post(f"{place}/{said.id}", {name: "那天有签到。"}, as_="chen", page=place)
        assert browser.get(place, as_="chen").says("等答复")
        again = browser.post(f"{place}/{said.id}", {name: "再说"}, as_="chen", page=place, expect=422)
        assert again.says("您已经说明过了")
        assert browser.get(f"/nominations/{row.id}", as_="zhou").says("那天有签到")
        assert browser.get("/me/commendations", as_="chen").says("1 条异议")
        second = awards.object_(
            db.session.get_one(Nomination, row.id), cast.chu, name="乙", contact="2", text="另一条", form_key="k2"
        )
        db.session.commit()
        from helpdesk.db import begin

        begin(read_only=False)
        accounts.grant(cast.account("feng"), Role.OPERATOR)
        second = db.session.get_one(Objection, second.id)
        awards.decide(second, cast.feng, upheld=False, reply="查过了")
        with pytest.raises(Refused, match="objection_decided"):
            awards.answer(second, cast.chen, text="迟了")
