"""Commendations in the browser: who sees what, bad input beside its field, what the public reads."""

from __future__ import annotations

import io
import re
from datetime import date

import pytest

from helpdesk import clock
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import db
from helpdesk.domain import awards, cycles, honours, nominations, papers, schemes, statements, trainings
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.models import Award, NominationState, Objection, Publicity, Scheme
from tests import commending
from tests.commending import later


@pytest.fixture(autouse=True)
def settled(make):
    """The transaction in which the fixtures were made is over."""
    db.session.commit()


def scheme_id(code: str) -> int:
    found = db.session.query(Scheme).filter_by(code=code).one().id
    db.session.rollback()
    return found


GOOD = {
    "effective_from": "2026-01-01", "basis": "某文件", "approver": "总队", "routes": ["organisation"],
    "stages": ["district", "city"], "notice_days": "5", "levels-0-number": "1", "levels-0-zh": "优秀",
    "levels-0-en": "Excellent", "needs-0-measure": "total_minutes", "needs-0-operator": ">=", "needs-0-value": "1.5",
    "weights-0-measure": "rating", "weights-0-points": "100", "weights-0-full": "5",
    "trial_from": "2026-01-01", "trial_to": "2026-11-18",
}  # fmt: skip


def send(browser, url, login, data, **more):
    browser.app.config["WTF_CSRF_ENABLED"] = False
    return browser.open(url, login, method="POST", data=data, **more)


def test_a_new_version_is_written_and_told(app, browser, make):
    number = scheme_id("expert-of-the-year")
    answer = send(browser, f"/schemes/{number}/versions/new", "zhou", {**GOOD, "version": "1", "how": "save"})
    assert answer.status_code == 303
    page = browser.get(f"/schemes/{number}", as_="zhou")
    assert "第 2 版" in page.text and "累计服务时长至少 1.5 小时" in page.text
    stale = send(browser, f"/schemes/{number}/versions/new", "zhou", {**GOOD, "version": "1", "how": "save"})
    assert stale.status_code == 422 and "刚才有人写了新的一版" in stale.get_data(as_text=True)


def test_a_dry_run_shows_each_condition_and_saves_nothing(app, browser, make):
    make.case("closed")
    db.session.commit()
    number = scheme_id("expert-of-the-year")
    answer = send(browser, f"/schemes/{number}/versions/new", "zhou", {**GOOD, "version": "1", "how": "trial"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "陈明远" in text and "现有 1 小时" in text and "不符合" in text
    assert schemes.newest_number(db.session.get_one(Scheme, number)) == 1
    db.session.rollback()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"needs-0-value": "many"}, "请写一个数"),
        ({"needs-0-measure": ""}, "请先选看什么"),
        ({"effective_from": "yesterday"}, "请按 2026-11-18 这样写日期"),
        ({"notice_days": "-1"}, "公示请写 0 到 30"),
        ({"notice_days": "99"}, "公示请写 0 到 30"),
        ({"routes": []}, "请至少选一种推荐方式"),
        ({"stages": []}, "请至少选一级评审"),
        ({"basis": ""}, "请写明出自哪个文件"),
        ({"levels-0-zh": ""}, "至少写一级的名称"),
        ({"levels-0-number": "x"}, "级请写 1 到 9"),
        ({"weights-0-points": "lots"}, "请写 1 到 100 的整数"),
        ({"weights-0-points": "101"}, "有一个数值看不懂或太大"),
        ({"needs-0-measure": "charm"}, ""),
        ({"effective_to": "2020-01-01"}, "结束要在开始之后"),
        ({"needs-0-measure": "experts"}, "有一条不能用来评这类对象"),
    ],
)
def test_bad_rules_come_back_with_words_and_what_was_typed(app, browser, make, changes, words):
    number = scheme_id("expert-of-the-year")
    data = {**GOOD, "version": "1", "how": "save", "note": "留着我", **changes}
    answer = send(browser, f"/schemes/{number}/versions/new", "zhou", data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in text and "留着我" in text


@pytest.mark.parametrize("url", ["/schemes/99999", "/cycles/99999"])
def test_what_does_not_exist_is_said_in_words(app, browser, make, url):
    assert browser.open(url, "zhou").status_code == 422


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scheme": ""}, "请选一项"),
        ({"name": ""}, "请给这次评选起个名"),
        ({"period_to": "2025-01-01"}, "结束要在开始之后"),
        ({"nominations_until": "2026-11-01"}, "推荐截止不能早于今天"),
        ({"period_from": "2026-13-45"}, "请按 2026-11-18 这样写日期"),
    ],
)
def test_a_cycle_that_cannot_be(app, browser, make, changes, words):
    data = {
        "scheme": str(scheme_id("expert-of-the-year")), "name": "2026 年度", "period_from": "2026-01-01",
        "period_to": "2026-11-18", "nominations_until": "2026-12-01", **changes,
    }  # fmt: skip
    answer = send(browser, "/cycles/new", "zhou", data)
    assert answer.status_code == 422 and words in answer.get_data(as_text=True)


