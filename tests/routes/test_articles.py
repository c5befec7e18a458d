"""The knowledge base in the browser: found and read by everybody, offered while somebody asks, written at the desk."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import articles, intake
from helpdesk.models import Article, ArticleFeedback, ArticleState, Case, Event

TYPED = "我们想申报专精特新，研发费用不知道怎么归集，想请人看看材料。"
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)> **重**"


def fresh(article: Article) -> Article:
    return db.session.get_one(Article, article.id, populate_existing=True)


def said() -> list[tuple[bool, str, bool]]:
    rows = db.session.scalars(select(ArticleFeedback).order_by(ArticleFeedback.id))
    return [(row.helpful, row.comment, row.deflected_at is not None) for row in rows]


def english(browser) -> None:
    browser.client(None).set_cookie("lang", "en")


# --- for everybody ---


def test_the_list_by_field_and_by_words(browser, make):
    make.article()
    make.article("商标被抢注", "先查公告期。", category="legal")
    make.article("写了一半", "不公开", published=False)
    page = browser.get("/articles")
    assert page.says("研发费用怎么归集") and page.says("商标被抢注") and not page.says("写了一半")
    page = browser.get("/articles?category=legal")
    assert page.says("商标被抢注") and not page.says("研发费用怎么归集")
    page = browser.get("/articles?q=工时")
    assert page.says("找到 1 篇")
    assert [mark.text for mark in page.all("mark")] == ["工时"]
    for q in ("没有这种事", "％", "'\"*", "研" * 800, "<b>"):
        assert browser.get("/articles", query_string={"q": q}).says("没有找到"), q
    assert browser.get("/articles?category=weather&before=x").says("研发费用怎么归集")


def test_a_long_list_has_pages(browser, make):
    for n in range(articles.PAGE + 3):
        make.article(f"第{n}篇", "正文")
    page = browser.get("/articles")
    [older] = [a.get("href") for a in page.all("a") if "before=" in (a.get("href") or "")]
    assert len(page.all("ul", class_="answers-list")[0].findall("*")) == articles.PAGE
    assert len(browser.get(older).all("ul", class_="answers-list")[0].findall("*")) == 3


def test_an_article_says_who_answers_for_it_and_how_fresh_it_is(browser, make):
    article = make.article()
    station = article.station.zh
    make.article("研发费用怎么加计扣除", "先归集研发费用。")
    page = browser.get(f"/articles/{article.id}")
    for words in ("2026 年 11 月 18 日核对过", station, "这解决了您的问题吗？", "研发费用怎么加计扣除"):
        assert page.says(words), words
    assert page.all("strong")[0].text == "辅助账"
    assert [a for a in page.all("a") if a.get("href") == "/requests/new?category=policy"]
    assert (
        browser.get("/requests/new?category=policy").all("input", value="policy", name="category")[0].get("checked")
        is not None
    )
    for gone in (make.article(published=False).id, 999999, 2**40):
        browser.get(f"/articles/{gone}", expect=404)


def test_the_language_is_the_readers_and_falls_back_with_a_word(browser, make):
    both, one = (
        make.article(title_en="R&D expenses", body_en="Keep a **ledger**."),
        make.article("出口退税", "先备案。"),
    )
    english(browser)
    page = browser.get(f"/articles/{both.id}")
    assert page.says("R&D expenses") and page.says("Keep a ledger") and not page.says("not in English yet")
    page = browser.get(f"/articles/{one.id}")
    assert page.says("not in English yet") and page.says("先备案")
    assert page.all("h1")[0].get("lang") == "zh-Hans"


def test_hostile_markdown_is_only_read(browser, make):
    article = make.article("坏", HOSTILE)
    for url, login in ((f"/articles/{article.id}", None), (f"/library/{article.id}/publication", "wang")):
        page = browser.get(url, as_=login)
        assert page.says("<script>alert(1)</script>")
        assert not [a for a in page.all("a") if "javascript" in (a.get("href") or "")]
        assert not [s for s in page.all("script") if "alert" in (s.text or "")] and not page.all("img")
    shown = browser.get("/articles?q=alert")
    assert not [s for s in shown.all("script") if "alert" in (s.text or "")]


def test_yes_and_no_count_once_a_browser_without_script(browser, make):
    url = f"/articles/{make.article().id}"
    form = browser.get(url).form("/feedback")
    browser.post(f"{url}/feedback", {**form, "helpful": "no", "comment": "没讲工时"}, page=url)
    assert browser.get(url).says("您说过“没解决”")
    browser.post(f"{url}/feedback", {**form, "helpful": "yes", "comment": ""}, page=url)
    assert said() == [(True, "没讲工时", False)]
    browser.clients.clear()
    browser.post(f"{url}/feedback", {"helpful": "no"}, page=url)
    assert [row[0] for row in said()] == [True, False]
    assert browser.get(url.replace("articles", "library"), as_="wang").says("没讲工时")


@pytest.mark.parametrize("facts", [{}, {"helpful": "perhaps"}, {"helpful": "yes", "comment": "长" * 501}])
def test_a_bad_answer_is_given_back(browser, make, facts):
    url = f"/articles/{make.article().id}"
    page = browser.post(f"{url}/feedback", facts, page=url, expect=422)
    assert page.all("div", id="errors")
    assert said() == []


def test_without_a_token_nothing_is_counted(browser, make):
    article = make.article()
    for verb in ("feedback", "solution"):
        answer = browser.open(f"/articles/{article.id}/{verb}", method="POST", data={"helpful": "yes"})
        assert answer.status_code == 400
    assert said() == []


def test_one_address_cannot_pour_in_answers(browser, make):
    from helpdesk.routes.articles import TRIES

    url = f"/articles/{make.article().id}"
    for _ in range(TRIES):
        browser.post(f"{url}/feedback", {"helpful": "yes"}, page=url)
    browser.post(f"{url}/feedback", {"helpful": "yes"}, page=url, expect=429)
    assert len(said()) == 1


# --- before asking ---


def test_while_typing_the_best_three_appear_in_a_window_of_their_own(browser, make):
    for title, body in (
        ("研发费用怎么归集", "按项目。"),
        ("专精特新怎么申报", "先看条件。"),
        ("研发费用加计扣除", "申报时填。"),
        ("研发人员工时", "研发费用归集靠它。"),
        ("租房", "看合同。"),
    ):
        make.article(title, body)
    page = browser.post("/requests/suggestion", {"problem": TYPED}, page="/requests/new", expect=200, htmx=True)
    links = [a for a in page.all("a") if (a.get("href") or "").startswith("/articles/")]
    assert len(links) == 3 and page.says("也许已经有现成的答案")
    assert all(a.get("target") == "_blank" and "asking=1" in a.get("href") for a in links)
    assert not page.says("租房")
    for nothing in ("", "你好", "x" * 4000):
        quiet = browser.post("/requests/suggestion", {"problem": nothing}, page="/requests/new", expect=200, htmx=True)
        assert not quiet.says("也许已经有现成的答案")


def test_without_script_they_stand_on_the_next_page_and_nothing_typed_is_lost(browser, make):
    article = make.article()
    sent = browser.post("/requests/new", {"problem": TYPED, "category": "policy"})
    page = browser.get(sent.location)
    assert page.says("也许已经有现成的答案") and page.says("研发费用怎么归集")
    seen = browser.post("/requests/new", {"problem": TYPED, "category": "policy", "offered": "1"})
    assert not browser.get(seen.location).says("也许已经有现成的答案"), (
        "whoever saw them while typing is not asked twice"
    )
    url = f"/articles/{article.id}"
    shown = browser.get(f"{url}?asking=1")
    assert shown.says("解决了，不用求助了") and not browser.get(url).says("解决了，不用求助了")
    for _ in range(2):
        browser.post(f"{url}/solution", shown.form("/solution"), page=url)
    assert said() == [(True, "", True)]
    draft = db.session.scalars(select(Case).order_by(Case.id)).first()
    assert draft.draft["problem"]["problem"] == TYPED, "the draft is still there"


def test_the_overview_tells_how_often_nobody_had_to_ask(browser, make):
    article = make.article()
    with clock.at(clock.now() - timedelta(hours=1)):
        for n in range(3):
            articles.deflect(article, f"b{n}")
    page = browser.get("/overview", as_="zhou")
    assert "看文章就解决了 3" in re.sub(r"\s+", " ", page.words)


# --- at the desk ---


def test_from_writing_to_publication(browser, make):
    form = browser.get("/library/new", as_="wang").form("/library/new")
    facts = {**form, "category": "policy", "title_zh": "研发费用", "body_zh": "按项目。"}
    seen = browser.post("/library/new", {**facts, "preview": "1"}, as_="wang", expect=200)
    assert seen.says("预览，还没有保存") and db.session.scalar(select(func.count()).select_from(Article)) == 0
    url = browser.post("/library/new", facts, as_="wang").location
    article = db.session.scalars(select(Article)).one()
    browser.get(f"/articles/{article.id}", expect=404)
    publication = f"{url}/publication"
    form = browser.get(publication, as_="wang").form("/publication")
    again = browser.post(publication, form, as_="wang", expect=422)
    assert again.says("请核对后勾选")
    browser.post(publication, {**form, "no_names": "y", "holds": "y", "review_on": "不知道"}, as_="wang", expect=422)
    browser.post(publication, {**form, "no_names": "y", "holds": "y"}, as_="wang")
    assert browser.get(f"/articles/{article.id}").says("按项目。")
    form = browser.get(url, as_="wang").form(url)
    browser.post(url, {**form, "body_zh": "按项目和月份。", "note": "加月份"}, as_="wang")
    assert browser.get(f"/articles/{article.id}").says("按项目。"), "a change is read once it is published"
    assert browser.get(url, as_="wang").says("有改动没发布")
    browser.post(f"{url}/retirement", {}, as_="wang", page=url)
    assert fresh(article).state is ArticleState.RETIRED
    browser.get(f"/articles/{article.id}", expect=404)


def test_two_write_at_once(browser, make):
    article = make.article()
    url = f"/library/{article.id}"
    first, second = browser.get(url, as_="wang").form(url), browser.get(url, as_="qian").form(url)
    browser.post(url, {**first, "body_zh": "一"}, as_="wang")
    told = browser.post(url, {**second, "body_zh": "二"}, as_="qian", expect=409)
    assert told.says("王岚刚刚改过这一条") and told.says("二")
    browser.post(url, {**told.form(url), "body_zh": "二"}, as_="qian")
    assert fresh(article).newest.body_zh == "二"
    page = browser.get(f"{url}/versions/1", as_="wang")
    form = page.form("/restoration")
    browser.post(f"{url}/versions/1/restoration", {**form, "version": "2"}, as_="wang", page=url, expect=409)
    browser.post(f"{url}/versions/1/restoration", form, as_="wang", page=url)
    assert fresh(article).newest.body_zh.startswith("按项目建")
    assert browser.get(f"{url}/versions", as_="wang").says("恢复第 1 版")
    browser.get(f"{url}/versions/99", as_="wang", expect=404)


def test_who_comes_in(browser, make):
    ours, theirs, all_ = make.article(), make.article(by="zhao"), make.article(by="zhou")
    numbers = [row.id for row in (ours, theirs, all_)]
    allowed = {"wang": [200, 404, 404], "zhao": [404, 200, 404], "zhou": [200] * 3, "qian": [200, 404, 404]}
    for login in ("wang", "zhao", "zhou", "qian", "chen", "lin", "li", "sun", "feng", "chu"):
        found = [browser.open(f"/library/{n}", login).status_code for n in numbers]
        assert found == allowed.get(login, [404] * 3), login
        assert browser.open("/library", login).status_code == (200 if login in allowed else 403), login


@pytest.mark.parametrize(
    "facts",
    [
        {"title_zh": ""}, {"body_zh": " "}, {"title_zh": "长" * 61}, {"category": ""}, {"category": "weather"},
        {"title_en": "Only a title"}, {"note": "长" * 101},
    ],
)  # fmt: skip
def test_bad_input_is_given_back_beside_its_field(browser, make, facts):
    form = browser.get("/library/new", as_="wang").form("/library/new")
    good = {**form, "category": "policy", "title_zh": "题目", "body_zh": "正文在这里"}
    page = browser.post("/library/new", {**good, **facts}, as_="wang", expect=422)
    assert [e for e in page.tree.iter() if e.get("aria-invalid") == "true"]
    kept = page.form("/library/new")
    assert all(kept[name].strip() == str(value).strip() for name, value in {**good, **facts}.items()
               if name in ("title_zh", "body_zh", "title_en", "note"))  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(Article)) == 0


def test_files_of_an_article(browser, make):
    article = make.article()
    url = f"/library/{article.id}"
    form = browser.get(url, as_="wang").form("/files")
    bad = browser.post(
        f"{url}/files", {**form, "files": [(io.BytesIO(b"MZ" + b"\0" * 90), "x.exe")]}, as_="wang", expect=422
    )
    assert bad.says("收不了")
    browser.post(f"{url}/files", {**form, "files": [(io.BytesIO("清单".encode()), "清单.txt")]}, as_="wang")
    page = browser.get(f"/articles/{article.id}")
    [link] = [a.get("href") for a in page.all("a") if "/files/" in (a.get("href") or "")]
    got = browser.get(browser.get(link, expect=303).location)
    assert got.text == "清单"
    browser.get(link.replace(f"/articles/{article.id}/", f"/articles/{make.article('别的').id}/"), expect=404)
    removal = link.replace("/articles/", "/library/") + "/removal"
    browser.post(removal, {}, as_="zhao", page="/library", expect=404)
    browser.post(removal, {}, as_="wang", page=url)
    browser.get(link, expect=404)


def test_review_due_is_shown(browser, make):
    make.article(review_on=clock.today() + timedelta(days=1))
    assert not browser.get("/library?view=due", as_="wang").says("研发费用")
    with clock.at(clock.now() + timedelta(days=2)):
        page = browser.get("/library?view=due", as_="wang")
        assert page.says("研发费用") and page.says("该核对了 1")
        assert browser.get("/library?q=研发", as_="wang").says("研发费用")
        assert not browser.get("/library?q=%25", as_="wang").says("研发费用")


# --- beside cases ---


def test_a_closed_case_becomes_an_article_in_one_press(browser, make):
    case = make.case("closed")
    url = f"/cases/{case.number}"
    assert browser.get(url, as_="wang").says("企业没有同意当例子")
    told = browser.post(f"{url}/article", {}, as_="wang", page=url)
    assert browser.get(told.location, as_="wang").says("企业没有同意把这件事当例子")
    intake.give_consent(case, "example")
    assert not browser.get(url, as_="chen").says("整理成文章")
    browser.post(f"{url}/article", {}, as_="chen", page="/inbox", expect=403)
    browser.post(f"{url}/article", {}, as_="zhao", page="/queue", expect=404)
    page = browser.get(url, as_="wang")
    made = browser.post(f"{url}/article", page.form("/article"), as_="wang", page=url)
    desk = browser.get(made.location, as_="wang")
    assert desk.says(case.number) and desk.says("遇到的问题")
    assert db.session.scalar(select(func.count()).select_from(Event).where(Event.kind == "article.drafted")) == 1
    article = db.session.scalars(select(Article)).one()
    again = browser.get(url, as_="wang")
    assert [a for a in again.all("a") if a.get("href") == f"/library/{article.id}"]
    form = browser.get(f"/library/{article.id}/publication", as_="wang").form("/publication")
    browser.post(f"/library/{article.id}/publication", {**form, "no_names": "y", "holds": "y"}, as_="wang")
    assert not browser.get(f"/articles/{article.id}").says(case.number), "where it comes from is the desk's to know"


def test_articles_near_a_case_and_into_the_reply(browser, make):
    article = make.article()
    case = make.case("consulting", problem=TYPED)
    url = f"/cases/{case.number}"
    page = browser.get(url, as_="chen")
    assert page.says("可以参考的文章") and page.says("研发费用怎么归集")
    for htmx in (False, True):
        box = browser.get(f"{url}?article={article.id}", as_="chen", htmx=htmx).all("textarea")[0]
        assert f"https://desk.example/articles/{article.id}" in box.text
    assert "desk.example" not in (browser.get(f"{url}?article=999", as_="chen").all("textarea")[0].text or "")
