"""The page behind an invitation. Opening it does nothing; a press makes a member."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, url_for
from flask_babel import gettext
from flask_login import current_user

from helpdesk.domain import invitations
from helpdesk.errors import Refused
from helpdesk.forms.own import AccountForm
from helpdesk.models import Account, Invitation
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import answer, page
from helpdesk.routes.sessions import enter
from helpdesk.routes.steps import attempt

bp = Blueprint("invitations", __name__, url_prefix="/invitations/<token>")


@bp.get("")
@open_to_all
def show(token: str) -> Response:
    """Who asks, for which company, and the ways in."""
    row = invitations.by_token(token)
    return _page(row, token) if invitations.is_open(row) else _over()


@bp.post("")
@open_to_all
def accept(token: str) -> Response:
    """In, with the account that is signed in."""
    row = invitations.by_token(token)
    if not current_user.is_authenticated:
        return _page(row, token, 422, trouble=gettext("请先登录，或建一个账号"))
    try:
        invitations.accept(row, current_user.account)
    except Refused as refusal:
        return _over(refusal_text(refusal))
    return _in(row)


@bp.post("/account")
@open_to_all
def register(token: str) -> Response:
    """In, with a new account."""
    row = invitations.by_token(token)
    if not invitations.is_open(row):
        return _over()
    form = AccountForm()
    made: list[Account] = []
    refused = attempt(
        form,
        None,
        lambda: made.append(
            invitations.accept_anew(
                row, login=form.login.data or "", name=form.name.data or "", password=form.password.data or ""
            )
        ),
    )
    if refused is not None:
        return _page(row, token, refused, form)
    enter(made[0])
    return _in(row)


def _in(row: Invitation) -> Response:
    flash(gettext("您已加入%(company)s", company=row.company.name), "done")
    return answer(url_for("home.my_requests"))


def _page(
    row: Invitation, token: str, status: int = 200, form: AccountForm | None = None, trouble: str = ""
) -> Response:
    if not invitations.is_open(row):
        return _over()
    shown: Any = form or AccountForm(formdata=None, login=row.address or "")
    shown.form_errors = [*shown.form_errors, *([trouble] if trouble else [])]
    return page("invitations/show.html", status=status, row=row, token=token, form=shown, has_errors=status != 200)


def _over(text: str = "") -> Response:
    return page("acts/over.html", status=410, title=gettext("这个邀请不能用了"), text=text, url="")
