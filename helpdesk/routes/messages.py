"""What the staff says on a case: replies that the company reads, and notes that it never sees."""

from __future__ import annotations

import functools
from collections.abc import Callable

from flask import Blueprint, Response, make_response, render_template, url_for

from helpdesk.domain import consultation
from helpdesk.forms.consultation import MessageForm, NoteForm
from helpdesk.forms.files import FilesForm
from helpdesk.models import Case, Message, Note
from helpdesk.presentation import case_page, case_thread, file_views
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.page import answer, page, wants_fragment
from helpdesk.routes.uploads import attempt_with_files, takes_files

bp = Blueprint("messages", __name__, url_prefix="/cases/<number>")


@takes_files
@bp.post("/messages")
@case_for("case.reply")
def create(case: Case) -> Response:
    """A reply to the company."""
    form = MessageForm()
    say = functools.partial(consultation.reply, case, me())
    return _said(case, form, "reply", lambda: say(body=form.body.data, form_key=form.key))


@takes_files
@bp.post("/notes")
@case_for("case.note")
def create_note(case: Case) -> Response:
    """A note for expert and station."""
    form = NoteForm()
    say = functools.partial(consultation.note, case, me())
    return _said(case, form, "note", lambda: say(body=form.body.data, form_key=form.key))


def _said(case: Case, form: FilesForm, to: str, say: Callable[[], Message | Note]) -> Response:
    """Say it; then the new end of the conversation with an empty box, or the box with the words still in it."""
    said: list[Message | Note] = []
    refused = attempt_with_files(form, case, lambda: said.append(say()))
    if refused is not None:
        return _refused(case, form, to, refused)
    number = said[0].id
    key, anchor = (f"m-{number}", f"m-{number}") if to == "reply" else (f"n-{number}", f"m-n{number}")
    url = url_for("cases.show", number=case.number, _anchor=anchor)
    if not wants_fragment():
        return answer(url)
    view = case_page.build(case, me())
    new_form = MessageForm(formdata=None) if to == "reply" else NoteForm(formdata=None)
    return make_response(
        render_template(
            "messages/_said.html", view=view, entries=case_thread.tail(view.thread, key), form=new_form, to=to
        )
    )


def _refused(case: Case, form: FilesForm, to: str, status: int) -> Response:
    """The words stay in the box. htmx replaces the box alone, not the conversation."""
    body = form["body"]
    body.errors = [*body.errors, *form["files"].errors, *form.form_errors]
    view = case_page.build(case, me())
    more = {"kept_files": file_views.kept(case, form.key), "to": to}
    if wants_fragment():
        response = page("messages/_composer.html", status=status, view=view, form=form, **more)
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "#composer", "outerHTML"
        return response
    return page("cases/show.html", status=status, view=view, form=form, has_errors=status != 200, **more)
