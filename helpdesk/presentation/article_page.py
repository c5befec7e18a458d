"""Articles as pages show them: in the reader's language, with what was looked for marked, and for the desk in plain
values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext
from markupsafe import Markup

from helpdesk import config
from helpdesk.adapters import markdown
from helpdesk.domain import article_search, articles, attachments
from helpdesk.domain.articles import VIEWS, Counts
from helpdesk.i18n import N_, counted
from helpdesk.models import Article, ArticleState, ArticleVersion, Attachment, Case
from helpdesk.presentation import filters
from helpdesk.presentation.case_list import marked
from helpdesk.presentation.file_views import FileView, size_words
from helpdesk.presentation.language import is_english
from helpdesk.presentation.words import named
from helpdesk.rules import anonymity, policy
from helpdesk.rules.policy import Who

# How much of an article a list shows, and how much stands around a place that was found.
LEAD, AROUND = 76, 30
STATES = {
    ArticleState.DRAFT: (N_("草稿"), "wait", "s-draft"),
    ArticleState.PUBLISHED: (N_("已发布"), "done", "check"),
    ArticleState.RETIRED: (N_("已停用"), "off", "s-slash"),
}
VIEW_WORDS = {
    "all": N_("全部"), "due": N_("该核对了"), "draft": N_("草稿"), "published": N_("已发布"), "retired": N_("已停用"),
}  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """An article's words in one language; `lang` is set where it is not the page's own."""

    title: str
    body: str
    lang: str
    fell_back: bool


def reading(version: ArticleVersion) -> Reading:
    """The reader's language, or Chinese where there is no English."""
    if is_english() and version.title_en:
        return Reading(version.title_en, version.body_en, "", False)
    return Reading(version.title_zh, version.body_zh, "zh-Hans" if is_english() else "", is_english())


def body_html(text: str) -> Markup:
    """Markdown as HTML. Markup without escaping, because the renderer lets nothing through but its short list of tags
    (tests/adapters/test_markdown.py)."""
    return Markup(markdown.render(text))  # noqa: S704


def lead(text: str, *, most: int = LEAD) -> str:
    """The beginning of a text in one line."""
    words = markdown.plain(text[: 8 * most])
    return words if len(words) <= most else words[:most].rstrip("，,、 ") + "…"


# --- for everybody ---


@dataclass(frozen=True)
class Card:
    """One article of a public list."""

    title: Markup
    text: Markup
    url: str
    category: str
    lang: str


def card(article: Article, words: Collection[str] = ()) -> Card:
    """Title and beginning; of a search the place that was found."""
    assert article.public is not None
    said = reading(article.public)
    return Card(
        title=marked(said.title, words),
        text=marked(_stretch(said.body, words) if words else lead(said.body), words),
        url=url_for("articles.show", article_id=article.id),
        category=named(article.category, short=True),
        lang=said.lang,
    )


def _stretch(body: str, words: Collection[str]) -> str:
    text = markdown.plain(body)
    folded = text.casefold()
    places = [place for place in (folded.find(word) for word in words) if place >= 0]
    start = max(0, min(places) - AROUND) if places else 0
    piece = text[start : start + LEAD]
    return ("…" if start else "") + piece + ("…" if start + LEAD < len(text) else "")


def offered(found: Iterable[Article], *, asking: bool = True) -> list[dict[str, str]]:
    """Articles as the macro `found` takes them; `asking` keeps in mind that somebody is about to ask."""
    rows = []
    for article in found:
        assert article.public is not None
        said = reading(article.public)
        rows.append(
            {
                "title": said.title,
                "small": f"{named(article.category, short=True)} · {lead(said.body, most=24)}",
                "url": url_for("articles.show", article_id=article.id, asking=1 if asking else None),
                "lang": said.lang,
            }
        )
    return rows


@dataclass(frozen=True)
class ArticlePage:
    """One article for everybody."""

    id: int
    title: str
    body: Markup
    lang: str
    fell_back: bool
    category: str
    category_code: str
    reviewed: str
    station: str
    files: list[FileView]
    related: list[dict[str, str]]


def build(article: Article) -> ArticlePage:
    """The published words in the reader's language, who answers for them, and what is near."""
    assert article.public is not None and article.reviewed_at is not None
    said = reading(article.public)
    return ArticlePage(
        id=article.id,
        title=said.title,
        body=body_html(said.body),
        lang=said.lang,
        fell_back=said.fell_back,
        category=named(article.category, short=True),
        category_code=article.category_code,
        reviewed=filters.full_day(article.reviewed_at),
        station=station_of(article),
        files=[_file(article, row, "articles.file") for row in articles.files_of(article)],
        related=offered(articles.related(article), asking=False),
    )


def station_of(article: Article) -> str:
    """Who answers for an article."""
    return named(article.station) or gettext("市总队")


def _file(article: Article, row: Attachment, door: str) -> FileView:
    preview = url_for("files.show", token=attachments.link_token(row, preview=True)) if row.preview else ""
    url = url_for(door, article_id=article.id, attachment_id=row.id)
    remove = url_for("library.remove_file", article_id=article.id, attachment_id=row.id)
    return FileView(row.name, size_words(row.size), url, preview, remove if door.startswith("library") else "")


# --- for the desk ---