def test_the_whole_way_in_the_browser(app, browser, make):
    """Open, nominate, freeze, review twice, consent, publish, object, answer, award, the roll, revoke."""
    make.case("closed")
    scheme = commending.title(make, commending.criteria(1))
    db.session.commit()
    number, chen = scheme.id, make.cast.expert("chen").id
    answer = send(browser, "/cycles/new", "zhou", {
        "scheme": str(number), "name": "年度之星评选", "period_from": "2026-01-01", "period_to": "2026-11-18",
        "nominations_until": "2026-11-18",
    })  # fmt: skip
    cycle_url = answer.headers["Location"]
    cycle = cycle_url.rsplit("/", 1)[1]
    assert "陈明远" in browser.get(cycle_url, as_="zhou").text, "found by the rules, nominated by nobody yet"
    assert send(browser, f"/nominations/new/{cycle}", "wang", {"nominee": "", "reason": ""}).status_code == 422
    assert send(browser, f"/nominations/new/{cycle}", "wang", {"nominee": chen, "reason": "好"}).status_code == 303
    nomination = db.session.query(commending.Nomination).one().id
    db.session.rollback()
    here = f"/nominations/{nomination}"
    with later(days=1):
        assert send(browser, f"{cycle_url}/freeze", "zhou", {}).status_code == 303
        assert "陈明远" in browser.get("/nominations", as_="li").text
        refused = send(browser, f"{here}/assessment", "li", {"verdict": "declined", "reason": ""})
        assert refused.status_code == 422 and "请写明原因" in refused.get_data(as_text=True)
        assert send(browser, f"{here}/assessment", "li", {}).status_code == 422
        assert send(browser, f"{here}/assessment", "li", {"verdict": "passed"}).status_code == 303
        assert send(browser, f"{here}/assessment", "zhou", {"verdict": "passed"}).status_code == 303
        mine = browser.get("/me/commendations", as_="chen").text
        assert "选公示方式" in mine
        assert send(browser, f"/me/commendations/{nomination}/publicity", "chen", {}).status_code == 422
        assert (
            send(browser, f"/me/commendations/{nomination}/publicity", "chen", {"publicity": "masked"}).status_code
            == 303
        )
        send(browser, f"{cycle_url}/notice", "zhou", {})
        notice = browser.get("/notices", as_=None).text
        assert "陈**" in notice and "陈明远" not in notice and "某研究院" not in notice
        bad = send(browser, f"/notices/{nomination}/objections", None, {"text": "他没来过", "name": "", "contact": ""})
        assert bad.status_code == 422 and "他没来过" in bad.get_data(as_text=True)
        said = send(
            browser, f"/notices/{nomination}/objections", None,
            {"text": "他没来过", "name": "邻居", "contact": "13700000000"},
        )  # fmt: skip
        result = said.headers["Location"]
        assert "还没有答复" in browser.get(result, as_=None).text
        assert "他没来过" not in browser.get("/notices", as_=None).text
        assert "邻居" in browser.get(here, as_="zhou").text and "邻居" not in browser.get(here, as_="wang").text
    with later(days=20):
        browser.open("/notices", None)
        blocked = send(browser, f"{here}/award", "zhou", {})
        assert blocked.status_code == 422 and "还有异议没有答复" in blocked.get_data(as_text=True)
        objection = db.session.query(Objection).one().id
        db.session.rollback()
        data = {f"o{objection}-decision": "dismissed", f"o{objection}-reply": "核对过签到表，来过。"}
        assert send(browser, f"{here}/objections/{objection}", "zhou", data).status_code == 303
        assert "核对过签到表" in browser.get(result, as_=None).text
        assert send(browser, f"{here}/award", "zhou", {}).status_code == 303
        second = send(browser, f"{here}/award", "zhou", {})
        assert second.status_code == 409 and "周总" in second.get_data(as_text=True)
        roll = browser.get("/honours", as_=None).text
        assert "陈**" in roll and "陈明远" not in roll
        assert (
            send(browser, f"/me/commendations/{nomination}/publicity", "chen", {"publicity": "full"}).status_code == 303
        )
        assert "陈明远" in browser.get("/honours", as_=None).text
        assert send(browser, f"{here}/revocation", "zhou", {"revoke-reason": ""}).status_code == 422
        assert send(browser, f"{here}/revocation", "zhou", {"revoke-reason": "虚报"}).status_code == 303
        assert "已撤销" in browser.get("/honours", as_=None).text
        assert send(browser, f"{cycle_url}/end", "zhou", {}).status_code == 303


