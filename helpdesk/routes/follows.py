"""Following a case, and no longer."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from flask_babel import gettext

from helpdesk.domain import follows
from helpdesk.models import Case
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, wants_fragment

bp = Blueprint("follows", __name__, url_prefix="/cases/<number>/follow")


@bp.post("")
@case_for("case.follow")
def create(case: Case) -> Response:
    """Hear how it goes on."""
    follows.follow(case, me())
    return _answer(case, gettext("已关注，有进展会告诉您"), followed=True)


@bp.post("/removal")
@case_for("case.follow")
def remove(case: Case) -> Response:
    """Hear no more."""
    follows.unfollow(case, me())
    return _answer(case, gettext("不再关注"), followed=False)


def _answer(case: Case, words: str, *, followed: bool) -> Response:
    if not wants_fragment():
        flash(words, "done")
    here = url_for("cases.show", number=case.number)
    return answer(here, "follows/_button.html", number=case.number, is_followed=followed, words=words)
