"""Accounts: who may sign in. The administrator sees no case and touches no hour."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import accounts
from helpdesk.errors import Refused
from helpdesk.forms.people import NewAccountForm, PasswordForm
from helpdesk.models import Account
from helpdesk.presentation import choices
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import account_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("accounts", __name__, url_prefix="/accounts")


@bp.get("")
@may("accounts.list")
def index() -> Response:
    """Every account by login, found by a piece of login or name."""
    q = request.args.get("q", "").strip()[:40]
    query = select(Account).where(policy.which(me(), "account.manage")).order_by(Account.login).limit(300)
    if q:
        query = query.where(Account.login.contains(q, autoescape=True) | Account.name.contains(q, autoescape=True))
    return page("accounts/index.html", rows=db.session.scalars(query).all(), q=q)


@bp.route("/new", methods=["GET", "POST"])
@may("accounts.list")
def new() -> Response:
    """A login with one part."""
    form = NewAccountForm()
    form.part.choices = choices.parts()
    status = 200
    if request.method == "POST":
        refused = attempt(
            form,
            None,
            lambda: accounts.create_with_part(
                me(),
                login=form.login.data or "",
                name=form.name.data or "",
                password=form.password.data or "",
                part=form.part.data or "",
            ),
        )
        if refused is None:
            flash(gettext("账号建好了"), "done")
            return answer(url_for("accounts.index"))
        status = refused
    return page("accounts/new.html", status=status, form=form, has_errors=status != 200)


@bp.post("/<int:account_id>/switch")
@account_for("account.manage")
def switch(account: Account) -> Response:
    """Off or on; off, its sessions end at once."""
    try:
        accounts.set_active(account, me(), active=not account.is_active)
        flash(gettext("已保存"), "done")
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    return answer(url_for("accounts.index"))


@bp.route("/<int:account_id>/password", methods=["GET", "POST"])
@account_for("account.manage")
def password(account: Account) -> Response:
    """A new password; every session of the account ends."""
    form = PasswordForm()
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: accounts.set_password(account, me(), password=form.password.data or ""))
        if refused is None:
            flash(gettext("密码已改，原来的登录都失效了"), "done")
            return answer(url_for("accounts.index"))
        status = refused
    return page("accounts/password.html", status=status, form=form, account=account, has_errors=status != 200)
