"""What somebody with an account should hear of."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext
from flask_login import current_user

from helpdesk.domain import mailing, notices
from helpdesk.forms.mail import WishesForm
from helpdesk.models import Account
from helpdesk.presentation import notice_page
from helpdesk.routes.guard import me, signed_in
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("notifications", __name__)


@bp.get("/notifications")
@signed_in
def index() -> Response:
    """The newest fifty, unread first in look; nothing of a case one may no longer read."""
    who = me()
    told = notices.latest(who), notices.of_outages(who)
    rows = notice_page.rows(
        *told,
        who,
        notices.of_complaints(who),
        notices.of_nominee(who),
        notices.of_activities(who),
        notices.of_dossiers(who),
    )
    return page("notifications/index.html", rows=rows)


@bp.post("/notifications/read")
@signed_in
def read() -> Response:
    """Everything up to now is read."""
    notices.mark_read(me())
    return answer(url_for("notifications.index"))


@bp.route("/notifications/wishes", methods=["GET", "POST"])
@signed_in
def wishes() -> Response:
    """Where letters go, and of which things there shall be any. What must be known cannot be switched off."""
    account: Account = current_user.account
    form = WishesForm(data={"email": account.email, **mailing.wishes_in_force(account, me())})
    form.only(mailing.groups(me()))
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: _wish(account, form))
        if refused is None:
            flash(gettext("已保存"), "done")
            return answer(url_for("notifications.wishes"))
        status = refused
    return page(
        "notifications/wishes.html",
        status=status,
        form=form,
        groups=mailing.groups(me()),
        address=notice_page.address_words(account.email, mailing.state_of(account.email)),
        may_take_out=policy.can(me(), "takeout.read"),
        has_errors=status != 200,
    )


def _wish(account: Account, form: WishesForm) -> None:
    mailing.set_own_address(account, form.email.data or "")
    for group, how in form.chosen().items():
        mailing.set_wish(account, group, how)
