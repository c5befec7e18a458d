"""Views a coordinator names: any combination of filters, kept in the side bar with what it holds."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import workspace
from helpdesk.forms.workspace import SavedViewForm
from helpdesk.models import SavedView
from helpdesk.presentation import desk_page
from helpdesk.routes.guard import may, me, saved_view_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.queues import filters_from_request
from helpdesk.routes.steps import attempt

bp = Blueprint("saved_views", __name__, url_prefix="/queue/views")


@bp.route("/new", methods=["GET", "POST"])
@may("queue.read")
def new() -> Response:
    """Name what is on the screen."""
    filters, form, status = filters_from_request(), SavedViewForm(), 200
    back = url_for("queues.index") + "?" + desk_page.query(filters)
    if request.method == "POST":
        refused = attempt(form, None, lambda: workspace.save_view(me(), name=form.name.data or "", filters=filters))
        if refused is None:
            flash(gettext("视图已保存"), "done")
            return answer(back)
        status = refused
    return page(
        "saved_views/new.html",
        status=status,
        form=form,
        back=back,
        action=url_for("saved_views.new") + "?" + desk_page.query(filters),
        conditions=desk_page.conditions(filters),
        has_errors=status != 200,
    )


@bp.post("/<int:view_id>/removal")
@saved_view_for("saved_view.edit")
def remove(view: SavedView) -> Response:
    """Take it out of the side bar."""
    name = view.name
    workspace.forget_view(view)
    flash(gettext("已删除视图“%(name)s”", name=name), "done")
    return answer(url_for("queues.index"))
