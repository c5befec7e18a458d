"""Links in letters. Opening one does nothing (mail scanners open every link); the button on the page does it, once."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, make_response, url_for
from flask_babel import gettext

from helpdesk.domain import assignment, mail_delivery, mail_links, mailing
from helpdesk.errors import NotFound, Refused
from helpdesk.forms.base import HouseForm
from helpdesk.forms.inbox import AcceptanceForm, RefusalForm
from helpdesk.models import Act, ActLink
from helpdesk.presentation import inbox_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import me, open_to_all
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt, form_for
from helpdesk.rules.mailing import BY_NAME

bp = Blueprint("acts", __name__, url_prefix="/act/<token>")


@bp.get("")
@open_to_all
def show(token: str) -> Response:
    """What the button will do, and the button."""
    link = mail_links.link_of(token)
    if link.act is Act.PROVE and link.used_at is not None and (draft := _draft(link)):
        return answer(draft)
    return _over(link) if not mail_links.is_open(link) else _page(link, token)


@bp.post("")
@open_to_all
def do(token: str) -> Response:
    """The reader of the letter has pressed the button."""
    link = mail_links.link_of(token)
    if not mail_links.is_open(link):
        return _over(link)
    if link.act in (Act.ACCEPT, Act.DECLINE):
        return _answer_offer(link, token)
    try:
        mail_links.use(link)
        if link.act is Act.PROVE:
            mailing.vouch(link.mail.address)
            if draft := _draft(link):
                return answer(draft)
        elif link.act is Act.STOP:
            mailing.stop(link.mail.address)
        else:
            mail_links.mute(link.mail)
    except Refused as refusal:
        return page("acts/over.html", status=422, title=refusal_text(refusal), text="", url="")
    return answer(url_for("acts.done", token=token))


@bp.get("/done")
@open_to_all
def done(token: str) -> Response:
    """What the button did."""
    link = mail_links.link_of(token)
    if link.used_at is None:
        return answer(url_for("acts.show", token=token))
    return page("acts/done.html", act=link.act.value, **_words(link))


@bp.post("/one-click")
@open_to_all
def one_click(token: str) -> Response:
    """A mailbox's own "unsubscribe" (RFC 8058): no page, no cookie, so no token against forged forms either; the
    signed address is the authority. Only what stops letters can be done this way, and doing it twice is once."""
    link = mail_links.link_of(token)
    if link.act not in (Act.STOP, Act.MUTE):
        raise NotFound("link")
    if mail_links.is_open(link):
        mail_links.use(link)
        if link.act is Act.STOP:
            mailing.stop(link.mail.address)
        else:
            mail_links.mute(link.mail)
    return make_response("", 200)


def _draft(link: ActLink) -> str:
    """Where the request of whoever wrote to us goes on; "" for a link about anything else."""
    case = link.mail.case
    if case is None or not mail_delivery.asks_to_complete(link.mail):
        return ""
    return url_for("drafts.edit", token=case.tracking_token, name="company")


def _answer_offer(link: ActLink, token: str) -> Response:
    """Take the case or leave it, in the expert's name, by the same verbs as from the inbox."""
    offer = mailing.offer_of(link.mail)
    if offer is None:
        return _over(link)
    expert = mail_links.actor_of(link)

    def verb() -> object:
        if isinstance(form, AcceptanceForm):
            assignment.accept(offer, expert, no_conflict=bool(form.no_conflict.data), seen=form.seen)
        else:
            assignment.decline(offer, expert, reason=form.reason.data, note=form.note.data or "", seen=form.seen)
        return mail_links.use(link)

    form: AcceptanceForm | RefusalForm = AcceptanceForm() if link.act is Act.ACCEPT else RefusalForm()
    refused = attempt(form, offer.case, verb)
    if refused is not None:
        return _page(link, token, form, refused)
    if me().account_id == expert.account_id and link.act is Act.ACCEPT:
        flash(gettext("接了。先打个招呼，说说您打算怎么帮"), "done")
        return answer(url_for("cases.show", number=offer.case.number))
    return answer(url_for("acts.done", token=token))


def _page(link: ActLink, token: str, form: HouseForm | None = None, status: int = 200) -> Response:
    here = url_for("acts.do", token=token)
    common: dict[str, Any] = {"status": status, "has_errors": status != 200}
    if link.act in (Act.ACCEPT, Act.DECLINE):
        offer = mailing.offer_of(link.mail)
        if offer is None:
            return _over(link)
        links = {act: mail_links.link_token(other) for act, other in mail_links.links_of(link.mail).items()}
        is_taking = link.act is Act.ACCEPT
        return page(
            "inbox/offer.html" if is_taking else "inbox/refusal.html",
            offer=inbox_page.offer_view(offer, mail_links.actor_of(link), whole=True),
            form=form or form_for(offer.case, AcceptanceForm if is_taking else RefusalForm),
            accept_url=here,
            refuse_url=here if not is_taking else url_for("acts.show", token=links[Act.DECLINE]),
            offer_url=url_for("acts.show", token=links[Act.ACCEPT]),
            **common,
        )
    return page("acts/show.html", act=link.act.value, here=here, **_words(link), **common)


def _words(link: ActLink) -> dict[str, Any]:
    """What the pages say about a link: the address it is for, the group it silences, the case it is about."""
    group = BY_NAME.get(mailing.group_of(link.mail)) if link.act is Act.MUTE else None
    case = link.mail.case
    return {
        "address": link.mail.address,
        "group": gettext(group.label) if group is not None else "",
        "number": case.number if case is not None else "",
        "url": url_for("cases.show", number=case.number) if case is not None and link.mail.account_id else "",
    }


def _over(link: ActLink) -> Response:
    """Used, too late, or no longer needed: said plainly, with the way to the thing itself."""
    offer = link.act in (Act.ACCEPT, Act.DECLINE)
    title = gettext("这个按钮已经用过了") if link.used_at is not None else gettext("这个按钮过期了")
    text = gettext("需要的话，登录后在网站上办。")
    if offer and link.used_at is None and not mail_links.is_late(link):
        title, text = gettext("这次派单已经结束"), gettext("已由别的专家接手，或工作站收回了。谢谢您看过。")
    return page("acts/over.html", status=410, title=title, text=text, url=_words(link)["url"])
