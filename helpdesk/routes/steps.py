"""What every step's page does the same way: show the form, try the verb, keep what was typed when it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from flask import Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.errors import Refused, Stale
from helpdesk.forms.base import HouseForm
from helpdesk.models import Case
from helpdesk.routes.page import answer, page_or_fragment, safe_next
from helpdesk.rules import lifecycle

F = TypeVar("F", bound=HouseForm)
Fields = Sequence[tuple[Any, dict[str, Any]]]
Buttons = Sequence[tuple[str, str, str]]


def form_for(case: Case, kind: type[F], **values: Any) -> F:
    """A form that remembers which version of the case the person sees."""
    form = kind(**values)
    if not form.is_submitted():
        form.version.data = str(case.version)
    return form


def attempt(form: HouseForm, case: Case | None, verb: Callable[[], object]) -> int | None:
    """Try the verb with a valid form. None when it is done; otherwise the status to answer with (422 or 409), and
    the form carries the words. A stale form gets the new version, so the person can decide again."""
    if not form.validate_on_submit():
        return 422
    try:
        verb()
    except Stale as refusal:
        form.refuse(refusal)
        if case is not None:
            form.version.data = str(case.version)
        return 409
    except Refused as refusal:
        form.refuse(refusal)
        return 422
    return None


def life_step(
    case: Case,
    form: HouseForm,
    verb: Callable[[], object],
    *,
    step: str,
    done: str,
    lead: str = "",
    fields: Fields = (),
    buttons: Buttons = (),
    extra: str = "",
    goes_to: str | None = None,
    **context: Any,
) -> Response:
    """The page of a step of the life-cycle table. GET shows the form; POST takes the step and goes back to where
    the person stood, saying what was done. `fields` are (field, options of the macro); `extra` is a template with
    what the person should see before deciding; `buttons` are (value, label, kind) where there is more than one."""
    row = lifecycle.BY_NAME[step]
    label = gettext(row.label)
    return step_page(
        case,
        form,
        verb,
        page="steps/page.html",
        fragment="steps/_form.html",
        done=done,
        goes_to=goes_to,
        step_key=step,
        step_title=label,
        step_lead=gettext(lead) if lead else "",
        step_url=url_for(request.endpoint or "", **(request.view_args or {})),
        step_extra=extra,
        step_buttons=buttons or [("", label, "d" if row.look == "danger" else "p")],
        fields=fields,
        **context,
    )


def step_page(
    case: Case,
    form: HouseForm,
    verb: Callable[[], object],
    *,
    page: str,
    fragment: str,
    done: str,
    goes_to: str | None = None,
    undo_url: str = "",
    **context: Any,
) -> Response:
    """A step with a page of its own design: the same way of showing, trying and going back."""
    status = 200
    if request.method == "POST":
        refused = attempt(form, case, verb)
        if refused is None:
            if undo_url:
                flash({"text": gettext(done), "action": undo_url}, "undo")  # type: ignore[arg-type]
            else:
                flash(gettext(done), "done")
            return answer(where_from(case, goes_to))
        status = refused
    return page_or_fragment(
        page, fragment, status=status, case=case, form=form, has_errors=status != 200, back=where_from(case), **context
    )


def where_from(case: Case, otherwise: str | None = None) -> str:
    """The place a step was begun from: the queue with its view, or the case's own page."""
    target = request.values.get("next")
    return safe_next(target, otherwise or url_for("cases.show", number=case.number))
