"""The knowledge base for who writes it: a coordinator the own station's articles, the corps all of them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as Redirect

from helpdesk import clock
from helpdesk.domain import articles, attachments
from helpdesk.errors import Stale
from helpdesk.forms.articles import ArticleFilesForm, ArticleForm, PublishForm
from helpdesk.forms.base import HouseForm, clean_line
from helpdesk.models import Article, Case
from helpdesk.presentation import article_page, choices
from helpdesk.routes import uploads
from helpdesk.routes.guard import article_for, case_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.routes.uploads import takes_files

bp = Blueprint("library", __name__)

AT = "/library/<int:article_id>"


@bp.get("/library")
@may("articles.list")
def index() -> Response:
    """What one may write, by state; those whose review is due are counted."""
    view, q = request.args.get("view", "all"), clean_line(request.args.get("q", ""))[:60]
    view = view if view in articles.VIEWS else "all"
    before = request.args.get("before", "")
    part = articles.on_desk(
        me(), view, q=q, before=int(before) if before.isascii() and before.isdigit() and len(before) < 10 else 0
    )
    return page(
        "library/index.html",
        tabs=article_page.tabs(me(), view, q),
        view=view,
        q=q,
        rows=article_page.lines(part.articles),
        older=url_for("library.index", view=view, before=part.after, q=q or None) if part.after else "",
    )


@bp.route("/library/new", methods=["GET", "POST"])
@may("articles.list")
def new() -> Response:
    """Write one."""
    return _edit(None, ArticleForm())


@bp.route(AT, methods=["GET", "POST"])
@article_for("article.write")
def edit(article: Article) -> Response:
    """The newest version's words, and beside them how the article stands."""
    now = article.newest
    form = ArticleForm(
        category=article.category_code,
        title_zh=now.title_zh,
        body_zh=now.body_zh,
        title_en=now.title_en,
        body_en=now.body_en,
    )
    if not form.is_submitted():
        form.version.data = str(article.version)
    return _edit(article, form)


def _edit(article: Article | None, form: ArticleForm) -> Response:
    form.category.choices = [("", gettext("请选择")), *choices.categories()]
    status, preview = 200, None
    if request.method == "POST" and request.form.get("preview"):
        preview = [(t, article_page.body_html(b)) for t, b in _pairs(form) if t or b]
    elif request.method == "POST":
        written: list[Article] = []
        refused = attempt(
            form,
            None,
            lambda: written.append(
                articles.write(
                    me(),
                    article,
                    form.words(),
                    category_code=form.category.data or "",
                    note=form.note.data or "",
                    seen=form.seen,
                )
            ),
        )
        if refused is None:
            flash(gettext("已存为第 %(n)s 版", n=written[0].version), "done")
            return answer(url_for("library.edit", article_id=written[0].id))
        status = refused
        form.version.data = str(article.version) if article is not None else ""
    return _edit_page(article, form, status=status, preview=preview)


def _pairs(form: ArticleForm) -> list[tuple[str, str]]:
    words = form.words()
    return [(words.title_zh, words.body_zh), (words.title_en, words.body_en)]


def _edit_page(
    article: Article | None,
    form: ArticleForm,
    *,
    status: int = 200,
    preview: object = None,
    upload: ArticleFilesForm | None = None,
) -> Response:
    return page(
        "library/edit.html",
        status=status,
        form=form,
        preview=preview,
        view=article_page.desk(article) if article is not None else None,
        upload=upload or ArticleFilesForm(formdata=None),
        has_errors=status != 200,
    )


@bp.route(f"{AT}/publication", methods=["GET", "POST"])
@article_for("article.publish")
def publish(article: Article) -> Response:
    """The checklist: whoever publishes says that no names are left and that it holds. Also after a review."""
    form = PublishForm(review_on=clock.today() + timedelta(days=articles.REVIEW_DAYS))
    if not form.is_submitted():
        form.version.data = str(article.version)
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: articles.publish(
                article,
                me(),
                no_names=bool(form.no_names.data),
                holds=bool(form.holds.data),
                review_on=form.review_on.data,
                seen=form.seen,
            ),
        )
        if refused is None:
            flash(gettext("已发布，人人都能看到"), "done")
            return answer(url_for("library.edit", article_id=article.id))
        status = refused
        form.version.data = str(article.version)
    now = article.newest
    parts = [(now.title_zh, article_page.body_html(now.body_zh))]
    if now.title_en:
        parts.append((now.title_en, article_page.body_html(now.body_en)))
    return page(
        "library/publish.html",
        status=status,
        form=form,
        view=article_page.desk(article),
        parts=parts,
        suspects=articles.suspects(article),
        has_errors=status != 200,
    )