def test_a_company_puts_its_expert_forward_from_the_tracking_page(app, browser, make):
    commending.open_cycle(make)
    case = make.case("closed")
    db.session.commit()
    token = case.tracking_token
    assert "推荐陈明远老师" in browser.get(f"/t/{token}", as_=None).text
    assert send(browser, f"/t/{token}/nomination", None, {}).status_code == 303
    page = browser.get(f"/t/{token}", as_=None).text
    assert "您推荐了这位专家" in page and "推荐陈明远老师" not in page
    again = send(browser, f"/t/{token}/nomination", None, {})
    assert again.status_code == 303 and "已经推荐过了" in browser.get(f"/t/{token}", as_=None).text


def test_without_an_open_cycle_the_tracking_page_asks_nothing(app, browser, make):
    case = make.case("closed")
    db.session.commit()
    assert "推荐" not in re.sub(r"<[^>]+>", "", browser.get(f"/t/{case.tracking_token}", as_=None).text)


def test_signals_are_for_reviewers_with_rows_to_look_at(app, browser, make):
    for n in range(3):
        make.case("closed", phone=f"1380000010{n}")
    row = commending.to_city(make)
    db.session.commit()
    for login, sees in (("zhou", True), ("li", True), ("wang", False), ("chen", False)):
        text = browser.get(f"/nominations/{row.id}", as_=login).text
        assert ("同一位专家反复服务同一家企业" in text) is sees, login
        assert ("评分集中在一小时内" in text) is sees, login
    numbers = re.findall(r"SZ-26-\d+", browser.get(f"/nominations/{row.id}", as_="zhou").text)
    assert len(set(numbers)) == 3


def test_a_fallen_figure_is_shown_and_the_award_waits(app, browser, make):
    case = make.case("closed")
    make.case("closed", phone="13800000111")
    row = commending.to_notice(make)
    with later(days=30):
        commending.reverse(case)
        db.session.commit()
        text = browser.get(f"/nominations/{row.id}", as_="zhou").text
        assert "封存以后，这些数字变差了" in text
        answer = send(browser, f"/nominations/{row.id}/confirmation", "zhou", {"confirm-reason": "少一件仍符合"})
        assert answer.status_code == 303
        assert "封存以后，这些数字变差了" not in browser.get(f"/nominations/{row.id}", as_="zhou").text
        assert send(browser, f"/nominations/{row.id}/award", "zhou", {}).status_code == 303


def test_pages_cost_the_same_for_many(app, browser, make):
    """A list of nominations is read in a fixed number of statements."""
    from sqlalchemy import event

    cycle = commending.open_cycle(make)
    nominations.nominate(make.cast.zhou, cycle, make.cast.expert("chen").id, reason="好")
    db.session.commit()

    def statements() -> int:
        seen = []
        listen = lambda *args: seen.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        browser.open("/nominations", "zhou")
        browser.open(f"/cycles/{cycle.id}", "zhou")
        event.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    statements()
    one = statements()
    for login in ("wu", "zheng", "qian"):
        nominations.nominate(make.cast.zhou, cycles.by_id(cycle.id), make.cast.expert(login).id, reason="好")
    db.session.commit()
    assert statements() <= one


