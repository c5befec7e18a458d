"""The knowledge base: written and reviewed by stations, read by everybody, made from cases, offered before asking.

Nobody's reading is kept: what a reader says about an article is counted once a browser, under a hash that differs from
article to article.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.adapters import markdown
from helpdesk.db import db
from helpdesk.domain import article_search, attachments, closure, intake, record
from helpdesk.domain.article_search import PUBLISHED, with_words
from helpdesk.domain.attachments import Upload
from helpdesk.errors import NotFound, Refused, Stale
from helpdesk.models import (
    Article,
    ArticleFeedback,
    ArticleState,
    ArticleVersion,
    Attachment,
    Case,
    Category,
    Message,
    Status,
)
from helpdesk.rules import anonymity, policy
from helpdesk.rules.policy import Who

LONGEST_TITLE, LONGEST_TITLE_EN, LONGEST_BODY, LONGEST_NOTE = 60, 120, 20_000, 100
LONGEST_COMMENT = 500
# How long an article may stand before somebody has to look at it again, unless they say otherwise; and at most.
REVIEW_DAYS, LONGEST_REVIEW_DAYS = 180, 730
# A page of a list.
PAGE = 20
MOST_FILES = 20
COMMENTS_SHOWN = 30


# --- writing ---


@dataclass(frozen=True)
class Words:
    """What an article says, in both languages; English may be empty."""

    title_zh: str
    body_zh: str
    title_en: str = ""
    body_en: str = ""

    def checked(self) -> Words:
        """Tidied. Raises Refused for missing or overlong words, and for half an English text."""
        words = Words(*(text.strip() for text in (self.title_zh, self.body_zh, self.title_en, self.body_en)))
        limits = {
            "title_zh": LONGEST_TITLE, "body_zh": LONGEST_BODY, "title_en": LONGEST_TITLE_EN, "body_en": LONGEST_BODY,
        }  # fmt: skip
        for field, most in limits.items():
            text = getattr(words, field)
            if not text and field.endswith("zh"):
                raise Refused("text_missing", field=field)
            if len(text) > most:
                raise Refused("text_too_long", field=field, over=len(text) - most)
        if bool(words.title_en) != bool(words.body_en):
            raise Refused("article_half_english", field="body_en" if words.title_en else "title_en")
        return words


def write(
    by: Who, article: Article | None, words: Words, *, category_code: str, note: str = "", seen: int | None = None
) -> Article:
    """Write a new draft (None) or the next version of an article; what everybody reads stays until it is published.

    A coordinator writes for the own station, the corps for itself. Raises Refused for bad words or an unknown field,
    Stale when somebody else saved a version since `seen`.
    """
    words = words.checked()
    if not category_code or db.session.get(Category, category_code) is None:
        raise Refused("category_missing", field="category")
    if len(note.strip()) > LONGEST_NOTE:
        raise Refused("text_too_long", field="note", over=len(note.strip()) - LONGEST_NOTE)
    if article is None:
        policy.require(by, "articles.list")
        article = _begin(by, category_code, by.station_ids[0] if by.station_ids else None)
    else:
        _hold(article, seen)
        article.category_code = category_code
    _next_version(article, by, words, note.strip())
    return article


def _begin(by: Who, category_code: str, station_id: int | None, case: Case | None = None) -> Article:
    article = Article(
        category_code=category_code,
        station_id=station_id,
        case_id=case.id if case is not None else None,
        state=ArticleState.DRAFT,
        version=0,
        created_at=clock.now(),
        changed_by=by.name[:80],
        changed_at=clock.now(),
    )
    db.session.add(article)
    db.session.flush()
    return article


def _hold(article: Article, seen: int | None) -> None:
    db.session.refresh(article, with_for_update=True)
    if seen is not None and seen != article.version:
        raise Stale("changed_meanwhile", who=article.changed_by)


def _next_version(article: Article, by: Who, words: Words, note: str) -> ArticleVersion:
    article.version += 1
    article.changed_by, article.changed_at = by.name[:80], clock.now()
    row = ArticleVersion(
        article_id=article.id,
        number=article.version,
        title_zh=words.title_zh,
        body_zh=words.body_zh,
        title_en=words.title_en,
        body_en=words.body_en,
        note=note,
        author_id=by.account_id,
        author_name=by.name[:80],
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    db.session.refresh(article, ["newest"])
    return row


def versions(article: Article) -> list[ArticleVersion]:
    """Every version, newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    return list(db.session.scalars(query.order_by(ArticleVersion.number.desc())))


