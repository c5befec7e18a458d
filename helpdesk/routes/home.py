"""The front page and the other pages for everybody; the company's list; language and display."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, current_app, redirect, request, send_file, url_for
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk.adapters import packaged
from helpdesk.db import db
from helpdesk.domain import catalogue, deadlines, invitations, keeping, reports
from helpdesk.forms.sample import SampleForm
from helpdesk.i18n import LOCALES
from helpdesk.models import Case, Grant, Role
from helpdesk.presentation import assets, front
from helpdesk.presentation.language import COOKIE_DISPLAY, COOKIE_LANGUAGE, chosen_display
from helpdesk.routes.guard import may, me, open_to_all
from helpdesk.routes.page import page, safe_next
from helpdesk.rules import policy
from helpdesk.rules.promises import ORDINARY_WEEK

bp = Blueprint("home", __name__)

YEAR = 31536000
TEXTS = ("about", "privacy", "accessibility", "terms")


@bp.get("/")
@open_to_all
def index() -> Response:
    """What this is, the big button, the ten fields, the stations, and the numbers once they mean something."""
    return page("home/index.html", current="", fields=front.fields(), figures=front.figures(reports.public()),
                places=front.places())  # fmt: skip


@bp.get("/categories")
@open_to_all
def categories() -> Response:
    """The ten fields: what can be asked."""
    return page("home/categories.html", current="categories", fields=front.fields())


@bp.get("/stations")
@open_to_all
def stations() -> Response:
    """Every station by district: address, hours, phone."""
    wanted = request.args.get("district", "")
    known = {d.code for d in catalogue.districts()}
    wanted = wanted if wanted in known else ""
    return page("home/stations.html", current="stations", places=front.places(wanted), wanted=wanted,
                districts=catalogue.districts(), weeks=deadlines.weeks(), ordinary=ORDINARY_WEEK)  # fmt: skip


@bp.get("/<any(about,privacy,accessibility,terms):name>")
@open_to_all
def text(name: str) -> Response:
    """One of the plain pages."""
    return page(f"home/{name}.html", current="", months=keeping.in_force().months if name == "privacy" else 0)


@bp.get("/me/requests")
@may("my_requests.read")
def my_requests() -> Response:
    """What this person and their company asked, newest first; claims not confirmed yet are named."""
    cases = db.session.scalars(
        select(Case)
        .where(policy.which(me(), "case.read_as_company"))
        .options(joinedload(Case.category), joinedload(Case.station))
        .order_by(func.coalesce(Case.submitted_at, Case.created_at).desc(), Case.id.desc())
        .limit(200)
    ).all()
    waiting = db.session.scalars(
        select(Grant).where(
            Grant.account_id == me().account_id,
            Grant.role == Role.MEMBER,
            Grant.confirmed_at.is_(None),
            Grant.ended_at.is_(None),
        )
    ).all()
    return page(
        "home/my_requests.html",
        current="me",
        cases=cases,
        waiting=waiting,
        companies=invitations.companies_of(me()),
    )


@bp.get("/components")
@open_to_all
def components() -> Response:
    """Every macro in every state, for whoever builds pages: signed in, or in development."""
    if not (current_user.is_authenticated or current_app.debug or current_app.testing):
        abort(404)
    return page("components/index.html", form=SampleForm.shown())


@bp.post("/lang")
@open_to_all
def language() -> Response:
    """Remember the language and stay where the person was."""
    response = redirect(safe_next(request.form.get("next"), "/"), 303)
    if request.form.get("lang") in LOCALES:
        response.set_cookie(COOKIE_LANGUAGE, request.form["lang"], max_age=YEAR, samesite="Lax", httponly=True)
    return response  # type: ignore[return-value]


@bp.post("/display")
@open_to_all
def display() -> Response:
    """Remember theme, text size and keys; a press changes one of them and leaves the others."""
    now = chosen_display()
    theme = request.form.get("theme", now.theme)
    size = request.form.get("size", now.size)
    keys = request.form.get("shortcuts", "on" if now.shortcuts else "off")
    response = redirect(safe_next(request.form.get("next"), "/"), 303)
    value = ".".join(
        (theme if theme in ("light", "dark") else "system", "large" if size == "large" else "normal",
         "off" if keys == "off" else "on")
    )  # fmt: skip
    response.set_cookie(COOKIE_DISPLAY, value, max_age=YEAR, samesite="Lax", httponly=True)
    return response  # type: ignore[return-value]


@bp.get("/assets/htmx.min.js")
@open_to_all
def htmx() -> Any:
    """htmx out of its package; its address carries a stamp, so it may be kept for a year."""
    return send_file(packaged.htmx_file(), mimetype="text/javascript", max_age=YEAR)


@bp.get("/assets/<sheet_name>.css")
@open_to_all
def sheet(sheet_name: str) -> Response:
    """The style sheets of one kind of page, joined; its address carries a stamp, so it may be kept for a year."""
    if sheet_name not in assets.SHEETS:
        abort(404)
    response = Response(assets.sheet(sheet_name), mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = YEAR
    return response


@bp.get("/favicon.ico")
@open_to_all
def favicon() -> Response:
    """For browsers that ask here whatever the page says."""
    return redirect(url_for("static", filename="img/favicon.svg"), 303)  # type: ignore[return-value]


@bp.get("/robots.txt")
@open_to_all
def robots() -> Response:
    """Links of requests and papers are nobody's business but their holder's."""
    body = "User-agent: *\nDisallow: /t/\nDisallow: /drafts/\nDisallow: /v/\nDisallow: /verify/\n"
    return Response(body, mimetype="text/plain")
