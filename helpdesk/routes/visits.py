"""Logging a consultation, and correcting it until somebody has confirmed it."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import consultation, visits
from helpdesk.errors import NotAllowed, Refused
from helpdesk.forms.visits import VisitForm, values_of
from helpdesk.models import Case
from helpdesk.presentation import file_views, visit_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import case_for, me, visit_of
from helpdesk.routes.page import answer, page_or_fragment
from helpdesk.routes.steps import where_from
from helpdesk.routes.uploads import attempt_with_files, takes_files

bp = Blueprint("visits", __name__, url_prefix="/cases/<number>/visits")


@takes_files
@bp.route("/new", methods=["GET", "POST"])
@case_for("visit.log")
def new(case: Case) -> Response:
    """Claim a visit. It counts when the company has confirmed it."""
    form = VisitForm(**visit_page.defaults(case))
    refused = None
    if request.method == "POST":
        said: list[int] = []
        refused = attempt_with_files(
            form, case, lambda: said.append(visits.log(case, me(), facts=form.facts(), form_key=form.key).id)
        )
        if refused is None:
            flash(gettext("已记下，等企业确认"), "done")
            return answer(url_for("cases.show", number=case.number, _anchor=f"v-{said[0]}"))
    return _page(case, form, refused, gettext("记一次服务"), url_for("visits.new", number=case.number))


@takes_files
@bp.route("/<int:visit_id>", methods=["GET", "POST"])
@case_for("visit.log")
def edit(case: Case, visit_id: int) -> Response:
    """Correct a visit that nobody has confirmed yet; a disputed one goes back to the company."""
    visit = visit_of(case, visit_id)
    if visit.expert_id != me().expert_id:
        raise NotAllowed("visit.log")
    here = url_for("cases.show", number=case.number, _anchor=f"v-{visit.id}")
    if request.method == "GET" and visit.status not in visits.DECIDABLE:
        flash(refusal_text(Refused("visit_decided")))
        return answer(here)
    form = VisitForm(**values_of(visit))
    refused = None
    if request.method == "POST":
        refused = attempt_with_files(
            form,
            case,
            lambda: visits.change(visit, me(), facts=form.facts(), seen=form.seen, form_key=form.key),
        )
        if refused is None:
            flash(gettext("已改好，等企业再确认"), "done")
            return answer(here)
    form.version.data = str(visit.version)
    url = url_for("visits.edit", number=case.number, visit_id=visit.id)
    return _page(case, form, refused, gettext("改服务记录"), url, dispute=visit.dispute_reason or "", besides=visit.id)


def _page(
    case: Case,
    form: VisitForm,
    refused: int | None,
    title: str,
    url: str,
    *,
    dispute: str = "",
    besides: int = 0,
) -> Response:
    return page_or_fragment(
        "visits/edit.html",
        "visits/_form.html",
        status=refused or 200,
        case=case,
        form=form,
        has_errors=refused not in (None, 200),
        kept_files=file_views.kept(case, form.key) if refused is not None else [],
        files=file_views.of_visit(case, me(), besides) if besides else [],
        title=title,
        url=url,
        back=where_from(case),
        dispute=dispute,
        sums=visit_page.sums(case, me(), besides=besides),
        policy=visit_page.policy_words(consultation.station_of(case)),
    )