@dataclass(frozen=True)
class Line:
    """One article of the desk's list."""

    title: str
    url: str
    category: str
    station: str
    state: str
    tone: str
    icon: str
    review: str
    is_due: bool
    changed: str
    counts: Counts


def lines(rows: list[Article]) -> list[Line]:
    """The desk's list; one statement for the counts."""
    counts = articles.counts_of(rows)
    return [_line(row, counts.get(row.id, Counts())) for row in rows]


def _line(row: Article, counts: Counts) -> Line:
    label, tone, icon = state_words(row)
    return Line(
        title=row.newest.title_zh,
        url=url_for("library.edit", article_id=row.id),
        category=named(row.category, short=True),
        station=station_of(row),
        state=label,
        tone=tone,
        icon=icon,
        review=filters.full_day(row.review_on) if row.review_on and row.state is ArticleState.PUBLISHED else "—",
        is_due=articles.is_due(row),
        changed=gettext("%(who)s %(when)s", who=row.changed_by, when=filters.moment(row.changed_at)),
        counts=counts,
    )


def state_words(article: Article) -> tuple[str, str, str]:
    """State, tone and icon; a published article with unpublished changes says so."""
    label, tone, icon = STATES[article.state]
    if article.state is ArticleState.PUBLISHED and article.version != article.published_version:
        return gettext("已发布，有改动没发布"), "conf", icon
    return gettext(label), tone, icon


def tabs(who: Who, view: str, q: str) -> list[dict[str, object]]:
    """The desk's views with how many are in each."""
    counts = articles.desk_counts(who)
    return [
        {
            "label": gettext(VIEW_WORDS[name]),
            "url": url_for("library.index", view=name, q=q or None),
            "current": name == view,
            "count": counts[name],
        }
        for name in VIEWS
    ]


@dataclass(frozen=True)
class DeskPage:
    """What stands beside the words while they are written."""

    id: int
    title: str
    state: str
    tone: str
    icon: str
    is_due: bool
    is_public: bool
    is_retired: bool
    is_changed: bool
    version: int
    public_version: int | None
    station: str
    reviewed: str
    review: str
    counts: Counts
    comments: list[tuple[bool, str, str]]
    files: list[FileView]
    case_number: str
    consent_gone: bool


def desk(article: Article) -> DeskPage:
    """State, counts, what readers wrote, files, and the case it came from."""
    label, tone, icon = state_words(article)
    return DeskPage(
        id=article.id,
        title=article.newest.title_zh,
        state=label,
        tone=tone,
        icon=icon,
        is_due=articles.is_due(article),
        is_public=article.state is ArticleState.PUBLISHED,
        is_retired=article.state is ArticleState.RETIRED,
        is_changed=article.version != article.published_version,
        version=article.version,
        public_version=article.published_version if article.state is ArticleState.PUBLISHED else None,
        station=station_of(article),
        reviewed=filters.full_day(article.reviewed_at) if article.reviewed_at else "",
        review=filters.full_day(article.review_on) if article.review_on else "",
        counts=articles.counts_of([article]).get(article.id, Counts()),
        comments=[(row.helpful, row.comment, filters.moment(row.at)) for row in articles.comments(article)],
        files=[_file(article, row, "library.file") for row in articles.files_of(article)],
        case_number=(article.case.number or "") if article.case else "",
        consent_gone=articles.has_lost_consent(article),
    )


# --- on a case ---


@dataclass(frozen=True)
class CaseArticles:
    """What the page of a case says about articles."""

    near: list[Article]
    may_make: bool
    obstacle: str
    made_title: str
    made_url: str


HEADINGS = (N_("遇到的问题"), N_("专家怎么看"), N_("可以这样办"), N_("结果"))


def of_case(case: Case, who: Who, *, live: bool) -> CaseArticles:
    """Published articles near a live case; for a closed one whether it can become an article, or the one it became."""
    near = articles.near_case(case) if live else []
    if live or not policy.can(who, "case.make_article", case):
        return CaseArticles(near, False, "", "", "")
    made = articles.made_from(case)
    if made is not None:
        may_open = policy.can(who, "article.write", made)
        url = url_for("library.edit", article_id=made.id) if may_open else ""
        return CaseArticles(near, False, "", made.newest.title_zh, url)
    refusal = articles.obstacle_for(case)
    if refusal is None:
        return CaseArticles(near, True, "", "", "")
    from_consent = refusal.code == "article_no_consent"
    return CaseArticles(near, False, gettext("企业没有同意当例子，不能整理成文章") if from_consent else "", "", "")


def neutral_words() -> tuple[list[str], anonymity.Words]:
    """The headings of a draft made from a case, and what stands for names: articles are kept in Chinese."""
    words = anonymity.Words(
        company="这家企业", contact="企业联系人", expert="专家", staff="工作人员", gone="（已隐去）"
    )
    return list(HEADINGS), words


def address_line(article: Article) -> str:
    """An article's title and address, as they go into a reply."""
    version = article.public or article.newest
    path = url_for("articles.show", article_id=article.id)
    return f"{version.title_zh}：{str(config.setting('PUBLIC_URL')).rstrip('/')}{path}"


def found_words(n: int) -> str:
    """How many were found; of very many only the best are shown."""
    if n >= article_search.BEST:
        return gettext("最相关的 %(n)s 篇", n=n)
    return counted("找到 %(n)s 篇", n)
