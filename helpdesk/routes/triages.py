"""Sorting a request: field, topic, urgency, title."""

from __future__ import annotations

from flask import Blueprint, Response

from helpdesk.domain import triage
from helpdesk.forms.triage import TriageForm
from helpdesk.i18n import N_
from helpdesk.models import Case, Urgency
from helpdesk.presentation import choices
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, step_page

bp = Blueprint("triages", __name__, url_prefix="/cases/<number>/triage")


@bp.route("", methods=["GET", "POST"])
@case_for("case.triage")
def edit(case: Case) -> Response:
    """The form, filled with what the company wished; a step back to it is possible until the case is offered."""
    form = form_for(
        case,
        TriageForm,
        title=case.title,
        category=case.category_code or case.wished_category,
        topic=case.topic_code,
        urgency=case.urgency.value,
    )
    form.category.choices = choices.categories()
    form.topic.choices = choices.topics()
    return step_page(
        case,
        form,
        lambda: triage.triage(
            case,
            me(),
            category_code=form.category.data,
            topic_code=form.topic.data or None,
            urgency=Urgency(form.urgency.data),
            title=form.title.data,
            seen=form.seen,
        ),
        page="triages/edit.html",
        fragment="triages/_form.html",
        done=N_("已分诊"),
    )
