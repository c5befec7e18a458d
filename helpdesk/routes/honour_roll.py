"""What everybody may read: public notices, and the honour roll; and what anybody may say against an award."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import awards
from helpdesk.errors import NotFound
from helpdesk.forms.commendations import ObjectionForm
from helpdesk.models import Objection
from helpdesk.presentation import commendation_page
from helpdesk.routes.guard import me, open_to_all
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("honour_roll", __name__)


@bp.get("/honours")
@open_to_all
def index() -> Response:
    """The honour roll, a year at a time."""
    years = awards.years()
    text = request.args.get("year", "")
    year = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    year = year if year in years else (years[0] if years else 0)
    groups, unnamed = commendation_page.roll(year) if year else ({}, 0)
    response = page(
        "honour_roll/index.html",
        current="honour_roll",
        year=year,
        years=[{"label": str(y), "url": url_for("honour_roll.index", year=y), "current": y == year} for y in years],
        groups=groups,
        unnamed=unnamed,
        notices=sum(len(rows) for rows in commendation_page.notices().values()),
    )
    # Names are for who looks here, not for search engines.
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/notices")
@open_to_all
def notices() -> Response:
    """Who is in public notice today."""
    response = page("honour_roll/notices.html", current="honour_roll", groups=commendation_page.notices())
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.route("/notices/<int:nomination_id>/objections", methods=["GET", "POST"])
@open_to_all
def object_(nomination_id: int) -> Response:
    """Say what speaks against it; no account is needed."""
    nomination = awards.notice(nomination_id)
    name = commendation_page.public_name(nomination)
    if name is None:
        raise NotFound("notice")
    form = ObjectionForm(name=me().name)
    status = 200
    if request.method == "POST":
        made: list[Objection] = []
        refused = attempt(
            form,
            None,
            lambda: made.append(
                awards.object_(
                    nomination,
                    me(),
                    name=form.name.data or "",
                    contact=form.contact.data or "",
                    text=form.text.data or "",
                    form_key=form.key,
                )
            ),
        )
        if refused is None:
            flash(gettext("收到了，答复以前不会表彰"), "done")
            return answer(url_for("honour_roll.objection", objection_token=made[0].token))
        status = refused
    return page(
        "honour_roll/object.html",
        status=status,
        current="honour_roll",
        form=form,
        row=commendation_page.notice_row(nomination, name),
        cycle=nomination.cycle,
        has_errors=status != 200,
    )


@bp.get("/objections/<objection_token>")
@open_to_all
def objection(objection_token: str) -> Response:
    """Where one's objection stands, by its link."""
    row = awards.objection_by_token(objection_token)
    response = page(
        "honour_roll/objection.html",
        current="honour_roll",
        row=row,
        cycle=row.nomination.cycle,
        decision=gettext(commendation_page.DECISIONS[row.decision]) if row.decision else "",
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response
