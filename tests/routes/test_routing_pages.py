"""The operator's pages of rules and teams, and tags on a case."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import routing
from helpdesk.models import ExpertTeam, RoutingEntry, RoutingRule

URL = "/routing-rules"


def rules() -> list[RoutingRule]:
    db.session.expire_all()
    return routing.listed()


def test_a_rule_is_written_tried_and_read_in_words(browser, make):
    make.case("submitted", problem="客户不付款，合同上写的是三十天，我们怎么办？")
    db.session.commit()
    page = browser.get(f"{URL}/new", as_="zhou")
    draft = page.form(f"{URL}/new") | {
        "name": "合同急件",
        "keywords": "合同，违约",
        "urgency": "urgent",
        "tags": "合同",
    }
    tried = browser.post(f"{URL}/new", draft | {"how": "trial"}, as_="zhou", page=URL, expect=200)
    assert tried.says("共 1 件求助，1 件符合这一条，1 件的去向会不同")
    assert tried.says("标为紧急，贴标签“合同”")
    assert tried.form(f"{URL}/new")["keywords"] == "合同，违约", "what was typed is still there"
    assert rules() == []
    browser.post(f"{URL}/new", draft | {"how": "save"}, as_="zhou", page=URL)
    shown = browser.get(URL, as_="zhou")
    assert shown.says("如果问题里有“合同”或“违约”，") and shown.says("就标为紧急，贴标签“合同”")
    assert shown.says("近 30 天用上 0 次")


def test_a_rule_is_changed_moved_rested_and_deleted(browser, make, cast):
    for name in ("甲", "乙"):
        draft = browser.get(f"{URL}/new", as_="zhou").form(f"{URL}/new")
        browser.post(f"{URL}/new", draft | {"name": name, "tags": name, "how": "save"}, as_="zhou", page=URL)
    first, second = rules()
    browser.post(f"{URL}/{second.id}/place", {"to": "up"}, as_="zhou", page=URL)
    assert [r.name for r in rules()] == ["乙", "甲"]
    browser.post(f"{URL}/{first.id}/state", {"to": "off"}, as_="zhou", page=URL)
    assert [r.is_active for r in rules()] == [True, False]
    page = browser.get(f"{URL}/{second.id}", as_="zhou")
    form = page.form(f"{URL}/{second.id}")
    assert form["tags"] == "乙"
    browser.post(f"{URL}/{second.id}", form | {"tags": "丙", "how": "save"}, as_="zhou", page=URL)
    again = browser.post(f"{URL}/{second.id}", form | {"tags": "丁", "how": "save"}, as_="zhou", page=URL, expect=422)
    assert again.says("刚才有人改过这一条") and again.form(f"{URL}/{second.id}")["tags"] == "丁"
    case = make.case("submitted")
    db.session.commit()
    log = browser.get(f"{URL}/{second.id}/log", as_="zhou")
    assert log.says(case.number) and log.says("贴标签“丙”")
    assert browser.get(f"/cases/{case.number}", as_="wang").says("按规则“乙”：贴标签“丙”")
    browser.post(f"{URL}/{second.id}/retirement", {}, as_="zhou", page=URL)
    assert [r.name for r in rules()] == ["甲"]
    browser.get(f"{URL}/{second.id}", as_="zhou", expect=404)
    assert db.session.scalars(select(RoutingEntry)).all(), "its log stays"


def test_bad_input_is_named_and_kept(browser):
    draft = browser.get(f"{URL}/new", as_="zhou").form(f"{URL}/new")
    for how in ("save", "trial"):
        for changes in (
            {"name": ""},
            {"tags": ""},
            {"tags": "一,二,三,四,五,六"},
            {"keywords": "长" * 31},
            {"station": "nowhere"},
            {"team": "99"},
            {"team": "x"},
            {"when": "noon"},
            {"urgency": "vast"},
            {"categories": "lunch"},
            {"industries": "ZZ"},
        ):
            sent = draft | {"name": "规则", "tags": "词", "how": how} | changes
            answer = browser.post(f"{URL}/new", sent, as_="zhou", page=URL, expect=422)
            assert answer.form(f"{URL}/new")["name"] == sent["name"]
    assert rules() == []
    for path in ("place", "state", "retirement"):
        browser.post(f"{URL}/99999/{path}", {}, as_="zhou", page=URL, expect=404)
    browser.get(f"{URL}/99999/log", as_="zhou", expect=404)


def test_a_team_is_put_together(browser, cast):
    page = browser.get("/teams/new", as_="zhou")
    form = page.form("/teams/new") | {"name": "法律组"}
    form.pop("members", None)
    browser.post("/teams/new", form, as_="zhou", page=URL, expect=422)
    browser.post("/teams/new", form | {"members": "lunch"}, as_="zhou", page=URL, expect=422)
    browser.post("/teams/new", form | {"members": str(cast.expert("chen").id)}, as_="zhou", page=URL)
    team = db.session.scalars(select(ExpertTeam)).one()
    assert [e.name for e in team.members] == ["陈明远"]
    assert browser.get(URL, as_="zhou").says("陈明远")
    url = f"/teams/{team.id}"
    edited = browser.get(url, as_="zhou").form(url)
    browser.post(url, edited | {"name": "涉诉组"}, as_="zhou", page=URL)
    browser.post(f"{url}/retirement", {}, as_="zhou", page=URL)
    browser.get(url, as_="zhou", expect=404)


def test_tags_on_a_case(browser, make):
    case = make.case("submitted")
    url = f"/cases/{case.number}/tags"
    page = browser.get(url, as_="wang")
    browser.post(url, page.form(url) | {"words": ""}, as_="wang", page=url, expect=422)
    kept = browser.post(url, page.form(url) | {"words": "长" * 21}, as_="wang", page=url, expect=422)
    assert kept.form(url)["words"] == "长" * 21
    browser.post(url, page.form(url) | {"words": "待回电，<b>粗</b>"}, as_="wang", page=url)
    shown = browser.get(f"/cases/{case.number}", as_="wang")
    assert shown.says("待回电") and "<b>粗</b>" not in shown.text
    assert browser.get("/queue", as_="wang").says("待回电")
    assert not browser.get(f"/t/{case.tracking_token}").says("待回电"), "the company does not see tags"
    browser.post(f"{url}/removal", {"word": "待回电"}, as_="wang", page=url)
    assert not [c for c in browser.get(url, as_="wang").all("li") if "待回电" in "".join(c.itertext())]
    browser.get(url, as_="zhao", expect=404)
    browser.get(url, as_="chen", expect=404)
