"""All other ways a case can go, with and without JavaScript: declined, disputed, withdrawn, merged, passed on,
refused, referred, taken up again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import closure
from helpdesk.models import Case, HoursEntry, Review, Status
from tests.cast import LONGGANG, OTHER
from tests.journeys import parts


class Known:
    """A case that is there already: its number and its private link."""

    def __init__(self, case: Case) -> None:
        self.number, self.link = case.number, f"/t/{case.tracking_token}"


@pytest.fixture
def there(desk):
    """`there("offered")`: a case that has come so far, by the verbs."""

    def build(to: str, **more: object) -> Known:
        with desk.inside() as make:
            return Known(make.case(to, **more))

    return build


def status_of(desk, number: str) -> Status:
    with desk.reading():
        return db.session.scalars(select(Case.status).where(Case.number == number)).one()


def test_a_declined_case_is_back_in_the_queue_with_the_reason_and_goes_to_another_expert(desk, sit, js, there):
    case = there("offered")
    chen = sit("chen", js=js)
    parts.decline(chen, parts.offer_of(desk, case.number), "no_time", "下个月可以。")
    assert chen.path == "/inbox"
    chen.sees("已告诉工作站").sees_not("我来接：")
    wang = sit("wang", js=js, wide=True)
    wang.open(f"/cases/{case.number}").sees("待派单", "近期没有时间", "下个月可以。")
    parts.offer(wang, case.number, to="吴刚")
    wu = sit("wu", js=js)
    parts.accept(wu, parts.offer_of(desk, case.number)).sees("南山光电有限公司")
    assert status_of(desk, case.number) is Status.ACCEPTED
    # Nobody is blamed: the one who declined sees no case and no mark.
    chen.open(f"/cases/{case.number}", expect_status=404)


def test_a_conflict_of_interest_is_remembered(desk, sit, there):
    case = there("offered")
    chen = sit("chen")
    parts.decline(chen, parts.offer_of(desk, case.number), "conflict")
    again = there("triaged", phone="13900139001")
    wang = sit("wang", wide=True)
    parts.open_offer(wang, again.number).sees("需回避 1 人").sees_not("陈明远")


def test_a_disputed_case_is_back_with_the_expert_in_the_companys_words(desk, sit, js, there):
    case = there("answered")
    sme = sit(js=js)
    sme.open(case.link).follow("/confirmation")
    sme.choose("outcome", "none").submit("/confirmation").sees("请写一句哪里没有解决")
    sme.write("comment", "账期那一条还没讲。").submit("/confirmation")
    sme.sees("已退回给专家")
    chen = sit("chen", js=js)
    chen.open(f"/cases/{case.number}").sees("服务中", "账期那一条还没讲。")
    parts.summarise(chen, case.number, "账期也讲清了")
    parts.confirm(sme, case.link, score="4", comment="这回清楚了。").sees("已办结")
    with desk.reading():
        assert db.session.scalars(select(HoursEntry.minutes)).all() == [60]


def test_a_wrong_time_goes_back_to_the_expert_and_is_confirmed_after_the_correction(desk, sit, js, there):
    case = there("answered")
    sme = sit(js=js)
    sme.open(case.link).follow("/visits/1/confirmation")
    sme.choose("verdict", "wrong").submit("/visits/1/confirmation").sees("请写一句实际是怎样")
    sme.write("reason", "只谈了半小时。").submit("/visits/1/confirmation").sees("已请专家改正")
    chen = sit("chen", js=js)
    chen.open(f"/cases/{case.number}").sees("企业有异议").follow("/visits/1").sees("只谈了半小时。")
    chen.write("ends", "09:30").submit("/visits/1").sees("已改好")
    parts.confirm(sme, case.link, score="5", comment="").sees("已办结")
    with desk.reading():
        assert db.session.scalars(select(HoursEntry.minutes)).all() == [30]


def test_the_company_takes_its_request_back_and_up_again(desk, sit, js, there):
    case = there("triaged")
    sme = sit(js=js)
    sme.open(case.link).follow("/withdrawal")
    sme.choose("reason", "no_longer_needed").submit("/withdrawal").sees("您已撤回")
    assert status_of(desk, case.number) is Status.WITHDRAWN
    sit("wang", js=js, wide=True).open(f"/cases/{case.number}").sees("已撤回", "不需要了")
    sme.submit("/resumption").sees("已收到")
    assert status_of(desk, case.number) is Status.SUBMITTED


def test_a_duplicate_is_merged_and_can_be_undone(desk, sit, js, there):
    first, second = there("triaged"), there("submitted", phone="13900139002")
    wang = sit("wang", js=js, wide=True)
    wang.open(f"/cases/{second.number}/merge").write("target", "SZ-26-99999").submit("/merge")
    wang.sees("找不到这个编号")
    assert wang.field("target").input_value() == "SZ-26-99999"
    wang.write("target", first.number.lower()).submit("/merge")
    assert status_of(desk, second.number) is Status.MERGED
    sit(js=js).open(second.link).sees(first.number)
    wang.open(f"/cases/{second.number}").sees("已并案", first.number)
    parts.undo_merge(wang, second.number)
    assert status_of(desk, second.number) is Status.SUBMITTED


def test_a_transferred_case_stays_accountable_until_the_other_station_accepts(desk, sit, js, there):
    case = there("triaged")
    wang, zhao = sit("wang", js=js, wide=True), sit("zhao", js=js, wide=True)
    zhao.open(f"/cases/{case.number}", expect_status=404)
    with desk.reading() as cast:
        station = cast.station(LONGGANG)
        target, name = str(station.id), station.zh
    wang.open(f"/cases/{case.number}/transfer").pick("station", target).write("reason", "企业搬到了龙岗。")
    wang.submit("/transfer")
    wang.open(f"/cases/{case.number}").sees("等对方接收", name)
    assert status_of(desk, case.number) is Status.TRIAGED
    zhao.open(f"/cases/{case.number}").sees("企业搬到了龙岗。")
    parts.receive(zhao, case.number, accept=True)
    zhao.open(f"/cases/{case.number}").sees("待受理")
    wang.open(f"/cases/{case.number}", expect_status=404)
    sit(js=js).open(case.link).sees(name)


def test_a_transfer_that_is_sent_back_says_why(desk, sit, there):
    case = there("triaged", company=OTHER, phone="13900139003")
    wang, zhao = sit("wang", wide=True), sit("zhao", wide=True)
    with desk.reading() as cast:
        target = str(cast.station().id)
    zhao.open(f"/cases/{case.number}/transfer").pick("station", target).write("reason", "在南山办公。")
    zhao.submit("/transfer")
    parts.receive(wang, case.number, accept=False, reason="厂房还在龙岗。")
    zhao.open(f"/cases/{case.number}").sees("厂房还在龙岗。")
    wang.open(f"/cases/{case.number}", expect_status=404)


def test_a_refusal_names_its_ground_and_where_to_go_and_can_be_appealed(desk, sit, js, there):
    case = there("submitted")
    wang = sit("wang", js=js, wide=True)
    wang.open(f"/cases/{case.number}/rejection").submit("/rejection").sees("请选一条不予受理的理由")
    wang.choose("ground", "already_petition_xinfang").write("reason", "这件事已经在信访程序里。").submit("/rejection")
    assert status_of(desk, case.number) is Status.REJECTED
    sme = sit(js=js)
    sme.open(case.link).sees("未受理", "已经进入信访程序", "这件事已经在信访程序里。", "12345")
    sme.follow("/appeal").write("reason", "我们没有信访。").submit("/appeal").sees("已提交申诉")
    li = sit("li", js=js, wide=True)
    parts.uphold(li, case.number, "确实没有信访。")
    assert status_of(desk, case.number) is Status.SUBMITTED


def test_a_government_matter_is_referred_to_the_right_office(desk, sit, js, there):
    case = there("submitted")
    wang = sit("wang", js=js, wide=True)
    wang.open(f"/cases/{case.number}/referral").submit("/referral").sees("请选转给哪个单位")
    wang.choose("office", "tax").submit("/referral")
    sit(js=js).open(case.link).sees("已转到税务局", "12366")
    assert status_of(desk, case.number) is Status.REFERRED


def test_silence_never_confirms_but_the_station_may_verify_and_sign(desk, sit, js, there):
    case = there("answered")
    wang = sit("wang", js=js, wide=True)
    wang.open(f"/cases/{case.number}").sees_not("企业未回应")
    desk.move(days=8)
    parts.verify(wang, case.number)
    wang.open(f"/cases/{case.number}").sees("已办结", "企业未回应")
    with desk.reading():
        assert [(e.minutes, e.confirmed_by) for e in db.session.scalars(select(HoursEntry))] == [(60, "station")]


def test_a_closed_case_can_be_opened_again(desk, sit, js, there):
    case = there("closed")
    sme = sit(js=js)
    sme.open(case.link).follow("/reopening").write("reason", "税务局又来问了。").submit("/reopening").sees("服务中")
    sit("chen", js=js).open(f"/cases/{case.number}").sees("税务局又来问了。")


def test_money_asked_for_stops_the_hours_until_somebody_else_has_decided(desk, sit, js, there):
    case = there("answered")
    sme = sit(js=js)
    parts.confirm(sme, case.link, score="1", comment="收了 500 元车马费。", paid="yes").sees("正在核查")
    with desk.reading():
        assert db.session.scalars(select(HoursEntry.minutes)).all() == []
    li = sit("li", js=js, wide=True)
    parts.decide_review(li, case.number, upheld=False, reason="是企业付给停车场的。")
    parts.confirm(sme, case.link, score="5", comment="弄错了。").sees("已办结")
    with desk.reading():
        assert db.session.scalars(select(HoursEntry.minutes)).all() == [60]


_ = closure


def test_the_confirmation_opens_with_the_stars_of_the_link_and_begins_on_the_first_screen(sit, there):
    """Check 37: `?score=5` chooses five stars; nothing is chosen for anybody who did not."""
    case = there("answered")
    sme = sit()
    chosen = "main input[name=score]:checked"
    sme.open(f"{case.link}/confirmation")
    assert sme.page.locator(chosen).count() == 0
    choices, button = sme.page.locator("main [name=outcome]").last, sme.button("确认并打分")
    assert choices.bounding_box()["y"] < button.bounding_box()["y"] < 844
    sme.open(f"{case.link}/confirmation?score=5")
    assert sme.page.locator(chosen).input_value() == "5"
    sme.sees("按下面的按钮才算数")


def test_a_payment_is_reported_whatever_else_is_said(desk, sit, js, there):
    """Partly solved, a wrong time and money: the time goes back with its own reason, and the review begins."""
    case = there("answered")
    sme = sit(js=js)
    sme.open(f"{case.link}/confirmation").choose("outcome", "partly").choose("paid", "yes")
    wrong = sme.page.locator("main [value=wrong]")
    name = wrong.get_attribute("name")
    wrong.check(force=True)
    sme.write("comment", "人不错，就是收了红包。").submit("/confirmation").sees("时间不对的，请写一句实际是怎样")
    assert sme.page.locator("main [name=paid][value=yes]").is_checked()
    sme.write(f"{name}-why", "只谈了半小时").submit("/confirmation")
    sme.sees("正在核查", "您说不对：只谈了半小时")
    with desk.reading():
        assert db.session.scalars(select(Review.note)).one() == "人不错，就是收了红包。"
    li = sit("li", wide=True)
    li.open("/reviews").sees(case.number)


def test_not_solved_and_money_asked_for_are_both_heard(desk, sit, there):
    case = there("answered")
    sme = sit()
    sme.open(f"{case.link}/confirmation").choose("outcome", "none").choose("paid", "yes")
    sme.write("comment", "没解决，还要钱。").submit("/confirmation").sees("已退回给专家")
    assert status_of(desk, case.number) is Status.CONSULTING
    with desk.reading():
        assert db.session.scalars(select(Review.note)).one() == "没解决，还要钱。"


def test_a_request_taken_up_again_is_promised_an_answer_again(desk, sit, there):
    case = there("submitted")
    sme = sit()
    sme.open(case.link).sees("前有人联系您")
    sme.follow("/withdrawal").submit("/withdrawal").sees("请选一项")
    sme.choose("reason", "no_longer_needed").submit("/withdrawal").sees("您已撤回")
    sme.press("恢复求助").sees("前有人联系您")
