"""What the staff says on a case: replies that the company reads, and notes that it never sees."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, render_template, url_for
from flask_babel import gettext

from helpdesk.domain import consultation, unsent
from helpdesk.forms.consultation import DraftForm, MessageForm, NoteForm
from helpdesk.forms.files import FilesForm
from helpdesk.models import Box, Case, Message, Note, Unsent
from helpdesk.presentation import case_page, case_thread, composer
from helpdesk.presentation.case_thread import MessageView
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page, wants_fragment
from helpdesk.routes.steps import attempt
from helpdesk.routes.uploads import attempt_with_files, takes_files

bp = Blueprint("messages", __name__, url_prefix="/cases/<number>")


@takes_files
@bp.post("/messages")
@case_for("case.reply")
def create(case: Case) -> Response:
    """A reply to the company."""
    return _said(case, MessageForm(), "reply", consultation.reply)


@takes_files
@bp.post("/notes")
@case_for("case.note")
def create_note(case: Case) -> Response:
    """A note for expert and station."""
    return _said(case, NoteForm(), "note", consultation.note)


@takes_files
@bp.post("/messages/preview")
@case_for("case.reply")
def preview(case: Case) -> Response:
    """The reply as the company will see it, above the box that still holds it; kept as a draft on the way.

    A newer draft of another window is not written over unseen: the box comes back with that said, and previews then.
    """
    form = MessageForm()

    def look() -> None:
        body, seen = form.body.data or "", form.draft_seen.data
        unsent.keep(case, me(), Box.REPLY, body=body, form_key=form.key, seen=seen)

    refused = attempt_with_files(form, case, look)
    shown = composer.preview(case, me(), form.body.data or "", form.key) if refused is None else None
    return _refused(case, form, "reply", refused or 200, shown)


@bp.post("/messages/draft")
@case_for("case.reply")
def keep(case: Case) -> Response:
    """What stands in the reply's box now, kept while somebody types."""
    return _keep(case, Box.REPLY)


@bp.post("/notes/draft")
@case_for("case.note")
def keep_note(case: Case) -> Response:
    """The same for a note."""
    return _keep(case, Box.NOTE)


def _keep(case: Case, box: Box) -> Response:
    """Keep it; then the line that says when, or why not. What was typed is in the browser either way."""
    form = DraftForm()
    body, seen = form.body.data or "", form.draft_seen.data or ""
    kept: list[Unsent | None] = []
    refused = attempt(
        form,
        None,
        lambda: kept.append(unsent.keep(case, me(), box, body=body, form_key=form.key, seen=seen)),
    )
    back = url_for("cases.show", number=case.number, to=box.value, _anchor="composer")
    if refused is not None:
        trouble = gettext("；").join([*form.body.errors, *form.form_errors])
        return page("messages/_draft.html", status=refused, trouble=trouble, line="", mark="")
    mark = unsent.mark(kept[0]) if kept[0] is not None else ""
    return answer(back, "messages/_draft.html", line=composer.line(kept[0]), mark=mark)


def _said(case: Case, form: MessageForm | NoteForm, to: str, say: Callable[..., Message | Note]) -> Response:
    """Say it; then the new end of the conversation with an empty box, or the box with the words still in it."""
    said: list[Message | Note] = []

    def verb() -> None:
        said.append(say(case, me(), body=form.body.data, form_key=form.key, draft_seen=form.draft_seen.data))

    refused = attempt_with_files(form, case, verb)
    if refused is not None:
        return _refused(case, form, to, refused)
    number = said[0].id
    key, anchor = (f"m-{number}", f"m-{number}") if to == "reply" else (f"n-{number}", f"m-n{number}")
    url = url_for("cases.show", number=case.number, _anchor=anchor)
    if not wants_fragment():
        return answer(url)
    view = case_page.build(case, me())
    new_form = MessageForm(formdata=None) if to == "reply" else NoteForm(formdata=None)
    box = composer.build(case, me(), to)
    return make_response(
        render_template(
            "messages/_said.html", view=view, entries=case_thread.tail(view.thread, key), form=new_form, box=box
        )
    )


def _refused(case: Case, form: FilesForm, to: str, status: int, preview: MessageView | None = None) -> Response:
    """The words stay in the box. htmx replaces the box alone, not the conversation."""
    body = form["body"]
    body.errors = [*body.errors, *form["files"].errors, *form.form_errors]
    view = case_page.build(case, me())
    box = composer.build(case, me(), to, form_key=form.key, preview=preview)
    if wants_fragment():
        response = page("messages/_composer.html", status=status, view=view, form=form, box=box)
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#composer", "outerHTML"
        return response
    return page("cases/show.html", status=status, view=view, form=form, box=box, has_errors=status != 200)
