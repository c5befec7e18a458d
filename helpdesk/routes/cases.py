"""The cases a person may read: the list, one case with its conversation, and the full phone number."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, flash, request, stream_with_context, url_for
from flask_babel import gettext

from helpdesk.domain import activities, canned_replies, consultation, mentions, queues, search, unsent
from helpdesk.domain.queues import Filters
from helpdesk.forms.base import clean_line
from helpdesk.forms.consultation import MessageForm, NoteForm
from helpdesk.models import Box, Case, Status
from helpdesk.presentation import article_page, case_list, case_page, choices, composer, export, print_page
from helpdesk.presentation.case_page import CasePage
from helpdesk.routes.guard import case_for, may, me
from helpdesk.routes.page import answer, page, page_or_fragment, table, wants_fragment
from helpdesk.rules import policy
from helpdesk.rules.lifecycle import STATES

SENT = tuple(status for status in Status if status is not Status.DRAFT)

bp = Blueprint("cases", __name__, url_prefix="/cases")


@bp.get("")
@may("cases.list")
def index() -> Response:
    """The cases of the policy's scope, narrowed by what the address says; pages by key. An activity's number leads to
    the activity."""
    filters = _filters()
    activity = activities.by_number(me(), filters.q)
    if activity is not None:
        return answer(url_for("activities.show", activity_id=activity.id))
    found = queues.page(me(), filters)
    return page_or_fragment(
        "cases/index.html",
        "cases/_list.html",
        list=case_list.build(me(), filters, found),
        filters=filters,
        export_url=_with(filters, "cases.export_page") if policy.can(me(), "cases.export") else "",
        categories=[("", gettext("全部类别")), *choices.categories()],
        districts=[("", gettext("全部区")), *choices.districts()[1:]],
        statuses=[("", gettext("全部状态")), *((s.value, gettext(STATES[s].label)) for s in SENT)],
    )


@bp.get("/export")
@may("cases.export")
def export_page() -> Response:
    """How many cases the table will hold, before it is fetched."""
    filters = _filters()
    with queues.everything(me(), filters) as found:
        total = found.total
    return page("cases/export.html", total=total, file_url=_with(filters, "cases.export_file"),
                back_url=_with(filters, "cases.index"))  # fmt: skip


@bp.get("/export.csv")
@may("cases.export")
def export_file() -> Response:
    """The whole list as a table, sent while it is read: the same memory for ten cases and for a million."""
    reading = ExitStack()
    found = reading.enter_context(queues.everything(me(), _filters()))
    response = table(stream_with_context(export.lines(found.cases, found.total)), found.total)
    response.call_on_close(reading.close)
    return response


def _with(filters: Filters, endpoint: str) -> str:
    """An address with the filters of this one; the page's own place is left out."""
    said = {name: value for name, value in asdict(filters).items() if value and name not in ("after", "before")}
    return url_for(endpoint, **said)


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
    form = _composer_for(view, request.args.get("to", ""))
    if wants_fragment():
        return page("messages/_composer.html", view=view, **form)
    return page("cases/show.html", view=view, **form)


def _composer_for(view: CasePage, wanted: str) -> dict[str, Any]:
    """The form under the conversation: a reply, or a note when that was chosen or is all one may write. It holds what
    was not sent; a canned reply or a name that was chosen comes after it."""
    is_note = view.may_note and (wanted == "note" or not view.may_reply)
    box = Box.NOTE if is_note else Box.REPLY if view.may_reply else None
    known = unsent.of(view.case, me()) if box else {}
    draft = known.get(box) if box else None
    begun, chosen = draft.body if draft is not None else "", _chosen(view, is_note=is_note)
    between = "" if not begun or not chosen else " " if is_note else "\n\n"
    text = (begun.rstrip() if chosen else begun) + between + chosen
    values: dict[str, Any] = {"body": text}
    if draft is not None:
        values["form_key"] = draft.form_key
    form = NoteForm(**values) if is_note else MessageForm(**values)
    return {
        "form": form,
        "box": composer.build(view.case, me(), box.value if box else "", known=known),
        # What only this device holds is newer than the draft; what was just chosen is newer than both.
        "keep_over": not chosen,
    }


def _chosen(view: CasePage, *, is_note: bool) -> str:
    """What the address asks to put into the box: a way to begin, an article, a canned reply, a colleague's name."""
    if is_note:
        number = request.args.get("mention", type=int)
        colleague = mentions.find(view.case, me(), number) if number and 0 < number < 2**31 else None
        return f"@{colleague.name} " if colleague is not None else ""
    opening = request.args.get("opening", "")
    if opening in ("0", "1", "2") and view.openings:
        return view.openings[int(opening)]
    near = next((row for row in view.articles.near if str(row.id) == request.args.get("article")), None)
    if near is not None and view.may_reply:
        return article_page.address_line(near)
    canned = next((row for row in view.canned if str(row.id) == request.args.get("canned")), None)
    return canned_replies.filled(canned, view.case, me()) if canned is not None and view.may_reply else ""


@bp.get("/<number>/print")
@case_for("case.read")
def paper(case: Case) -> Response:
    """The case on paper; with the internal notes when `notes` says so, for those who may read them."""
    return page(
        "cases/print.html",
        paper=print_page.for_staff(case, me(), with_notes=request.args.get("notes") == "1"),
        here=url_for("cases.paper", number=case.number),
        back=url_for("cases.show", number=case.number),
    )


@bp.post("/<number>/contact-views")
@case_for("case.read_contact")
def view_contact(case: Case) -> Response:
    """The full number, once, and a line in the log of who looked (rule R16)."""
    phone = consultation.view_contact(case, me())
    if not wants_fragment():
        flash(gettext("%(name)s的电话：%(phone)s。这次查看已经记录", name=case.contact_name, phone=phone))
    return answer(url_for("cases.show", number=case.number), "cases/_phone.html", phone=phone)