def version_of(article: Article, number: int) -> ArticleVersion:
    """One version. Raises NotFound."""
    row = db.session.scalar(
        select(ArticleVersion).where(ArticleVersion.article_id == article.id, ArticleVersion.number == number)
    )
    if row is None:
        raise NotFound("article_version")
    return row


def bring_back(article: Article, by: Who, number: int, *, note: str, seen: int | None = None) -> None:
    """An older version's words as a new version. Raises NotFound, or Stale."""
    old = version_of(article, number)
    _hold(article, seen)
    _next_version(article, by, Words(old.title_zh, old.body_zh, old.title_en, old.body_en), note[:LONGEST_NOTE])


# --- from a case ---


def from_case(case: Case, by: Who, *, headings: Sequence[str], words: anonymity.Words) -> Article:
    """A draft out of a closed case, without the names that rules can find; asked twice it is the same draft.

    `headings` are those of problem, view, advice and result; `words` stand for what was taken out. Raises Refused when
    the case is not closed, has no summary, or the company did not agree to be an example (PIPL art. 13, 14).
    """
    policy.require(by, "case.make_article", case)
    record.hold(case)
    known = made_from(case)
    if known is not None:
        return known
    obstacle = obstacle_for(case)
    if obstacle is not None:
        raise obstacle
    answer = closure.latest_answer(case)
    assert answer is not None
    names = names_of(case)

    def hide(text: str) -> str:
        return anonymity.hidden(text, names, words).strip()

    parts = (case.problem, answer.problem, answer.advice, answer.result)
    body = "\n\n".join(f"## {head}\n\n{hide(text)}" for head, text in zip(headings, parts, strict=True) if text.strip())
    station = case.station_id if case.station_id in by.station_ids or not by.station_ids else by.station_ids[0]
    assert case.category_code
    article = _begin(by, case.category_code, station, case)
    _next_version(article, by, Words(hide(case.title)[:LONGEST_TITLE], body), "")
    record.event(case, "article.drafted", by, article_id=article.id)
    return article


def obstacle_for(case: Case) -> Refused | None:
    """Why no article can be made from a case; None when it can."""
    if case.status is not Status.CLOSED or not case.category_code:
        return Refused("article_case_open")
    if closure.latest_answer(case) is None:
        return Refused("article_no_summary")
    if not intake.consented(case, "example"):
        return Refused("article_no_consent")
    return None


def made_from(case: Case) -> Article | None:
    """The article that was made from a case."""
    return db.session.scalar(select(Article).where(Article.case_id == case.id).options(joinedload(Article.newest)))


def names_of(case: Case) -> anonymity.Names:
    """Whoever may be named in a case's words: company, contact, expert, and everybody who did or said something."""
    actors = {event.actor_name for event in record.timeline(case)}
    actors |= set(db.session.scalars(select(Message.author_name).where(Message.case_id == case.id)))
    experts = {case.expert.name} if case.expert else set()
    return anonymity.Names(
        company=case.company.name if case.company else "",
        contacts={case.contact_name},
        experts=experts,
        staff={name for name in actors if len(name) > 1} - experts - {case.contact_name},
    )


def has_lost_consent(article: Article) -> bool:
    """Whether the company of the case it was made from took its consent back."""
    return article.case is not None and not intake.consented(article.case, "example")


def suspects(article: Article) -> list[str]:
    """What in the newest version still looks like a person's or company's data: known names first, then shapes."""
    version = article.newest
    text = "\n".join((version.title_zh, version.body_zh, version.title_en, version.body_en))
    found: list[str] = []
    if article.case is not None:
        names = names_of(article.case)
        known = (*anonymity.spellings(names.company)[:2], *names.contacts, *names.experts, *names.staff)
        found = [name for name in dict.fromkeys(known) if len(name) > 1 and name in text]
    return [*found, *anonymity.suspects(text)]


# --- publishing ---


