"""Canned replies: a station writes its own, the corps those of all stations."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import canned_replies
from helpdesk.forms.canned_replies import CannedReplyForm
from helpdesk.models import CannedReply
from helpdesk.presentation import choices
from helpdesk.routes.guard import canned_reply_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("canned_replies", __name__, url_prefix="/canned-replies")


@bp.get("")
@may("canned_replies.list")
def index() -> Response:
    """Those one may change, and beside a station's own those of all stations."""
    rows = canned_replies.listed(me())
    others = [row for row in canned_replies.shared() if row not in rows]
    return page("canned_replies/index.html", rows=rows, others=others)


@bp.route("/new", methods=["GET", "POST"])
@may("canned_replies.list")
def new() -> Response:
    """Write one."""
    return _edit(None, CannedReplyForm())


@bp.route("/<int:reply_id>", methods=["GET", "POST"])
@canned_reply_for("canned_reply.edit")
def edit(reply: CannedReply) -> Response:
    """Change one."""
    form = CannedReplyForm(title=reply.title, body=reply.body, category=reply.category_code or "")
    if not form.is_submitted():
        form.version.data = str(reply.version)
    return _edit(reply, form)


def _edit(reply: CannedReply | None, form: CannedReplyForm) -> Response:
    form.category.choices = [("", gettext("不分类别")), *choices.categories()]
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: canned_replies.write(
                me(),
                reply,
                title=form.title.data or "",
                body=form.body.data or "",
                category_code=form.category.data or "",
                seen=form.seen,
            ),
        )
        if refused is None:
            flash(gettext("已保存"), "done")
            return answer(url_for("canned_replies.index"))
        status = refused
        form.version.data = str(reply.version) if reply is not None else ""
    return page("canned_replies/edit.html", status=status, form=form, reply=reply, has_errors=status != 200)


@bp.post("/<int:reply_id>/retirement")
@canned_reply_for("canned_reply.edit")
def retire(reply: CannedReply) -> Response:
    """Offer it no more."""
    canned_replies.retire(reply, me())
    flash(gettext("已停用：%(title)s", title=reply.title), "done")
    return answer(url_for("canned_replies.index"))
