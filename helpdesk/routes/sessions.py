"""Signing in and out."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request, session
from flask_babel import gettext
from flask_login import login_user, logout_user

from helpdesk import config
from helpdesk.domain import accounts
from helpdesk.forms.sessions import SignInForm
from helpdesk.i18n import LOCALES
from helpdesk.models import Account
from helpdesk.presentation.language import COOKIE_LANGUAGE
from helpdesk.presentation.navigation import home_for
from helpdesk.routes.entry import SignedIn, keep_writes
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import page, safe_next
from helpdesk.rules import policy

bp = Blueprint("sessions", __name__)


@bp.route("/login", methods=["GET", "POST"])
@open_to_all
def new() -> Any:
    """The sign-in page. One wording for every failure; the try is counted although the answer refuses."""
    form = SignInForm()
    target = request.values.get("next", "")
    if request.method == "GET":
        return page("sessions/new.html", form=form, next=target)
    if form.validate_on_submit():
        keep_writes()
        account = accounts.sign_in(form.login.data or "", form.password.data or "", address=request.remote_addr or "")
        if account is not None:
            enter(account)
            response = redirect(safe_next(target, home_for(policy.who_is(account))), 303)
            if account.locale in LOCALES:
                response.set_cookie(COOKIE_LANGUAGE, account.locale, max_age=31536000, samesite="Lax", httponly=True)
            return response
        form.form_errors = [gettext("账号或密码不对")]
    return page("sessions/new.html", status=422, form=form, next=target, has_errors=True)


@bp.post("/logout")
@open_to_all
def end() -> Response:
    """Sign out; the session is emptied."""
    logout_user()
    session.clear()
    return redirect("/", 303)  # type: ignore[return-value]


def enter(account: Account) -> None:
    """Begin a session with a new identity: nothing of an older one survives (no session fixation)."""
    session.clear()
    session.permanent = bool(config.setting("SESSION_HOURS"))
    login_user(SignedIn(account))
