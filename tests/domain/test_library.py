"""The knowledge base: versions, review, finding on both engines, what readers say, and articles made from cases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from helpdesk import clock
from helpdesk.db import begin, db
from helpdesk.domain import article_search, articles, closure, intake, record
from helpdesk.domain.articles import Words
from helpdesk.errors import NotAllowed, Refused, Stale
from helpdesk.models import Article, ArticleFeedback, ArticleState
from helpdesk.presentation.article_page import neutral_words
from helpdesk.rules.credit import GATE

LIBRARY = (
    ("银行贷款要准备哪些材料", "流水、报表、纳税记录、抵押物。", "finance"),
    ("研发费用怎么归集", "按项目建辅助账，人员工时每月签字，领料单要写项目。", "policy"),
    ("专精特新中小企业怎么申报", "先看专利和研发投入，再按通知准备材料。", "policy"),
    ("劳动合同到期不续签要不要赔", "看是谁不续签，提前多久说。", "legal"),
    ("商标被人抢注怎么办", "先查公告日，公告期内可以提异议。", "legal"),
    ("欧盟 CE 认证从哪里开始", "先定产品适用哪些指令。", "market"),
)
HEADINGS, NEUTRAL = neutral_words()


def shelf(town):
    return {title: town.article(title, body, category=field) for title, body, field in LIBRARY}


def titles(found) -> list[str]:
    return [row.public.title_zh for row in found]


# --- finding ---


def test_two_characters_are_found_in_title_and_body(town):
    shelf(town)
    for q, title in {
        "贷款": "银行贷款要准备哪些材料",
        "工时": "研发费用怎么归集",
        "ce": "欧盟 CE 认证从哪里开始",
        "ＣＥ 认证": "欧盟 CE 认证从哪里开始",
    }.items():
        assert titles(article_search.found(q)[0]) == [title], q
    assert titles(article_search.found("材料")[0])[0] == "银行贷款要准备哪些材料", "a title weighs more than a text"
    for q in ("单贷", "", "，。", "火箭"):
        assert article_search.found(q)[0] == [], q


def test_the_nearest_to_what_is_typed(town):
    shelf(town)
    typed = "我们是做光电的，去年研发费用花了不少，不知道怎么归集，想申报专精特新，想请人看看。"
    assert set(titles(article_search.near(typed))[:2]) == {"研发费用怎么归集", "专精特新中小企业怎么申报"}
    assert titles(article_search.near("员工劳动合同到期了我们不想续签"))[0] == "劳动合同到期不续签要不要赔"
    town.article("退税", "先备案。", title_en="Export tax refund", body_en="Register first, then file the refund.")
    assert titles(article_search.near("how do we get the tax refund for our export?")) == ["退税"]
    for nothing in ("", "你好", "今天天气不错我们去爬山吧", "!!!", "x" * 5000):
        assert article_search.near(nothing) == [], nothing
    assert len(article_search.near("银行贷款 研发费用 专精特新 劳动合同 商标抢注")) == article_search.NEAR


def test_only_published_words_are_found(town):
    article = town.article("出口退税怎么办理", "先备案。")
    articles.write(town.cast.wang, article, Words("出口退税怎么办理", "先去商务部门备案登记。"), category_code="policy")
    assert article_search.found("登记")[0] == []
    town.article("海关编码怎么查", "查税则。", published=False)
    assert article_search.found("海关")[0] == []
    articles.publish(article, town.cast.wang, no_names=True, holds=True, review_on=clock.today() + timedelta(days=9))
    assert titles(article_search.found("登记")[0]) == ["出口退税怎么办理"]
    articles.retire(article, town.cast.wang)
    assert article_search.found("退税")[0] == [] and article_search.near("出口退税怎么办理") == []


def test_the_index_is_in_step_and_can_be_written_anew(town):
    shelf(town)
    db.session.commit()
    begin(read_only=False)
    rolled = town.article("跨境电商怎么报关", "走 9610。")
    assert article_search.found("报关")[0] == [rolled]
    db.session.rollback()
    begin(read_only=False)
    assert article_search.found("报关")[0] == []
    db.session.execute(text("DELETE FROM article_search"))
    assert article_search.found("贷款")[0] == []
    assert article_search.reindex() == len(LIBRARY)
    assert len(article_search.found("贷款")[0]) == 1


def test_related_are_others_of_the_same_matter(town):
    books = shelf(town)
    related = titles(articles.related(books["研发费用怎么归集"]))
    assert "研发费用怎么归集" not in related
    assert "专精特新中小企业怎么申报" in related


# --- writing ---


def test_every_save_is_a_version_and_an_old_one_can_come_back(make, cast):
    article = make.article()
    for n in (2, 3):
        articles.write(
            cast.wang, article, Words(f"标题{n}", f"正文{n}"), category_code="legal", note=f"改{n}", seen=n - 1
        )
    assert [(v.number, v.author_name, v.note) for v in articles.versions(article)] == [
        (3, "王岚", "改3"), (2, "王岚", "改2"), (1, "王岚", ""),
    ]  # fmt: skip
    assert (article.published_version, article.public.title_zh) == (1, "研发费用怎么归集")
    articles.bring_back(article, cast.wang, 2, note="恢复第 2 版", seen=3)
    assert (article.version, article.newest.title_zh, article.newest.note) == (4, "标题2", "恢复第 2 版")
    with pytest.raises(Stale) as told:
        articles.write(cast.qian, article, Words("晚了", "晚了"), category_code="legal", seen=3)
    assert told.value.facts == {"who": "王岚"}
    assert article.version == 4


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (Words("", "正文"), "title_zh"),
        (Words("题", " "), "body_zh"),
        (Words("长" * 61, "正文"), "title_zh"),
        (Words("题", "长" * 20001), "body_zh"),
        (Words("题", "正文", "Title"), "body_en"),
        (Words("题", "正文", "", "Text"), "title_en"),
    ],
)
def test_bad_words_are_refused_beside_their_field(cast, words, field):
    with pytest.raises(Refused) as told:
        articles.write(cast.wang, None, words, category_code="policy")
    assert told.value.field == field


def test_a_station_writes_for_itself_the_corps_for_all_nobody_else(make, cast):
    assert make.article().station_id == cast.station().id
    assert make.article(by="zhou").station_id is None
    for login in ("chen", "lin", "li", "sun", "feng", "chu"):
        with pytest.raises(NotAllowed):
            articles.write(getattr(cast, login), None, Words("题", "文"), category_code="policy")


def test_publishing_needs_both_ticks_and_a_day_to_look_again(make, cast):
    article = make.article(published=False)
    day = clock.today() + timedelta(days=30)
    for field, facts in {
        "no_names": {"no_names": False, "holds": True, "review_on": day},
        "holds": {"no_names": True, "holds": False, "review_on": day},
        "review_on": {"no_names": True, "holds": True, "review_on": None},
    }.items():
        with pytest.raises(Refused) as told:
            articles.publish(article, cast.wang, **facts)
        assert told.value.field == field
    for bad in (clock.today(), clock.today() + timedelta(days=5000)):
        with pytest.raises(Refused):
            articles.publish(article, cast.wang, no_names=True, holds=True, review_on=bad)
    assert article.state is ArticleState.DRAFT


def test_a_review_that_is_due_is_counted(make, cast):
    article = make.article(review_on=clock.today() + timedelta(days=10))
    assert articles.desk_counts(cast.wang)["due"] == 0
    with clock.at(clock.now() + timedelta(days=10)):
        assert articles.desk_counts(cast.wang) == {"all": 1, "due": 1, "draft": 0, "published": 1, "retired": 0}
        assert articles.is_due(article)
        assert articles.desk_counts(cast.zhao)["all"] == 0
        articles.publish(article, cast.wang, no_names=True, holds=True, review_on=clock.today() + timedelta(days=90))
        assert articles.desk_counts(cast.wang)["due"] == 0
    assert article.version == 1, "a review without a change is no version"


# --- what readers say ---


def test_an_answer_counts_once_a_browser_and_the_last_one_counts(town):
    article = town.article()
    for browser, helpful in (("a", True), ("a", True), ("b", False), ("b", True), ("c", False)):
        articles.judge(article, browser, helpful=helpful)
    counts = articles.counts_of([article])[article.id]
    assert (counts.helpful, counts.unhelpful, counts.deflections) == (2, 1, 0)


def test_a_deflection_counts_once(town):
    article, other = town.article(), town.article("另一篇", "别的")
    assert [articles.deflect(article, who) for who in ("a", "a", "b")] == [True, False, True]
    articles.judge(article, "c", helpful=True)
    assert articles.counts_of([article])[article.id].deflections == 2
    start = clock.now() - timedelta(days=1)
    assert articles.deflections(start, clock.now() + timedelta(seconds=1)) == 2
    assert articles.deflections(start - timedelta(days=1), start) == 0
    articles.judge(article, "b", helpful=False)
    assert articles.counts_of([article])[article.id].deflections == 1
    articles.deflect(other, "a")
    readers = db.session.scalars(select(ArticleFeedback.reader)).all()
    assert len(set(readers)) == len(readers) == 4, "the same browser cannot be told on two articles"


# --- from a case ---


def closed(town, *, consent: bool = True):
    problem = "我们是南山光电有限公司，我姓林，电话13800138000，邮箱 lin@southlight.cn。研发费用怎么归集？"
    case = town.case("consulting", problem=problem)
    town.visit(case, by="chen")
    closure.answer(
        case,
        town.cast.chen,
        problem="南山光电的研发费用归集不清，林女士很着急。",
        advice="陈老师建议：按项目建辅助账。有事打 0755-88888888。",
        result="91440300MA5TEXT01X 已归集好。",
        declared=dict.fromkeys(GATE, True),
    )
    if consent:
        intake.give_consent(case, "example")
    town._closed(case)
    return case


def make_from(case, who):
    return articles.from_case(case, who, headings=HEADINGS, words=NEUTRAL)


def test_a_closed_case_becomes_a_draft_without_names(town):
    case = closed(town)
    article = make_from(case, town.cast.wang)
    version = article.newest
    whole = version.title_zh + version.body_zh
    for name in ("南山光电", "林女士", "陈", "13800138000", "southlight", "0755", "91440300"):
        assert name not in whole, name
    for kept in ("研发费用", "按项目建辅助账", "## 遇到的问题", "## 可以这样办"):
        assert kept in whole, kept
    assert (article.state, article.case_id, article.category_code) == (ArticleState.DRAFT, case.id, "policy")
    assert article.station_id == case.station_id
    assert articles.suspects(article) == []
    assert record.timeline(case)[-1].kind == "article.drafted"
    assert make_from(case, town.cast.zhou) is article, "a second press is the same draft"
    assert db.session.scalar(select(func.count()).select_from(Article)) == 1


def test_without_consent_or_before_the_end_there_is_no_draft(town):
    with pytest.raises(Refused, match="article_no_consent"):
        make_from(closed(town, consent=False), town.cast.wang)
    with pytest.raises(Refused, match="article_case_open"):
        make_from(town.case("consulting", phone="13900139001"), town.cast.wang)
    assert db.session.scalar(select(func.count()).select_from(Article)) == 0


def test_consent_taken_back_stops_publication(make, cast):
    case = closed(make)
    article = make_from(case, cast.wang)
    intake.withdraw_consent(case, "example")
    with pytest.raises(Refused, match="article_no_consent"):
        articles.publish(article, cast.wang, no_names=True, holds=True, review_on=clock.today() + timedelta(days=9))
    assert articles.has_lost_consent(article)


def test_only_the_desk_of_the_case_makes_one(make, cast):
    case = closed(make)
    for login in ("zhao", "chen", "lin", "li", "sun"):
        with pytest.raises(NotAllowed):
            make_from(case, getattr(cast, login))


def test_names_written_back_are_named_before_publication(make, cast):
    article = make_from(closed(make), cast.wang)
    words = Words("归集", "南山光电的林女士，a@b.cn")
    articles.write(cast.wang, article, words, category_code="policy")
    assert articles.suspects(article) == ["南山光电", "林女士", "a@b.cn"]


def test_one_common_word_is_not_near(town):
    """Whoever asks about something else is not offered three articles that merely speak of a material, too."""
    shelf(town)
    for title in ("高新技术企业怎么认定", "企业怎么开立账户", "企业怎么变更地址", "小企业怎么贴现票据"):
        town.article(title, "企业先准备材料，再去窗口办理。")
    for nothing in (
        "我们企业想搬到别的楼里去",
        "窗口的玻璃碎了找谁修",
        "材料有点多，想请人帮忙搬一下",
        "小企业的食堂怎么招厨师",
    ):
        assert titles(article_search.near(nothing)) == [], nothing


def test_near_texts_are_found_all_the_same(town):
    shelf(town)
    for typed, title in {
        "想申请银行贷款，不知道要什么材料": "银行贷款要准备哪些材料",
        "专精特新": "专精特新中小企业怎么申报",
        "研发的费用怎样归集才对": "研发费用怎么归集",
        "合同到期，公司不续签，赔多少": "劳动合同到期不续签要不要赔",
        "商标被别人抢注了怎么办": "商标",
        "欧盟的 CE 认证": "欧盟 CE 认证从哪里开始",
    }.items():
        assert titles(article_search.near(typed))[0].startswith(title), typed
