"""The list of letters: what went out, what waits, what was given up and can be sent again."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import config
from helpdesk.domain import mail_delivery
from helpdesk.errors import Refused
from helpdesk.models import Mail, MailStatus
from helpdesk.presentation import mails_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import mail_for, may, me
from helpdesk.routes.page import answer, page

bp = Blueprint("mails", __name__, url_prefix="/mails")


@bp.get("")
@may("mails.list")
def index() -> Response:
    """Newest first, by state; addresses are masked and no letter's words are shown."""
    wanted = request.args.get("state", "")
    status = MailStatus(wanted) if wanted in set(MailStatus) else None
    before = request.args.get("before", type=int)
    return page(
        "mails/index.html",
        **mails_page.build(status, before if before and 0 < before < 2**31 else None),
        late=mail_delivery.late(),
        has_server=bool(config.setting("MAIL_URL")),
    )


@bp.post("/<int:mail_id>/resend")
@mail_for("mail.resend")
def resend(mail: Mail) -> Response:
    """Put a letter that was given up back on its way."""
    try:
        mail_delivery.send_again(mail, me())
        flash(gettext("已放回待发"), "done")
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    return answer(url_for("mails.index", state=MailStatus.FAILED.value))
