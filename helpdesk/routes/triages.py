"""Sorting a request: field, topic, urgency, title."""

from __future__ import annotations

from flask import Blueprint, Response, request

from helpdesk.domain import triage
from helpdesk.forms.triage import TriageForm
from helpdesk.i18n import N_
from helpdesk.models import Case, Urgency
from helpdesk.presentation import choices
from helpdesk.routes.guard import case_for, me
from helpdesk.routes.steps import form_for, life_step

bp = Blueprint("triages", __name__, url_prefix="/cases/<number>/triage")


@bp.route("", methods=["GET", "POST"])
@case_for("case.triage")
def edit(case: Case) -> Response:
    """The form, filled with what the company wished; it can be sorted anew until it is offered."""
    form = form_for(
        case,
        TriageForm,
        title=case.title,
        category=case.category_code or case.wished_category,
        topic=case.topic_code,
        urgency=case.urgency.value,
    )
    form.category.choices = choices.categories()
    if request.form.get("suggested"):
        # One of the suggested fields was pressed: that is the field, whatever was ticked below.
        form.category.data = request.form["suggested"]
    form.topic.choices = choices.topics()
    return life_step(
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
        step="triage",
        done=N_("已分诊"),
        fields=[
            (form.title, {}),
            (form.category, {"as_": "chips"}),
            (form.topic, {"optional": True}),
            (form.urgency, {"as_": "chips"}),
        ],
        extra="triages/_words.html",
    )
