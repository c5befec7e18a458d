"""The knowledge base for everybody: finding an article, reading it, saying whether it helped. No account, no trace of
who read what."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, flash, redirect, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Redirect

from helpdesk.domain import accounts, article_search, articles, attachments, catalogue, search
from helpdesk.forms.articles import FeedbackForm
from helpdesk.forms.base import clean_line
from helpdesk.models import Article
from helpdesk.presentation import article_page
from helpdesk.presentation.words import named
from helpdesk.routes.guard import article_to_read, open_to_all
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("articles", __name__, url_prefix="/articles")

# So many answers from one address in ten minutes; an office behind one address has many readers.
TRIES = 60


@bp.get("")
@open_to_all
def index() -> Response:
    """By field, newest first; or what answers a question, best first."""
    q = clean_line(request.args.get("q", ""))[: search.LONGEST_QUESTION]
    known = {row.code for row in catalogue.categories()}
    category = request.args.get("category", "")
    category = category if category in known and not q else ""
    counts = articles.by_category()
    pills = [{"label": gettext("全部"), "url": url_for("articles.index"), "current": not category and not q,
              "count": sum(counts.values())}]  # fmt: skip
    pills += [
        {"label": named(row, short=True), "url": url_for("articles.index", category=row.code),
         "current": row.code == category, "count": counts.get(row.code, 0)}
        for row in catalogue.categories()
    ]  # fmt: skip
    words: tuple[str, ...] = ()
    older = ""
    if q:
        rows, words = article_search.found(q)
    else:
        part = articles.listed(category, before=_before())
        rows = part.articles
        older = url_for("articles.index", category=category or None, before=part.after) if part.after else ""
    return page(
        "articles/index.html",
        current="articles",
        q=q,
        category=category,
        pills=pills,
        rows=[article_page.card(row, words) for row in rows],
        told=article_page.found_words(len(rows)) if q and rows else "",
        older=older,
    )


def _before() -> int:
    text = request.args.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


@bp.get("/<int:article_id>")
@article_to_read
def show(article: Article) -> Response:
    """One article. `asking` is said by who comes from writing a request: they can say that they need not ask."""
    return _show(article, FeedbackForm())


def _show(article: Article, form: FeedbackForm, *, status: int = 200) -> Response:
    said = articles.said(article, session.get("reader", ""))
    return page(
        "articles/show.html",
        status=status,
        current="articles",
        view=article_page.build(article),
        form=form,
        said=said,
        asking=bool(request.values.get("asking")),
        has_errors=status != 200,
    )


@bp.post("/<int:article_id>/feedback")
@article_to_read
def judge(article: Article) -> Response:
    """Yes or no, with a few words; one answer a browser, the last one counts."""
    form, helpful = FeedbackForm(), request.form.get("helpful")
    if helpful not in ("yes", "no"):
        form.form_errors = [gettext("请选“解决了”或“没解决”")]
        return _show(article, form, status=422)
    browser = _browser()
    refused = attempt(
        form,
        None,
        lambda: articles.judge(article, browser, helpful=helpful == "yes", comment=form.comment.data or ""),
    )
    if refused is not None:
        return _show(article, form, status=refused)
    flash(gettext("谢谢，我们记下了") if helpful == "yes" else gettext("谢谢，我们会改进。也可以直接求助"), "done")
    return answer(_here(article))


@bp.post("/<int:article_id>/solution")
@article_to_read
def solve(article: Article) -> Response:
    """Somebody who was asking need not ask any more. What they had typed stays where it is, unsent."""
    articles.deflect(article, _browser())
    flash(gettext("太好了。刚才写的求助没有发出，那一页关掉就行；还想问，就回去接着写"), "done")
    return answer(url_for("articles.show", article_id=article.id))


def _here(article: Article) -> str:
    asking = 1 if request.form.get("asking") else None
    return url_for("articles.show", article_id=article.id, asking=asking)


def _browser() -> str:
    """The random key of this browser's session, made with its first answer."""
    key = f"article:{request.remote_addr}"
    accounts.check_tries(key, limit=TRIES)
    accounts.count_try(key)
    if "reader" not in session:
        session["reader"] = secrets.token_urlsafe(16)
    return str(session["reader"])


@bp.get("/<int:article_id>/files/<int:attachment_id>")
@article_to_read
def file(article: Article, attachment_id: int) -> Redirect:
    """To one of its files, by a link that is good for ten minutes."""
    row = articles.file_of(article, attachment_id)
    return redirect(url_for("files.show", token=attachments.link_token(row)), 303)