@bp.post(f"{AT}/retirement")
@article_for("article.publish")
def retire(article: Article) -> Response:
    """Nobody outside finds it any more; it can be published again."""
    articles.retire(article, me())
    flash(gettext("已停用，外面看不到了"), "done")
    return answer(url_for("library.edit", article_id=article.id))


@bp.get(f"{AT}/versions")
@article_for("article.write")
def versions(article: Article) -> Response:
    """Who wrote what, when."""
    return page("library/versions.html", view=article_page.desk(article), rows=articles.versions(article))


@bp.get(f"{AT}/versions/<int:version_number>")
@article_for("article.write")
def version(article: Article, version_number: int) -> Response:
    """What it said then."""
    row = articles.version_of(article, version_number)
    parts = [(row.title_zh, article_page.body_html(row.body_zh))]
    if row.title_en:
        parts.append((row.title_en, article_page.body_html(row.body_en)))
    return page("library/version.html", view=article_page.desk(article), row=row, parts=parts, form=HouseForm())


@bp.post(f"{AT}/versions/<int:version_number>/restoration")
@article_for("article.write")
def bring_back(article: Article, version_number: int) -> Response:
    """The old words as a new version."""
    form = HouseForm()
    note = gettext("恢复第 %(n)s 版", n=version_number)
    refused = attempt(form, None, lambda: articles.bring_back(article, me(), version_number, note=note, seen=form.seen))
    if refused is not None:
        raise Stale("changed_meanwhile", who=article.changed_by)
    flash(gettext("已存为第 %(n)s 版", n=article.version), "done")
    return answer(url_for("library.edit", article_id=article.id))


# --- files ---


@takes_files
@bp.post(f"{AT}/files")
@article_for("article.write")
def add_files(article: Article) -> Response:
    """Forms and lists to take along; with a published article they are public at once."""
    form = ArticleFilesForm()
    refused = uploads.keep(form, article, form.key) or attempt(
        form, None, lambda: articles.add_files(article, me(), form.key)
    )
    if refused is not None:
        words = ArticleForm(formdata=None, category=article.category_code, title_zh=article.newest.title_zh,
                            body_zh=article.newest.body_zh, title_en=article.newest.title_en,
                            body_en=article.newest.body_en, version=str(article.version))  # fmt: skip
        words.category.choices = [("", gettext("请选择")), *choices.categories()]
        return _edit_page(article, words, status=refused, upload=form)
    flash(gettext("文件已上传"), "done")
    return answer(url_for("library.edit", article_id=article.id, _anchor="leaflets"))


@bp.get(f"{AT}/files/<int:attachment_id>")
@article_for("article.write")
def file(article: Article, attachment_id: int) -> Redirect:
    """To one of its files."""
    row = articles.file_of(article, attachment_id)
    return redirect(url_for("files.show", token=attachments.link_token(row)), 303)


@bp.post(f"{AT}/files/<int:attachment_id>/removal")
@article_for("article.write")
def remove_file(article: Article, attachment_id: int) -> Response:
    """Take a file away."""
    articles.remove_file(article, attachment_id)
    flash(gettext("文件已移除"), "done")
    return answer(url_for("library.edit", article_id=article.id, _anchor="leaflets"))


# --- from a case ---


@bp.post("/cases/<number>/article")
@case_for("case.make_article")
def from_case(case: Case) -> Response:
    """A draft out of a closed case in one press; refused in words where the company did not agree."""
    made: list[Article] = []
    headings, words = article_page.neutral_words()
    form = HouseForm()
    refused = attempt(form, None, lambda: made.append(articles.from_case(case, me(), headings=headings, words=words)))
    if refused is not None:
        flash(str((form.form_errors or [gettext("没办成，请再试一次")])[0]), "error")
        return answer(url_for("cases.show", number=case.number))
    flash(gettext("草稿好了，名字已经换成中性的说法。发布前请再读一遍"), "done")
    return answer(url_for("library.edit", article_id=made[0].id))
