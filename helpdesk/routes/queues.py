"""The coordinator's desk: views, list, and one case beside it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import catalogue, queues
from helpdesk.domain.queues import Filters
from helpdesk.forms.triage import TriageForm
from helpdesk.models import Case, District
from helpdesk.presentation import choices, desk_page
from helpdesk.routes.guard import case_for, may, me
from helpdesk.routes.page import page, page_or_fragment, wants_fragment
from helpdesk.routes.steps import form_for

bp = Blueprint("queues", __name__, url_prefix="/queue")


@bp.get("")
@may("queue.read")
def index() -> Response:
    """The list of a view. On a wide screen its first case is open beside it."""
    filters = filters_from_request()
    found = queues.page(me(), filters)
    first = found.cases[0] if found.cases and not wants_fragment() else None
    return _desk(filters, found, first, opened=False)


@bp.get("/<number>")
@case_for("case.read")
def show(case: Case) -> Response:
    """One case: the pane alone for htmx, else the whole desk with it open."""
    filters = filters_from_request()
    if wants_fragment():
        return page("queues/_pane.html", filters=filters, **_pane(case, filters))
    return _desk(filters, queues.page(me(), filters), case, opened=True)


def _desk(filters: Filters, found: queues.Page, case: Case | None, *, opened: bool) -> Response:
    base = url_for("queues.index")
    return page_or_fragment(
        "queues/index.html",
        "queues/_list.html",
        filters=filters,
        heading=desk_page.heading(filters),
        views=desk_page.views(filters, queues.counts(me())),
        rows=desk_page.rows(found.cases, filters, case),
        older=f"{base}?{desk_page.query(filters, after=found.after, before='')}" if found.after else "",
        newer=f"{base}?{desk_page.query(filters, before=found.before, after='')}" if found.before else "",
        here=lambda **changes: f"{base}?{desk_page.query(filters, after='', before='', **changes)}",
        categories=catalogue.categories(),
        district=db.session.scalar(select(District).where(District.code == filters.district)),
        opened=opened,
        **(_pane(case, filters) if case is not None else {"pane": None}),
    )


def _pane(case: Case, filters: Filters) -> dict[str, Any]:
    view = desk_page.pane(case, me(), filters)
    back = url_for("queues.index") + "?" + desk_page.query(filters)
    found: dict[str, Any] = {"pane": view, "back": back}
    if "triage" in view.steps:
        form = form_for(
            case,
            TriageForm,
            title=case.title,
            category=case.category_code or case.wished_category,
            topic=case.topic_code,
            urgency=case.urgency.value,
        )
        form.category.choices, form.topic.choices = choices.categories(), choices.topics()
        found["form"] = form
    return found


def filters_from_request() -> Filters:
    """What the address asks for; unknown values mean nothing."""
    args = request.args
    view = args.get("view", "new")
    return Filters(
        view=view if view in queues.BY_NAME else "new",
        category=args.get("category", ""),
        district=args.get("district", ""),
        q=args.get("q", "")[:60],
        after=args.get("after", ""),
        before=args.get("before", ""),
        sort="new" if args.get("sort") == "new" else "due",
    )