def publish(
    article: Article, by: Who, *, no_names: bool, holds: bool, review_on: date | None, seen: int | None = None
) -> None:
    """Let everybody read the newest version, reviewed now and due again on a day. Also after a review without a change.

    Raises Refused when a point of the checklist is not ticked, the day makes no sense, or the company of the case it
    was made from took its consent back; Stale when the words were changed since `seen`.
    """
    _hold(article, seen)
    if has_lost_consent(article):
        raise Refused("article_no_consent")
    for field, ticked in (("no_names", no_names), ("holds", holds)):
        if not ticked:
            raise Refused("article_unchecked", field=field)
    latest = clock.today() + timedelta(days=LONGEST_REVIEW_DAYS)
    if review_on is None or not clock.today() < review_on <= latest:
        raise Refused("review_day", field="review_on", days=LONGEST_REVIEW_DAYS)
    article.state, article.published_version = ArticleState.PUBLISHED, article.version
    article.reviewed_at, article.review_on = clock.now(), review_on
    article.changed_by, article.changed_at = by.name[:80], clock.now()
    db.session.flush()
    db.session.refresh(article, ["public", "newest"])
    article_search.put(article.id, article.newest)


def retire(article: Article, by: Who) -> None:
    """Take it back: nobody outside reads or finds it any more. Said twice it is once."""
    _hold(article, None)
    article.state = ArticleState.RETIRED
    article.changed_by, article.changed_at = by.name[:80], clock.now()
    db.session.flush()
    article_search.drop(article.id)


# --- files ---


def add_files(article: Article, by: Who, batch: str) -> int:
    """Make what was uploaded with a form part of the article. Raises Refused when that would be too many."""
    if len(files_of(article)) + len(attachments.loose(article, batch)) > MOST_FILES:
        raise Refused("too_many_files_on_article", field="files", limit=MOST_FILES)
    return attachments.bind(article, batch)


def attach(article: Article, by: Who, uploads: Sequence[Upload], storage: Any) -> None:
    """Keep files and make them part of the article at once."""
    attachments.keep(article, by, f"article-{article.id}", uploads, storage)
    add_files(article, by, f"article-{article.id}")


def files_of(article: Article) -> list[Attachment]:
    """Its files, oldest first."""
    return list(
        db.session.scalars(
            select(Attachment)
            .where(
                Attachment.article_id == article.id,
                Attachment.linked_at.is_not(None),
                Attachment.removed_at.is_(None),
            )
            .order_by(Attachment.id)
        )
    )


def file_of(article: Article, attachment_id: int) -> Attachment:
    """One of its files. Raises NotFound."""
    row = next((row for row in files_of(article) if row.id == attachment_id), None)
    if row is None:
        raise NotFound("attachment")
    return row


def remove_file(article: Article, attachment_id: int) -> None:
    """Take a file away for good."""
    file_of(article, attachment_id).removed_at = clock.now()
    db.session.flush()


# --- what readers say ---


def _reader(article: Article, browser: str) -> str:
    return hashlib.sha256(f"{browser}:{article.id}".encode()).hexdigest()


def said(article: Article, browser: str) -> ArticleFeedback | None:
    """What this browser (a random key) said about the article."""
    if not browser:
        return None
    return db.session.scalar(
        select(ArticleFeedback).where(
            ArticleFeedback.article_id == article.id, ArticleFeedback.reader == _reader(article, browser)
        )
    )


def judge(article: Article, browser: str, *, helpful: bool, comment: str = "") -> None:
    """One browser's answer to "did this solve your problem"; said again it replaces the first. Raises Refused for a
    comment that is too long."""
    comment = comment.strip()
    if len(comment) > LONGEST_COMMENT:
        raise Refused("text_too_long", field="comment", over=len(comment) - LONGEST_COMMENT)
    row = _judged(article, browser, helpful)
    row.helpful, row.comment, row.at = helpful, comment or row.comment, clock.now()
    if not helpful:
        row.deflected_at = None
    db.session.flush()


def deflect(article: Article, browser: str) -> bool:
    """Somebody who was asking need not ask any more; counted once a browser. Returns whether this was the first."""
    row = _judged(article, browser, True)
    first = row.deflected_at is None
    row.helpful, row.deflected_at = True, row.deflected_at or clock.now()
    db.session.flush()
    return first


def _judged(article: Article, browser: str, helpful: bool) -> ArticleFeedback:
    # The article's row is the lock: two presses at once are one answer.
    db.session.refresh(article, with_for_update=True)
    row = said(article, browser)
    if row is None:
        row = ArticleFeedback(
            article_id=article.id, reader=_reader(article, browser), helpful=helpful, comment="", at=clock.now()
        )
        db.session.add(row)
    return row


def comments(article: Article) -> list[ArticleFeedback]:
    """What readers wrote, newest first."""
    return list(
        db.session.scalars(
            select(ArticleFeedback)
            .where(ArticleFeedback.article_id == article.id, ArticleFeedback.comment != "")
            .order_by(ArticleFeedback.at.desc(), ArticleFeedback.id.desc())
            .limit(COMMENTS_SHOWN)
        )
    )


