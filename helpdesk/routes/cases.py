"""The cases a person may read: the list, one case with its conversation, and the full phone number."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import canned_replies, consultation, queues, search
from helpdesk.domain.queues import Filters
from helpdesk.forms.base import clean_line
from helpdesk.forms.consultation import MessageForm, NoteForm
from helpdesk.models import Case, Status
from helpdesk.presentation import article_page, case_list, case_page, choices
from helpdesk.presentation.case_page import CasePage
from helpdesk.routes.guard import case_for, may, me
from helpdesk.routes.page import answer, page, page_or_fragment, wants_fragment
from helpdesk.rules.lifecycle import STATES

SENT = tuple(status for status in Status if status is not Status.DRAFT)

bp = Blueprint("cases", __name__, url_prefix="/cases")


@bp.get("")
@may("cases.list")
def index() -> Response:
    """The cases of the policy's scope, narrowed by what the address says; pages by key."""
    filters = _filters()
    found = queues.page(me(), filters)
    return page_or_fragment(
        "cases/index.html",
        "cases/_list.html",
        list=case_list.build(me(), filters, found),
        filters=filters,
        categories=[("", gettext("全部类别")), *choices.categories()],
        districts=[("", gettext("全部区")), *choices.districts()[1:]],
        statuses=[("", gettext("全部状态")), *((s.value, gettext(STATES[s].label)) for s in SENT)],
    )


def _filters() -> Filters:
    """What the address narrows by; a value that means nothing narrows nothing."""
    said = {name: clean_line(request.args.get(name, ""))[:60] for name in Filters.__dataclass_fields__}
    said["q"] = clean_line(request.args.get("q", ""))[: search.LONGEST_QUESTION]
    # An expert's list begins with what is in their hands, due first; the staff's with everything, newest first.
    view, sort = ("working", "due") if case_list.is_expert_only(me()) else ("all", "new")
    said["view"] = said["view"] if said["view"] in queues.BY_NAME else view
    sorts = ("best", "due", "new") if said["q"] else ("due", "new")
    said["sort"] = said["sort"] if said["sort"] in sorts else sorts[0] if said["q"] else sort
    return Filters(**said)


@bp.get("/<number>")
@case_for("case.read")
def show(case: Case) -> Response:
    """One case as the staff sees it. htmx asks it for the composer alone, when another tab is chosen."""
    view = case_page.build(case, me())
    form = composer_for(view, request.args.get("to", ""), request.args.get("opening", ""))
    chosen = next((row for row in view.canned if str(row.id) == request.args.get("canned")), None)
    if chosen is not None and form["to"] == "reply":
        form["form"].body.data = canned_replies.filled(chosen, case, me())
    near = next((row for row in view.articles.near if str(row.id) == request.args.get("article")), None)
    if near is not None and form["to"] == "reply":
        form["form"].body.data = article_page.address_line(near)
    if wants_fragment():
        return page("messages/_composer.html", view=view, **form)
    return page("cases/show.html", view=view, **form)


def composer_for(view: CasePage, wanted: str, opening: str = "") -> dict[str, Any]:
    """The form under the conversation: a reply, or a note when that was chosen or is all one may write."""
    is_note = view.may_note and (wanted == "note" or not view.may_reply)
    if is_note:
        return {"form": NoteForm(), "to": "note"}
    said = view.openings[int(opening)] if opening in ("0", "1", "2") and view.openings else ""
    return {"form": MessageForm(body=said), "to": "reply" if view.may_reply else ""}


@bp.post("/<number>/contact-views")
@case_for("case.read_contact")
def view_contact(case: Case) -> Response:
    """The full number, once, and a line in the log of who looked (rule R16)."""
    phone = consultation.view_contact(case, me())
    if not wants_fragment():
        flash(gettext("%(name)s的电话：%(phone)s。这次查看已经记录", name=case.contact_name, phone=phone))
    return answer(url_for("cases.show", number=case.number), "cases/_phone.html", phone=phone)
