"""The coordinator's desk: views, list, and one case beside it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request, url_for

from helpdesk import clock
from helpdesk.domain import bulk, catalogue, queues, workspace
from helpdesk.domain.queues import Filters
from helpdesk.forms.triage import TriageForm
from helpdesk.models import Case, Urgency
from helpdesk.presentation import choices, desk_page
from helpdesk.routes.guard import case_for, may, me
from helpdesk.routes.page import answer, page, page_or_fragment, wants_fragment
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
    base, districts = url_for("queues.index"), catalogue.districts()
    return page_or_fragment(
        "queues/index.html",
        "queues/_list.html",
        filters=filters,
        heading=desk_page.heading(filters),
        views=_views(filters),
        rows=desk_page.rows(found.cases, filters, case, workspace.watched([c.id for c in found.cases], me())),
        is_narrowed=bool(filters.category or filters.district or filters.urgency or filters.q),
        save_url=url_for("saved_views.new") + "?" + desk_page.query(filters, after="", before=""),
        pulse_url=url_for("queues.pulse") + "?" + desk_page.query(filters, after="", before="") + "&since=" + _now(),
        older=f"{base}?{desk_page.query(filters, after=found.after, before='')}" if found.after else "",
        newer=f"{base}?{desk_page.query(filters, before=found.before, after='')}" if found.before else "",
        here=lambda **changes: f"{base}?{desk_page.query(filters, after='', before='', **changes)}",
        categories=catalogue.categories(),
        district=next((d for d in districts if d.code == filters.district), None),
        districts=districts,
        opened=opened,
        unknown_years=desk_page.unknown_years(found.cases),
        unfinished=bulk.unfinished(me()),
        bulk_acts=desk_page.bulk_acts(filters),
        **(_pane(case, filters) if case is not None else {"pane": None}),
    )


def _views(filters: Filters) -> list[dict[str, Any]]:
    found = queues.numbers(me())
    return desk_page.views(filters, found.views) + desk_page.parts(filters, found, workspace.counted(me()))


def _now() -> str:
    return clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@bp.get("/pulse")
@may("queue.read")
def pulse() -> Response:
    """What changed since the list was drawn: the numbers of the side bar, and a bar that offers to load the list anew.
    The list itself stays as it is: nothing moves under the pointer, ticks and scroll are kept."""
    filters = filters_from_request()
    if not wants_fragment():
        return answer(url_for("queues.index") + "?" + desk_page.query(filters))
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
        changed = queues.changed_since(me(), filters, since) if since.tzinfo else 0
    except (ValueError, OverflowError):
        changed = 0
    url = url_for("queues.index") + "?" + desk_page.query(filters)
    return page("queues/_pulse.html", views=_views(filters), changed=changed, url=url)


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
        urgency=args.get("urgency", "") if args.get("urgency") in set(Urgency) else "",
        q=args.get("q", "")[:60],
        after=args.get("after", ""),
        before=args.get("before", ""),
        sort="new" if args.get("sort") == "new" else "due",
    )