def test_who_does_not_want_to_be_named_is_counted_but_not_named(app, browser, make):
    make.case("closed")
    row = commending.to_notice(make)
    with later(days=30):
        awards.award(row, make.cast.zhou)
        nominations.set_publicity(row, make.cast.chen, Publicity.NOTHING)
        db.session.commit()
        text = browser.get("/honours", as_=None).text
        assert "陈" not in re.sub(r"<[^>]+>", "", text).replace("陈列", "")
        assert "另有 1 位获得表彰" in text
    assert row.state is NominationState.AWARDED


def drawn(app, row):
    """The award's paper, drawn and signed by the twins."""
    made = papers.draw("award", row.id, NullRenderer(), NullSigner(), storage_from(app.config))
    assert papers.mark_drawn("award", row.id, made)
    db.session.commit()
    db.session.remove()


def test_an_award_has_a_paper_that_anybody_may_check(app, browser, make):
    make.case("closed")
    row = commending.to_award(make)
    with later(days=30):
        given = awards.award(row, make.cast.zhou)
        number, code = given.number, given.code
        db.session.commit()
        page = browser.get(f"/awards/{number}", as_="chen")
        assert page.says("正在生成") and page.says("年度之星") and page.says("陈明远同志")
        browser.get(f"/awards/{number}.pdf", as_="chen", expect=404)
        drawn(app, given)
        answer = browser.open(f"/awards/{number}.pdf", as_="chen")
        assert answer.data.startswith(b"%PDF")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.pdf"'
        for person, status in {"zhou": 200, "wang": 404, "wu": 404, "lin": 404}.items():
            browser.get(f"/awards/{number}", as_=person, expect=status)
        checked = browser.get(f"/v/{code}")
        assert checked.says("有效") and checked.says("年度之星") and checked.says("陈**")
        assert not checked.says("陈明远")
        assert browser.get("/me/commendations", as_="chen").says("荣誉证书")


def test_a_revoked_award_is_revoked_wherever_it_is_checked(app, browser, make):
    make.case("closed")
    row = commending.to_award(make)
    with later(days=30):
        given = awards.award(row, make.cast.zhou)
        drawn(app, given)
        data = browser.open(f"/awards/{given.number}.pdf", as_="chen").data
        again = db.session.get_one(Award, given.id)
        awards.revoke(again, make.cast.zhou, reason="时长不实")
        db.session.commit()
        assert browser.get(f"/v/{given.code}").says("已作废")
        sent = browser.post("/verify", {"file": (io.BytesIO(data), "a.pdf")}, expect=200)
        assert sent.says("文件是真的，但已作废")
        assert browser.get(f"/awards/{given.number}", as_="chen").says("时长不实")
        assert given.number in browser.open("/verify/withdrawn.csv").get_data(as_text=True)


def test_what_an_expert_was_awarded_stands_on_their_statement(make):
    make.case("closed")
    row = commending.to_award(make)
    with later(days=30):
        given = awards.award(row, make.cast.zhou)
        today = clock.today()
        drawn_up = {"starts_on": date(2026, 1, 1), "ends_on": today}
        facts = statements.draw_up(make.cast.chen, form_key="a", **drawn_up).facts
        assert facts["honours"] == [{"name": "年度之星", "on": today.isoformat(), "by": "总队"}]
        awards.revoke(given, make.cast.zhou, reason="时长不实")
        assert statements.draw_up(make.cast.chen, form_key="b", **drawn_up).facts["honours"] == []


def test_trainings_and_verified_honours_stand_on_a_statement(make, cast):
    make.case("closed")
    chen = cast.expert("chen")
    day = clock.today()
    trainings.record(chen, cast.wang, TrainingFacts("上岗培训", "保密", 90, "总队", day))
    struck = trainings.record(chen, cast.wang, TrainingFacts("误记", "误记", 90, "总队", day))
    trainings.strike(struck, cast.wang, reason="记错人")
    asked = honours.ask(chen, cast.chen, HonourFacts("优秀志愿者", day, "市里"))
    period = {"starts_on": date(2026, 1, 1), "ends_on": day}
    before = statements.draw_up(cast.chen, form_key="a", **period).facts
    assert [one["name"] for one in before["trainings"]] == ["上岗培训"]
    assert before["honours"] == []
    honours.verify(asked, cast.wang)
    after = statements.draw_up(cast.chen, form_key="b", **period).facts
    assert [one["name"] for one in after["honours"]] == ["优秀志愿者"]
