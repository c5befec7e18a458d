"""An expert draws up a statement of a period: at once, alone, truthfully; and what ends it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import db
from helpdesk.domain import hours, papers, record_transfers, statements, visits
from helpdesk.errors import NotAllowed, Refused, TooMany
from helpdesk.models import EntryKind, HoursEntry, PaperStatus, Statement
from tests.bundles import imported
from tests.cast import LONGGANG, OTHER

YEAR = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 11, 18)}


def reversal(entry: HoursEntry) -> HoursEntry:
    """Take a line of the ledger back."""
    return hours._append(
        HoursEntry(
            kind=EntryKind.REVERSAL, minutes=-entry.minutes, expert_id=entry.expert_id, case_id=entry.case_id,
            visit_id=entry.visit_id, station_id=entry.station_id, category_code=entry.category_code, mode=entry.mode,
            served_on=entry.served_on, confirmed_by=entry.confirmed_by, reverses_id=entry.id, reason="时间记错了",
            recorded_at=house_clock.now(), recorded_by="王岚", revision=entry.revision,
        )
    )  # fmt: skip


def draw(row: Statement, app) -> None:
    drawn = papers.draw("statement", row.id, NullRenderer(), NullSigner(), storage_from(app.config))
    assert papers.mark_drawn("statement", row.id, drawn)
    db.session.commit()


def test_two_stations_are_listed_each_with_its_minutes(town):
    town.case("closed")
    other = town.case("closed", company=OTHER, phone="13900000001", category="legal")
    longgang = town.cast.station(LONGGANG)
    longgang.head_name = "赵主任"
    row = statements.draw_up(town.cast.chen, form_key="a", **YEAR)
    facts = row.facts
    assert (row.number, row.minutes, facts["minutes_by_company"]) == ("WQM-2026-0000001", 120, 120)
    assert {one["name"]: one["minutes"] for one in facts["recorders"]} == {
        town.cast.station().legal_entity: 60, longgang.legal_entity: 60,
    }  # fmt: skip
    head = next(one for one in facts["recorders"] if one["name"] == longgang.legal_entity)
    assert head["head"] == "赵主任" and head["handlers"] == "赵桐" and head["contact"] == longgang.phone
    assert [group["minutes"] for group in facts["groups"]] == [60, 60]
    lines = [line for group in facts["groups"] for line in group["lines"]]
    assert {line["number"] for line in lines} >= {other.number}
    assert facts["trainings"] == [] and facts["honours"] == [] and facts["transferred"] == []
    assert papers.check(row.code).state == "valid" and papers.check(row.code).kind == "statement"
    assert papers.check(row.code).name == "陈**"
    assert papers.facts_of(row).expert_name == "陈明远"


def test_a_company_is_named_only_by_its_consent(make, cast):
    named = make.case("closed")
    silent = make.case("answered", phone="13800138001")
    for visit in visits.undecided(silent):
        visits.confirm(visit, make.link(silent))
    make.confirm(silent, name_on_paper=False)
    lines = statements.draw_up(cast.chen, form_key="a", **YEAR).facts["groups"][0]["lines"]
    assert {line["number"]: line["company"] for line in lines} == {
        named.number: "南山光电有限公司", silent.number: None,
    }  # fmt: skip
    assert all("林女士" not in line["content"] for line in lines)


def test_the_period_is_checked_in_words(make, cast):
    make.case("closed")
    day = date(2026, 11, 18)
    for facts, code, field in (
        ({"starts_on": day, "ends_on": date(2026, 11, 1)}, "period_backwards", "ends_on"),
        ({"starts_on": day, "ends_on": date(2026, 11, 19)}, "period_in_future", "ends_on"),
        ({"starts_on": date(1990, 1, 1), "ends_on": day}, "period_too_early", "starts_on"),
        ({"starts_on": date(2025, 1, 1), "ends_on": date(2025, 12, 31)}, "no_hours_in_period", "starts_on"),
        ({**YEAR, "id_tail": "12345"}, "id_tail_shape", "id_tail"),
        ({**YEAR, "id_tail": "X123"}, "id_tail_shape", "id_tail"),
    ):
        with pytest.raises(Refused) as refused:
            statements.draw_up(cast.chen, form_key="x", **facts)
        assert (refused.value.code, refused.value.field) == (code, field)
    with pytest.raises(NotAllowed):
        statements.draw_up(cast.wang, form_key="x", **YEAR)
    assert (
        statements.draw_up(cast.chen, form_key="y", **YEAR, id_tail="123x")
        .facts["id_masked"]
        .endswith("123X（本人填写）")
    )


def test_sent_twice_or_asked_again_it_is_one_paper_and_many_are_too_many(make, cast):
    make.case("closed")
    first = statements.draw_up(cast.chen, form_key="a", **YEAR)
    assert statements.draw_up(cast.chen, form_key="a", **YEAR) is first
    assert statements.draw_up(cast.chen, form_key="b", **YEAR) is first, "the record has not changed"
    with house_clock.at(house_clock.now() + timedelta(days=1)):
        assert statements.draw_up(cast.chen, form_key="c", **YEAR) is not first, "another day, another paper"
    with pytest.raises(TooMany):
        for n in range(statements.LIMIT + 1):
            statements.draw_up(cast.chen, starts_on=date(2026, 1, n + 1), ends_on=date(2026, 11, 18), form_key=f"k{n}")


def test_a_reversed_line_ends_every_statement_that_counted_it_and_no_other(town):
    town.case("closed")
    entry = db.session.scalars(select(HoursEntry)).one()
    whole = statements.draw_up(town.cast.chen, form_key="a", **YEAR)
    town.case("closed", phone="13800138001")
    later = statements.draw_up(town.cast.chen, form_key="b", **YEAR)
    assert later.minutes == 120 and whole.status is PaperStatus.VALID, "new hours leave an older paper true"
    other = town.case("closed", phone="13800138002", expert="wu")
    assert other.number
    others = statements.draw_up(town.cast.wu, form_key="a", **YEAR)
    reversal(entry)
    assert (whole.status, later.status, others.status) == (
        PaperStatus.SUPERSEDED, PaperStatus.SUPERSEDED, PaperStatus.VALID,
    )  # fmt: skip
    verdict = papers.check(whole.code)
    assert (verdict.state, verdict.successor) == ("superseded", "")
    fresh = statements.draw_up(town.cast.chen, form_key="c", **YEAR)
    assert fresh.minutes == 60 and fresh.status is PaperStatus.VALID
    assert len(fresh.facts["groups"][0]["lines"]) == 1, "what was reversed altogether is gone"


def test_hours_from_elsewhere_stand_apart(make, cast):
    make.case("closed")
    bundle = imported(cast, "chen")
    record_transfers.decide(bundle, cast.zhou, record_ids=None, verified=True, reason="核对过")
    assert statements.draw_up(cast.chen, form_key="a", **YEAR).facts["transferred"] == []
    whole = statements.draw_up(cast.chen, form_key="b", starts_on=date(2025, 1, 1), ends_on=date(2026, 11, 18))
    assert whole.facts["transferred"] == [{"origin": "佛山市中小企业服务中心", "count": 3, "minutes": 360}]
    assert whole.minutes == 60


def test_the_page_waits_and_then_it_is_there(browser, make, app):
    make.case("closed")
    db.session.commit()
    page = browser.get("/me/statements?starts_on=2026-01-01&ends_on=2026-11-18", as_="chen")
    assert page.says("今年") and page.says("去年") and page.says("全部")
    sent = page.form("/me/statements")
    assert (sent["starts_on"], sent["ends_on"]) == ("2026-01-01", "2026-11-18")
    made = browser.post("/me/statements", sent, as_="chen", page="/me/statements")
    url = made.location
    assert url.startswith("/statements/WQM-2026-")
    assert browser.post("/me/statements", sent, as_="chen", page="/me/statements").location == url
    waiting = browser.get(url, as_="chen")
    assert waiting.says("正在生成") and waiting.says("刷新") and not waiting.says("下载 PDF")
    assert browser.get(url, as_="chen", htmx=True, expect=204).response.headers.get("HX-Refresh") is None
    browser.get(f"{url}.pdf", as_="chen", expect=404)
    draw(db.session.scalars(select(Statement)).one(), app)
    assert browser.get(url, as_="chen", htmx=True, expect=204).response.headers["HX-Refresh"] == "true"
    ready = browser.get(url, as_="chen")
    assert ready.says("下载 PDF") and ready.says("有效") and ready.says("企业确认 1.0 小时")
    answer = browser.open(f"{url}.pdf", as_="chen")
    assert answer.data.startswith(b"%PDF") and "WQM-2026-" in answer.headers["Content-Disposition"]
    assert browser.get("/me/statements", as_="chen").says("WQM-2026-0000001")
    assert browser.get("/me/hours", as_="chen").says("最近的证明")
    for login, expected in (("zhou", 200), ("wang", 404), ("wu", 404), ("lin", 404)):
        browser.get(url, as_=login, expect=expected)
    assert browser.open(f"{url}.pdf", as_="zhou").status_code == 403
    verified = browser.get(f"/verify?code={db.session.scalars(select(Statement.code)).one()}")
    assert verified.says("有效") and verified.says("陈**") and not verified.says("陈明远")


def test_a_changed_record_is_said_on_both_pages(browser, make, app):
    make.case("closed")
    row = statements.draw_up(make.cast.chen, form_key="a", **YEAR)
    draw(row, app)
    reversal(db.session.scalars(select(HoursEntry)).one())
    db.session.commit()
    page = browser.get(f"/statements/{row.number}", as_="chen")
    assert page.says("出具以后记录有了变动") and page.says("重新开一份") and not page.says("下载 PDF")
    assert browser.get(f"/verify?code={row.code}").says("记录后来有变动")


def test_bad_input_stays_and_says_why(browser, make):
    make.case("closed")
    db.session.commit()
    page = browser.post(
        "/me/statements", {"starts_on": "2026-05-01", "ends_on": "2026-04-01", "id_tail": "99"},
        as_="chen", page="/me/statements", expect=422,
    )  # fmt: skip
    assert page.says("结束的日期比开始的早") and 'value="2026-05-01"' in page.text and 'value="99"' in page.text
    page = browser.post(
        "/me/statements", {"starts_on": "nonsense", "ends_on": ""}, as_="chen", page="/me/statements", expect=422
    )
    assert db.session.scalar(select(func.count()).select_from(Statement)) == 0
