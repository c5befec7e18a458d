"""Tags on a case: put on, taken off."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import routing
from helpdesk.forms.routing import TagForm, words_of
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("tags", __name__, url_prefix="/cases/<number>/tags")


@bp.route("", methods=["GET", "POST"])
@case_for("case.tag")
def new(case: Case) -> Response:
    """The words on this case, a form for more, and the words others carry."""
    form, status = TagForm(), 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: routing.tag(case, me(), words_of(form.words.data)))
        if refused is None:
            flash(gettext("已贴上"), "done")
            return answer(url_for("cases.show", number=case.number))
        status = refused
    words = routing.tags_of([case.id]).get(case.id, [])
    return page(
        "tags/new.html",
        status=status,
        case=case,
        form=form,
        words=words,
        others=[word for word in routing.popular_tags(me()) if word not in words],
        has_errors=status != 200,
    )


@bp.post("/removal")
@case_for("case.tag")
def remove(case: Case) -> Response:
    """Take one off."""
    routing.untag(case, me(), request.form.get("word", ""))
    flash(gettext("已去掉"), "done")
    return answer(url_for("tags.new", number=case.number))