@dataclass(frozen=True)
class Counts:
    """What readers said of one article: it helped, it did not, and how often nobody had to ask any more."""

    helpful: int = 0
    unhelpful: int = 0
    deflections: int = 0


def counts_of(articles: Iterable[Article]) -> dict[int, Counts]:
    """By article, in one statement; an article of which nobody said anything is not in it."""
    rows = db.session.execute(
        select(
            ArticleFeedback.article_id,
            func.count().filter(ArticleFeedback.helpful),
            func.count().filter(~ArticleFeedback.helpful),
            func.count(ArticleFeedback.deflected_at),
        )
        .where(ArticleFeedback.article_id.in_([a.id for a in articles]))
        .group_by(ArticleFeedback.article_id)
    )
    return {row[0]: Counts(*(int(n) for n in row[1:])) for row in rows}


# --- lists ---


def published(article_id: int) -> Article:
    """An article everybody may read. Raises NotFound."""
    article = db.session.scalar(with_words().where(Article.id == article_id, PUBLISHED))
    if article is None:
        raise NotFound("article")
    return article


def by_category() -> dict[str, int]:
    """How many published articles each field has."""
    rows = db.session.execute(select(Article.category_code, func.count()).where(PUBLISHED).group_by("category_code"))
    return {code: int(n) for code, n in rows}


@dataclass(frozen=True)
class Slice:
    """A page of a list, and the key of the next one (0 for none)."""

    articles: list[Article]
    after: int


def listed(category_code: str = "", *, before: int = 0) -> Slice:
    """Published articles, newest first, those with an id below `before`."""
    query = with_words().where(PUBLISHED)
    if category_code:
        query = query.where(Article.category_code == category_code)
    return _sliced(query, before)


def _sliced(query: Select[Article], before: int) -> Slice:
    if before:
        query = query.where(Article.id < before)
    rows = list(db.session.scalars(query.order_by(Article.id.desc()).limit(PAGE + 1)))
    return Slice(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else 0)


# The views of the desk's list.
VIEWS = ("all", "due", "draft", "published", "retired")


def _view(name: str) -> ColumnElement[bool]:
    if name == "due":
        return and_(PUBLISHED, Article.review_on <= clock.today())
    return Article.state == ArticleState(name) if name != "all" else Article.id.is_not(None)


def on_desk(by: Who, view: str = "all", *, q: str = "", before: int = 0) -> Slice:
    """The articles this person may write, newest first; `q` is a part of the newest title."""
    query = with_words().where(policy.which(by, "article.write"), _view(view))
    if q:
        # As it is: LIKE's own signs are letters here.
        text = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(Article.newest.has(ArticleVersion.title_zh.ilike(f"%{text}%", escape="\\")))
    return _sliced(query, before)


def desk_counts(by: Who) -> dict[str, int]:
    """How many of this person's articles are in each view; one statement."""
    columns = [func.count().filter(_view(name)).label(f"n_{name}") for name in VIEWS]
    row = db.session.execute(select(*columns).select_from(Article).where(policy.which(by, "article.write"))).one()
    return dict(zip(VIEWS, map(int, row), strict=True))


def is_due(article: Article) -> bool:
    """Whether a published article's day of review has come."""
    return (
        article.state is ArticleState.PUBLISHED and article.review_on is not None and article.review_on <= clock.today()
    )


def deflections(start: datetime, end: datetime) -> int:
    """How many times in a span somebody need not ask any more."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(ArticleFeedback)
            .where(ArticleFeedback.deflected_at >= start, ArticleFeedback.deflected_at < end)
        )
        or 0
    )


# --- near ones ---


def near_case(case: Case) -> list[Article]:
    """Published articles near a case."""
    code = case.category_code or case.wished_category or ""
    return article_search.near(f"{case.title}\n{case.problem}", category_code=code)


def related(article: Article) -> list[Article]:
    """Published articles near another one: by its title and beginning, then others of its field."""
    version = article.public or article.newest
    close = article_search.near(
        f"{version.title_zh}\n{markdown.plain(version.body_zh)[:300]}",
        category_code=article.category_code,
        without=article.id,
    )
    if len(close) < article_search.NEAR:
        known = {article.id, *(row.id for row in close)}
        close += [row for row in listed(article.category_code).articles if row.id not in known]
    return close[: article_search.NEAR]
